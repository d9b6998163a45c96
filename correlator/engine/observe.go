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
	var save []configchange.Run
	var moved []touched
	newDevices := map[string]bool{}
	for _, sightings := range streams {
		head, known := headOf[sightings[0].Stream]
		if !known {
			newDevices[sightings[0].Device] = true
		}
		runs, stretch, err := r.place(ctx, head, known, sightings)
		if err != nil {
			return err
		}
		save = append(save, runs...)
		if stretch.Moved {
			moved = append(moved, touched{device: sightings[0].Device, category: sightings[0].Category, Stretch: stretch})
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

// place puts the sightings of one stream, oldest first, among its runs and returns the runs to save.
func (r *run) place(ctx context.Context, head configchange.Run, known bool, sightings []configchange.Observation) ([]configchange.Run, configchange.Stretch, error) {
	var runs []configchange.Run
	switch oldest := sightings[0]; {
	case known && oldest.ObservedAt.Before(head.FirstSeen): // late: it belongs further back
		around, err := r.store.RunsAround(ctx, oldest.Device, oldest.Category, oldest.ObservedAt, sightings[len(sightings)-1].ObservedAt)
		if err != nil {
			return nil, configchange.Stretch{}, fmt.Errorf("loading runs around %s: %w", oldest.ObservedAt, err)
		}
		runs = slices.DeleteFunc(around, func(run configchange.Run) bool { return run.Stream != oldest.Stream })
	case known:
		runs = []configchange.Run{head}
	}
	changed := map[string]bool{}
	var stretch configchange.Stretch
	for _, o := range sightings {
		p := configchange.Place(runs, o, func() string { return r.store.NewID("run") })
		runs = p.Runs
		for _, i := range p.Saved {
			changed[runs[i].ID] = true
		}
		stretch = stretch.Hull(p.Touched)
	}
	return slices.DeleteFunc(runs, func(run configchange.Run) bool { return !changed[run.ID] }), stretch, nil
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
	if err := r.store.SaveFailure(ctx, in); err != nil {
		return fmt.Errorf("saving a failed observation: %w", err)
	}
	return r.rememberUninventoried(ctx, map[string]bool{in.Device: true})
}
