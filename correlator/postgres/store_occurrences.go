package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// occurrenceColumns are in the order in which scanOccurrence reads them.
const occurrenceColumns = `o.id, o.incident_id, o.fingerprint, o.alertname, o.device, o.site, o.interface, o.peer, o.severity, o.symptom,
	o.labels, o.annotations, o.starts_at, o.lag_ns, o.ends_at, o.heard_at, o.last_heard_at, o.suppressed, o.silenced_elsewhere`

func scanOccurrence(row pgx.CollectableRow) (o incident.Occurrence, err error) {
	err = row.Scan(&o.ID, &o.IncidentID, &o.Fingerprint, &o.AlertName, &o.Device, &o.Site, &o.Interface, &o.Peer, &o.Severity, &o.Symptom,
		&o.Labels, &o.Annotations, &o.StartsAt, &o.Lag, openEnd{&o.EndsAt}, &o.HeardAt, &o.LastHeardAt, &o.Suppressed, &o.SilencedElsewhere)
	return o, err
}

// collectOccurrences reads occurrences and remembers them for SaveOccurrences.
func (s *state) collectOccurrences(rows pgx.Rows, err error) ([]incident.Occurrence, error) {
	if err != nil {
		return nil, err
	}
	occurrences, err := pgx.CollectRows(rows, scanOccurrence)
	if err != nil {
		return nil, fmt.Errorf("load alert occurrences: %w", err)
	}
	for _, o := range occurrences {
		s.occurrences[o.ID] = o
	}
	return occurrences, nil
}

// spareOccurrences is how many more an incident may get before the list of all has to move.
const spareOccurrences = 16

// Occurrences implements engine.IncidentStore.
func (s *state) Occurrences(ctx context.Context, incidentIDs []string) ([]incident.Occurrence, error) {
	var unknown []string
	size := spareOccurrences
	for _, id := range incidentIDs {
		size += len(s.incidents[id])
	}
	out := make([]incident.Occurrence, 0, size)
	for _, id := range incidentIDs {
		if known, complete := s.recall(id); complete {
			out = append(out, known...)
		} else {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) > 0 {
		loaded, err := s.collectOccurrences(s.query(ctx, `
			SELECT `+occurrenceColumns+` FROM alert_occurrences AS o WHERE incident_id = ANY ($1) ORDER BY starts_at, id`, unknown))
		if err != nil {
			return nil, err
		}
		s.learnAll(unknown, loaded)
		out = append(out, loaded...)
	}
	if len(incidentIDs) > 1 { // each by itself is in order
		slices.SortFunc(out, compareOccurrences)
	}
	return out, nil
}

// AlertOccurrences implements engine.IncidentStore.
func (s *state) AlertOccurrences(ctx context.Context, fingerprints []string, since time.Time) ([]incident.Occurrence, error) {
	if err := s.loadAlerts(ctx, fingerprints, since); err != nil {
		return nil, err
	}
	return s.recallAlerts(slices.Compact(slices.Sorted(slices.Values(fingerprints))), since), nil
}

// loadAlerts makes the alerts known that are not.
func (s *state) loadAlerts(ctx context.Context, fingerprints []string, since time.Time) error {
	unknown := s.unknownAlerts(fingerprints, since)
	if len(unknown) == 0 {
		return nil
	}
	loaded, err := s.collectOccurrences(s.query(ctx, `
		SELECT `+occurrenceColumns+`
		  FROM unnest($1::text[]) AS q (fingerprint)
		 CROSS JOIN LATERAL (
		       SELECT * FROM alert_occurrences WHERE fingerprint = q.fingerprint AND ends_at > $2
		       UNION ALL
		       SELECT * FROM (
		              SELECT * FROM alert_occurrences WHERE fingerprint = q.fingerprint ORDER BY starts_at DESC, id DESC LIMIT 1) AS newest
		        WHERE ends_at <= $2) AS o
		 ORDER BY o.starts_at, o.id`, unknown, since))
	if err == nil {
		s.learnAlerts(unknown, since, loaded)
	}
	return err
}

// FiringOccurrences implements engine.IncidentStore.
func (s *state) FiringOccurrences(ctx context.Context) ([]incident.Occurrence, error) {
	return s.collectOccurrences(s.query(ctx, `
		SELECT `+occurrenceColumns+` FROM alert_occurrences AS o WHERE ends_at = 'infinity' ORDER BY starts_at, id`))
}

// SaveOccurrences implements engine.IncidentStore.
func (s *state) SaveOccurrences(_ context.Context, occurrences []incident.Occurrence) error {
	for _, o := range occurrences {
		if before, known := s.occurrences[o.ID]; known {
			s.pending.occurrence(&before, o)
		} else {
			s.pending.occurrence(nil, o)
		}
		s.saved(o)
	}
	return nil
}

// sameAlert says that nothing but times, suppression and the incident may differ.
func sameAlert(a, b incident.Occurrence) bool {
	return a.Fingerprint == b.Fingerprint && a.AlertName == b.AlertName && a.Device == b.Device && a.Site == b.Site &&
		a.Interface == b.Interface && a.Peer == b.Peer && a.Severity == b.Severity && a.Symptom == b.Symptom &&
		a.Lag == b.Lag && a.HeardAt.Equal(b.HeardAt) &&
		maps.Equal(a.Labels, b.Labels) && maps.Equal(a.Annotations, b.Annotations)
}

func (s *state) queueHeard(os []incident.Occurrence) {
	if len(os) == 0 {
		return
	}
	n := len(os)
	ids, incidents := make([]string, n), make([]string, n)
	starts, heard, ends := make([]time.Time, n), make([]time.Time, n), make([]pgtype.Timestamptz, n)
	suppressed, elsewhere := make([]bool, n), make([]bool, n)
	for i, o := range os {
		ids[i], incidents[i], starts[i], heard[i], ends[i] = o.ID, o.IncidentID, o.StartsAt, o.LastHeardAt, endOf(o.EndsAt)
		suppressed[i], elsewhere[i] = o.Suppressed, o.SilencedElsewhere
	}
	s.queue(`
		UPDATE alert_occurrences AS o
		   SET incident_id = u.incident_id, starts_at = u.starts_at, ends_at = u.ends_at, last_heard_at = u.last_heard_at,
		       suppressed = u.suppressed, silenced_elsewhere = u.silenced_elsewhere
		  FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::bool[], $7::bool[])
		    AS u (id, incident_id, starts_at, ends_at, last_heard_at, suppressed, silenced_elsewhere)
		 WHERE o.id = u.id`, ids, incidents, starts, ends, heard, suppressed, elsewhere)
}

func (s *state) queueOccurrences(os []incident.Occurrence) error {
	if len(os) == 0 {
		return nil
	}
	n := len(os)
	text := make([][]string, 12)
	for i := range text {
		text[i] = make([]string, n)
	}
	starts, heard, lastHeard, ends := make([]time.Time, n), make([]time.Time, n), make([]time.Time, n), make([]pgtype.Timestamptz, n)
	lags, suppressed, elsewhere := make([]int64, n), make([]bool, n), make([]bool, n)
	for i, o := range os {
		labels, err := json.Marshal(o.Labels)
		if err != nil {
			return fmt.Errorf("save an alert: %w", err)
		}
		annotations, err := json.Marshal(o.Annotations)
		if err != nil {
			return fmt.Errorf("save an alert: %w", err)
		}
		for c, value := range []string{
			o.ID, o.IncidentID, o.Fingerprint, o.AlertName, o.Device, o.Site, o.Interface, o.Peer,
			o.Severity, o.Symptom, string(labels), string(annotations),
		} {
			text[c][i] = value
		}
		starts[i], heard[i], lastHeard[i], ends[i] = o.StartsAt, o.HeardAt, o.LastHeardAt, endOf(o.EndsAt)
		lags[i], suppressed[i], elsewhere[i] = int64(o.Lag), o.Suppressed, o.SilencedElsewhere
	}
	args := make([]any, 0, 19)
	for _, column := range text {
		args = append(args, column)
	}
	args = append(args, starts, lags, ends, heard, lastHeard, suppressed, elsewhere)
	s.queue(`
		INSERT INTO alert_occurrences (id, incident_id, fingerprint, alertname, device, site, interface, peer, severity, symptom,
		       labels, annotations, starts_at, lag_ns, ends_at, heard_at, last_heard_at, suppressed, silenced_elsewhere)
		SELECT id, incident_id, fingerprint, alertname, device, site, interface, peer, severity, symptom,
		       labels::jsonb, annotations::jsonb, starts_at, lag_ns, ends_at, heard_at, last_heard_at, suppressed, silenced_elsewhere
		  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
		              $10::text[], $11::text[], $12::text[], $13::timestamptz[], $14::bigint[], $15::timestamptz[], $16::timestamptz[],
		              $17::timestamptz[], $18::bool[], $19::bool[])
		    AS u (id, incident_id, fingerprint, alertname, device, site, interface, peer, severity, symptom,
		          labels, annotations, starts_at, lag_ns, ends_at, heard_at, last_heard_at, suppressed, silenced_elsewhere)
		    ON CONFLICT (tenant_id, id) DO UPDATE SET
		       incident_id = excluded.incident_id, site = excluded.site, interface = excluded.interface, peer = excluded.peer,
		       severity = excluded.severity, symptom = excluded.symptom, labels = excluded.labels, annotations = excluded.annotations,
		       starts_at = excluded.starts_at, lag_ns = excluded.lag_ns, ends_at = excluded.ends_at, last_heard_at = excluded.last_heard_at,
		       suppressed = excluded.suppressed, silenced_elsewhere = excluded.silenced_elsewhere`, args...)
	return nil
}

// queueAlerting notes the devices and sites of alerts that are new to an incident.
func (s *state) queueAlerting(incidentID string, os []incident.Occurrence) {
	var kinds, names []string
	for _, o := range os {
		if o.Device != "" {
			kinds, names = append(kinds, "device"), append(names, o.Device)
		}
		if o.Site != "" {
			kinds, names = append(kinds, "site"), append(names, o.Site)
		}
	}
	s.queueEntities(incidentID, kinds, names)
}

// queueLeft forgets the devices that have no alert in the incident any more and are not its cause.
func (s *state) queueLeft(incidentID string, devices []string) {
	for _, device := range devices {
		delete(s.entities[incidentID], [2]string{"device", device})
	}
	s.queue(`
		DELETE FROM incident_entities AS e
		 WHERE incident_id = $1 AND kind = 'device' AND name = ANY ($2)
		   AND NOT EXISTS (SELECT FROM alert_occurrences AS o WHERE o.incident_id = e.incident_id AND o.device = e.name)
		   AND NOT EXISTS (SELECT FROM incidents AS i WHERE i.id = e.incident_id AND e.name = ANY (i.cause_devices))`, incidentID, devices)
}
