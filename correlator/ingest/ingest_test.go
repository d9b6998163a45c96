package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/authn"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return noon }

// inbox remembers what was committed for whom, and can fail on an input.
type inbox struct {
	mu   sync.Mutex
	got  map[string][]engine.Input
	fail func(engine.Input) error
}

func (i *inbox) Submit(_ context.Context, tenant string, in engine.Input) ([]engine.Effect, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.fail != nil {
		if err := i.fail(in); err != nil {
			return nil, err
		}
	}
	if i.got == nil {
		i.got = map[string][]engine.Input{}
	}
	i.got[tenant] = append(i.got[tenant], in)
	return nil, nil
}

func as(t *testing.T, tenant string) context.Context {
	t.Helper()
	return authn.NewContext(t.Context(), authn.Identity{Name: "exporter", Tenant: tenant, Role: authn.Agent})
}

func failure(device string) *apiv1.Observation {
	return &apiv1.Observation{Device: device, Category: "bgp", ObservedAt: timestamppb.New(noon), State: &apiv1.Observation_Failure{Failure: "timeout"}}
}

func sighting(device, fingerprint string) *apiv1.Observation {
	return &apiv1.Observation{Device: device, Category: "bgp", ObservedAt: timestamppb.New(noon), State: &apiv1.Observation_Fingerprint{Fingerprint: fingerprint}}
}

// TestAnswerMeansCommitted: one part of a batch that cannot be committed means no answer for the
// whole, so that the exporter sends it again; what was committed already does no harm.
func TestAnswerMeansCommitted(t *testing.T) {
	t.Parallel()
	down := errors.New("database down")
	for name, fails := range map[string]func(engine.Input) bool{
		"the sightings":     func(in engine.Input) bool { _, ok := in.(engine.ObservationsInput); return ok },
		"one failed read":   func(in engine.Input) bool { f, ok := in.(engine.ObservationFailedInput); return ok && f.Device == "R7" },
		"every failed read": func(in engine.Input) bool { _, ok := in.(engine.ObservationFailedInput); return ok },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inbox := &inbox{fail: func(in engine.Input) error {
				if fails(in) {
					return down
				}
				return nil
			}}
			batch := &apiv1.ObserveRequest{Observations: []*apiv1.Observation{sighting("EDGE1", "0123456789ab")}}
			for i := range 200 {
				batch.Observations = append(batch.Observations, failure(fmt.Sprintf("R%d", i)))
			}
			_, err := New(inbox, clock).Observe(as(t, "acme"), batch)
			require.ErrorIs(t, err, down)

			inbox.fail = nil
			answer, err := New(inbox, clock).Observe(as(t, "acme"), batch)
			require.NoError(t, err)
			require.EqualValues(t, 201, answer.GetAccepted())
		})
	}
}

func TestTenantIsTheCallers(t *testing.T) {
	t.Parallel()
	inbox := &inbox{}
	batch := &apiv1.ObserveRequest{Observations: []*apiv1.Observation{sighting("EDGE1", "0123456789ab"), failure("EDGE2")}}
	_, err := New(inbox, clock).Observe(as(t, "globex"), batch)
	require.NoError(t, err)
	require.Len(t, inbox.got, 1)
	require.Len(t, inbox.got["globex"], 2)
	in := inbox.got["globex"][1].(engine.ObservationFailedInput)
	require.Equal(t, "EDGE2", in.Device)
	require.Equal(t, "timeout", in.Reason)
	require.Equal(t, noon, in.ObservedAt)
}

// TestBatchIsDecodedWhole: one bad observation refuses the batch before anything is committed.
func TestBatchIsDecodedWhole(t *testing.T) {
	t.Parallel()
	inbox := &inbox{}
	bad := sighting("EDGE2", "0123456789ab")
	bad.State = nil
	_, err := New(inbox, clock).Observe(as(t, "acme"), &apiv1.ObserveRequest{Observations: []*apiv1.Observation{sighting("EDGE1", "0123456789ab"), failure("R1"), bad}})
	require.Equal(t, connect.CodeInvalidArgument, connect.CodeOf(err))
	require.ErrorContains(t, err, "observations[2]: give one of sha256, fingerprint, or failure")
	require.Empty(t, inbox.got)
}

// TestClocks: instants that no sound clock gave are refused with what to set right, and the rest of a
// skewed clock's are taken.
func TestClocks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at   time.Time
		want string
	}{
		{noon.Add(3 * time.Minute), ""},
		{noon.Add(time.Hour), ""},
		{noon.Add(time.Hour + time.Second), "is 1h0m1s ahead of the correlator: set the clock of exporter \"x1\""},
		{noon.AddDate(-1, 0, 0), ""},
		{time.Date(1, 11, 24, 0, 0, 0, 0, time.UTC), "was before any sight: set the clock of exporter \"x1\""},
	} {
		inbox := &inbox{}
		seen := sighting("EDGE1", "0123456789ab")
		seen.ObservedAt, seen.Exporter = timestamppb.New(c.at), "x1"
		_, err := New(inbox, clock).Observe(as(t, "acme"), &apiv1.ObserveRequest{Observations: []*apiv1.Observation{seen}})
		if c.want == "" {
			require.NoError(t, err, c.at)
			continue
		}
		require.Equal(t, connect.CodeInvalidArgument, connect.CodeOf(err))
		require.ErrorContains(t, err, c.want)
		require.Empty(t, inbox.got)
	}
}

// TestEveryObservationArrives: whatever the mix, each observation of a batch ends in exactly one
// input, in the order in which it was sent.
func TestEveryObservationArrives(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		kinds := rapid.SliceOfN(rapid.Bool(), 1, 50).Draw(rt, "kinds")
		batch := &apiv1.ObserveRequest{}
		var sightings, failures []string
		for i, fails := range kinds {
			device := fmt.Sprintf("R%02d", i)
			if fails {
				failures = append(failures, device)
				batch.Observations = append(batch.Observations, failure(device))
				continue
			}
			sightings = append(sightings, device)
			o := sighting(device, "")
			o.State = &apiv1.Observation_Sha256{Sha256: strings.Repeat("0123456789abcdef", 4)}
			batch.Observations = append(batch.Observations, o)
		}
		seen, failed, err := decode(batch.GetObservations(), sourceHTTP)
		require.NoError(rt, err)
		var gotSeen, gotFailed []string
		for _, o := range seen {
			require.NoError(rt, o.Validate())
			gotSeen = append(gotSeen, o.Device)
		}
		for _, f := range failed {
			gotFailed = append(gotFailed, f.Device)
		}
		require.Equal(rt, sightings, gotSeen)
		require.Equal(rt, failures, gotFailed)
	})
}

// FuzzObserve: whatever an exporter sends is either refused as its mistake or committed to the last
// observation.
func FuzzObserve(f *testing.F) {
	for _, o := range [][]*apiv1.Observation{
		{sighting("EDGE1", "0123456789ab"), failure("EDGE2")},
		{{Device: "A", Category: "all", ObservedAt: timestamppb.New(noon), State: &apiv1.Observation_Sha256{Sha256: strings.Repeat("a", 64)}, AllowlistVersion: 3}},
		{{}},
	} {
		raw, err := proto.Marshal(&apiv1.ObserveRequest{Observations: o})
		require.NoError(f, err)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var req apiv1.ObserveRequest
		if proto.Unmarshal(raw, &req) != nil {
			return
		}
		committed := &inbox{}
		answer, err := New(committed, clock).Observe(as(t, "acme"), &req)
		if err != nil {
			require.Equal(t, connect.CodeInvalidArgument, connect.CodeOf(err), err)
			require.Empty(t, committed.got)
			return
		}
		n := 0
		for _, in := range committed.got["acme"] {
			switch in := in.(type) {
			case engine.ObservationsInput:
				n += len(in.Observations)
				for _, o := range in.Observations {
					require.Len(t, o.Fingerprint, configchange.FingerprintDigits)
				}
			case engine.ObservationFailedInput:
				n++
				require.NotEmpty(t, in.Reason)
			}
		}
		require.Equal(t, len(req.GetObservations()), n)
		require.EqualValues(t, n, answer.GetAccepted())
	})
}
