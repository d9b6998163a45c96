package postgres

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/replay"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// TestReplicasByTurns lets two replicas apply the inputs of a tenant by turns, in no fixed order, so that
// each remembers a state which the other has gone beyond. Batches of sightings, outages that begin, end
// and come again, planned work, a person who merges and splits: what is in the database in the end is what the same
// inputs come to in memory.
func TestReplicasByTurns(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			replicas := []*DB{b.DB, b.another(t, Options{})}
			e, err := engine.New(engine.Options{})
			require.NoError(t, err)
			memory := replay.NewStore(tenant, &replay.Sequence{})
			random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a test wants the same every time
			at := noon
			submit := func(in engine.Input) {
				at = at.Add(time.Duration(1+random.IntN(40)) * time.Second)
				b.clock.Set(at)
				_, err := replicas[random.IntN(len(replicas))].Submit(t.Context(), tenant, in)
				_, want := e.Apply(t.Context(), memory, at, normalize(in))
				if _, refused := engine.AsRefusal(want); refused {
					_, refused = engine.AsRefusal(err)
					require.True(t, refused, "%v", err)
					return
				}
				require.NoError(t, want)
				require.NoError(t, err)
			}
			submit(network())
			for range 80 {
				submit(someInput(random, at))
			}
			want := stored(t, memory)
			require.Greater(t, len(want), 20)
			b.inState(t, func(s *state) { require.Empty(t, gocmp.Diff(want, stored(t, s)), "PostgreSQL and memory (-) disagree") })
		})
	}
}

// stored is what a store has, without ids.
func stored(t *testing.T, s engine.Store) []string {
	t.Helper()
	var out []string
	changes, err := s.ConfigChanges(t.Context(), engine.ChangeSelector{From: noon.Add(-time.Hour), To: noon.Add(24 * time.Hour)})
	require.NoError(t, err)
	names := map[string]string{}
	for _, c := range changes {
		names[c.ID] = fmt.Sprint(c.Device, c.Category, c.NotBefore, c.NotAfter, c.OldFingerprint, c.NewFingerprint, c.Revision, c.PlannedChangeID)
		out = append(out, names[c.ID])
	}
	sel := engine.IncidentSelector{OnsetFrom: noon.Add(-time.Hour), OnsetTo: noon.Add(24 * time.Hour), ClosedSince: noon.Add(-time.Hour)}
	for _, d := range []string{"EDGE1", "EDGE2", "CORE1", "ACC1"} {
		sel.Reach = append(sel.Reach, incident.DeviceKey(d))
	}
	incidents, err := s.Incidents(t.Context(), sel)
	require.NoError(t, err)
	for _, inc := range incidents {
		j := inc.Judgement
		for c := range j.Candidates {
			for k := range j.Candidates[c].Evidence {
				e := &j.Candidates[c].Evidence[k]
				e.ConfigChangeID = names[e.ConfigChangeID]
			}
		}
		text := fmt.Sprint(inc.State, inc.Revision, inc.OpenedAt, inc.ClosedAt, inc.Reopened, inc.Onset, inc.LastOnset, inc.DuringChangeID, inc.DuringMaintenanceID, len(inc.MergedFrom), len(inc.Apart), j.Candidates, j.Explanation, j.Unknowns)
		occurrences, err := s.Occurrences(t.Context(), []string{inc.ID})
		require.NoError(t, err)
		for _, o := range occurrences {
			text += fmt.Sprint(" ", o.Fingerprint, o.StartsAt, o.EndsAt, o.HeardAt, o.LastHeardAt, o.Symptom, o.Suppressed)
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}

// someInput is something that could arrive at this instant.
func someInput(random *rand.Rand, at time.Time) engine.Input {
	devices := []string{"EDGE1", "EDGE2", "CORE1", "ACC1"}
	device := func() string { return devices[random.IntN(len(devices))] }
	switch random.IntN(9) {
	case 0, 1, 2:
		var in []configchange.Observation
		for _, d := range devices {
			for _, category := range []string{"bgp", "interfaces"} {
				if random.IntN(2) == 0 {
					continue
				}
				o := sight(d, category, []string{printA, printB}[random.IntN(2)], at.Add(-time.Duration(random.IntN(600))*time.Second))
				o.Exporter = []string{"e1", "e2"}[random.IntN(2)]
				in = append(in, o)
			}
		}
		return observe(in...)
	case 3:
		d, other := device(), device()
		return engine.OperatorInput{
			Op: engine.OpMerge, By: "anna", Incident: engine.IncidentRef{Device: d, AlertName: "DeviceUnreachable"},
			Into: engine.IncidentRef{Device: other, AlertName: "DeviceUnreachable"},
		}
	case 4:
		d := device()
		return engine.OperatorInput{
			Op: engine.OpSplit, By: "anna", Incident: engine.IncidentRef{Device: d, AlertName: "DeviceUnreachable"}, Alerts: []string{d + "/DeviceUnreachable"},
		}
	case 5:
		starts := at.Add(time.Duration(random.IntN(600)-300) * time.Second)
		return engine.WindowInput{
			Op: []engine.WindowOp{engine.OpCreate, engine.OpCreate, engine.OpStart, engine.OpCancel}[random.IntN(4)],
			Window: calendar.Window{
				Kind: []calendar.Kind{calendar.Change, calendar.Maintenance}[random.IntN(2)], ID: fmt.Sprintf("w%d", random.IntN(6)), Title: "work",
				StartsAt: starts, EndsAt: starts.Add(10 * time.Minute), Scope: topology.Scope{Devices: []string{device()}},
			},
		}
	default:
		var in []engine.Alert
		for range 1 + random.IntN(4) {
			a := alert([]string{"DeviceUnreachable", "InterfaceDown"}[random.IntN(2)], device(), at.Add(-time.Duration(random.IntN(240))*time.Second))
			if random.IntN(3) == 0 {
				end := at.Add(-time.Duration(random.IntN(30)) * time.Second)
				if end.After(a.StartsAt) {
					a.EndsAt = &end
				}
			}
			in = append(in, a)
		}
		return webhook(in...)
	}
}
