package replay_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/alertmanager"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/replay"
)

// expectation is what a person who knows the scenario would say must come out: testdata/*.want.yaml.
// Times are clock times of the scenario's day.
type expectation struct {
	About   string       `yaml:"about"`
	Changes []wantChange `yaml:"config_changes"`
	// Incidents by opening.
	Incidents []wantIncident `yaml:"incidents"`
	// Notifications as "12:02:10 opened 1": the number is the incident's place in Incidents.
	Notifications []string `yaml:"notifications"`
}

type wantChange struct {
	Device   string   `yaml:"device"`
	Category string   `yaml:"category"`
	Between  []string `yaml:"between"`
	Planned  string   `yaml:"planned"`
	Blackout string   `yaml:"blackout"`
	Actor    string   `yaml:"actor"`
	Summary  []string `yaml:"summary"`
}

type wantIncident struct {
	Alerts      int      `yaml:"alerts"`
	Suppressed  int      `yaml:"suppressed"`
	State       string   `yaml:"state"`
	Closed      string   `yaml:"closed"`
	Reopened    int      `yaml:"reopened"`
	MergedFrom  int      `yaml:"merged_from"`
	Label       bool     `yaml:"label"`
	Cause       string   `yaml:"cause"` // kind/name of the first candidate, "" for none
	Devices     []string `yaml:"devices"`
	Explains    []string `yaml:"explains"`
	Others      []string `yaml:"others"` // kind/name of the other candidates, in order
	Suspects    []string `yaml:"suspects"`
	Change      string   `yaml:"during_change"`
	Maintenance string   `yaml:"during_maintenance"`
	Unknowns    []string `yaml:"unknowns"`
	Fixes       int      `yaml:"probable_fixes"`
	Acked       string   `yaml:"acknowledged_by"`
}

// result is the part of the document that expectations speak of, read as any consumer would.
type result struct {
	ConfigChanges []struct {
		ID, Device, Category string
		NotBefore            time.Time `json:"not_before"`
		NotAfter             time.Time `json:"not_after"`
		PlannedChangeID      *string   `json:"planned_change_id"`
		InBlackoutID         *string   `json:"in_blackout_id"`
		Actor                struct{ User string }
		Summary              []string
	} `json:"config_changes"`
	Incidents []struct {
		ID, State, Explanation string
		ClosedAt               *time.Time `json:"closed_at"`
		Reopened               int
		MergedFrom             []string `json:"merged_from"`
		Label                  *string
		Acknowledged           *struct{ By string }
		Alerts                 []struct{ Suppressed bool }
		DuringChangeID         *string `json:"during_change_id"`
		DuringMaintenanceID    *string `json:"during_maintenance_id"`
		Candidates             []struct {
			Kind, Name, Role  string
			Devices, Explains []string
			Confidence        float64
			Evidence          []struct {
				Kind           string
				ConfigChangeID *string `json:"config_change_id"`
				Weight         float64
				Terms          map[string]float64
			}
		}
		Unknowns      []string
		ProbableFixes []struct{ Text string } `json:"probable_fixes"`
	}
	Notifications []struct {
		At         time.Time
		IncidentID string `json:"incident_id"`
		Kind       string
	}
}

func options() replay.Options {
	return replay.Options{DecodeWebhook: alertmanager.DecodeWebhook, DecodeAlerts: alertmanager.DecodeList}
}

func TestScenarios(t *testing.T) {
	t.Parallel()
	timelines, err := filepath.Glob("testdata/*.jsonl")
	require.NoError(t, err)
	require.NotEmpty(t, timelines)
	for _, path := range timelines {
		name := strings.TrimSuffix(filepath.Base(path), ".jsonl")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			timeline, err := os.ReadFile(path)
			require.NoError(t, err)
			raw := run(t, timeline)
			require.Equal(t, raw, run(t, timeline), "the same input must give the same output, byte for byte")

			require.Equal(t, expected(t, name), parsed(t, raw), "%s", raw)
			checkEvidence(t, decode(t, raw))
		})
	}
}

func run(t *testing.T, timeline []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, replay.Write(t.Context(), bytes.NewReader(timeline), &out, options()))
	return out.Bytes()
}

func decode(t *testing.T, raw []byte) result {
	t.Helper()
	var got result
	require.NoError(t, json.Unmarshal(raw, &got))
	return got
}

func parsed(t *testing.T, raw []byte) expectation {
	t.Helper()
	return summary(decode(t, raw))
}

func expected(t *testing.T, name string) expectation {
	t.Helper()
	doc, err := os.ReadFile(filepath.Join("testdata", name+".want.yaml"))
	require.NoError(t, err)
	var want expectation
	dec := yaml.NewDecoder(bytes.NewReader(doc))
	dec.KnownFields(true)
	require.NoError(t, dec.Decode(&want))
	require.NotEmpty(t, want.About, "say what the scenario is about")
	want.About = ""
	return want
}

// summary says of a result what expectations say.
func summary(r result) expectation {
	var out expectation
	names := map[string]string{}
	for _, c := range r.ConfigChanges {
		names[c.ID] = c.Device + " " + c.Category
		out.Changes = append(out.Changes, wantChange{
			Device: c.Device, Category: c.Category, Between: []string{clock(c.NotBefore), clock(c.NotAfter)},
			Planned: deref(c.PlannedChangeID), Blackout: deref(c.InBlackoutID), Actor: c.Actor.User, Summary: orNil(c.Summary),
		})
	}
	place := map[string]int{}
	for i, inc := range r.Incidents {
		place[inc.ID] = i + 1
		w := wantIncident{
			Alerts: len(inc.Alerts), State: inc.State, Reopened: inc.Reopened, MergedFrom: len(inc.MergedFrom), Label: inc.Label != nil,
			Change: deref(inc.DuringChangeID), Maintenance: deref(inc.DuringMaintenanceID),
			Unknowns: orNil(inc.Unknowns), Fixes: len(inc.ProbableFixes),
		}
		if inc.ClosedAt != nil {
			w.Closed = clock(*inc.ClosedAt)
		}
		if inc.Acknowledged != nil {
			w.Acked = inc.Acknowledged.By
		}
		for _, a := range inc.Alerts {
			if a.Suppressed {
				w.Suppressed++
			}
		}
		for n, c := range inc.Candidates {
			if n > 0 {
				w.Others = append(w.Others, c.Kind+"/"+c.Name)
				continue
			}
			w.Cause, w.Devices, w.Explains = c.Kind+"/"+c.Name, c.Devices, c.Explains
			for _, e := range c.Evidence {
				if e.ConfigChangeID != nil {
					w.Suspects = append(w.Suspects, names[*e.ConfigChangeID])
				}
			}
		}
		out.Incidents = append(out.Incidents, w)
	}
	for _, n := range r.Notifications {
		out.Notifications = append(out.Notifications, fmt.Sprintf("%s %s %d", clock(n.At), n.Kind, place[n.IncidentID]))
	}
	return out
}

// checkEvidence holds what every document must keep, whatever it says.
func checkEvidence(t *testing.T, r result) {
	t.Helper()
	for _, inc := range r.Incidents {
		strong := false
		for n, c := range inc.Candidates {
			require.Equal(t, map[bool]string{true: "primary", false: "contributing"}[n == 0], c.Role)
			require.NotEmpty(t, c.Explains, "a candidate that explains nothing")
			require.GreaterOrEqual(t, c.Confidence, 0.0)
			require.LessOrEqual(t, c.Confidence, 1.0)
			for _, e := range c.Evidence {
				product := 1.0
				for _, term := range e.Terms {
					product *= term
				}
				require.Len(t, e.Terms, 5)
				require.InDelta(t, e.Weight, product, 1e-9, "a weight is the product of its terms")
				strong = strong || n == 0 && e.Kind == "config_change" && e.Weight >= 2
			}
		}
		require.Equal(t, strong, inc.Label != nil, "labelled exactly when the first candidate has change evidence of N/4 or more")
		require.True(t, strings.HasSuffix(inc.Explanation, "."), inc.Explanation)
	}
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05") }

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func orNil(s []string) []string {
	if len(s) == 0 {
		return nil
	}
	return s
}
