// Package ingest is the push road: exporters send what they saw, in batches, over HTTP or gRPC.
//
// A batch is answered when all of it is committed, and sending it again changes nothing, so an
// exporter resends until it gets an answer. Trouble of ours is never answered as a mistake of the
// sender's: an exporter would throw its batch away.
package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"connectrpc.com/connect/v2"
	"golang.org/x/sync/errgroup"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/authn"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// Submitter commits one input of a tenant, and answers what came of it when that is durable.
type Submitter interface {
	Submit(ctx context.Context, tenant string, in engine.Input) ([]engine.Effect, error)
}

// Names of the roads, as they stand in configchange.Stream.Source.
const (
	sourceHTTP = "http"
	sourceGRPC = "grpc"
)

// maxParallelFailures bounds how many failed readings of one batch are submitted at once; they end in
// common transactions.
const maxParallelFailures = 64

// maxAhead is how far an exporter's clock may run ahead of ours. One sight from a far future would stay
// the newest for as long, and hide every change until then.
const maxAhead = time.Hour

// minYear is the year before which no sight was made: a clock that never was set.
const minYear = 2000

// Service takes observations. It is the handler of the API's ObservationService.
type Service struct {
	submitter Submitter
	now       func() time.Time
}

// New makes a Service that commits through submitter and holds the senders' clocks against now.
func New(submitter Submitter, now func() time.Time) *Service {
	return &Service{submitter: submitter, now: now}
}

// Observe commits a batch and answers how much of it was news.
func (s *Service) Observe(ctx context.Context, req *apiv1.ObserveRequest) (*apiv1.ObserveResponse, error) {
	id, _ := authn.FromContext(ctx)
	sightings, failures, err := decode(req.GetObservations(), road(ctx))
	if err != nil {
		return nil, err
	}
	if err := checkClocks(req.GetObservations(), s.now()); err != nil {
		return nil, err
	}
	answer := &apiv1.ObserveResponse{Accepted: int64(len(req.GetObservations()))}
	if len(sightings) > 0 {
		effects, err := s.submitter.Submit(ctx, id.Tenant, engine.ObservationsInput{Observations: sightings})
		if err != nil {
			return nil, err
		}
		answer.Changes = newChanges(effects)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxParallelFailures)
	for _, failure := range failures {
		group.Go(func() error {
			_, err := s.submitter.Submit(ctx, id.Tenant, failure)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return answer, nil
}

// checkClocks refuses instants that no sound clock gave.
func checkClocks(batch []*apiv1.Observation, now time.Time) error {
	for i, o := range batch {
		switch at := o.GetObservedAt().AsTime(); {
		case at.Sub(now) > maxAhead:
			return connect.Errorf(connect.CodeInvalidArgument,
				"observations[%d]: observed_at is %s ahead of the correlator: set the clock of exporter %q", i, at.Sub(now).Round(time.Second), o.GetExporter())
		case at.Year() < minYear:
			return connect.Errorf(connect.CodeInvalidArgument,
				"observations[%d]: observed_at %s was before any sight: set the clock of exporter %q", i, at.Format(time.RFC3339), o.GetExporter())
		}
	}
	return nil
}

// road names the way on which a call came.
func road(ctx context.Context) string {
	info, ok := connect.CallInfoForServerContext(ctx)
	if ok && (info.Protocol == connect.ProtocolNameGRPC || info.Protocol == connect.ProtocolNameGRPCWeb) {
		return sourceGRPC
	}
	return sourceHTTP
}

// decode sorts a batch into sightings and failed readings.
func decode(batch []*apiv1.Observation, source string) ([]configchange.Observation, []engine.ObservationFailedInput, error) {
	var sightings []configchange.Observation
	var failures []engine.ObservationFailedInput
	for i, o := range batch {
		stream := configchange.Stream{Device: o.GetDevice(), Category: o.GetCategory(), Source: source, Exporter: o.GetExporter()}
		if o.GetState() == nil {
			return nil, nil, connect.Errorf(connect.CodeInvalidArgument,
				"observations[%d]: give one of sha256, fingerprint, or failure (why it could not be read)", i)
		}
		if reason := o.GetFailure(); reason != "" {
			failures = append(failures, engine.ObservationFailedInput{Stream: stream, ObservedAt: o.GetObservedAt().AsTime(), Reason: reason})
			continue
		}
		sighting, err := decodeSighting(o, stream)
		if err != nil {
			return nil, nil, connect.Errorf(connect.CodeInvalidArgument, "observations[%d]: %s", i, err)
		}
		sightings = append(sightings, sighting)
	}
	return sightings, failures, nil
}

func decodeSighting(o *apiv1.Observation, stream configchange.Stream) (configchange.Observation, error) {
	short, full, err := configchange.ParseFingerprint(o.GetSha256() + o.GetFingerprint())
	if err != nil {
		return configchange.Observation{}, err
	}
	out := configchange.Observation{
		Stream: stream, ObservedAt: o.GetObservedAt().AsTime(), Fingerprint: short, SHA256: full,
		AllowlistVersion: int(o.GetAllowlistVersion()), Actor: decodeActor(o.GetActor()),
	}
	if o.GetSections() != nil {
		if out.Sections, err = json.Marshal(o.GetSections().AsMap()); err != nil {
			return configchange.Observation{}, fmt.Errorf("sections: %w", err)
		}
	}
	return out, nil
}

func decodeActor(a *apiv1.Actor) *configchange.Actor {
	if a == nil {
		return nil
	}
	out := &configchange.Actor{User: a.GetUser(), Address: a.GetAddress(), Via: a.GetVia()}
	if a.GetAt() != nil {
		at := a.GetAt().AsTime()
		out.At = &at
	}
	return out
}

// newChanges counts the changes that became known by an input.
func newChanges(effects []engine.Effect) int64 {
	var n int64
	for _, e := range effects {
		if e.Type == engine.ConfigChangeDetected {
			n++
		}
	}
	return n
}
