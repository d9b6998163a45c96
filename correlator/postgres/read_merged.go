package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// maxNames bounds the names that a merged annotation lists.
const maxNames = 50

// configChangeAnnotations are a region for the interval of each detected change. There may be millions in
// a range, so it is the database that counts them, and merges them when they are too many.
func configChangeAnnotations(ctx context.Context, tx pgx.Tx, inv *knownInventory, q engine.AnnotationQuery, share int) ([]engine.AnnotationView, int64, error) {
	var c conditions
	parts, none := configChangesSQL(&c, inv, engine.ConfigChangeQuery{
		From: q.From, To: q.To, Devices: q.Devices, Sites: q.Sites, Categories: q.Categories,
	})
	if none {
		return nil, 0, nil
	}
	var total int64
	if err := tx.QueryRow(ctx, "SELECT count(*) FROM ("+fmt.Sprintf(parts, "c.not_after", "")+") AS c", c.args...).Scan(&total); err != nil {
		return nil, 0, err
	}
	if total > int64(share) {
		views, err := mergedConfigChanges(ctx, tx, inv, parts, c, q, share)
		return views, total, err
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(parts, configChangeColumns, "")+"\nORDER BY not_after, id", c.args...)
	if err != nil {
		return nil, 0, err
	}
	changes, err := pgx.CollectRows(rows, scanConfigChange)
	if err != nil {
		return nil, 0, err
	}
	views := make([]engine.AnnotationView, len(changes))
	for i, change := range changes {
		views[i] = configChangeAnnotation(configChangeView(inv, change))
	}
	return views, total, nil
}

func configChangeAnnotation(c engine.ConfigChangeView) engine.AnnotationView {
	v := engine.AnnotationView{
		ID: "config_change:" + c.ID, Class: classConfigChange, Time: c.NotBefore, TimeEnd: c.NotAfter,
		Title: fmt.Sprintf("%s configuration of %s changed", c.Category, c.Device), Text: strings.Join(c.Summary, "\n"),
		Devices: []string{c.Device}, Status: "unplanned", EntityID: c.ID, Count: 1,
	}
	if c.Site != "" {
		v.Sites = []string{c.Site}
	}
	if c.PlannedChangeID != "" {
		v.Status = "planned"
	}
	v.Tags = []string{classConfigChange, c.Category, v.Status}
	return v
}

// mergedConfigChanges cuts the range into as many equal stretches as there is room for, and makes one
// annotation of what was detected in each.
func mergedConfigChanges(ctx context.Context, tx pgx.Tx, inv *knownInventory, parts string, c conditions, q engine.AnnotationQuery, share int) ([]engine.AnnotationView, error) {
	// What ends after the range (its interval only begins in it) falls into the last stretch.
	width := max(q.To.Sub(q.From)/time.Duration(share), time.Microsecond)
	bucket := "least(floor(extract(epoch FROM c.not_after - " + c.arg(q.From) + "::timestamptz) / " + c.arg(width.Seconds()) + "), " + c.arg(share-1) + ")"
	rows, err := tx.Query(ctx, `
		SELECT `+bucket+`::bigint AS bucket, count(*), min(c.not_before), max(c.not_after), count(*) FILTER (WHERE c.planned_change_id IS NULL),
		       count(DISTINCT c.device), (array_agg(DISTINCT c.device))[1:`+c.arg(maxNames)+`], array_agg(DISTINCT c.category)
		  FROM (`+fmt.Sprintf(parts, "c.not_before, c.not_after, c.planned_change_id, c.device, c.category", "")+`) AS c
		 GROUP BY bucket ORDER BY bucket`, c.args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (engine.AnnotationView, error) {
		v := engine.AnnotationView{Class: classConfigChange}
		var nth int64
		var unplanned, devices int
		var categories []string
		if err := row.Scan(&nth, &v.Count, &v.Time, &v.TimeEnd, &unplanned, &devices, &v.Devices, &categories); err != nil {
			return v, err
		}
		v.ID = fmt.Sprintf("config_change:merged:%d:%d", v.Time.UnixMicro(), nth)
		v.Title = fmt.Sprintf("%d configuration changes on %d devices", v.Count, devices)
		v.Text = fmt.Sprintf("%d of them unplanned; categories: %s", unplanned, strings.Join(categories, ", "))
		v.Status = "planned"
		if unplanned > 0 {
			v.Status = "unplanned"
		}
		v.Sites = sitesOf(inv, v.Devices)
		v.Tags = append([]string{classConfigChange, v.Status}, categories...)
		return v, nil
	})
}

// mergeNeighbours merges annotations of one class that follow one another until there are at most limit.
func mergeNeighbours(views []engine.AnnotationView, limit int) []engine.AnnotationView {
	if len(views) <= limit {
		return views
	}
	slices.SortStableFunc(views, func(a, b engine.AnnotationView) int {
		return cmp.Or(a.Time.Compare(b.Time), strings.Compare(a.ID, b.ID))
	})
	out := make([]engine.AnnotationView, 0, limit)
	for i := range limit {
		part := views[i*len(views)/limit : (i+1)*len(views)/limit]
		if len(part) == 1 {
			out = append(out, part[0])
			continue
		}
		out = append(out, mergeOf(part))
	}
	return out
}

func mergeOf(part []engine.AnnotationView) engine.AnnotationView {
	v := engine.AnnotationView{
		ID: part[0].ID + ":merged", Class: part[0].Class, Time: part[0].Time, TimeEnd: part[0].TimeEnd, Tags: []string{part[0].Class},
		Title: fmt.Sprintf("%d × %s", len(part), strings.ReplaceAll(part[0].Class, "_", " ")), Status: part[0].Status,
	}
	var titles []string
	for _, p := range part {
		if p.TimeEnd.After(v.TimeEnd) {
			v.TimeEnd = p.TimeEnd
		}
		v.Count += p.Count
		v.Ongoing = v.Ongoing || p.Ongoing
		v.Devices, v.Sites, titles = append(v.Devices, p.Devices...), append(v.Sites, p.Sites...), append(titles, p.Title)
		if p.Status != v.Status {
			v.Status = ""
		}
	}
	v.Devices, v.Sites = firstNames(v.Devices), firstNames(v.Sites)
	v.Text = strings.Join(firstNames(titles), "\n")
	return v
}

// firstNames are the names, each once, in order, and not more than one can read.
func firstNames(names []string) []string {
	slices.Sort(names)
	names = slices.Compact(names)
	return names[:min(len(names), maxNames)]
}
