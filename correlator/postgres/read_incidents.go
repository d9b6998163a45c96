package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

const (
	incidentList = "incidents"
	// alertsInList is how many alerts an incident of a list brings; one by itself brings them all.
	alertsInList = 100
)

// Incident answers one incident with all its alerts. One that was merged into another is not found: its
// alerts are that one's now.
func (db *DB) Incident(ctx context.Context, tenant, id string) (view engine.IncidentView, err error) {
	err = db.read(ctx, tenant, func(tx pgx.Tx) error {
		inv, err := db.inventory(ctx, tx, tenant)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, "SELECT document FROM incidents WHERE id = $1 AND state <> 'merged'", clean(id))
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, scanIncident)
		if err != nil {
			return fmt.Errorf("load an incident: %w", err)
		}
		if len(found) == 0 {
			return fmt.Errorf("incident %q: %w", id, engine.ErrNotFound)
		}
		views, err := incidentViews(ctx, tx, inv, found, nil)
		if err == nil {
			view = views[0]
		}
		return err
	})
	return view, err
}

// Incidents answers incidents, newest first.
func (db *DB) Incidents(ctx context.Context, tenant string, q engine.IncidentQuery) (page engine.IncidentPage, err error) {
	after, some, err := parseCursor(incidentList, q.Page.Token)
	if err != nil {
		return page, err
	}
	size := pageSize(q.Page)
	err = db.read(ctx, tenant, func(tx pgx.Tx) error {
		inv, err := db.inventory(ctx, tx, tenant)
		if err != nil {
			return err
		}
		var c conditions
		if some {
			c.and("(i.opened_at, i.id) < (?, ?)", after.at, after.id)
		}
		incidentConditions(&c, inv, q)
		rows, err := tx.Query(ctx, "SELECT i.document FROM incidents AS i WHERE "+c.where()+
			" ORDER BY i.opened_at DESC, i.id DESC LIMIT "+c.arg(size+1), c.args...)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, scanIncident)
		if err != nil {
			return fmt.Errorf("load incidents: %w", err)
		}
		if len(found) > size {
			found = found[:size]
			page.Next = cursor{at: found[size-1].OpenedAt, id: found[size-1].ID}.token(incidentList)
		}
		limit := alertsInList
		page.Incidents, err = incidentViews(ctx, tx, inv, found, &limit)
		return err
	})
	return page, err
}

// incidentConditions adds what a query asks of incidents i.
func incidentConditions(c *conditions, inv *knownInventory, q engine.IncidentQuery) {
	c.and("i.state <> 'merged'")
	if len(q.States) > 0 {
		c.and("i.state = ANY (?)", q.States)
	}
	if !q.From.IsZero() {
		c.and("i.closed_at > ?", q.From)
	}
	if !q.To.IsZero() {
		c.and("i.opened_at < ?", q.To)
	}
	if devices, all := inv.wanted(q.Devices, q.Sites); !all {
		c.and(`i.id IN (
			SELECT incident_id FROM incident_entities WHERE kind = 'device' AND name = ANY (?)
			UNION SELECT incident_id FROM incident_entities WHERE kind = 'site' AND name = ANY (?))`, devices, list(q.Sites))
	}
}

// incidentViews completes incidents with their alerts (the first limit ones of each; all when nil), the
// number and severity of these, and the devices and sites.
func incidentViews(ctx context.Context, tx pgx.Tx, inv *knownInventory, found []incident.Incident, limit *int) ([]engine.IncidentView, error) {
	views := make([]engine.IncidentView, len(found))
	byID := make(map[string]*engine.IncidentView, len(found))
	ids := make([]string, len(found))
	for i, f := range found {
		views[i], ids[i] = incidentView(f), f.ID
		byID[f.ID] = &views[i]
	}
	for _, complete := range []func(context.Context, pgx.Tx, []string, map[string]*engine.IncidentView) error{addSeverities, addEntities(inv)} {
		if err := complete(ctx, tx, ids, byID); err != nil {
			return nil, fmt.Errorf("complete incidents: %w", err)
		}
	}
	rows, err := tx.Query(ctx, `
		SELECT `+occurrenceColumns+` FROM unnest($1::text[]) WITH ORDINALITY AS q (id, nth)
		 CROSS JOIN LATERAL (SELECT * FROM alert_occurrences WHERE incident_id = q.id ORDER BY starts_at, id LIMIT $2) AS o
		 ORDER BY q.nth, o.starts_at, o.id`, ids, limit)
	if err != nil {
		return nil, err
	}
	alerts, err := pgx.CollectRows(rows, scanOccurrence)
	if err != nil {
		return nil, fmt.Errorf("load the alerts of incidents: %w", err)
	}
	for _, o := range alerts {
		v := byID[o.IncidentID]
		v.Alerts = append(v.Alerts, alertView(o))
	}
	return views, nil
}

// severities are those that one can compare, worst first; all others come after them.
var severities = []string{"critical", "error", "major", "warning", "minor", "info"}

func severityRank(s string) int {
	if i := slices.Index(severities, s); i >= 0 {
		return i
	}
	return len(severities)
}

func addSeverities(ctx context.Context, tx pgx.Tx, ids []string, byID map[string]*engine.IncidentView) error {
	rows, err := tx.Query(ctx, `
		SELECT incident_id, severity, count(*) FROM alert_occurrences WHERE incident_id = ANY ($1) GROUP BY incident_id, severity ORDER BY 1, 2`, ids)
	if err != nil {
		return err
	}
	var id, severity string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&id, &severity, &n}, func() error {
		v := byID[id]
		if v.AlertCount == 0 || severityRank(severity) < severityRank(v.Severity) {
			v.Severity = severity
		}
		v.AlertCount += n
		return nil
	})
	return err
}

// addEntities fills in the devices and the sites: those of the alerts and candidates, and where the
// devices stand.
func addEntities(inv *knownInventory) func(context.Context, pgx.Tx, []string, map[string]*engine.IncidentView) error {
	return func(ctx context.Context, tx pgx.Tx, ids []string, byID map[string]*engine.IncidentView) error {
		rows, err := tx.Query(ctx, `
			SELECT incident_id, kind, name FROM incident_entities WHERE incident_id = ANY ($1) ORDER BY incident_id, kind, name`, ids)
		if err != nil {
			return err
		}
		sites := map[string]map[string]bool{}
		var id, kind, name string
		_, err = pgx.ForEachRow(rows, []any{&id, &kind, &name}, func() error {
			site := name
			if kind == "device" {
				byID[id].Devices = append(byID[id].Devices, name)
				site = inv.graph.SiteOf(name)
			}
			if site != "" {
				if sites[id] == nil {
					sites[id] = map[string]bool{}
				}
				sites[id][site] = true
			}
			return nil
		})
		for id, names := range sites {
			byID[id].Sites = slices.Sorted(maps.Keys(names))
		}
		return err
	}
}
