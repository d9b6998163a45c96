package datasource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/correlator"
)

// maxBodyBytes bounds what a browser may send: a change's description has 20,000 characters.
const maxBodyBytes = 256 << 10

// resources are the calls that the app's pages make, below /resources. The list is closed: nothing
// else of the correlator can be reached through the plugin. Answers are the API's messages as JSON.
func (d *Datasource) resources() http.Handler {
	mux := http.NewServeMux()

	mux.Handle("GET /changes", d.read(d.getChanges))
	mux.Handle("GET /changes/{id}", d.read(d.getChange))
	mux.Handle("POST /changes", d.write(d.createChange))
	mux.Handle("POST /changes/{id}/start", d.write(d.startChange))
	mux.Handle("POST /changes/{id}/complete", d.write(d.completeChange))
	mux.Handle("POST /changes/{id}/cancel", d.write(d.cancelChange))
	mux.Handle("GET /config-changes", d.read(d.getConfigChanges))
	mux.Handle("GET /incidents", d.read(d.getIncidents))
	mux.Handle("GET /incidents/{id}", d.read(d.getIncident))
	mux.Handle("POST /incidents/{id}/acknowledge", d.write(d.acknowledge))
	mux.Handle("GET /devices", d.read(d.getDevices))
	mux.Handle("GET /sites", d.read(d.getSites))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, http.StatusNotFound, "there is no resource "+r.Method+" "+r.URL.Path)
	})

	return mux
}

// asked reads a filter from the address: from and to in milliseconds or RFC 3339, and lists by name.
type asked struct {
	from, to *timestamppb.Timestamp
	values   url.Values
}

func (a asked) list(name string) []string { return a.values[name] }

// read answers what a reader asked for, or why not.
func (d *Datasource) read(answer func(context.Context, asked, *http.Request) (proto.Message, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		filter, err := parseAsked(r.URL.Query())
		if err != nil {
			writeProblem(w, http.StatusBadRequest, err.Error())
			return
		}

		ctx, cancel := context.WithTimeout(r.Context(), d.settings.Timeout)
		defer cancel()

		if user := backend.UserFromContext(ctx); user != nil {
			ctx = correlator.OnBehalfOf(ctx, user.Login)
		}

		message, err := answer(ctx, filter, r)
		writeAnswer(w, message, err)
	}
}

func parseAsked(values url.Values) (asked, error) {
	filter := asked{values: values}

	for name, into := range map[string]**timestamppb.Timestamp{"from": &filter.from, "to": &filter.to} {
		raw := values.Get(name)
		if raw == "" {
			continue
		}

		at, err := parseInstant(raw)
		if err != nil {
			return asked{}, fmt.Errorf("parameter %s: %w", name, err)
		}

		*into = timestamppb.New(at)
	}

	return filter, nil
}

func parseInstant(raw string) (time.Time, error) {
	if ms, err := strconv.ParseInt(raw, 10, 64); err == nil {
		return time.UnixMilli(ms), nil
	}

	at, err := time.Parse(time.RFC3339, raw)
	if err != nil {
		return time.Time{}, errors.New("neither milliseconds since 1970 nor an RFC 3339 time")
	}

	return at, nil
}

// decode reads a JSON body into a message; unknown fields are refused, so that a misspelt one is not
// silently without effect.
func decode(r *http.Request, into proto.Message) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBodyBytes+1))
	if err != nil {
		return fmt.Errorf("read the body: %w", err)
	}

	if len(body) > maxBodyBytes {
		return fmt.Errorf("the body is larger than %d bytes", maxBodyBytes)
	}

	if err := protojson.Unmarshal(body, into); err != nil {
		return fmt.Errorf("the body is not valid: %w", err)
	}

	return nil
}

func (d *Datasource) getDevices(ctx context.Context, a asked, _ *http.Request) (proto.Message, error) {
	return d.correlator.ListDevices(ctx, &apiv1.ListDevicesRequest{Sites: a.list("site"), Devices: a.list("device")})
}

// getSites answers the sites of the inventory; devices and links are left out.
func (d *Datasource) getSites(ctx context.Context, _ asked, _ *http.Request) (proto.Message, error) {
	answer, err := d.correlator.GetInventory(ctx, &apiv1.GetInventoryRequest{})
	if err != nil {
		return nil, err
	}

	return &apiv1.Inventory{Sites: answer.GetInventory().GetSites()}, nil
}

func (d *Datasource) getConfigChanges(ctx context.Context, a asked, _ *http.Request) (proto.Message, error) {
	return d.correlator.ListConfigChanges(ctx, &apiv1.ListConfigChangesRequest{
		From: a.from, To: a.to, Devices: a.list("device"), Sites: a.list("site"), Categories: a.list("category"),
		UnplannedOnly: a.values.Get("unplanned") == "true", PageToken: a.values.Get("pageToken"),
	})
}
