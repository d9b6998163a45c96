package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// Verdicts answers the newest incidents, at most limit, on whose cause people have spoken, with the
// categories of the changes that their evidence names.
func (db *DB) Verdicts(ctx context.Context, tenant string, limit int) (judged []incident.Judged, err error) {
	err = db.read(ctx, tenant, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, "SELECT document FROM incidents WHERE judged AND state <> 'merged' ORDER BY opened_at DESC, id DESC LIMIT $1", limit)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, scanIncident)
		if err != nil {
			return fmt.Errorf("load judged incidents: %w", err)
		}
		var changes []string
		for _, i := range found {
			changes = append(changes, changesNamed(i.Judgement)...)
		}
		categories, err := categoriesOf(ctx, tx, changes)
		if err != nil {
			return err
		}
		for _, i := range found {
			v := incident.Judged{IncidentID: i.ID, Judgement: i.Judgement, Feedback: i.Feedback, Categories: map[string]string{}}
			for _, id := range changesNamed(i.Judgement) {
				v.Categories[id] = categories[id]
			}
			judged = append(judged, v)
		}
		return nil
	})
	return judged, err
}

// changesNamed are the config changes that a judgement's evidence names.
func changesNamed(j incident.Judgement) []string {
	var ids []string
	for _, c := range j.Candidates {
		for _, e := range c.Evidence {
			if e.ConfigChangeID != "" {
				ids = append(ids, e.ConfigChangeID)
			}
		}
	}
	return ids
}

func categoriesOf(ctx context.Context, tx pgx.Tx, changes []string) (map[string]string, error) {
	rows, err := tx.Query(ctx, "SELECT id, category FROM config_changes WHERE id = ANY ($1)", list(changes))
	if err != nil {
		return nil, err
	}
	categories := map[string]string{}
	var id, category string
	if _, err := pgx.ForEachRow(rows, []any{&id, &category}, func() error { categories[id] = category; return nil }); err != nil {
		return nil, fmt.Errorf("load the categories of changes: %w", err)
	}
	return categories, nil
}

// Rejudge judges incidents anew, with the weights in force and with those of another document, on a
// snapshot of what is stored: nothing waits for it, and it writes nothing.
func (db *DB) Rejudge(ctx context.Context, tenant string, incidentIDs []string, document []byte) (out []engine.Rejudged, err error) {
	err = db.read(ctx, tenant, func(tx pgx.Tx) error {
		s, err := snapshot(ctx, tx, tenant)
		if err != nil {
			return err
		}
		out, err = db.o.Engine.Rejudge(ctx, s, incidentIDs, document)
		return err
	})
	return out, err
}

// snapshot is a tenant's state to read from, without the right to apply inputs.
func snapshot(ctx context.Context, tx pgx.Tx, tenant string) (*state, error) {
	s := &state{
		tx: tx, tenant: tenant, memory: newMemory(), runs: map[string]configchange.Run{},
		reachEnds: map[string]pgtype.Timestamptz{}, updates: map[string]int{},
	}
	var settings []byte
	err := tx.QueryRow(ctx, "SELECT inventory_revision, subscribers_revision, settings FROM tenants").
		Scan(&s.row.inventoryRevision, &s.row.subscribers, &settings)
	if err != nil {
		return nil, fmt.Errorf("read the tenant: %w", err)
	}
	if err := json.Unmarshal(settings, &s.row.settings); err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	return s, nil
}
