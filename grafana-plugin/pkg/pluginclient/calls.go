package pluginclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"google.golang.org/grpc"
)

// maxAnswerBytes is what Grafana takes from a plugin: 16 MiB.
const maxAnswerBytes = 16 << 20

// QueryData asks the queries over a range. Each query is marshalled to JSON and needs a refId; a map
// or a json.RawMessage do. A query that failed carries its error in its own response.
func (c *Client) QueryData(ctx context.Context, r backend.TimeRange, queries ...any) (*backend.QueryDataResponse, error) {
	request := &backend.QueryDataRequest{PluginContext: c.context}

	for i, query := range queries {
		asked, err := dataQuery(query, r)
		if err != nil {
			return nil, fmt.Errorf("query %d: %w", i, err)
		}

		request.Queries = append(request.Queries, asked)
	}

	wire := backend.ToProto().QueryDataRequest(request)
	wire.PluginContext = c.wireContext()

	answer, err := c.data.QueryData(ctx, wire, grpc.MaxCallRecvMsgSize(maxAnswerBytes))
	if err != nil {
		return nil, fmt.Errorf("query data: %w", err)
	}

	return backend.FromProto().QueryDataResponse(answer)
}

func dataQuery(query any, r backend.TimeRange) (backend.DataQuery, error) {
	raw, err := json.Marshal(query)
	if err != nil {
		return backend.DataQuery{}, err
	}

	var head struct {
		RefID         string `json:"refId"`
		QueryType     string `json:"queryType"`
		MaxDataPoints int64  `json:"maxDataPoints"`
		IntervalMS    int64  `json:"intervalMs"`
	}
	if err := json.Unmarshal(raw, &head); err != nil {
		return backend.DataQuery{}, err
	}

	if head.RefID == "" {
		return backend.DataQuery{}, errors.New("it has no refId")
	}

	return backend.DataQuery{
		RefID: head.RefID, QueryType: head.QueryType, MaxDataPoints: head.MaxDataPoints,
		Interval: time.Duration(head.IntervalMS) * time.Millisecond, TimeRange: r, JSON: raw,
	}, nil
}

// CheckHealth asks for the health of the instance, as the button 'Save & test' does.
func (c *Client) CheckHealth(ctx context.Context) (*backend.CheckHealthResult, error) {
	answer, err := c.health.CheckHealth(ctx, &pluginv2.CheckHealthRequest{PluginContext: c.wireContext()})
	if err != nil {
		return nil, fmt.Errorf("check health: %w", err)
	}

	return backend.FromProto().CheckHealthResponse(answer), nil
}

// Request is one resource call.
type Request struct {
	// Method: GET when empty.
	Method string
	// Path: below resources/, with a query string where needed, such as changes?from=….
	Path string
	// Header: what the browser sent.
	Header http.Header
	Body   []byte
}

// CallResource makes a resource call and gathers its whole answer.
func (c *Client) CallResource(ctx context.Context, r Request) (*backend.CallResourceResponse, error) {
	path, _, _ := strings.Cut(r.Path, "?")

	method := r.Method
	if method == "" {
		method = http.MethodGet
	}

	wire := backend.ToProto().CallResourceRequest(&backend.CallResourceRequest{
		PluginContext: c.context, Method: method, Path: path, URL: r.Path, Headers: r.Header, Body: r.Body,
	})
	wire.PluginContext = c.wireContext()

	stream, err := c.calls.CallResource(ctx, wire, grpc.MaxCallRecvMsgSize(maxAnswerBytes))
	if err != nil {
		return nil, fmt.Errorf("call resource %s: %w", path, err)
	}

	return gather(stream, path)
}

// gather joins the chunks of an answer: status and headers come with the first one.
func gather(stream pluginv2.Resource_CallResourceClient, path string) (*backend.CallResourceResponse, error) {
	var whole *backend.CallResourceResponse

	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			if whole == nil {
				return nil, fmt.Errorf("call resource %s: %w", path, errNoAnswer)
			}

			return whole, nil
		}

		if err != nil {
			return nil, fmt.Errorf("call resource %s: %w", path, err)
		}

		part := backend.FromProto().CallResourceResponse(chunk)
		if whole == nil {
			whole = part
			continue
		}

		whole.Body = append(whole.Body, part.Body...)
	}
}

// wireContext is the plugin context with Grafana's own configuration, which the conversion of the SDK
// takes from a type of its own.
func (c *Client) wireContext() *pluginv2.PluginContext {
	wire := backend.ToProto().PluginContext(c.context)
	wire.GrafanaConfig = c.config

	return wire
}
