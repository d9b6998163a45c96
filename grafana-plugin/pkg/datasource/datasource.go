// Package datasource is the backend of the Grafana data source: it answers queries (annotations,
// tables, counts), health checks and resource calls of the app's pages, all from the correlator.
//
// It trusts nothing that a browser says about who it is: user and role come from Grafana's plugin
// context. A request without a user (alerting, provisioning) may read and never write.
package datasource

import (
	"context"
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"
	"github.com/grafana/grafana-plugin-sdk-go/backend/resource/httpadapter"

	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/correlator"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/settings"
)

// PluginID is the id of the data source, as in its plugin.json.
const PluginID = "ispvisualmonitor-datasource"

// Options are what a Datasource needs.
type Options struct {
	Settings settings.Settings
	// Correlator: where everything is asked.
	Correlator *correlator.Client
	// Now: the clock. Default time.Now.
	Now func() time.Time
}

// Datasource is one configured instance.
type Datasource struct {
	backend.CallResourceHandler

	settings    settings.Settings
	correlator  *correlator.Client
	now         func() time.Time
	annotations *annotationCache
	closeIdle   func()
}

var (
	_ backend.QueryDataHandler      = (*Datasource)(nil)
	_ backend.CheckHealthHandler    = (*Datasource)(nil)
	_ backend.CallResourceHandler   = (*Datasource)(nil)
	_ instancemgmt.InstanceDisposer = (*Datasource)(nil)
)

// NewInstance makes the instance for the settings that Grafana stores. It never fails: a failure here
// would be shown as a bare 500. With settings that are wrong an instance is made that says so in its
// health check and in every answer.
func NewInstance(ctx context.Context, stored backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
	made, reason := newConfigured(ctx, stored)
	if made == nil {
		return unconfigured{reason: reason}, nil
	}

	return made, nil
}

func newConfigured(ctx context.Context, stored backend.DataSourceInstanceSettings) (*Datasource, error) {
	parsed, err := settings.Parse(stored)
	if err != nil {
		return nil, err
	}

	options, err := stored.HTTPClientOptions(ctx)
	if err != nil {
		return nil, fmt.Errorf("HTTP settings of the data source: %w", err)
	}

	options.Timeouts.Timeout = parsed.Timeout

	client, err := httpclient.New(options)
	if err != nil {
		return nil, fmt.Errorf("HTTP settings of the data source: %w", err)
	}

	api, err := correlator.New(correlator.Options{HTTP: client, URL: parsed.URL, Token: parsed.Token})
	if err != nil {
		return nil, err
	}

	made := New(Options{Settings: parsed, Correlator: api})
	made.closeIdle = client.CloseIdleConnections

	return made, nil
}

// New makes an instance.
func New(o Options) *Datasource {
	if o.Now == nil {
		o.Now = time.Now
	}

	d := &Datasource{
		settings:    o.Settings,
		correlator:  o.Correlator,
		now:         o.Now,
		annotations: newAnnotationCache(o.Correlator, o.Now, o.Settings.Timeout),
		closeIdle:   func() {},
	}
	d.CallResourceHandler = httpadapter.New(d.resources())

	return d
}

// Dispose is called when the settings changed and another instance has taken over.
func (d *Datasource) Dispose() {
	d.closeIdle()
}
