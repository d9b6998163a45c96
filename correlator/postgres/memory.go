package postgres

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// memory is what a transaction leaves to the next one of the same tenant: the open incidents and the alert
// occurrences that it loaded or saved, so that an incident with thousands of alerts is not read again for
// every ten that come. Every transaction that applies inputs rewrites the tenant's row, and a row names the
// transaction that wrote it; so the row, which is read and locked first anyway, says whether another replica
// has been at work since. A memory is used by one transaction at a time and is lost with one that fails.
type memory struct {
	writer      string // the transaction that this is the outcome of
	occurrences map[string]incident.Occurrence
	// incidents has the occurrences of incidents of which all are known, by StartsAt, then ID.
	incidents     map[string][]incident.Occurrence
	open          map[string]incident.Incident
	alerts        map[string]knownAlert // by fingerprint
	entities      map[string]entities   // of open incidents, as far as they were written
	live          *live                 // nil: not looked at, or too many
	tooManyLive   bool
	changes       changePages
	calendar      *calendarPage // nil: not looked at
	next          nextTimer
	timers        timerBook // nil: not looked at, or too many
	tooManyTimers bool
}

// knownAlert is an alert of which the newest occurrence is known, and every other that had not ended by a
// time.
type knownAlert struct {
	since time.Time
	ids   []string // of occurrences
}

// memoryLimit is how many occurrences of a tenant are remembered, and as many alerts; where there are more,
// none are.
const memoryLimit = 50_000

func newMemory() *memory {
	return &memory{
		occurrences: map[string]incident.Occurrence{}, incidents: map[string][]incident.Occurrence{}, open: map[string]incident.Incident{},
		alerts: map[string]knownAlert{}, entities: map[string]entities{},
	}
}

// asOf is the memory when it is the outcome of that transaction, and else an empty one.
func (m *memory) asOf(writer string) *memory {
	if m == nil || m.writer != writer || len(m.occurrences)+len(m.alerts) > 2*memoryLimit {
		return newMemory()
	}
	return m
}

// recall gives the occurrences of an incident when all of them are known.
func (m *memory) recall(incidentID string) ([]incident.Occurrence, bool) {
	known, ok := m.incidents[incidentID]
	return known, ok
}

// learnAll notes all occurrences of incidents, ordered by StartsAt, then ID.
func (m *memory) learnAll(incidentIDs []string, all []incident.Occurrence) {
	for _, id := range incidentIDs {
		m.incidents[id] = nil
	}
	for _, o := range all {
		m.incidents[o.IncidentID] = append(m.incidents[o.IncidentID], o)
	}
}

// saved notes an occurrence as it has been saved.
func (m *memory) saved(o incident.Occurrence) {
	if before, known := m.occurrences[o.ID]; known {
		m.replace(before, o)
	} else {
		if all, complete := m.incidents[o.IncidentID]; complete {
			m.incidents[o.IncidentID] = insert(all, o)
		}
	}
	m.occurrences[o.ID] = o
	if a, asked := m.alerts[o.Fingerprint]; asked && !slices.Contains(a.ids, o.ID) {
		a.ids = append(a.ids, o.ID)
		m.alerts[o.Fingerprint] = a
	}
}

// unknownAlerts are the alerts, each once, of which not all is known that had not ended by since.
func (m *memory) unknownAlerts(fingerprints []string, since time.Time) []string {
	var out []string
	for _, f := range fingerprints {
		if a, known := m.alerts[f]; !known || since.Before(a.since) {
			out = append(out, f)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// learnAlerts notes all occurrences of alerts that are their newest or had not ended by since.
func (m *memory) learnAlerts(fingerprints []string, since time.Time, all []incident.Occurrence) {
	for _, f := range fingerprints {
		m.alerts[f] = knownAlert{since: since}
	}
	for _, o := range all {
		a := m.alerts[o.Fingerprint]
		a.ids = append(a.ids, o.ID)
		m.alerts[o.Fingerprint] = a
	}
}

// recallAlerts are the newest occurrence of each alert and those that had not ended by since, ordered by
// StartsAt, then ID. The alerts must be known.
func (m *memory) recallAlerts(fingerprints []string, since time.Time) []incident.Occurrence {
	var out []incident.Occurrence
	for _, f := range fingerprints {
		var all []incident.Occurrence
		for _, id := range m.alerts[f].ids {
			all = append(all, m.occurrences[id])
		}
		slices.SortFunc(all, compareOccurrences)
		for i, o := range all {
			if i == len(all)-1 || o.EndsAt == nil || o.EndsAt.After(since) {
				out = append(out, o)
			}
		}
	}
	slices.SortFunc(out, compareOccurrences)
	return out
}

func (m *memory) replace(before, after incident.Occurrence) {
	if before.IncidentID == after.IncidentID && before.StartsAt.Equal(after.StartsAt) {
		all := m.incidents[after.IncidentID]
		if i, found := slices.BinarySearchFunc(all, after, compareOccurrences); found {
			all[i] = after
		}
		return
	}
	all := m.incidents[before.IncidentID]
	if i, found := slices.BinarySearchFunc(all, before, compareOccurrences); found {
		m.incidents[before.IncidentID] = slices.Delete(all, i, i+1)
	}
	if all, complete := m.incidents[after.IncidentID]; complete {
		m.incidents[after.IncidentID] = insert(all, after)
	}
}

// savedIncident notes an incident as it has been saved. Of one that is new, all occurrences are those that
// will be saved; one that is over is forgotten, since it hardly matters any more.
func (m *memory) savedIncident(i incident.Incident) {
	if _, complete := m.incidents[i.ID]; !complete && i.Revision == 1 {
		m.incidents[i.ID] = nil
	}
	if m.live != nil && !m.live.saved(i) {
		m.live = nil
	}
	m.know(i)
}

// know notes an incident as the database has it.
func (m *memory) know(i incident.Incident) {
	if i.State == incident.Open {
		m.open[i.ID] = ownCopy(i)
	} else {
		delete(m.open, i.ID)
		delete(m.entities, i.ID)
	}
}

// ownCopy shares nothing with the original that the engine writes to in its place.
func ownCopy(i incident.Incident) incident.Incident {
	i.Apart, i.MergedFrom, i.Feedback = slices.Clone(i.Apart), slices.Clone(i.MergedFrom), slices.Clone(i.Feedback)
	return i
}

func insert(all []incident.Occurrence, o incident.Occurrence) []incident.Occurrence {
	i, _ := slices.BinarySearchFunc(all, o, compareOccurrences)
	return slices.Insert(all, i, o)
}

func compareOccurrences(a, b incident.Occurrence) int {
	return cmp.Or(a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.ID, b.ID))
}

// memories are what the tenants' newest transactions left.
type memories struct {
	mu       sync.Mutex
	byTenant map[string]*memory
}

// take takes a tenant's memory out: only who commits puts it back.
func (m *memories) take(tenant string) *memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	left := m.byTenant[tenant]
	delete(m.byTenant, tenant)
	return left
}

// leave keeps what a committed transaction knows.
func (m *memories) leave(tenant string, s *state) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s.writer = s.xid
	m.byTenant[tenant] = s.memory
}
