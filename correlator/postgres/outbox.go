package postgres

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// outboxChannel wakes relays when a transaction with events commits.
const outboxChannel = "ispvm_outbox"

// event is an effect on its way into the outbox.
type event struct {
	key     string
	kind    string
	at      time.Time
	payload string
}

// appendEvents notes what the world must hear of.
func (s *state) appendEvents(effects []engine.Effect) error {
	for _, e := range effects {
		payload, err := eventPayload(e)
		if err != nil {
			return fmt.Errorf("write event %s: %w", e.Key, err)
		}
		s.events = append(s.events, event{key: e.Key, kind: string(e.Type), at: e.At, payload: string(payload)})
	}
	return nil
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
func (s *state) queueEvents() {
	if len(s.events) == 0 {
		return
	}
	n := len(s.events)
	keys, kinds, times, payloads := make([]string, n), make([]string, n), make([]time.Time, n), make([]string, n)
	for i, e := range s.events {
		keys[i], kinds[i], times[i], payloads[i] = e.key, e.kind, e.at, e.payload
	}
	s.queue(`
		INSERT INTO outbox (key, type, occurred_at, payload)
		SELECT key, type, occurred_at, payload::jsonb
		  FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[]) WITH ORDINALITY AS u (key, type, occurred_at, payload, nth)
		 ORDER BY nth
		    ON CONFLICT (tenant_id, key) DO NOTHING`, keys, kinds, times, payloads)
	s.queue("SELECT pg_notify($1, '')", outboxChannel)
	s.events = nil
}
