package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// spans are the widths that the column config_changes.span tells apart, in its order: intervals of a class
// that begin by an instant end within this width after it. The last class has no bound.
var spans = []time.Duration{24 * time.Hour, 30 * 24 * time.Hour, 0}

// spanConditions are the conditions that divide a query into one part for each class of span: that it is of
// the class and, where an end of the range is given, that its time, the column at, is not too far beyond it.
func spanConditions(c *conditions, at string, to time.Time) []string {
	parts := make([]string, len(spans))
	for class, width := range spans {
		parts[class] = fmt.Sprintf("c.span = %d", class)
		if width > 0 && !to.IsZero() {
			parts[class] += " AND " + at + " <= " + c.arg(to.Add(width))
		}
	}
	return parts
}

// configChangeColumns are in the order in which scanConfigChange reads them.
const configChangeColumns = `c.id, c.device, c.category, c.not_before, c.not_after, c.old_fingerprint, c.new_fingerprint,
	c.old_hash, c.new_hash, c.planned_change_id, c.in_blackout_id, c.actor, c.summary, c.detected_at, c.revision`

func scanConfigChange(row pgx.CollectableRow) (configchange.Change, error) {
	return scanConfigChangeAnd(row)
}

// scanConfigChangeAnd reads a change, and the columns after it into more.
func scanConfigChangeAnd(row pgx.CollectableRow, more ...any) (configchange.Change, error) {
	var c configchange.Change
	var planned, blackout *string
	err := row.Scan(append([]any{
		&c.ID, &c.Device, &c.Category, &c.NotBefore, &c.NotAfter, &c.OldFingerprint, &c.NewFingerprint,
		&c.OldHash, &c.NewHash, &planned, &blackout, &c.Actor, &c.Summary, &c.DetectedAt, &c.Revision,
	}, more...)...)
	c.PlannedChangeID, c.InBlackoutID = orEmpty(planned), orEmpty(blackout)
	if len(c.Summary) == 0 {
		c.Summary = nil
	}
	return c, err
}

// ConfigChanges implements engine.ConfigStore.
func (s *state) ConfigChanges(ctx context.Context, sel engine.ChangeSelector) ([]configchange.Change, error) {
	if len(sel.Devices) > 0 && sel.Category == "" {
		return s.changesOf(ctx, sel.Devices, sel.From, sel.To)
	}
	return s.loadChanges(ctx, sel)
}

func (s *state) loadChanges(ctx context.Context, sel engine.ChangeSelector) ([]configchange.Change, error) {
	var c conditions
	at := "c.listed_at"
	if len(sel.Devices) > 0 {
		at = "c.not_after"
		c.and("c.device = ANY (?)", sel.Devices)
	}
	c.and(at+" >= ?", sel.From)
	c.and("c.not_before <= ?", sel.To)
	if sel.Category != "" {
		c.and("c.category = ?", sel.Category)
	}
	var parts []string
	for _, part := range spanConditions(&c, at, sel.To) {
		parts = append(parts, "SELECT "+configChangeColumns+" FROM config_changes AS c WHERE "+part+" AND "+c.where())
	}
	rows, err := s.queryBeside(ctx, strings.Join(parts, "\nUNION ALL ")+"\nORDER BY not_after, id", c.args...)
	if err != nil {
		return nil, err
	}
	changes, err := pgx.CollectRows(rows, scanConfigChange)
	if err != nil {
		return nil, fmt.Errorf("load config changes: %w", err)
	}
	return changes, nil
}

// ConfigChangesIn implements engine.ConfigStore.
func (s *state) ConfigChangesIn(ctx context.Context, stretches []engine.Stretch) ([][]configchange.Change, error) {
	out := make([][]configchange.Change, len(stretches))
	if len(stretches) == 0 {
		return out, nil
	}
	var parts []string
	for class, width := range spans {
		part := fmt.Sprintf(`SELECT * FROM config_changes WHERE device = q.device AND category = q.category AND span = %d
		         AND not_after >= q.since AND not_before <= q.until`, class)
		if width > 0 {
			part += fmt.Sprintf(" AND not_after <= q.until + interval '%d hours'", int(width.Hours()))
		}
		parts = append(parts, part)
	}
	devices, categories, froms, tos := columnsOf(stretches)
	rows, err := s.queryBeside(ctx, `
		SELECT `+configChangeColumns+`, q.nth
		  FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[]) WITH ORDINALITY AS q (device, category, since, until, nth)
		 CROSS JOIN LATERAL (`+strings.Join(parts, "\n\t\tUNION ALL ")+`) AS c
		 ORDER BY q.nth, c.not_after, c.id`, devices, categories, froms, tos)
	if err != nil {
		return nil, err
	}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var nth int
		c, err := scanConfigChangeAnd(row, &nth)
		if err == nil {
			out[nth-1] = append(out[nth-1], c)
		}
		return struct{}{}, err
	})
	if err != nil {
		return nil, fmt.Errorf("load config changes: %w", err)
	}
	return out, nil
}

// SaveConfigChanges implements engine.ConfigStore. The summaries differ in length, and PostgreSQL's
// arrays are rectangular: the rows travel as JSON.
func (s *state) SaveConfigChanges(_ context.Context, changes []configchange.Change) error {
	if len(changes) == 0 {
		return nil
	}
	document, err := jsonText(&changes)
	if err != nil {
		return fmt.Errorf("save config changes: %w", err)
	}
	s.changes.forget(changes)
	s.queue(`
		INSERT INTO config_changes (id, device, category, not_before, not_after, old_fingerprint, new_fingerprint,
		       old_hash, new_hash, planned_change_id, in_blackout_id, actor, summary, detected_at, revision)
		SELECT id, device, category, not_before, not_after, old_fingerprint, new_fingerprint,
		       coalesce(old_hash, ''), coalesce(new_hash, ''), planned_change_id, in_blackout_id, actor, coalesce(summary, '{}'), detected_at, revision
		  FROM jsonb_to_recordset($1::jsonb) AS u (id text, device text, category text, not_before timestamptz, not_after timestamptz,
		       old_fingerprint text, new_fingerprint text, old_hash text, new_hash text, planned_change_id text, in_blackout_id text,
		       actor jsonb, summary text[], detected_at timestamptz, revision bigint)
		    ON CONFLICT (tenant_id, id) DO UPDATE SET
		       not_before = excluded.not_before, not_after = excluded.not_after,
		       old_fingerprint = excluded.old_fingerprint, new_fingerprint = excluded.new_fingerprint,
		       old_hash = excluded.old_hash, new_hash = excluded.new_hash,
		       planned_change_id = excluded.planned_change_id, in_blackout_id = excluded.in_blackout_id,
		       actor = excluded.actor, summary = excluded.summary, revision = excluded.revision`, document)
	return nil
}

// DeleteConfigChanges implements engine.ConfigStore.
func (s *state) DeleteConfigChanges(_ context.Context, ids []string) error {
	s.changes = changePages{} // ids do not say of which devices they are
	s.queue("DELETE FROM config_changes WHERE id = ANY ($1)", ids)
	return nil
}
