package corpus_test

import (
	"bytes"
	"encoding/json"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/corpus"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/corpus/metro"
)

func all(t *testing.T) []corpus.Scenario {
	t.Helper()
	written, err := corpus.Written()
	require.NoError(t, err)
	return slices.Concat(written, corpus.Generated(corpus.Seed, 2), corpus.Controls(corpus.Seed, 1),
		metro.Generated(corpus.Seed, 1), metro.Controls(corpus.Seed, 1))
}

func TestTheCorpusIsLargeEnough(t *testing.T) {
	t.Parallel()
	written, err := corpus.Written()
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(written), 50)
	generated, others := corpus.Generated(corpus.Seed, 8), metro.Generated(corpus.Seed, 4)
	require.GreaterOrEqual(t, len(generated), 100)
	require.GreaterOrEqual(t, len(others), 100)
	names, byChange, events := map[string]bool{}, 0, 0
	for _, s := range slices.Concat(written, generated, others) {
		require.False(t, names[s.Name], "two scenarios are called %s", s.Name)
		require.NotEmpty(t, s.About)
		names[s.Name] = true
		for _, e := range s.Truth.Events {
			events++
			if e.ByChange() {
				byChange++
			}
		}
	}
	require.Greater(t, byChange, events/4, "outages by change")
	require.Greater(t, events-byChange, events/4, "outages without one")
}

func TestTheSameSeedDrawsTheSame(t *testing.T) {
	t.Parallel()
	again := all(t)
	for i, s := range all(t) {
		require.Equal(t, s.Truth, again[i].Truth)
		one, err := s.Timeline()
		require.NoError(t, err)
		other, err := again[i].Timeline()
		require.NoError(t, err)
		require.Equal(t, one, other, s.Name)
	}
	one, err := corpus.Generated(1, 1)[0].Timeline()
	require.NoError(t, err)
	other, err := corpus.Generated(2, 1)[0].Timeline()
	require.NoError(t, err)
	require.NotEqual(t, one, other)
}

// TestTimelinesKeepTheirPromises: time never runs backwards, and whatever the truth speaks of is in the
// timeline.
func TestTimelinesKeepTheirPromises(t *testing.T) {
	t.Parallel()
	for _, s := range all(t) {
		timeline, err := s.Timeline()
		require.NoError(t, err)
		fired, devices := map[string]bool{}, map[string]bool{}
		var last time.Time
		for raw := range bytes.Lines(timeline) {
			var l struct {
				At      time.Time
				Type    string
				Devices []struct{ Name string }
				Body    json.RawMessage
			}
			require.NoError(t, json.Unmarshal(raw, &l))
			require.False(t, l.At.Before(last), "%s: %s", s.Name, raw)
			last = l.At
			for _, d := range l.Devices {
				devices[d.Name] = true
			}
			for _, a := range alertsOf(t, l.Type, l.Body) {
				fired[a.Fingerprint] = true
				require.True(t, a.EndsAt.IsZero() || a.EndsAt.After(a.StartsAt), "%s: %s", s.Name, raw)
			}
		}
		for _, e := range s.Truth.Events {
			require.NotEmpty(t, e.Alerts, "%s: %s", s.Name, e.Name)
			require.NotEmpty(t, e.Causes, "%s: %s", s.Name, e.Name)
			for _, a := range e.Alerts {
				require.True(t, fired[a], "%s: an alert of %s never fires", s.Name, e.Name)
			}
			for _, cause := range e.Causes {
				if device, isDevice := strings.CutPrefix(cause, "device/"); isDevice {
					require.True(t, devices[device], "%s: %s is in no inventory", s.Name, cause)
				}
			}
		}
	}
}

type sentAlert struct {
	Fingerprint string
	StartsAt    time.Time
	EndsAt      time.Time
}

// alertsOf are the alerts of a webhook's body or of a list.
func alertsOf(t *testing.T, kind string, body json.RawMessage) []sentAlert {
	t.Helper()
	var list []sentAlert
	switch kind {
	case "webhook":
		var w struct{ Alerts []sentAlert }
		require.NoError(t, json.Unmarshal(body, &w))
		list = w.Alerts
	case "alerts":
		require.NoError(t, json.Unmarshal(body, &list))
	}
	return list
}

// TestControlsHaveNoCausingChange: a control is the same outage without the change behind it.
func TestControlsHaveNoCausingChange(t *testing.T) {
	t.Parallel()
	drawn := append(corpus.Generated(corpus.Seed, 2), metro.Generated(corpus.Seed, 1)...)
	controls := append(corpus.Controls(corpus.Seed, 2), metro.Controls(corpus.Seed, 1)...)
	require.Len(t, controls, len(drawn))
	for i, c := range controls {
		require.Len(t, c.Truth.Events, len(drawn[i].Truth.Events))
		for j, e := range c.Truth.Events {
			require.False(t, e.ByChange(), c.Name)
			require.Equal(t, drawn[i].Truth.Events[j].Alerts, e.Alerts, c.Name)
		}
	}
}

// TestTheCorpusKnowsNothingOfTheCorrelator: a truth drawn with the help of the rules that it judges
// would only agree with itself.
func TestTheCorpusKnowsNothingOfTheCorrelator(t *testing.T) {
	t.Parallel()
	sources, err := filepath.Glob("*.go")
	require.NoError(t, err)
	others, err := filepath.Glob("metro/*.go")
	require.NoError(t, err)
	require.NotEmpty(t, others)
	sources = append(sources, others...)
	for _, name := range sources {
		source, err := os.ReadFile(name)
		require.NoError(t, err)
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly)
		require.NoError(t, err)
		for _, imported := range file.Imports {
			require.NotContains(t, imported.Path.Value, "/correlator/", name)
		}
	}
}
