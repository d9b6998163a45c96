package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
)

// touched is a category of a device of which a boundary between runs appeared, moved or vanished.
type touched struct {
	device, category string
	configchange.Stretch
}

// observe places a batch of sightings. Where every one only makes the newest run of its stream grow,
// that is one read and one write.
func (r *run) observe(ctx context.Context, observations []configchange.Observation) error {
	streams, err := r.byStream(observations)
	if err != nil || len(streams) == 0 {
		return err
	}
	keys := make([]configchange.Stream, 0, len(streams))
	for _, s := range streams {
		keys = append(keys, s[0].Stream)
	}
	heads, err := r.store.Heads(ctx, keys)
	if err != nil {
		return fmt.Errorf("loading the newest runs: %w", err)
	}
	headOf := make(map[configchange.Stream]configchange.Run, len(heads))
	for _, h := range heads {
		headOf[h.Stream] = h
	}
	late, err := r.runsOfLate(ctx, streams, headOf)
	if err != nil {
		return err
	}
	var save []configchange.Run
	var moved []touched
	newDevices := map[string]bool{}
	for _, sightings := range streams {
		stream := sightings[0].Stream
		around, isLate := late[stream]
		if head, known := headOf[stream]; known && !isLate {
			around = []configchange.Run{head}
		} else if !known {
			newDevices[stream.Device] = true
		}
		runs, stretches := r.place(around, sightings)
		save = append(save, runs...)
		for _, st := range stretches {
			moved = append(moved, touched{device: stream.Device, category: stream.Category, Stretch: st})
		}
	}
	if len(save) > 0 {
		if err := r.store.SaveRuns(ctx, save); err != nil {
			return fmt.Errorf("saving runs: %w", err)
		}
	}
	if err := r.rememberUninventoried(ctx, newDevices); err != nil {
		return err
	}
	return r.deriveChanges(ctx, moved)
}

// byStream sorts the sightings of a batch by stream and time. The overall fingerprint says nothing
// that the categories do not, so it is left out.
func (r *run) byStream(observations []configchange.Observation) ([][]configchange.Observation, error) {
	sorted := make([]configchange.Observation, 0, len(observations))
	for i, o := range observations {
		if err := o.Validate(); err != nil {
			return nil, refuse(Invalid, "correct the observation and send it again", "observation %d: %v", i, err)
		}
		if o.Category == configchange.AllCategories {
			continue
		}
		short, full, err := configchange.ParseFingerprint(cmp.Or(o.SHA256, o.Fingerprint))
		if err != nil {
			return nil, refuse(Invalid, "send 12 or 64 hex digits", "observation %d: %v", i, err)
		}
		o.Fingerprint, o.SHA256, o.Delay = short, full, r.now.Sub(o.ObservedAt)
		sorted = append(sorted, o)
	}
	slices.SortStableFunc(sorted, func(a, b configchange.Observation) int {
		return cmp.Or(configchange.CompareStreams(a.Stream, b.Stream), a.ObservedAt.Compare(b.ObservedAt))
	})
	var streams [][]configchange.Observation
	for i, o := range sorted {
		if i == 0 || sorted[i-1].Stream != o.Stream {
			streams = append(streams, nil)
		}
		streams[len(streams)-1] = append(streams[len(streams)-1], o)
	}
	return streams, nil
}

// runsOfLate are, by stream, the runs around those sightings that are older than the newest run of their
// stream: they belong further back. Sightings that lie far apart have each their own neighbourhood, so
// that one that comes a month late does not load the month.
func (r *run) runsOfLate(ctx context.Context, streams [][]configchange.Observation, headOf map[configchange.Stream]configchange.Run) (map[configchange.Stream][]configchange.Run, error) {
	var late []configchange.Stream // of each stretch
	var stretches []Stretch
	for _, sightings := range streams {
		stream := sightings[0].Stream
		if head, known := headOf[stream]; !known || !sightings[0].ObservedAt.Before(head.FirstSeen) {
			continue
		}
		for i, o := range sightings {
			if i == 0 || o.ObservedAt.Sub(sightings[i-1].ObservedAt) > apart {
				late = append(late, stream)
				stretches = append(stretches, Stretch{Device: stream.Device, Category: stream.Category, From: o.ObservedAt})
			}
			stretches[len(stretches)-1].To = o.ObservedAt
		}
	}
	if len(late) == 0 {
		return nil, nil
	}
	around, err := r.store.RunsAround(ctx, stretches)
	if err != nil {
		return nil, fmt.Errorf("loading runs around late sightings: %w", err)
	}
	out := make(map[configchange.Stream][]configchange.Run, len(late))
	for i, stream := range late {
		known := out[stream]
		for _, run := range around[i] {
			if run.Stream == stream && (len(known) == 0 || known[len(known)-1].FirstSeen.Before(run.FirstSeen)) {
				known = append(known, run)
			}
		}
		out[stream] = known
	}
	return out, nil
}

// place puts the sightings of one stream, oldest first, among its runs and returns the runs to save, and
// where boundaries moved.
func (r *run) place(runs []configchange.Run, sightings []configchange.Observation) ([]configchange.Run, []configchange.Stretch) {
	changed := map[string]bool{}
	var moved []configchange.Stretch
	for _, o := range sightings {
		p := configchange.Place(runs, o, func() string { return r.store.NewID("run") })
		runs = p.Runs
		for _, i := range p.Saved {
			changed[runs[i].ID] = true
		}
		moved = append(moved, p.Touched...)
	}
	return slices.DeleteFunc(runs, func(run configchange.Run) bool { return !changed[run.ID] }), moved
}

func (r *run) rememberUninventoried(ctx context.Context, devices map[string]bool) error {
	if len(devices) == 0 {
		return nil
	}
	g, err := r.topology(ctx)
	if err != nil {
		return err
	}
	var unknown []string
	for d := range devices {
		if d != "" && !g.Has(d) {
			unknown = append(unknown, d)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	if err := r.store.RememberUninventoried(ctx, unknown, r.now); err != nil {
		return fmt.Errorf("remembering uninventoried devices: %w", err)
	}
	return nil
}

func (r *run) observationFailed(ctx context.Context, in ObservationFailedInput) error {
	if in.Device == "" || in.Category == "" || in.ObservedAt.IsZero() {
		return refuse(Invalid, "name device, category and observed_at", "the failed observation is incomplete")
	}
	if in.Category == configchange.AllCategories {
		return nil
	}
	if err := r.store.SaveFailure(ctx, in); err != nil {
		return fmt.Errorf("saving a failed observation: %w", err)
	}
	return r.rememberUninventoried(ctx, map[string]bool{in.Device: true})
}
