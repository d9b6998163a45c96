package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// runColumns are in the order in which scanRun reads them.
const runColumns = `r.id, r.device, r.category, r.source, r.exporter, r.fingerprint, r.sha256, r.allowlist_version,
	r.first_seen, r.last_seen, r.trail, r.sections, r.actor, r.delay_ns`

func scanRun(row pgx.CollectableRow) (configchange.Run, error) { return scanRunAnd(row) }

// scanRunAnd reads a run, and the columns after it into more.
func scanRunAnd(row pgx.CollectableRow, more ...any) (configchange.Run, error) {
	var r configchange.Run
	var trail, sections []byte
	err := row.Scan(append([]any{
		&r.ID, &r.Device, &r.Category, &r.Source, &r.Exporter, &r.Fingerprint, &r.SHA256, &r.AllowlistVersion,
		&r.FirstSeen, &r.LastSeen, &trail, &sections, &r.Actor, &r.Delay,
	}, more...)...)
	if err != nil {
		return r, err
	}
	r.Sections = sections
	r.Trail, err = decodeTrail(trail)
	return r, err
}

// collectRuns reads runs and remembers them for SaveRuns.
func (s *state) collectRuns(rows pgx.Rows, err error) ([]configchange.Run, error) {
	if err != nil {
		return nil, err
	}
	runs, err := pgx.CollectRows(rows, scanRun)
	if err != nil {
		return nil, fmt.Errorf("load runs: %w", err)
	}
	for _, r := range runs {
		s.remember(r)
	}
	return runs, nil
}

func (s *state) remember(r configchange.Run) {
	r.Trail = slices.Clone(r.Trail) // the caller may write into its own
	s.runs[r.ID] = r
}

// Heads implements engine.ConfigStore: one descent of the index for each stream.
func (s *state) Heads(ctx context.Context, streams []configchange.Stream) ([]configchange.Run, error) {
	n := len(streams)
	devices, categories, sources, exporters := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, st := range streams {
		devices[i], categories[i], sources[i], exporters[i] = st.Device, st.Category, st.Source, st.Exporter
	}
	return s.collectRuns(s.queryBeside(ctx, `
		SELECT `+runColumns+`
		  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS q (device, category, source, exporter)
		 CROSS JOIN LATERAL (
		       SELECT * FROM runs
		        WHERE device = q.device AND category = q.category AND source = q.source AND exporter = q.exporter
		        ORDER BY first_seen DESC LIMIT 1) AS r`, devices, categories, sources, exporters))
}

// DeviceHeads implements engine.ConfigStore.
func (s *state) DeviceHeads(ctx context.Context, devices []string) ([]configchange.Run, error) {
	return s.collectRuns(s.queryBeside(ctx, `
		SELECT `+runColumns+`
		  FROM streams AS q
		 CROSS JOIN LATERAL (
		       SELECT * FROM runs
		        WHERE device = q.device AND category = q.category AND source = q.source AND exporter = q.exporter
		        ORDER BY first_seen DESC LIMIT 1) AS r
		 WHERE q.device = ANY ($1)
		 ORDER BY q.device, q.category, q.source, q.exporter`, devices))
}

// RunsAround implements engine.ConfigStore. Runs of one stream follow one another, so what meets
// [from, to] is what began in it and the last one that began before; that one's predecessor is the
// neighbour before, the first one that began after it the neighbour after.
func (s *state) RunsAround(ctx context.Context, stretches []engine.Stretch) ([][]configchange.Run, error) {
	out := make([][]configchange.Run, len(stretches))
	if len(stretches) == 0 {
		return out, nil
	}
	devices, categories, froms, tos := columnsOf(stretches)
	rows, err := s.queryBeside(ctx, `
		SELECT `+runColumns+`, q.nth
		  FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[]) WITH ORDINALITY AS q (device, category, since, until, nth)
		 CROSS JOIN LATERAL (SELECT * FROM streams WHERE device = q.device AND category = q.category) AS st
		 CROSS JOIN LATERAL (
		       (SELECT * FROM runs
		         WHERE device = st.device AND category = st.category AND source = st.source AND exporter = st.exporter AND first_seen < q.since
		         ORDER BY first_seen DESC LIMIT 2)
		       UNION ALL
		       (SELECT * FROM runs
		         WHERE device = st.device AND category = st.category AND source = st.source AND exporter = st.exporter
		           AND first_seen >= q.since AND first_seen <= q.until)
		       UNION ALL
		       (SELECT * FROM runs
		         WHERE device = st.device AND category = st.category AND source = st.source AND exporter = st.exporter AND first_seen > q.until
		         ORDER BY first_seen LIMIT 1)) AS r
		 ORDER BY q.nth, r.source, r.exporter, r.first_seen, r.last_seen`, devices, categories, froms, tos)
	if err != nil {
		return nil, err
	}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var nth int
		r, err := scanRunAnd(row, &nth)
		if err == nil {
			s.remember(r)
			out[nth-1] = append(out[nth-1], r)
		}
		return struct{}{}, err
	})
	if err != nil {
		return nil, fmt.Errorf("load runs: %w", err)
	}
	for i, st := range stretches {
		out[i] = dropSecondBefore(out[i], st.From)
	}
	return out, nil
}

// columnsOf turns stretches into arrays for unnest.
func columnsOf(stretches []engine.Stretch) (devices, categories []string, froms, tos []time.Time) {
	for _, st := range stretches {
		devices, categories = append(devices, st.Device), append(categories, st.Category)
		froms, tos = append(froms, st.From), append(tos, st.To)
	}
	return devices, categories, froms, tos
}

// dropSecondBefore leaves of the runs that ended before from only the last one of each stream.
func dropSecondBefore(runs []configchange.Run, from time.Time) []configchange.Run {
	out := runs[:0]
	for i, r := range runs {
		superseded := i+1 < len(runs) && runs[i+1].Stream == r.Stream && runs[i+1].LastSeen.Before(from)
		if !r.LastSeen.Before(from) || !superseded {
			out = append(out, r)
		}
	}
	return out
}

// SaveRuns implements engine.ConfigStore. Most runs were only seen again: they cost an update of
// columns that no index knows.
func (s *state) SaveRuns(_ context.Context, runs []configchange.Run) error {
	var seen, changed []configchange.Run
	for _, r := range runs {
		if before, ok := s.runs[r.ID]; ok && onlySeenAgain(before, r) {
			seen = append(seen, r)
		} else {
			changed = append(changed, r)
		}
		if r.LastSeen.After(s.row.lastObservedAt) {
			s.row.lastObservedAt = r.LastSeen
		}
		r.Trail = slices.Clone(r.Trail)
		s.runs[r.ID] = r
	}
	s.queueSeen(seen)
	return s.queueRuns(changed)
}

// onlySeenAgain says that nothing but LastSeen, Trail and Delay may differ.
func onlySeenAgain(a, b configchange.Run) bool {
	return a.Stream == b.Stream && a.Fingerprint == b.Fingerprint && a.SHA256 == b.SHA256 &&
		a.AllowlistVersion == b.AllowlistVersion && a.FirstSeen.Equal(b.FirstSeen) &&
		bytes.Equal(a.Sections, b.Sections) && reflect.DeepEqual(a.Actor, b.Actor)
}

func (s *state) queueSeen(runs []configchange.Run) {
	if len(runs) == 0 {
		return
	}
	n := len(runs)
	ids, last, trails, delays := make([]string, n), make([]time.Time, n), make([][]byte, n), make([]int64, n)
	for i, r := range runs {
		ids[i], last[i], trails[i], delays[i] = r.ID, r.LastSeen, encodeTrail(r.Trail), int64(r.Delay)
	}
	s.queue(`
		UPDATE runs SET last_seen = u.last_seen, trail = u.trail, delay_ns = u.delay_ns
		  FROM unnest($1::text[], $2::timestamptz[], $3::bytea[], $4::bigint[]) AS u (id, last_seen, trail, delay_ns)
		 WHERE runs.id = u.id`, ids, last, trails, delays)
}

func (s *state) queueRuns(runs []configchange.Run) error {
	if len(runs) == 0 {
		return nil
	}
	n := len(runs)
	ids, devices, categories, sources, exporters := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	fingerprints, hashes, versions := make([]string, n), make([]string, n), make([]int32, n)
	first, last, trails := make([]time.Time, n), make([]time.Time, n), make([][]byte, n)
	sections, actors, delays := make([]*string, n), make([]*string, n), make([]int64, n)
	for i, r := range runs {
		ids[i], devices[i], categories[i], sources[i], exporters[i] = r.ID, r.Device, r.Category, r.Source, r.Exporter
		fingerprints[i], hashes[i], versions[i] = r.Fingerprint, r.SHA256, int32(r.AllowlistVersion) //nolint:gosec // counts releases
		first[i], last[i], trails[i] = r.FirstSeen, r.LastSeen, encodeTrail(r.Trail)
		sections[i], delays[i] = orNull(string(r.Sections)), int64(r.Delay)
		actor, err := json.Marshal(r.Actor)
		if err != nil {
			return fmt.Errorf("save a run: %w", err)
		}
		if r.Actor != nil {
			actors[i] = orNull(string(actor))
		}
	}
	s.queue(`
		INSERT INTO streams (device, category, source, exporter)
		SELECT DISTINCT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
		    ON CONFLICT DO NOTHING`, devices, categories, sources, exporters)
	s.queue(`
		INSERT INTO runs (id, device, category, source, exporter, fingerprint, sha256, allowlist_version, first_seen, last_seen, trail, sections, actor, delay_ns)
		SELECT id, device, category, source, exporter, fingerprint, sha256, allowlist_version, first_seen, last_seen, trail, sections::json, actor::jsonb, delay_ns
		  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[],
		              $9::timestamptz[], $10::timestamptz[], $11::bytea[], $12::text[], $13::text[], $14::bigint[])
		    AS u (id, device, category, source, exporter, fingerprint, sha256, allowlist_version, first_seen, last_seen, trail, sections, actor, delay_ns)
		    ON CONFLICT (tenant_id, id) DO UPDATE SET
		       fingerprint = excluded.fingerprint, sha256 = excluded.sha256, allowlist_version = excluded.allowlist_version,
		       first_seen = excluded.first_seen, last_seen = excluded.last_seen, trail = excluded.trail,
		       sections = excluded.sections, actor = excluded.actor, delay_ns = excluded.delay_ns`,
		ids, devices, categories, sources, exporters, fingerprints, hashes, versions, first, last, trails, sections, actors, delays)
	return nil
}
