package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectgzip"
	"connectrpc.com/connect/v2/connecthttp"
	"connectrpc.com/validate"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/ispvisualmonitor/ispvisualmonitor/api/v1/apiv1connect"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/authn"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// Submitter commits one input of a tenant. It returns what came of it when that is durable. An
// *engine.Refusal means that the input is wrong; any other error that nothing was accepted.
type Submitter interface {
	Submit(ctx context.Context, tenant string, in engine.Input) ([]engine.Effect, error)
}

// Reader answers questions about one tenant. A thing that the tenant does not have is
// engine.ErrNotFound.
type Reader interface {
	Devices(ctx context.Context, tenant string, q engine.DeviceQuery) ([]engine.DeviceView, error)
	Inventory(ctx context.Context, tenant string) (engine.InventoryView, error)
	ConfigChanges(ctx context.Context, tenant string, q engine.ConfigChangeQuery) (engine.ConfigChangePage, error)
	Windows(ctx context.Context, tenant string, kind calendar.Kind, q engine.ChangeQuery) (engine.ChangePage, error)
	Window(ctx context.Context, tenant string, kind calendar.Kind, id string) (engine.ChangeView, error)
	Incidents(ctx context.Context, tenant string, q engine.IncidentQuery) (engine.IncidentPage, error)
	Incident(ctx context.Context, tenant, id string) (engine.IncidentView, error)
	Judgements(ctx context.Context, tenant string, q engine.JudgementQuery) (engine.JudgementPage, error)
	Settings(ctx context.Context, tenant string) (engine.SettingsView, error)
	Verdicts(ctx context.Context, tenant string, limit int) ([]incident.Judged, error)
	Rejudge(ctx context.Context, tenant string, incidentIDs []string, document []byte) ([]engine.Rejudged, error)
	AppliedWeights(ctx context.Context, tenant string, p engine.Page) (engine.AppliedWeightsPage, error)
	Annotations(ctx context.Context, tenant string, q engine.AnnotationQuery) (engine.Annotations, error)
	Status(ctx context.Context, tenant string) (engine.StatusView, error)
}

// Options of an API.
type Options struct {
	Submitter Submitter
	Reader    Reader
	// Topology is what proposals for the inventory are made from; without it none are served.
	Topology *TopologyOptions
	// Observations serves the push road.
	Observations apiv1connect.ObservationServiceHandler
	Guard        *authn.Guard
	Logger       *slog.Logger
	Registerer   prometheus.Registerer
	// Now is the service's clock.
	Now func() time.Time
	// Version is told by GetStatus.
	Version string
	// MaxBatchBytes bounds a batch of observations and an inventory, decompressed (default 20 MiB).
	MaxBatchBytes int
	// Timeout bounds one call (default 30 s).
	Timeout time.Duration
}

// Defaults of Options.
const (
	defaultMaxBatchBytes = 20 << 20
	defaultTimeout       = 30 * time.Second
	// maxCallBytes bounds what any other call may send.
	maxCallBytes = 1 << 20
	// compressMinBytes: below it, compression costs more than it saves.
	compressMinBytes = 1 << 10
)

// API serves the services of api/v1.
type API struct {
	server  *connect.Server
	options []connecthttp.Option
}

// New checks the options and makes an API.
func New(o Options) (*API, error) {
	if o.Submitter == nil || o.Reader == nil || o.Observations == nil || o.Guard == nil || o.Logger == nil || o.Registerer == nil || o.Now == nil {
		return nil, errors.New("httpapi: Submitter, Reader, Observations, Guard, Logger, Registerer and Now are required")
	}
	if o.MaxBatchBytes == 0 {
		o.MaxBatchBytes = defaultMaxBatchBytes
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	// In this order: what is refused is counted too, and nothing is decoded for a stranger.
	server := connect.NewServer(
		newMetrics(o.Registerer).interceptor,
		o.Guard.Interceptor(permissions),
		written(o.Logger),
		deadline(o.Timeout),
		validate.NewServerInterceptor(),
		ours(o.Logger),
	)
	apiv1connect.RegisterAnnotationServiceHandler(server, annotations{o.Reader})
	apiv1connect.RegisterChangeServiceHandler(server, changes{entries{o.Submitter, o.Reader}})
	apiv1connect.RegisterConfigChangeServiceHandler(server, configChanges{o.Reader})
	apiv1connect.RegisterIncidentServiceHandler(server, incidents{o.Submitter, o.Reader})
	apiv1connect.RegisterInventoryServiceHandler(server, inventory{o.Submitter, o.Reader})
	apiv1connect.RegisterObservationServiceHandler(server, o.Observations)
	if o.Topology != nil {
		apiv1connect.RegisterTopologyServiceHandler(server, proposals{*o.Topology, o.Submitter, o.Reader, o.Logger, o.Now})
	}
	apiv1connect.RegisterSettingsServiceHandler(server, settings{o.Submitter, o.Reader})
	apiv1connect.RegisterWindowServiceHandler(server, windows{entries{o.Submitter, o.Reader}})
	apiv1connect.RegisterStatusServiceHandler(server, status{o.Reader, o.Now, o.Version})
	// Without a handler of its own, an unknown procedure would pass by the interceptors uncounted.
	server.SetUnknownHandler(func(_ context.Context, spec connect.Spec, _ connect.ServerStream) error {
		return connect.Errorf(connect.CodeUnimplemented, "there is no procedure %s", spec.Procedure)
	})
	return &API{server: server, options: []connecthttp.Option{
		connecthttp.WithCompressors(connectgzip.New(), &zstdCompressor{}),
		connecthttp.WithCompressMinBytes(compressMinBytes),
		connecthttp.WithConditionalOptions(func(spec connect.Spec) []connecthttp.Option {
			if large[spec.Procedure] {
				return []connecthttp.Option{connecthttp.WithReadMaxBytes(o.MaxBatchBytes)}
			}
			return []connecthttp.Option{connecthttp.WithReadMaxBytes(maxCallBytes)}
		}),
	}}, nil
}

// Mount lays the API's routes onto mux.
func (a *API) Mount(mux *http.ServeMux) { connecthttp.Mount(mux, a.server, a.options...) }

// deadline bounds a call, so that a stuck database does not collect waiting callers.
func deadline(timeout time.Duration) connect.ServerInterceptor {
	return func(next connect.ServerFunc) connect.ServerFunc {
		return func(ctx context.Context, spec connect.Spec, stream connect.ServerStream) error {
			ctx, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			return next(ctx, spec, stream)
		}
	}
}

// tenant answers the caller's tenant. The guard lets no call through without an identity.
func tenant(ctx context.Context) string {
	id, _ := authn.FromContext(ctx)
	return id.Tenant
}

// actor answers whom to write down as the one who did it.
func actor(ctx context.Context) string {
	id, _ := authn.FromContext(ctx)
	return id.Actor()
}
