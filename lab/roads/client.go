package roads

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/api/v1/apiv1connect"
)

// Tokens are the bearer tokens of one tenant. Operator acts for people, so it is one of a plugin.
type Tokens struct{ Agent, Alertmanager, Operator, Admin string }

// Client talks to one correlator for one tenant.
type Client struct {
	// URL is the correlator's root.
	URL    string
	Tokens Tokens
	HTTP   *http.Client
	// Planned has the ids that the correlator gave to planned work. Clients of replicas share it.
	Planned *Planned
}

// Planned maps planned work, as a timeline names it, to the ids that a correlator gave.
type Planned struct {
	mu  sync.Mutex
	ids map[string]string
}

func (p *Planned) note(name, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ids == nil {
		p.ids = map[string]string{}
	}
	p.ids[name] = id
}

// ID is what the correlator calls this work, or its name where it came on another road.
func (p *Planned) ID(name string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return cmp.Or(p.ids[name], name)
}

// Names are the names of the work by the correlator's ids.
func (p *Planned) Names() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	names := map[string]string{}
	for name, id := range p.ids {
		names[id] = name
	}
	return names
}

// ErrNoRoad says that there is no HTTP road for such a line.
var ErrNoRoad = errors.New("there is no HTTP road for this")

// StatusError is an answer that is not a success.
type StatusError struct {
	Status int
	Body   string
}

// Error implements error.
func (e *StatusError) Error() string { return fmt.Sprintf("status %d: %s", e.Status, e.Body) }

// Temporary says whether a sender tries again, as Alertmanager and the exporter do: after a connection that
// failed and after a status of 500 or more.
func Temporary(err error) bool {
	var status *StatusError
	if errors.As(err, &status) {
		return status.Status >= http.StatusInternalServerError
	}
	return err != nil && !errors.Is(err, ErrNoRoad)
}

// Deliver delivers lines: any number of observations, which make one batch, or one line of another kind. It
// may be called again with the same lines.
func (c *Client) Deliver(ctx context.Context, lines ...Line) error {
	l := lines[0]
	switch l.Type {
	case "inventory":
		return c.rpc(ctx, c.Tokens.Admin, "", apiv1connect.InventoryServiceReplaceInventoryProcedure,
			map[string]any{"inventory": l.only("sites", "devices", "services", "links")}, nil)
	case "observation", "observation_failed":
		return c.observe(ctx, lines)
	case "webhook":
		_, err := c.post(ctx, "/api/v1/alertmanager/webhook", c.Tokens.Alertmanager, "", l.fields["body"])
		return err
	case "change":
		return c.change(ctx, l)
	case "maintenance", "blackout":
		return c.window(ctx, l)
	case "operator":
		return c.operate(ctx, l)
	}
	return ErrNoRoad
}

func (c *Client) observe(ctx context.Context, lines []Line) error {
	batch := make([]map[string]any, len(lines))
	for i, l := range lines {
		batch[i] = l.only("device", "category", "observed_at", "sha256", "fingerprint", "allowlist_version", "exporter", "sections", "actor")
		var source, exporter, reason string
		if err := errors.Join(l.Field("source", &source), l.Field("exporter", &exporter), l.Field("reason", &reason)); err != nil {
			return err
		}
		if l.Type == "observation_failed" {
			batch[i]["failure"] = reason
		}
		if source != "" && source != "http" { // another eye stays another one
			batch[i]["exporter"] = source + " " + exporter
		}
	}
	return c.rpc(ctx, c.Tokens.Agent, "", apiv1connect.ObservationServiceObserveProcedure, map[string]any{"observations": batch}, nil)
}

// change does with a change record what the line says. It is created under its name as idempotency key, so
// that the same call again makes no second one.
func (c *Client) change(ctx context.Context, l Line) error {
	var change map[string]any
	if err := l.Field("change", &change); err != nil {
		return err
	}
	name, _ := change["id"].(string)
	switch l.Op {
	case "create":
		if status, given := change["status"]; given && status != "planned" { // a record of work that has begun
			return ErrNoRoad
		}
		delete(change, "id")
		var created apiv1.CreateChangeResponse
		err := c.rpc(ctx, c.Tokens.Operator, "", apiv1connect.ChangeServiceCreateChangeProcedure,
			map[string]any{"change": change, "idempotency_key": name}, &created)
		if err == nil {
			c.Planned.note(name, created.GetChange().GetId())
		}
		return err
	case "update":
		change["id"] = c.Planned.ID(name)
		return c.rpc(ctx, c.Tokens.Operator, "", apiv1connect.ChangeServiceUpdateChangeProcedure, map[string]any{"change": change}, nil)
	}
	procedure := map[string]string{
		"start": apiv1connect.ChangeServiceStartChangeProcedure, "complete": apiv1connect.ChangeServiceCompleteChangeProcedure,
		"cancel": apiv1connect.ChangeServiceCancelChangeProcedure,
	}[l.Op]
	if procedure == "" {
		return ErrNoRoad
	}
	return c.rpc(ctx, c.Tokens.Operator, "", procedure, map[string]any{"id": c.Planned.ID(name)}, nil)
}

// window does the same with a maintenance or blackout window.
func (c *Client) window(ctx context.Context, l Line) error {
	var window map[string]any
	if err := l.Field(l.Type, &window); err != nil {
		return err
	}
	name, _ := window["id"].(string)
	kind := "WINDOW_KIND_" + strings.ToUpper(l.Type)
	window["kind"] = kind
	switch l.Op {
	case "create":
		delete(window, "id")
		var created apiv1.CreateWindowResponse
		err := c.rpc(ctx, c.Tokens.Operator, "", apiv1connect.WindowServiceCreateWindowProcedure,
			map[string]any{"window": window, "idempotency_key": name}, &created)
		if err == nil {
			c.Planned.note(name, created.GetWindow().GetId())
		}
		return err
	case "update":
		window["id"] = c.Planned.ID(name)
		return c.rpc(ctx, c.Tokens.Operator, "", apiv1connect.WindowServiceUpdateWindowProcedure, map[string]any{"window": window}, nil)
	case "cancel":
		return c.rpc(ctx, c.Tokens.Operator, "", apiv1connect.WindowServiceCancelWindowProcedure, map[string]any{"kind": kind, "id": c.Planned.ID(name)}, nil)
	}
	return ErrNoRoad
}

// operate says about an incident what the line says, in the name of the person whom it names.
func (c *Client) operate(ctx context.Context, l Line) error {
	type alert struct{ Device, AlertName string }
	var by string
	var of, into alert
	var fingerprints []string
	var cause map[string]any
	if err := errors.Join(
		l.Field("incident_of", &of), l.Field("into_incident_of", &into), l.Field("by", &by), l.Field("alerts", &fingerprints), l.Field("cause", &cause),
	); err != nil {
		return err
	}
	id, err := c.incidentOf(ctx, of.Device, of.AlertName)
	if err != nil {
		return err
	}
	var procedure string
	request := map[string]any{"id": id}
	switch l.Op {
	case "acknowledge":
		procedure = apiv1connect.IncidentServiceAcknowledgeIncidentProcedure
		maps.Copy(request, l.only("until"))
	case "unacknowledge":
		procedure = apiv1connect.IncidentServiceUnacknowledgeIncidentProcedure
	case "merge":
		procedure = apiv1connect.IncidentServiceMergeIncidentsProcedure
		other, err := c.incidentOf(ctx, into.Device, into.AlertName)
		if err != nil || other == id { // one already: nobody would ask for it
			return err
		}
		request["into_id"] = other
	case "split":
		procedure = apiv1connect.IncidentServiceSplitIncidentProcedure
		request["alerts"] = fingerprints
	case "feedback":
		procedure = apiv1connect.IncidentServiceGiveFeedbackProcedure
		if cause != nil {
			request["cause"] = cause
		} else {
			request["nothing_known"] = true
		}
	default:
		return ErrNoRoad
	}
	return c.rpc(ctx, c.Tokens.Operator, by, procedure, request, nil)
}

// incidentOf finds the newest incident that has an alert, as a person finds it in the list.
func (c *Client) incidentOf(ctx context.Context, device, alertname string) (string, error) {
	var page apiv1.ListIncidentsResponse
	err := c.Call(ctx, apiv1connect.IncidentServiceListIncidentsProcedure, &apiv1.ListIncidentsRequest{PageSize: 1000}, &page)
	if err != nil {
		return "", err
	}
	var newest *apiv1.Incident
	for _, i := range page.GetIncidents() {
		if newest != nil && !i.GetOpenedAt().AsTime().After(newest.GetOpenedAt().AsTime()) {
			continue
		}
		for _, a := range i.GetAlerts() {
			if a.GetDevice() == device && a.GetAlertname() == alertname {
				newest = i
			}
		}
	}
	if newest == nil {
		return "", &StatusError{Status: http.StatusNotFound, Body: fmt.Sprintf("no incident has the alert %s of %s", alertname, device)}
	}
	return newest.GetId(), nil
}

// Call asks a procedure of the API as an admin.
func (c *Client) Call(ctx context.Context, procedure string, request, answer proto.Message) error {
	raw, err := protojson.Marshal(request)
	if err != nil {
		return err
	}
	return c.rpc(ctx, c.Tokens.Admin, "", procedure, json.RawMessage(raw), answer)
}

func (c *Client) rpc(ctx context.Context, token, by, procedure string, request any, answer proto.Message) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	raw, err := c.post(ctx, procedure, token, by, body)
	if err != nil {
		return fmt.Errorf("%s: %w", procedure, err)
	}
	if answer == nil {
		return nil
	}
	return protojson.Unmarshal(raw, answer)
}

func (c *Client) post(ctx context.Context, path, token, by string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	if by != "" {
		req.Header.Set("X-Ispvm-On-Behalf-Of", by)
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		return nil, &StatusError{Status: resp.StatusCode, Body: string(bytes.TrimSpace(raw))}
	}
	return raw, nil
}
