// Package pluginclient drives the built plugin executable as Grafana does: it starts the process, makes
// the handshake of hashicorp/go-plugin and speaks the plugin protocol (version 2) over gRPC.
//
// A client stands for one data source instance:
//
//	client, err := pluginclient.Start(ctx, "dist/datasource/gpx_ispvisualmonitor_linux_amd64",
//		pluginclient.Settings{URL: "http://127.0.0.1:9480", Token: token})
//	defer client.Close()
//	health, err := client.CheckHealth(ctx)
//	answer, err := client.QueryData(ctx, backend.TimeRange{From: from, To: to},
//		map[string]any{"refId": "A", "queryType": "annotations", "subject": "config_change"})
//
// A fresh client acts for nobody, as Grafana's alerting does; As gives one that acts for a user.
package pluginclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"

	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/settings"
)

// PluginID is the id of the data source, as in its plugin.json.
const PluginID = "ispvisualmonitor-datasource"

// startTimeout bounds the start of the process and its handshake.
const startTimeout = 20 * time.Second

// Settings describe the data source instance for which the plugin is asked.
type Settings struct {
	// URL: base address of the correlator.
	URL string
	// Token: the correlator's token, handed over as Grafana hands over secureJsonData.
	Token settings.Secret
	// Tenant: the tenant that the token is expected to belong to; not checked when empty.
	Tenant string
	// UID: of the data source instance. Default "ispvisualmonitor".
	UID string
	// GrafanaURL: Grafana's own address, whose path goes before links to pages. Default none.
	GrafanaURL string
	// Log: where the plugin's warnings and errors go. Default discarded.
	Log io.Writer
}

// Client is a running plugin process and the instance that is asked.
type Client struct {
	process *plugin.Client
	data    grpcplugin.DataClient
	health  grpcplugin.DiagnosticsClient
	calls   grpcplugin.ResourceClient
	context backend.PluginContext
	config  map[string]string
}

// Start runs the executable and shakes hands with it. Close must be called.
func Start(ctx context.Context, executable string, s Settings) (*Client, error) {
	instance, err := instanceSettings(s)
	if err != nil {
		return nil, err
	}

	path, err := filepath.Abs(executable)
	if err != nil {
		return nil, fmt.Errorf("plugin executable %s: %w", executable, err)
	}

	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("plugin executable: %w (build it first, see the README of the plugin)", err)
	}

	process := plugin.NewClient(processConfig(ctx, path, s.Log))

	client := &Client{
		process: process,
		context: backend.PluginContext{Namespace: "default", PluginID: PluginID, DataSourceInstanceSettings: instance},
		config:  map[string]string{backend.AppURL: s.GrafanaURL},
	}
	if err := client.connect(); err != nil {
		process.Kill()
		return nil, fmt.Errorf("start plugin %s: %w", filepath.Base(path), err)
	}

	return client, nil
}

func instanceSettings(s Settings) (*backend.DataSourceInstanceSettings, error) {
	jsonData, err := json.Marshal(map[string]any{"tenant": s.Tenant})
	if err != nil {
		return nil, fmt.Errorf("plugin settings: %w", err)
	}

	uid := s.UID
	if uid == "" {
		uid = "ispvisualmonitor"
	}

	return &backend.DataSourceInstanceSettings{
		ID: 1, UID: uid, Name: "ISP Visual Monitor", Type: PluginID, URL: s.URL,
		JSONData:                jsonData,
		DecryptedSecureJSONData: map[string]string{settings.TokenKey: s.Token.Reveal()},
		Updated:                 time.Unix(0, 0),
	}, nil
}

func processConfig(ctx context.Context, path string, log io.Writer) *plugin.ClientConfig {
	if log == nil {
		log = io.Discard
	}

	return &plugin.ClientConfig{
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion:  grpcplugin.ProtocolVersion,
			MagicCookieKey:   grpcplugin.MagicCookieKey,
			MagicCookieValue: grpcplugin.MagicCookieValue,
		},
		VersionedPlugins: map[int]plugin.PluginSet{
			grpcplugin.ProtocolVersion: {
				"data":        &grpcplugin.DataGRPCPlugin{},
				"diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{},
				"resource":    &grpcplugin.ResourceGRPCPlugin{},
			},
		},
		// The process ends with Close; the context only bounds the start, as callers cancel theirs.
		Cmd:              exec.CommandContext(context.WithoutCancel(ctx), path),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		StartTimeout:     startTimeout,
		Logger:           hclog.New(&hclog.LoggerOptions{Name: "plugin", Output: log, Level: hclog.Warn}),
	}
}

// connect makes the three clients of the protocol that the data source serves.
func (c *Client) connect() error {
	protocol, err := c.process.Client()
	if err != nil {
		return err
	}

	if c.data, err = dispense[grpcplugin.DataClient](protocol, "data"); err != nil {
		return err
	}

	if c.health, err = dispense[grpcplugin.DiagnosticsClient](protocol, "diagnostics"); err != nil {
		return err
	}

	c.calls, err = dispense[grpcplugin.ResourceClient](protocol, "resource")

	return err
}

func dispense[T any](protocol plugin.ClientProtocol, name string) (T, error) {
	raw, err := protocol.Dispense(name)
	if err != nil {
		var none T
		return none, fmt.Errorf("service %q: %w", name, err)
	}

	client, ok := raw.(T)
	if !ok {
		return client, fmt.Errorf("service %q: unexpected client %T", name, raw)
	}

	return client, nil
}

// As answers a client of the same process that acts for user. Only one of them is closed.
func (c *Client) As(user backend.User) *Client {
	other := *c
	other.context.User = &user

	return &other
}

// Close ends the process. It may be called more than once.
func (c *Client) Close() {
	c.process.Kill()
}

// Exited tells whether the process has ended.
func (c *Client) Exited() bool {
	return c.process.Exited()
}

var errNoAnswer = errors.New("the plugin ended the stream without an answer")
