package smoke

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/common/model"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
)

// Evidence is everything that the product answered.
type Evidence struct {
	Incidents     []*apiv1.Incident
	ConfigChanges []*apiv1.ConfigChange
	// Annotations are the entity ids that the plugin's annotations carry, by class.
	Annotations map[string][]string
	// firstIncident and firstLabel are when they were first seen.
	firstIncident, firstLabel time.Time
}

// after answers how long after the outage incident and label were there.
func (e Evidence) after(t Truth) (incident, label time.Duration) {
	if !e.firstIncident.IsZero() {
		incident = e.firstIncident.Sub(t.Before)
	}
	if !e.firstLabel.IsZero() {
		label = e.firstLabel.Sub(t.Before)
	}
	return incident, label
}

// String shows the evidence as JSON.
func (e Evidence) String() string {
	parts := map[string]any{"annotations": e.Annotations}
	encode := func(messages []proto.Message) (all []json.RawMessage) {
		for _, m := range messages {
			raw, err := protojson.Marshal(m)
			if err != nil {
				raw, _ = json.Marshal(err.Error())
			}
			all = append(all, raw)
		}
		return all
	}
	var incidents, changes []proto.Message
	for _, incident := range e.Incidents {
		incidents = append(incidents, incident)
	}
	for _, change := range e.ConfigChanges {
		changes = append(changes, change)
	}
	parts["incidents"], parts["config_changes"] = encode(incidents), encode(changes)
	text, err := json.MarshalIndent(parts, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// settled is how long nothing may happen any more before the answer is taken as given.
const settled = 5 * time.Second

// observe waits for the product's answer: until an incident stands, has every alert that fires, and has
// not moved for a while. An answer that never comes is an answer as well, so only failures to ask are errors.
func (r *runner) observe(ctx context.Context, truth Truth) (Evidence, error) {
	var e Evidence
	var last string
	lastMoved := truth.Done
	err := until(ctx, outcomeTimeout, "the answer stood", func() error {
		if err := r.ask(ctx, &e); err != nil {
			return err
		}
		now := time.Now()
		if state := e.state(); state != last {
			last, lastMoved = state, now
		}
		if len(e.Incidents) > 0 && e.firstIncident.IsZero() {
			e.firstIncident = now
		}
		if e.firstLabel.IsZero() && slices.ContainsFunc(e.Incidents, func(i *apiv1.Incident) bool { return i.GetLabel() != "" }) {
			e.firstLabel = now
		}
		missing, err := r.unheard(ctx, e)
		if err != nil {
			return err
		}
		return e.unfinished(truth, now.Sub(lastMoved), missing)
	})
	// Not having settled is for the checks to judge: they show what there was instead.
	if err != nil && (ctx.Err() != nil || len(e.Incidents)+len(e.ConfigChanges) == 0) {
		return e, err
	}
	e.Annotations, err = r.annotations(ctx, truth)
	return e, err
}

// unfinished says what is still expected to happen.
func (e Evidence) unfinished(truth Truth, quiet time.Duration, missing []string) error {
	switch {
	case len(e.Incidents) == 0:
		return errors.New("there is no incident")
	case len(missing) > 0:
		return fmt.Errorf("no incident has the alerts %v", missing)
	case !slices.ContainsFunc(e.ConfigChanges, func(c *apiv1.ConfigChange) bool { return c.GetDevice() == truth.Planned.Device }):
		return errors.New("the planned work was not detected")
	case truth.Fault != nil && e.firstLabel.IsZero():
		return errors.New("no incident has the label")
	case quiet < settled:
		return errors.New("it still moves")
	}
	return nil
}

// state is what tells one answer from the next.
func (e Evidence) state() (state string) {
	for _, i := range e.Incidents {
		state += fmt.Sprintf("%s/%d/%d/%s ", i.GetId(), i.GetRevision(), i.GetAlertCount(), i.GetLabel())
	}
	for _, c := range e.ConfigChanges {
		state += c.GetId() + " "
	}
	return state
}

// ask asks the API for everything: the lab has no history.
func (r *runner) ask(ctx context.Context, e *Evidence) error {
	incidents, err := r.correlator.ListIncidents(ctx, &apiv1.ListIncidentsRequest{})
	if err != nil {
		return fmt.Errorf("list incidents: %w", err)
	}
	changes, err := r.correlator.ListConfigChanges(ctx, &apiv1.ListConfigChangesRequest{})
	if err != nil {
		return fmt.Errorf("list config changes: %w", err)
	}
	e.Incidents, e.ConfigChanges = incidents.GetIncidents(), changes.GetConfigChanges()
	return nil
}

// unheard answers the alerts that fire in Prometheus, or are about to, and that no incident has.
func (r *runner) unheard(ctx context.Context, e Evidence) (missing []string, err error) {
	vector, err := r.query(ctx, `ALERTS{alertname!="Watchdog"}`)
	if err != nil {
		return nil, err
	}
	heard := map[[4]string]bool{}
	for _, incident := range e.Incidents {
		for _, a := range incident.GetAlerts() {
			heard[[4]string{a.GetAlertname(), a.GetDevice(), a.GetInterface(), a.GetPeer()}] = true
		}
	}
	for _, sample := range vector {
		name := func(label string) string { return string(sample.Metric[model.LabelName(label)]) }
		if !heard[[4]string{name("alertname"), name("device"), name("interface"), name("peer")}] {
			missing = append(missing, name("alertname")+" "+name("device")+" "+name("interface")+name("peer"))
		}
	}
	slices.Sort(missing)
	return missing, nil
}

// annotations asks the plugin as a dashboard does: one query a class.
func (r *runner) annotations(ctx context.Context, truth Truth) (map[string][]string, error) {
	queried := backend.TimeRange{From: truth.Before.Add(-15 * time.Minute), To: time.Now().Add(time.Minute)}
	found := map[string][]string{}
	for _, class := range []string{"change", "config_change", "incident"} {
		answer, err := r.plugin.QueryData(ctx, queried, map[string]any{"refId": "A", "queryType": "annotations", "subject": class})
		if err != nil {
			return nil, fmt.Errorf("ask the plugin: %w", err)
		}
		response := answer.Responses["A"]
		if response.Error != nil {
			return nil, fmt.Errorf("the plugin answers: %w", response.Error)
		}
		for _, frame := range response.Frames {
			field, index := frame.FieldByName("entityId")
			if index < 0 {
				return nil, fmt.Errorf("the plugin's frame for %s has no field entityId", class)
			}
			for i := range field.Len() {
				found[class] = append(found[class], fmt.Sprint(field.At(i)))
			}
		}
	}
	return found, nil
}
