package replay

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// incidentState is what is known of incidents.
type incidentState struct {
	byID        map[string]incident.Incident
	occurrences map[string]incident.Occurrence   // by id
	byAlert     map[string][]string              // alert fingerprint → ids of occurrences
	byIncident  map[string][]incident.Occurrence // incident → its occurrences, by StartsAt, then ID
	reach       map[string]map[string]bool       // key → incidents
	judgements  map[string]int                   // incident → how often it was judged otherwise
}

func newIncidentState() incidentState {
	return incidentState{
		byID: map[string]incident.Incident{}, occurrences: map[string]incident.Occurrence{},
		byAlert: map[string][]string{}, byIncident: map[string][]incident.Occurrence{}, reach: map[string]map[string]bool{},
		judgements: map[string]int{},
	}
}

// Incidents implements engine.IncidentStore.
func (s *Store) Incidents(_ context.Context, sel engine.IncidentSelector) ([]incident.Incident, error) {
	ids := map[string]bool{}
	for _, id := range sel.IDs {
		ids[id] = true
	}
	if sel.Latest != nil {
		ids[s.latest(*sel.Latest)] = true
	}
	s.reaching(sel, ids)
	if len(sel.Causes) > 0 {
		causes := map[string]bool{}
		for _, d := range sel.Causes {
			causes[d] = true
		}
		for id, inc := range s.incidents.byID {
			if counts(inc, sel.ClosedSince) && len(inc.Judgement.Candidates) > 0 &&
				slices.ContainsFunc(inc.Judgement.Candidates[0].Devices, func(d string) bool { return causes[d] }) {
				ids[id] = true
			}
		}
	}
	var out []incident.Incident
	for id := range ids {
		if inc, ok := s.incidents.byID[id]; ok && inc.State != incident.Merged {
			out = append(out, inc)
		}
	}
	slices.SortFunc(out, compareIncidents)
	return out, nil
}

// reaching adds the incidents that the selector selects by reach.
func (s *Store) reaching(sel engine.IncidentSelector, ids map[string]bool) {
	for _, key := range sel.Reach {
		for id := range s.incidents.reach[key] {
			inc := s.incidents.byID[id]
			if counts(inc, sel.ClosedSince) && !inc.LastOnset.Before(sel.OnsetFrom) && !inc.Onset.NotBefore.After(sel.OnsetTo) {
				ids[id] = true
			}
		}
	}
}

// IncidentsReaching implements engine.IncidentStore.
func (s *Store) IncidentsReaching(_ context.Context, selectors []engine.IncidentSelector) ([][]string, error) {
	out := make([][]string, len(selectors))
	for i, sel := range selectors {
		ids := map[string]bool{}
		s.reaching(sel, ids)
		out[i] = slices.Sorted(maps.Keys(ids))
	}
	return out, nil
}

func counts(inc incident.Incident, closedSince time.Time) bool {
	return inc.State == incident.Open ||
		inc.State == incident.Closed && !closedSince.IsZero() && !inc.ClosedAt.Before(closedSince)
}

func compareIncidents(a, b incident.Incident) int {
	return cmp.Or(a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.ID, b.ID))
}

func (s *Store) latest(ref engine.IncidentRef) string {
	var newest incident.Incident
	for _, o := range s.incidents.occurrences {
		inc := s.incidents.byID[o.IncidentID]
		named := o.Subject() == ref.Device && o.AlertName == ref.AlertName
		if ref.Fingerprint != "" {
			named = o.Fingerprint == ref.Fingerprint && o.StartsAt.Equal(ref.StartsAt)
		}
		if named && (newest.ID == "" || compareIncidents(inc, newest) > 0) {
			newest = inc
		}
	}
	return newest.ID
}

// SaveIncidents implements engine.IncidentStore.
func (s *Store) SaveIncidents(_ context.Context, incidents []incident.Incident) error {
	for _, inc := range incidents {
		s.incidents.byID[inc.ID] = inc
	}
	return nil
}

// SaveJudgement implements engine.IncidentStore; a replay keeps only how many there were.
func (s *Store) SaveJudgement(_ context.Context, id string, _ time.Time, _ incident.Judgement) error {
	s.incidents.judgements[id]++
	return nil
}

// AddReach implements engine.IncidentStore.
func (s *Store) AddReach(_ context.Context, id string, keys []string) error {
	for _, key := range keys {
		if s.incidents.reach[key] == nil {
			s.incidents.reach[key] = map[string]bool{}
		}
		s.incidents.reach[key][id] = true
	}
	return nil
}

// Occurrences implements engine.IncidentStore.
func (s *Store) Occurrences(_ context.Context, incidentIDs []string) ([]incident.Occurrence, error) {
	n := spareOccurrences
	for _, id := range incidentIDs {
		n += len(s.incidents.byIncident[id])
	}
	out := make([]incident.Occurrence, 0, n)
	for _, id := range incidentIDs {
		out = append(out, s.incidents.byIncident[id]...)
	}
	if len(incidentIDs) > 1 { // each by itself is in order
		slices.SortFunc(out, compareOccurrences)
	}
	return out, nil
}

// spareOccurrences is how many more an incident may get before the list of all has to move.
const spareOccurrences = 16

func compareOccurrences(a, b incident.Occurrence) int {
	return cmp.Or(a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.ID, b.ID))
}

// AlertOccurrences implements engine.IncidentStore.
func (s *Store) AlertOccurrences(_ context.Context, fingerprints []string, since time.Time) ([]incident.Occurrence, error) {
	var out []incident.Occurrence
	for _, fingerprint := range fingerprints {
		var all []incident.Occurrence
		for _, id := range s.incidents.byAlert[fingerprint] {
			all = append(all, s.incidents.occurrences[id])
		}
		slices.SortFunc(all, compareOccurrences)
		for i, o := range all {
			if i == len(all)-1 || o.EndsAt == nil || !o.EndsAt.Before(since) {
				out = append(out, o)
			}
		}
	}
	slices.SortFunc(out, compareOccurrences)
	return out, nil
}

// FiringOccurrences implements engine.IncidentStore.
func (s *Store) FiringOccurrences(context.Context) ([]incident.Occurrence, error) {
	var out []incident.Occurrence
	for _, o := range s.incidents.occurrences {
		if o.Firing() {
			out = append(out, o)
		}
	}
	slices.SortFunc(out, compareOccurrences)
	return out, nil
}

// SaveOccurrences implements engine.IncidentStore.
func (s *Store) SaveOccurrences(_ context.Context, occurrences []incident.Occurrence) error {
	for _, o := range occurrences {
		before, known := s.incidents.occurrences[o.ID]
		if !known {
			s.incidents.byAlert[o.Fingerprint] = append(s.incidents.byAlert[o.Fingerprint], o.ID)
		}
		s.incidents.occurrences[o.ID] = o
		if known && before.IncidentID == o.IncidentID && before.StartsAt.Equal(o.StartsAt) {
			i, _ := s.incidents.place(o)
			s.incidents.byIncident[o.IncidentID][i] = o
			continue
		}
		if i, placed := s.incidents.place(before); known && placed {
			s.incidents.byIncident[before.IncidentID] = slices.Delete(s.incidents.byIncident[before.IncidentID], i, i+1)
		}
		i, _ := s.incidents.place(o)
		s.incidents.byIncident[o.IncidentID] = slices.Insert(s.incidents.byIncident[o.IncidentID], i, o)
	}
	return nil
}

// place is where an occurrence stands among those of its incident, or would.
func (s incidentState) place(o incident.Occurrence) (int, bool) {
	return slices.BinarySearchFunc(s.byIncident[o.IncidentID], o, compareOccurrences)
}
