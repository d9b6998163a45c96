package postgres

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// pending is what was saved of incidents and not yet written. Many inputs share a transaction, and those of
// a storm all speak of one incident: it is written once, as the last of them left it. Whatever the database
// is asked about incidents meanwhile, it is told first (see state.query).
type pending struct {
	incidents   map[string]incident.Incident
	created     map[string]bool // incidents that the database has never had
	occurrences map[string]*pendingOccurrence
	order       []string // of occurrences, as they were first saved
	scorings    []scoring
	reach       map[string][]string // incident → keys
}

// pendingOccurrence is an occurrence as the database has it, if it does, and as it shall be.
type pendingOccurrence struct {
	before *incident.Occurrence
	now    incident.Occurrence
}

type scoring struct {
	incidentID string
	at         time.Time
	judgement  incident.Judgement
}

func (p *pending) incident(i incident.Incident) {
	if p.incidents == nil {
		p.incidents, p.created = map[string]incident.Incident{}, map[string]bool{}
	}
	if _, known := p.incidents[i.ID]; !known {
		p.created[i.ID] = i.Revision == 1
	}
	p.incidents[i.ID] = i
}

func (p *pending) occurrence(before *incident.Occurrence, o incident.Occurrence) {
	if known, again := p.occurrences[o.ID]; again {
		known.now = o
		return
	}
	if p.occurrences == nil {
		p.occurrences = map[string]*pendingOccurrence{}
	}
	p.occurrences[o.ID] = &pendingOccurrence{before: before, now: o}
	p.order = append(p.order, o.ID)
}

// queuePending queues what is pending.
func (s *state) queuePending() error {
	p := s.pending
	s.pending = pending{}
	ids := make([]string, 0, len(p.incidents))
	for id := range p.incidents {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		if err := s.queueIncident(p.incidents[id], p.created[id]); err != nil {
			return err
		}
	}
	if err := s.queuePendingOccurrences(p); err != nil {
		return err
	}
	for _, sc := range p.scorings {
		if err := s.queueScoring(sc); err != nil {
			return err
		}
	}
	reaching := make([]string, 0, len(p.reach))
	for id := range p.reach {
		reaching = append(reaching, id)
	}
	slices.Sort(reaching)
	for _, id := range reaching {
		s.queue(`
			INSERT INTO incident_reach (incident_id, key, closed_at)
			SELECT $1, unnest($2::text[]), coalesce((SELECT closed_at FROM incidents WHERE id = $1), 'infinity')
			    ON CONFLICT DO NOTHING`, id, p.reach[id])
	}
	return nil
}

// queuePendingOccurrences writes occurrences, and what follows from where they have come to. An alert that
// was only heard of again costs an update of a few columns.
func (s *state) queuePendingOccurrences(p pending) error {
	var heard, changed []incident.Occurrence
	reached := map[string][]incident.Occurrence{} // incident → those that are new to it
	left := map[string][]string{}                 // incident → devices of those that left it
	for _, id := range p.order {
		before, o := p.occurrences[id].before, p.occurrences[id].now
		if before != nil && sameAlert(*before, o) {
			heard = append(heard, o)
		} else {
			changed = append(changed, o)
		}
		if before != nil && before.IncidentID != o.IncidentID {
			left[before.IncidentID] = append(left[before.IncidentID], o.Device)
		}
		if before == nil || before.IncidentID != o.IncidentID {
			reached[o.IncidentID] = append(reached[o.IncidentID], o)
		}
	}
	s.queueHeard(heard)
	if err := s.queueOccurrences(changed); err != nil {
		return err
	}
	for id, os := range reached {
		s.queueAlerting(id, os)
	}
	for id, devices := range left {
		s.queueLeft(id, devices)
	}
	return nil
}

func (s *state) queueScoring(sc scoring) error {
	document, err := json.Marshal(sc.judgement)
	if err != nil {
		return fmt.Errorf("save a judgement: %w", err)
	}
	s.queue("INSERT INTO scorings (incident_id, scored_at, weights_version, rules_version, judgement) VALUES ($1, $2, $3, $4, $5)",
		sc.incidentID, sc.at, sc.judgement.WeightsVersion, sc.judgement.RulesVersion, document)
	return nil
}
