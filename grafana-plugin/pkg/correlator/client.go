// Package correlator is the plugin's client of the correlator's API. It adds the token, says on whose
// behalf a person acts, bounds every answer, and turns failures into text that an operator can act on.
package correlator

import (
	"context"
	"errors"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"

	"github.com/ispvisualmonitor/ispvisualmonitor/api/v1/apiv1connect"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/settings"
)

// OnBehalfOfHeader carries the login of the Grafana user for whom a request is made.
const OnBehalfOfHeader = "X-Ispvm-On-Behalf-Of"

// maxAnswerBytes bounds one answer of the correlator. The gRPC road to Grafana ends at 16 MiB, and a
// frame is no larger than the message that it was made from.
const maxAnswerBytes = 12 << 20

// Options are what a Client needs.
type Options struct {
	// HTTP: the client that carries TLS, proxy and connection settings.
	HTTP connecthttp.HTTPClient
	// URL: base address of the correlator.
	URL string
	// Token: sent as bearer token with every request.
	Token settings.Secret
}

// Client calls the correlator. Its methods are those of the services.
type Client struct {
	apiv1connect.AnnotationServiceClient
	apiv1connect.ChangeServiceClient
	apiv1connect.ConfigChangeServiceClient
	apiv1connect.IncidentServiceClient
	apiv1connect.InventoryServiceClient
	apiv1connect.StatusServiceClient
}

// New makes a client; it connects with the first call.
func New(o Options) (*Client, error) {
	if o.HTTP == nil || o.URL == "" {
		return nil, errors.New("correlator client: an HTTP client and a URL are needed")
	}

	transport := connecthttp.NewTransport(o.HTTP, o.URL, connecthttp.WithReadMaxBytes(maxAnswerBytes))
	client := connect.NewClient(transport, identify(o.Token))

	return &Client{
		AnnotationServiceClient:   apiv1connect.NewAnnotationServiceClient(client),
		ChangeServiceClient:       apiv1connect.NewChangeServiceClient(client),
		ConfigChangeServiceClient: apiv1connect.NewConfigChangeServiceClient(client),
		IncidentServiceClient:     apiv1connect.NewIncidentServiceClient(client),
		InventoryServiceClient:    apiv1connect.NewInventoryServiceClient(client),
		StatusServiceClient:       apiv1connect.NewStatusServiceClient(client),
	}, nil
}

type onBehalfOfKey struct{}

// OnBehalfOf makes the calls under ctx in the name of a Grafana user. The login must come from
// Grafana's plugin context, never from what a browser sent.
func OnBehalfOf(ctx context.Context, login string) context.Context {
	return context.WithValue(ctx, onBehalfOfKey{}, login)
}

// identify adds who calls, and for whom.
func identify(token settings.Secret) connect.ClientInterceptor {
	return func(next connect.ClientFunc) connect.ClientFunc {
		return func(ctx context.Context, spec connect.Spec) (connect.ClientStream, error) {
			if call, ok := connect.CallInfoForClientContext(ctx); ok {
				call.RequestHeader().Set("Authorization", "Bearer "+token.Reveal())

				if login, ok := ctx.Value(onBehalfOfKey{}).(string); ok && login != "" {
					call.RequestHeader().Set(OnBehalfOfHeader, login)
				}
			}

			return next(ctx, spec)
		}
	}
}
