package main

import (
	"context"
	"fmt"
	"net/http"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"github.com/alecthomas/kingpin/v2"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/config"
)

// remote is the running correlator that a command talks to.
type remote struct {
	url, tokenFile string
}

func (r *remote) flags(clause *kingpin.CmdClause, role string) {
	clause.Flag("url", "The correlator.").Default("http://127.0.0.1:9480").StringVar(&r.url)
	clause.Flag("token-file", "File with a token whose role is "+role+".").Required().StringVar(&r.tokenFile)
}

// dial gives a client that bears the token, and a context that ends some day.
func (r *remote) dial(ctx context.Context) (_ context.Context, _ *connect.Client, hangUp func(), _ error) {
	token, err := config.ReadSecretFile(r.tokenFile)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("token-file: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	client := connect.NewClient(connecthttp.NewTransport(&http.Client{Transport: bearer{token, transport}}, r.url, connecthttp.WithSendGzip()))
	return ctx, client, func() {
		cancel()
		transport.CloseIdleConnections()
	}, nil
}

// bearer sends a token with each request.
type bearer struct {
	token config.Secret
	next  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token.Reveal())
	return b.next.RoundTrip(r)
}
