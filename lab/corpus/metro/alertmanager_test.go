package metro

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 11, 17, 12, 0, 0, 0, time.UTC)

// firingAt is an alert that Alertmanager hears of and that ends so many seconds after noon.
func firingAt(device string, from, until int) firing {
	labels := map[string]string{"alertname": "DeviceDown", "device": device}
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	return firing{labels: labels, fingerprint: fingerprintOf(labels), starts: at(from), from: at(from), ends: at(until), until: at(until)}
}

// posts are the notifications as "SECOND STATUS DEVICE+ DEVICE-": firing and resolved.
func posts(m alertmanager, alerts ...firing) []string {
	var out []string
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a simulation
	seen := map[string]bool{}
	for _, l := range m.notify(r, alerts, noon.Add(3*time.Hour)) {
		body := l.Fields["body"].(map[string]any)
		text := fmt.Sprintf("%d %s", int(l.At.Sub(noon).Seconds())/10*10, body["status"])
		var devices []string
		for _, a := range body["alerts"].([]any) {
			a := a.(map[string]any)
			sign := map[any]string{"firing": "+", "resolved": "-"}[a["status"]]
			devices = append(devices, a["labels"].(map[string]string)["device"]+sign)
		}
		text += " " + strings.Join(devices, " ")
		if cut := body["truncatedAlerts"].(int); cut > 0 {
			text += fmt.Sprint(" …", cut)
		}
		if !seen[text] { // a retry
			out = append(out, text)
		}
		seen[text] = true
	}
	return out
}

func TestAlertmanager(t *testing.T) {
	t.Parallel()
	m := alertmanager{wait: 30 * time.Second, every: 5 * time.Minute, repeat: 4 * time.Hour}
	grouped, repeating, cut, silent := m, m, m, m
	grouped.groupBy = []string{"device"}
	repeating.repeat = 30 * time.Minute
	cut.most = 1
	silent.silences = []silence{{from: noon.Add(time.Minute), until: noon.Add(time.Hour), nodes: []string{"a"}}}
	for _, c := range []struct {
		name    string
		manager alertmanager
		alerts  []firing
		want    []string
	}{
		{"group_wait, then group_interval", m, []firing{firingAt("a", 0, 9000), firingAt("b", 40, 9000)}, []string{"30 firing a+", "330 firing a+ b+", "9030 resolved a- b-"}},
		{"nothing new is not said", m, []firing{firingAt("a", 0, 400)}, []string{"30 firing a+", "630 resolved a-"}},
		{"over before anybody was told", m, []firing{firingAt("a", 0, 20)}, nil},
		{"over, beside one that is not", m, []firing{firingAt("a", 0, 9000), firingAt("b", 5, 20)}, []string{"30 firing a+ b-", "9030 resolved a-"}},
		{"again within the interval", m, []firing{firingAt("a", 0, 100), firingAt("a", 200, 9000)}, []string{"30 firing a+", "9030 resolved a-"}},
		{"a group that was forgotten waits again", m, []firing{firingAt("a", 0, 100), firingAt("a", 1000, 1100)}, []string{"30 firing a+", "330 resolved a-", "1030 firing a+", "1330 resolved a-"}},
		{"groups", grouped, []firing{firingAt("a", 0, 9000), firingAt("b", 40, 9000)}, []string{"30 firing a+", "9030 resolved a-", "70 firing b+", "9070 resolved b-"}},
		{"repeat_interval", repeating, []firing{firingAt("a", 0, 4000)}, []string{"30 firing a+", "1830 firing a+", "3630 firing a+", "4230 resolved a-"}},
		{"max_alerts", cut, []firing{firingAt("a", 0, 9000), firingAt("b", 1, 9000)}, []string{"30 firing a+ …1", "9030 resolved a- …1"}},
		{"silenced after it fired: not even its end", silent, []firing{firingAt("a", 0, 900)}, []string{"30 firing a+"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, posts(c.manager, c.alerts...))
		})
	}
}

// TestListHoldsWhatFires: silenced ones too, and none that ended.
func TestListHoldsWhatFires(t *testing.T) {
	t.Parallel()
	m := alertmanager{silences: []silence{{from: noon, until: noon.Add(time.Hour), nodes: []string{"b"}}}}
	alerts := []firing{firingAt("a", 0, 100), firingAt("b", 0, 900)}
	list := func(at time.Duration) []any { return m.list(alerts, noon.Add(at)).Fields["body"].([]any) }
	require.Len(t, list(time.Minute), 2)
	later := list(3 * time.Minute)
	require.Len(t, later, 1)
	require.Equal(t, "suppressed", later[0].(map[string]any)["status"].(map[string]any)["state"])
}

// TestHoldMergesAPair: both Prometheus send the same alert at different times; it is one, with the
// earlier start and the later end.
func TestHoldMergesAPair(t *testing.T) {
	t.Parallel()
	labels := map[string]string{"alertname": "DeviceDown", "device": "a"}
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	held := hold([]occurrence{{labels: labels, fired: at(10), ended: at(100)}, {labels: labels, fired: at(0), ended: at(90)}, {labels: labels, fired: at(500), ended: at(600)}}, 0)
	require.Len(t, held, 2)
	require.Equal(t, at(0), held[0].starts)
	require.Equal(t, at(100), held[0].ends)
}
