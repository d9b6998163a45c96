package smoke

import (
	"fmt"
	"slices"
	"strings"
	"time"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/scenario"
)

// Label is what an incident bears that a change probably caused.
const Label = "Possible change-related outage"

// Truth is what was really done.
type Truth struct {
	scenario.Scenario
	// PlannedID is the change record of the planned work.
	PlannedID string
	// Before and Done enclose the moment of the outage.
	Before, Done time.Time
	// Polls is how wide the interval of a change may be where nothing kept the exporter from reading.
	Polls time.Duration
}

// Check is one thing that was asked of the answer.
type Check struct {
	Name string
	// Err is nil when the answer is right.
	Err error
}

// check holds the answer against the truth.
func (t Truth) check(e Evidence) []Check {
	checks := []Check{
		{"one incident", t.oneIncident(e)},
		{"planned work is known as planned", t.knowsPlan(e)},
		{"planned work is not blamed", t.plannedNotBlamed(e)},
		{"nothing else changed", t.nothingElse(e)},
	}
	if t.Fault == nil {
		checks = append(checks, Check{"not labelled", t.notLabelled(e)}, Check{"first candidate is what failed", t.failedCable(e)})
	} else {
		checks = append(
			checks,
			Check{"right device first", t.rightDevice(e)},
			Check{"right category", t.rightCategory(e)},
			Check{"interval has the moment", t.rightMoment(e)},
			Check{"labelled", t.labelled(e)},
			Check{"explanation names it", t.explained(e)},
		)
	}
	return append(checks, Check{"annotations reach the plugin", t.annotated(e)})
}

func (t Truth) oneIncident(e Evidence) error {
	if len(e.Incidents) != 1 {
		return fmt.Errorf("there are %d incidents", len(e.Incidents))
	}
	return nil
}

// first is the first candidate of the oldest incident.
func first(e Evidence) (*apiv1.Candidate, error) {
	if len(e.Incidents) == 0 {
		return nil, fmt.Errorf("there is no incident")
	}
	oldest := e.Incidents[len(e.Incidents)-1]
	if len(oldest.GetCandidates()) == 0 {
		return nil, fmt.Errorf("the incident has no candidate")
	}
	return oldest.GetCandidates()[0], nil
}

func (t Truth) rightDevice(e Evidence) error {
	candidate, err := first(e)
	if err != nil {
		return err
	}
	if candidate.GetKind() != "device" || candidate.GetName() != t.Fault.Device {
		return fmt.Errorf("the first candidate is the %s %s, not %s", candidate.GetKind(), candidate.GetName(), t.Fault.Device)
	}
	return nil
}

// blamed is the config change that the first candidate's evidence names.
func blamed(e Evidence) (*apiv1.ConfigChange, error) {
	candidate, err := first(e)
	if err != nil {
		return nil, err
	}
	for _, evidence := range candidate.GetEvidence() {
		for _, change := range e.ConfigChanges {
			if change.GetId() == evidence.GetConfigChangeId() {
				return change, nil
			}
		}
	}
	return nil, fmt.Errorf("%s is not blamed for any config change", candidate.GetName())
}

func (t Truth) rightCategory(e Evidence) error {
	change, err := blamed(e)
	if err != nil {
		return err
	}
	if want := t.Fault.Kind.Category(); change.GetDevice() != t.Fault.Device || change.GetCategory() != want {
		return fmt.Errorf("blamed is %s of %s, not %s of %s", change.GetCategory(), change.GetDevice(), want, t.Fault.Device)
	}
	return nil
}

func (t Truth) rightMoment(e Evidence) error {
	change, err := blamed(e)
	if err != nil {
		return err
	}
	from, to := change.GetNotBefore().AsTime(), change.GetNotAfter().AsTime()
	if from.After(t.Done) || to.Before(t.Before) {
		return fmt.Errorf("it happened at %s, the interval is %s to %s", clock(t.Before), clock(from), clock(to))
	}
	if width := to.Sub(from); width > t.Polls {
		return fmt.Errorf("the interval is %s wide, more than the %s of three readings", width, t.Polls)
	}
	return nil
}

func clock(at time.Time) string { return at.UTC().Format("15:04:05.000") }

func (t Truth) labelled(e Evidence) error {
	for _, incident := range e.Incidents {
		if incident.GetLabel() == Label {
			return nil
		}
	}
	return fmt.Errorf("no incident is labelled %q", Label)
}

func (t Truth) notLabelled(e Evidence) error {
	for _, incident := range e.Incidents {
		if incident.GetLabel() != "" {
			return fmt.Errorf("an incident is labelled %q: %s", incident.GetLabel(), incident.GetExplanation())
		}
	}
	return nil
}

// explained: the sentence for on-call names the device and says that its configuration was changed.
func (t Truth) explained(e Evidence) error {
	for _, incident := range e.Incidents {
		text := incident.GetExplanation()
		if strings.Contains(text, t.Fault.Device) && strings.Contains(text, "configuration of "+t.Fault.Device+" was changed") {
			return nil
		}
	}
	if len(e.Incidents) == 0 {
		return fmt.Errorf("there is no incident")
	}
	return fmt.Errorf("the explanation is %q", e.Incidents[0].GetExplanation())
}

// failedCable: the link itself, or one of the devices at its ends; nobody else.
func (t Truth) failedCable(e Evidence) error {
	candidate, err := first(e)
	if err != nil {
		return err
	}
	ends := []string{t.Cut.A.Device, t.Cut.B.Device}
	for _, device := range candidate.GetDevices() {
		if !slices.Contains(ends, device) {
			return fmt.Errorf("the first candidate is the %s %s, the cable is %s", candidate.GetKind(), candidate.GetName(), t.Cut.Name())
		}
	}
	return nil
}

// ofPlan answers the config changes that the planned work made.
func (t Truth) ofPlan(e Evidence) (ids map[string]bool) {
	ids = map[string]bool{}
	for _, change := range e.ConfigChanges {
		if change.GetDevice() == t.Planned.Device {
			ids[change.GetId()] = true
		}
	}
	return ids
}

func (t Truth) knowsPlan(e Evidence) error {
	for _, change := range e.ConfigChanges {
		if change.GetDevice() == t.Planned.Device && change.GetCategory() == t.Planned.Category {
			if change.GetPlannedChangeId() != t.PlannedID {
				return fmt.Errorf("the change of %s on %s belongs to %q, not to %s", t.Planned.Category, t.Planned.Device, change.GetPlannedChangeId(), t.PlannedID)
			}
			return nil
		}
	}
	return fmt.Errorf("no change of %s was detected on %s", t.Planned.Category, t.Planned.Device)
}

func (t Truth) plannedNotBlamed(e Evidence) error {
	plan := t.ofPlan(e)
	for _, incident := range e.Incidents {
		if incident.GetDuringChangeId() != "" {
			return fmt.Errorf("the incident is filed under the planned change")
		}
		for _, candidate := range incident.GetCandidates() {
			if slices.Contains(candidate.GetDevices(), t.Planned.Device) {
				return fmt.Errorf("%s is a candidate", t.Planned.Device)
			}
			for _, evidence := range candidate.GetEvidence() {
				if plan[evidence.GetConfigChangeId()] {
					return fmt.Errorf("its change is evidence against %s: %s", candidate.GetName(), evidence.GetText())
				}
			}
		}
	}
	return nil
}

// nothingElse: the product saw the changes that were made and no others.
func (t Truth) nothingElse(e Evidence) error {
	for _, change := range e.ConfigChanges {
		planned := change.GetDevice() == t.Planned.Device && change.GetCategory() == t.Planned.Category
		fault := t.Fault != nil && change.GetDevice() == t.Fault.Device && change.GetCategory() == t.Fault.Kind.Category()
		if !planned && !fault {
			return fmt.Errorf("nobody changed %s of %s", change.GetCategory(), change.GetDevice())
		}
	}
	return nil
}

// annotated: every incident, config change and the planned change is among the plugin's annotations.
func (t Truth) annotated(e Evidence) error {
	want := map[string][]string{"change": {t.PlannedID}}
	for _, incident := range e.Incidents {
		want["incident"] = append(want["incident"], incident.GetId())
	}
	for _, change := range e.ConfigChanges {
		want["config_change"] = append(want["config_change"], change.GetId())
	}
	for class, ids := range want {
		for _, id := range ids {
			if !slices.Contains(e.Annotations[class], id) {
				return fmt.Errorf("the %s %s is missing", class, id)
			}
		}
	}
	return nil
}
