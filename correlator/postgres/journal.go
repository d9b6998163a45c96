package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// entry is an input that was applied, on its way into the journal.
type entry struct {
	seq     int64
	at      time.Time
	kind    string
	payload string
}

// recorded is an input in the form in which the journal keeps it: a command names its incidents by an
// occurrence of each, as timelines do, since ids are another database's business. It is asked before the
// input is applied, which may move the occurrences.
func (s *state) recorded(ctx context.Context, in engine.Input) (engine.Input, error) {
	command, ok := in.(engine.OperatorInput)
	if !ok {
		return in, nil
	}
	for _, ref := range []*engine.IncidentRef{&command.Incident, &command.Into} {
		if ref.ID == "" {
			continue
		}
		rows, err := s.query(ctx, `
			SELECT CASE WHEN device <> '' THEN device WHEN site <> '' THEN site ELSE alertname END, alertname, fingerprint, starts_at
			  FROM alert_occurrences WHERE incident_id = $1 ORDER BY starts_at, id LIMIT 1`, ref.ID)
		if err != nil {
			return nil, err
		}
		_, err = pgx.ForEachRow(rows, []any{&ref.Device, &ref.AlertName, &ref.Fingerprint, &ref.StartsAt}, func() error { return nil })
		if err != nil {
			return nil, fmt.Errorf("name an incident by its alerts: %w", err)
		}
	}
	return command, nil
}

// appendJournal notes an input. The passing of time is no input: timers fire at their own instants.
func (s *state) appendJournal(at time.Time, in engine.Input) error {
	if _, tick := in.(engine.Tick); tick {
		return nil
	}
	payload, err := timelineLines(s.tenant, at, in)
	if err != nil {
		return fmt.Errorf("write an input down: %w", err)
	}
	s.row.seq++
	s.journal = append(s.journal, entry{seq: s.row.seq, at: at, kind: kindOf(in), payload: payload})
	return nil
}

func (s *state) queueJournal() {
	if len(s.journal) == 0 {
		return
	}
	n := len(s.journal)
	seqs, times, kinds, payloads := make([]int64, n), make([]time.Time, n), make([]string, n), make([]string, n)
	for i, e := range s.journal {
		seqs[i], times[i], kinds[i], payloads[i] = e.seq, e.at, e.kind, e.payload
	}
	s.queue(`
		INSERT INTO inputs (seq, received_at, kind, payload)
		SELECT * FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[])`, seqs, times, kinds, payloads)
	s.journal = nil
}

// timelinePage is how many inputs are read at once.
const timelinePage = 500

// Timeline calls line with each line of the tenant's recorded timeline that was received in [from, to),
// in the order in which they were applied. A line is one JSON object without the line feed. A zero from
// or to does not bound it.
func (db *DB) Timeline(ctx context.Context, tenant string, from, to time.Time, line func(string) error) error {
	return db.read(ctx, tenant, func(tx pgx.Tx) error {
		after := int64(0)
		for {
			rows, err := tx.Query(ctx, `
				SELECT seq, payload FROM inputs
				 WHERE seq > $1 AND received_at >= coalesce($2::timestamptz, '-infinity') AND received_at < coalesce($3::timestamptz, 'infinity')
				 ORDER BY received_at, seq LIMIT $4`, after, nullTime(from), nullTime(to), timelinePage)
			if err != nil {
				return err
			}
			page, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e entry, err error) {
				return e, row.Scan(&e.seq, &e.payload)
			})
			if err != nil {
				return fmt.Errorf("read the journal: %w", err)
			}
			for _, e := range page {
				for l := range strings.SplitSeq(e.payload, "\n") {
					if err := line(l); err != nil {
						return err
					}
				}
				after = e.seq
			}
			if len(page) < timelinePage {
				return nil
			}
		}
	})
}
