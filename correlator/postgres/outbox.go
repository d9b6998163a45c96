package postgres

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// outboxChannel wakes relays when a transaction with events commits.
const outboxChannel = "ispvm_outbox"

// appendEvents notes what the world must hear of. An update of an incident that another update follows in
// the same transaction was never to be seen: the newer one says it all.
func (s *state) appendEvents(effects []engine.Effect) {
	for _, e := range effects {
		if e.Incident != nil {
			if i, updated := s.updates[e.Incident.ID]; updated && e.Type == engine.IncidentUpdated {
				s.events[i].Type = ""
			}
			delete(s.updates, e.Incident.ID)
			if e.Type == engine.IncidentUpdated {
				s.updates[e.Incident.ID] = len(s.events)
			}
		}
		s.events = append(s.events, e)
	}
}

// eventPayload is what the event is about, as JSON: the config change, incident, window or notification.
func eventPayload(e engine.Effect) ([]byte, error) {
	switch {
	case e.Change != nil:
		return json.Marshal(e.Change)
	case e.Incident != nil:
		return json.Marshal(e.Incident)
	case e.Window != nil:
		return json.Marshal(e.Window)
	case e.Notification != nil:
		return json.Marshal(e.Notification)
	default:
		return []byte("null"), nil
	}
}

// queueEvents writes the events. A key that is there already is the same event, and is kept once.
func (s *state) queueEvents() error {
	if len(s.events) == 0 {
		return nil
	}
	var keys, kinds, payloads []string
	var times []time.Time
	for _, e := range s.events {
		if e.Type == "" {
			continue
		}
		payload, err := eventPayload(e)
		if err != nil {
			return fmt.Errorf("write event %s: %w", e.Key, err)
		}
		keys, kinds, times, payloads = append(keys, e.Key), append(kinds, string(e.Type)), append(times, e.At), append(payloads, string(payload))
	}
	s.queue(`
		INSERT INTO outbox (key, type, occurred_at, payload)
		SELECT key, type, occurred_at, payload::jsonb
		  FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[]) WITH ORDINALITY AS u (key, type, occurred_at, payload, nth)
		 ORDER BY nth
		    ON CONFLICT (tenant_id, key) DO NOTHING`, keys, kinds, times, payloads)
	s.queue("SELECT pg_notify($1, '')", outboxChannel)
	s.events, s.updates = nil, map[string]int{}
	return nil
}
