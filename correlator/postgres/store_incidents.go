package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// Incidents implements engine.IncidentStore. Each way to be selected is a query of its own over an index
// of its own; their ids are united.
func (s *state) Incidents(ctx context.Context, sel engine.IncidentSelector) ([]incident.Incident, error) {
	if sel.Latest == nil && len(sel.Reach)+len(sel.Causes) == 0 {
		return s.incidentsByID(ctx, sel.IDs)
	}
	if sel.Latest == nil {
		l, err := s.liveOnes(ctx)
		if err != nil {
			return nil, err
		}
		if l != nil && l.answers(sel) {
			found := map[string]bool{}
			l.find(sel, found)
			return s.incidentsByID(ctx, slices.AppendSeq(slices.Clone(sel.IDs), maps.Keys(found)))
		}
	}
	var q incidentQuery
	ended := endOf(nil) // without a time, only what has not ended
	if !sel.ClosedSince.IsZero() {
		ended = endOf(&sel.ClosedSince)
	}
	if len(sel.IDs) > 0 {
		q.or("SELECT unnest(" + q.arg(sel.IDs) + "::text[])")
	}
	switch {
	case sel.Latest == nil:
	case sel.Latest.Fingerprint != "":
		q.or("SELECT incident_id FROM alert_occurrences WHERE fingerprint = " + q.arg(sel.Latest.Fingerprint) + " AND starts_at = " + q.arg(sel.Latest.StartsAt))
	default:
		q.or(`SELECT id FROM (
			SELECT i.id FROM incident_entities AS e JOIN incidents AS i ON i.id = e.incident_id
			 WHERE e.name = ` + q.arg(sel.Latest.Device) + ` AND i.state <> 'merged'
			   AND EXISTS (SELECT FROM alert_occurrences AS o WHERE o.incident_id = i.id AND o.alertname = ` + q.arg(sel.Latest.AlertName) + `
			               AND CASE WHEN o.device <> '' THEN e.kind = 'device' AND o.device = e.name ELSE e.kind = 'site' AND o.site = e.name END)
			 ORDER BY i.opened_at DESC, i.id DESC LIMIT 1) AS latest`)
	}
	if len(sel.Reach) > 0 {
		q.or(`SELECT i.id FROM incident_reach AS r JOIN incidents AS i ON i.id = r.incident_id
			 WHERE r.key = ANY (` + q.arg(sel.Reach) + `) AND r.closed_at >= ` + q.arg(ended) + `
			   AND i.onset_not_before <= ` + q.arg(sel.OnsetTo) + ` AND i.last_onset >= ` + q.arg(sel.OnsetFrom))
	}
	if len(sel.Causes) > 0 {
		q.or("SELECT id FROM incidents WHERE state <> 'merged' AND closed_at >= " + q.arg(ended) + " AND cause_devices && " + q.arg(sel.Causes) + "::text[]")
	}
	rows, err := s.query(ctx, "SELECT id FROM incidents WHERE state <> 'merged' AND id IN ("+strings.Join(q.ways, " UNION ")+")", q.args...)
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("find incidents: %w", err)
	}
	return s.incidentsByID(ctx, ids)
}

// incidentsByID are the incidents with these ids that were not merged away, ordered by OpenedAt, then ID.
// What is known of them is not read again: a judgement about thousands of alerts is long.
func (s *state) incidentsByID(ctx context.Context, ids []string) ([]incident.Incident, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	var unknown []string
	var out []incident.Incident
	for _, id := range ids {
		if i, known := s.open[id]; known {
			out = append(out, ownCopy(i))
		} else {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) > 0 {
		rows, err := s.query(ctx, "SELECT document FROM incidents WHERE state <> 'merged' AND id = ANY ($1)", unknown)
		if err != nil {
			return nil, err
		}
		loaded, err := pgx.CollectRows(rows, scanIncident)
		if err != nil {
			return nil, fmt.Errorf("load incidents: %w", err)
		}
		for _, i := range loaded {
			s.know(i)
		}
		out = append(out, loaded...)
	}
	for _, i := range out {
		if _, waits := s.pending.incidents[i.ID]; !waits { // else its reach has the end from before
			s.reachEnds[i.ID] = reachEnd(i)
		}
	}
	slices.SortFunc(out, func(a, b incident.Incident) int {
		return cmp.Or(a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// IncidentsReaching implements engine.IncidentStore: one descent of the index for each key.
func (s *state) IncidentsReaching(ctx context.Context, selectors []engine.IncidentSelector) ([][]string, error) {
	out := make([][]string, len(selectors))
	if len(selectors) == 0 {
		return out, nil
	}
	l, err := s.liveOnes(ctx)
	if err != nil {
		return nil, err
	}
	if l != nil && !slices.ContainsFunc(selectors, func(sel engine.IncidentSelector) bool { return !l.answers(sel) }) {
		for i, sel := range selectors {
			found := map[string]bool{}
			l.find(sel, found)
			out[i] = slices.Collect(maps.Keys(found))
		}
		return out, nil
	}
	var nths []int64
	var keys []string
	var froms, tos []time.Time
	var ended []pgtype.Timestamptz
	for i, sel := range selectors {
		end := endOf(nil)
		if !sel.ClosedSince.IsZero() {
			end = endOf(&sel.ClosedSince)
		}
		for _, key := range sel.Reach {
			nths, keys, froms, tos, ended = append(nths, int64(i)), append(keys, key), append(froms, sel.OnsetFrom), append(tos, sel.OnsetTo), append(ended, end)
		}
	}
	if len(keys) == 0 {
		return out, nil
	}
	rows, err := s.query(ctx, `
		SELECT DISTINCT q.nth, i.id
		  FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[]) AS q (nth, key, onset_from, onset_to, ended)
		 CROSS JOIN LATERAL (SELECT incident_id FROM incident_reach WHERE key = q.key AND closed_at >= q.ended) AS r
		  JOIN incidents AS i ON i.id = r.incident_id
		 WHERE i.state <> 'merged' AND i.onset_not_before <= q.onset_to AND i.last_onset >= q.onset_from`, nths, keys, froms, tos, ended)
	if err != nil {
		return nil, err
	}
	var nth int64
	var id string
	_, err = pgx.ForEachRow(rows, []any{&nth, &id}, func() error {
		out[nth] = append(out[nth], id)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find incidents by their reach: %w", err)
	}
	return out, nil
}

// incidentQuery gathers the ways in which an incident can be selected, and their arguments.
type incidentQuery struct {
	ways []string
	args []any
}

func (q *incidentQuery) arg(v any) string {
	q.args = append(q.args, v)
	return fmt.Sprintf("$%d", len(q.args))
}

func (q *incidentQuery) or(way string) { q.ways = append(q.ways, way) }

func scanIncident(row pgx.CollectableRow) (i incident.Incident, err error) {
	var document []byte
	if err := row.Scan(&document); err != nil {
		return i, err
	}
	return i, json.Unmarshal(document, &i)
}

// reachEnd is until when an incident can be found by its reach: for ever while it is open, not at all
// once it is merged.
func reachEnd(i incident.Incident) pgtype.Timestamptz {
	switch {
	case i.State == incident.Open:
		return endOf(nil)
	case i.State == incident.Closed && i.ClosedAt != nil:
		return endOf(i.ClosedAt)
	default:
		return pgtype.Timestamptz{InfinityModifier: pgtype.NegativeInfinity, Valid: true}
	}
}

// SaveIncidents implements engine.IncidentStore.
func (s *state) SaveIncidents(_ context.Context, incidents []incident.Incident) error {
	for _, i := range incidents {
		s.pending.incident(i)
		s.savedIncident(i)
	}
	return nil
}

// queueIncident writes an incident.
func (s *state) queueIncident(i incident.Incident, created bool) error {
	document, err := json.Marshal(i)
	if err != nil {
		return fmt.Errorf("save incident %s: %w", i.ID, err)
	}
	end := reachEnd(i)
	if created { // it has no reach yet
		s.reachEnds[i.ID] = end
	}
	s.queue(`
		INSERT INTO incidents (id, state, opened_at, closed_at, onset_not_before, last_onset, cause_devices,
		       during_change_id, during_maintenance_id, revision, document)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		    ON CONFLICT (tenant_id, id) DO UPDATE SET
		       state = excluded.state, opened_at = excluded.opened_at, closed_at = excluded.closed_at,
		       onset_not_before = excluded.onset_not_before, last_onset = excluded.last_onset, cause_devices = excluded.cause_devices,
		       during_change_id = excluded.during_change_id, during_maintenance_id = excluded.during_maintenance_id,
		       revision = excluded.revision, document = excluded.document`,
		i.ID, string(i.State), i.OpenedAt, end, i.Onset.NotBefore, i.LastOnset, causeDevices(i),
		orNull(i.DuringChangeID), orNull(i.DuringMaintenanceID), i.Revision, document)
	s.queueReachEnd(i.ID, end)
	s.queueCandidates(i)
	return nil
}

// queueReachEnd repeats the incident's end in its reach, where it has moved.
func (s *state) queueReachEnd(id string, end pgtype.Timestamptz) {
	if before, ok := s.reachEnds[id]; ok && before == end {
		return
	}
	s.reachEnds[id] = end
	s.queue("UPDATE incident_reach SET closed_at = $2 WHERE incident_id = $1 AND closed_at <> $2", id, end)
}

// queueCandidates notes the entities that may be the cause; those that alert come with their occurrences.
func (s *state) queueCandidates(i incident.Incident) {
	var kinds, names []string
	for _, c := range i.Judgement.Candidates {
		for _, device := range c.Devices {
			kinds, names = append(kinds, "device"), append(names, device)
		}
		if c.Kind == incident.KindSite {
			kinds, names = append(kinds, "site"), append(names, c.Name)
		}
	}
	s.queueEntities(i.ID, kinds, names)
}

// entities are what an incident is about, by kind and name.
type entities map[[2]string]bool

// queueEntities writes the entities of an incident that are not written yet.
func (s *state) queueEntities(incidentID string, kinds, names []string) {
	written := s.entities[incidentID]
	if _, open := s.open[incidentID]; open && written == nil {
		written = entities{}
		s.entities[incidentID] = written
	}
	var newKinds, newNames []string
	for i, kind := range kinds {
		entity := [2]string{kind, names[i]}
		if written[entity] {
			continue
		}
		if written != nil {
			written[entity] = true
		}
		newKinds, newNames = append(newKinds, kind), append(newNames, names[i])
	}
	if len(newKinds) == 0 {
		return
	}
	s.queue(`
		INSERT INTO incident_entities (incident_id, kind, name)
		SELECT DISTINCT $1, kind, name FROM unnest($2::text[], $3::text[]) AS u (kind, name)
		    ON CONFLICT DO NOTHING`, incidentID, newKinds, newNames)
}

func causeDevices(i incident.Incident) []string {
	if len(i.Judgement.Candidates) == 0 {
		return []string{}
	}
	return list(i.Judgement.Candidates[0].Devices)
}

// SaveJudgement implements engine.IncidentStore.
func (s *state) SaveJudgement(_ context.Context, incidentID string, at time.Time, j incident.Judgement) error {
	s.pending.scorings = append(s.pending.scorings, scoring{incidentID: incidentID, at: at, judgement: j})
	return nil
}

// AddReach implements engine.IncidentStore.
func (s *state) AddReach(_ context.Context, incidentID string, keys []string) error {
	if s.live != nil {
		keys = s.live.extend(incidentID, keys)
	}
	if len(keys) == 0 {
		return nil
	}
	if s.pending.reach == nil {
		s.pending.reach = map[string][]string{}
	}
	s.pending.reach[incidentID] = append(s.pending.reach[incidentID], keys...)
	return nil
}
