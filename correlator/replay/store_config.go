package replay

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// configState is what is known of configurations.
type configState struct {
	runs     map[configchange.Stream][]configchange.Run // by FirstSeen
	streams  map[string][]configchange.Stream           // device → its streams, sorted
	failures map[configchange.Stream]engine.ObservationFailedInput
	changes  map[string]configchange.Change // by id
	byDevice map[string]map[string]bool     // device → ids of changes
}

func newConfigState() configState {
	return configState{
		runs: map[configchange.Stream][]configchange.Run{}, streams: map[string][]configchange.Stream{},
		failures: map[configchange.Stream]engine.ObservationFailedInput{},
		changes:  map[string]configchange.Change{}, byDevice: map[string]map[string]bool{},
	}
}

// Heads implements engine.ConfigStore.
func (s *Store) Heads(_ context.Context, streams []configchange.Stream) ([]configchange.Run, error) {
	var out []configchange.Run
	for _, stream := range streams {
		if runs := s.config.runs[stream]; len(runs) > 0 {
			out = append(out, runs[len(runs)-1])
		}
	}
	return out, nil
}

// DeviceHeads implements engine.ConfigStore.
func (s *Store) DeviceHeads(ctx context.Context, devices []string) ([]configchange.Run, error) {
	var streams []configchange.Stream
	for _, d := range devices {
		streams = append(streams, s.config.streams[d]...)
	}
	slices.SortFunc(streams, configchange.CompareStreams)
	return s.Heads(ctx, streams)
}

// RunsAround implements engine.ConfigStore.
func (s *Store) RunsAround(_ context.Context, stretches []engine.Stretch) ([][]configchange.Run, error) {
	out := make([][]configchange.Run, len(stretches))
	for i, st := range stretches {
		out[i] = s.runsAround(st)
	}
	return out, nil
}

func (s *Store) runsAround(st engine.Stretch) []configchange.Run {
	var out []configchange.Run
	for _, stream := range s.config.streams[st.Device] {
		if stream.Category != st.Category {
			continue
		}
		runs := s.config.runs[stream]
		first := max(0, slices.IndexFunc(runs, func(r configchange.Run) bool { return !r.LastSeen.Before(st.From) })-1)
		if len(runs) > 0 && runs[len(runs)-1].LastSeen.Before(st.From) {
			first = len(runs) - 1
		}
		for i := first; i < len(runs); i++ {
			out = append(out, runs[i])
			if runs[i].FirstSeen.After(st.To) {
				break
			}
		}
	}
	return out
}

// SaveRuns implements engine.ConfigStore.
func (s *Store) SaveRuns(_ context.Context, runs []configchange.Run) error {
	for _, r := range runs {
		list, known := s.config.runs[r.Stream]
		if !known {
			s.config.streams[r.Device] = append(s.config.streams[r.Device], r.Stream)
			slices.SortFunc(s.config.streams[r.Device], configchange.CompareStreams)
		}
		if i := slices.IndexFunc(list, func(o configchange.Run) bool { return o.ID == r.ID }); i >= 0 {
			list[i] = r
		} else {
			list = append(list, r)
		}
		slices.SortFunc(list, func(a, b configchange.Run) int { return a.FirstSeen.Compare(b.FirstSeen) })
		s.config.runs[r.Stream] = list
	}
	return nil
}

// SaveFailure implements engine.ConfigStore.
func (s *Store) SaveFailure(_ context.Context, f engine.ObservationFailedInput) error {
	if known, ok := s.config.failures[f.Stream]; !ok || known.ObservedAt.Before(f.ObservedAt) {
		s.config.failures[f.Stream] = f
	}
	return nil
}

// Failures implements engine.ConfigStore.
func (s *Store) Failures(_ context.Context, devices []string) ([]engine.ObservationFailedInput, error) {
	var out []engine.ObservationFailedInput
	for _, f := range s.config.failures {
		if slices.Contains(devices, f.Device) {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b engine.ObservationFailedInput) int { return configchange.CompareStreams(a.Stream, b.Stream) })
	return out, nil
}

// ConfigChanges implements engine.ConfigStore.
func (s *Store) ConfigChanges(_ context.Context, sel engine.ChangeSelector) ([]configchange.Change, error) {
	var out []configchange.Change
	consider := func(c configchange.Change) {
		if (sel.Category == "" || c.Category == sel.Category) && !c.NotAfter.Before(sel.From) && !c.NotBefore.After(sel.To) {
			out = append(out, c)
		}
	}
	if sel.Devices == nil {
		for _, c := range s.config.changes {
			consider(c)
		}
	}
	for _, d := range sel.Devices {
		for id := range s.config.byDevice[d] {
			consider(s.config.changes[id])
		}
	}
	slices.SortFunc(out, compareChanges)
	return out, nil
}

// ConfigChangesIn implements engine.ConfigStore.
func (s *Store) ConfigChangesIn(ctx context.Context, stretches []engine.Stretch) ([][]configchange.Change, error) {
	out := make([][]configchange.Change, len(stretches))
	for i, st := range stretches {
		changes, err := s.ConfigChanges(ctx, engine.ChangeSelector{Devices: []string{st.Device}, Category: st.Category, From: st.From, To: st.To})
		if err != nil {
			return nil, err
		}
		out[i] = changes
	}
	return out, nil
}

func compareChanges(a, b configchange.Change) int {
	return cmp.Or(a.NotAfter.Compare(b.NotAfter), cmp.Compare(a.ID, b.ID))
}

// SaveConfigChanges implements engine.ConfigStore.
func (s *Store) SaveConfigChanges(_ context.Context, changes []configchange.Change) error {
	for _, c := range changes {
		s.config.changes[c.ID] = c
		if s.config.byDevice[c.Device] == nil {
			s.config.byDevice[c.Device] = map[string]bool{}
		}
		s.config.byDevice[c.Device][c.ID] = true
	}
	return nil
}

// DeleteConfigChanges implements engine.ConfigStore.
func (s *Store) DeleteConfigChanges(_ context.Context, ids []string) error {
	for _, id := range ids {
		delete(s.config.byDevice[s.config.changes[id].Device], id)
		delete(s.config.changes, id)
	}
	return nil
}

// allChanges are all changes of the tenant, in the order of the document.
func (s *Store) allChanges() []configchange.Change {
	return slices.SortedFunc(maps.Values(s.config.changes), configchange.CompareChanges)
}
