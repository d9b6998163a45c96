package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// The classes of annotation.
const (
	classChange       = "change"
	classConfigChange = "config_change"
	classIncident     = "incident"
)

// maxAnnotations is the default limit and the largest one.
const maxAnnotations = 500

// Annotations answers what happened over a range. Each class has its share of the limit: incidents and
// planned work, of which there are few, what they need; config changes what is left. A class with more
// events than its share is merged along time.
func (db *DB) Annotations(ctx context.Context, tenant string, q engine.AnnotationQuery) (out engine.Annotations, err error) {
	if q.Limit <= 0 || q.Limit > maxAnnotations {
		q.Limit = maxAnnotations
	}
	err = db.read(ctx, tenant, func(tx pgx.Tx) error {
		inv, err := db.inventory(ctx, tx, tenant)
		if err != nil {
			return err
		}
		left := q.Limit
		for _, class := range []struct {
			name string
			read func(context.Context, pgx.Tx, *knownInventory, engine.AnnotationQuery, int) ([]engine.AnnotationView, int64, error)
			of   int // the class may take one part in so many of what is left
		}{
			{classIncident, incidentAnnotations, 2},
			{classChange, changeAnnotations, 2},
			{classConfigChange, configChangeAnnotations, 1},
		} {
			if len(q.Classes) > 0 && !slices.Contains(q.Classes, class.name) {
				continue
			}
			share := max(1, left/class.of)
			if len(q.Classes) == 1 {
				share = left
			}
			views, total, err := class.read(ctx, tx, inv, q, share)
			if err != nil {
				return fmt.Errorf("annotations of class %s: %w", class.name, err)
			}
			out.Annotations = append(out.Annotations, views...)
			out.Total += total
			left -= len(views)
		}
		slices.SortStableFunc(out.Annotations, func(a, b engine.AnnotationView) int {
			return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.ID, b.ID))
		})
		return nil
	})
	return out, err
}

// changeAnnotations are a region for the planned time of each change record and one for its actual time.
// What was canceled before it began did not happen.
func changeAnnotations(ctx context.Context, tx pgx.Tx, inv *knownInventory, q engine.AnnotationQuery, share int) ([]engine.AnnotationView, int64, error) {
	var views []engine.AnnotationView
	query := engine.ChangeQuery{From: q.From, To: q.To}
	var after cursor
	for some := false; ; some = true {
		found, err := windowsAfter(ctx, tx, calendar.Change, "changes", query, after, some, maxPage)
		if err != nil {
			return nil, 0, err
		}
		for _, w := range found {
			if inv.covers(w, q.Devices, q.Sites) && (w.Status != calendar.Canceled || w.StartedAt != nil) {
				views = append(views, windowAnnotations(inv, w, q)...)
			}
		}
		if len(found) < maxPage {
			break
		}
		after = cursor{at: found[maxPage-1].StartsAt, id: found[maxPage-1].ID}
	}
	total := int64(len(views))
	return mergeNeighbours(views, share), total, nil
}

func windowAnnotations(inv *knownInventory, w calendar.Window, q engine.AnnotationQuery) []engine.AnnotationView {
	v := changeView(inv, w)
	planned := engine.AnnotationView{
		ID: "change:" + w.ID + ":planned", Class: classChange, Time: w.StartsAt, TimeEnd: w.EndsAt,
		Title: w.Title, Text: w.Description, Devices: v.Devices, Sites: w.Scope.Sites, Status: v.Status, EntityID: w.ID, Count: 1,
		Tags: changeTags("planned", v.Status),
	}
	out := []engine.AnnotationView{planned}
	if w.StartedAt != nil {
		actual := planned
		actual.ID, actual.Time, actual.TimeEnd = "change:"+w.ID+":actual", *w.StartedAt, timeOf(w.EndedAt)
		actual.Tags = changeTags("actual", v.Status)
		if w.EndedAt == nil {
			actual.TimeEnd, actual.Ongoing = q.To, true
		}
		out = append(out, actual)
	}
	return slices.DeleteFunc(out, func(a engine.AnnotationView) bool { return !a.Time.Before(q.To) || a.TimeEnd.Before(q.From) })
}

// changeTags are the tags of one region of a change. A change that nobody has started is planned in both
// senses of the word.
func changeTags(region, status string) []string {
	return slices.Compact([]string{classChange, region, status})
}

// incidentAnnotations are a region for each incident, from its opening to its end.
func incidentAnnotations(ctx context.Context, tx pgx.Tx, inv *knownInventory, q engine.AnnotationQuery, share int) ([]engine.AnnotationView, int64, error) {
	var c conditions
	incidentConditions(&c, inv, engine.IncidentQuery{From: q.From, To: q.To, Devices: q.Devices, Sites: q.Sites})
	rows, err := tx.Query(ctx, `
		SELECT i.id, i.state, i.opened_at, i.closed_at, i.onset_not_before, coalesce(i.document #>> '{judgement,label}', ''),
		       coalesce(i.document #>> '{judgement,explanation}', ''),
		       ARRAY (SELECT name FROM incident_entities AS e WHERE e.incident_id = i.id AND kind = 'device' ORDER BY name LIMIT 100)
		  FROM incidents AS i WHERE `+c.where()+` ORDER BY i.opened_at, i.id`, c.args...)
	if err != nil {
		return nil, 0, err
	}
	views, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (engine.AnnotationView, error) {
		v := engine.AnnotationView{Class: classIncident, Count: 1}
		var closed *time.Time
		var onset time.Time
		var label string
		if err := row.Scan(&v.EntityID, &v.Status, &v.Time, openEnd{&closed}, &onset, &label, &v.Text, &v.Devices); err != nil {
			return v, err
		}
		v.ID, v.Title, v.Tags = "incident:"+v.EntityID, cmp.Or(label, "Incident"), []string{classIncident, v.Status}
		v.Time, v.TimeEnd = minTime(v.Time, onset), timeOf(closed)
		if closed == nil {
			v.TimeEnd, v.Ongoing = q.To, true
		}
		v.Sites = sitesOf(inv, v.Devices)
		return v, nil
	})
	if err != nil {
		return nil, 0, err
	}
	return mergeNeighbours(views, share), int64(len(views)), nil
}

func minTime(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// sitesOf are the sites where the devices stand, each once.
func sitesOf(inv *knownInventory, devices []string) []string {
	var sites []string
	for _, d := range devices {
		if site := inv.graph.SiteOf(d); site != "" {
			sites = append(sites, site)
		}
	}
	slices.Sort(sites)
	return slices.Compact(sites)
}
