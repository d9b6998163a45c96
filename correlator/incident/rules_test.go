package incident_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

func TestSymptoms(t *testing.T) {
	t.Parallel()
	rules, err := incident.LoadRules()
	require.NoError(t, err)
	for name, want := range map[string]string{
		"BGPSessionDown": "bgp_down", "BGPPrefixesDropped": "prefixes_lost", "OSPFNeighborDown": "ospf_down", "InterfaceDown": "interface_down",
		"DeviceDown": "device_unreachable", "DeviceUnreachable": "device_unreachable", "APIUnreachable": "api_unreachable", "PacketLoss": "loss",
		"HighLatency": "loss", "LinkSaturated": "congestion", "PPPoESessionsDropped": "sessions_dropped", "DHCPPoolExhausted": "dhcp_exhausted",
		"DeviceRebooted": "reboot", "CpuTempCritical": "hardware", "RouterOSBGPSessionDown": "bgp_down", "Watchdog": "other", "": "other",
		"DeviceNotReachable": "device_unreachable", "HostNotReachable": "device_unreachable", "RouterNotResponding": "device_unreachable",
		"PingFailed": "device_unreachable", "ICMPProbeFailed": "device_unreachable", "device_down": "device_unreachable", "Router Down": "device_unreachable",
		"PingLoss": "loss", "RTTHigh": "loss", "High latency": "loss", "link_down": "interface_down", "BGP session down": "bgp_down",
	} {
		require.Equal(t, want, rules.Symptom(map[string]string{"alertname": name}), name)
	}
	require.Equal(t, "loss", rules.Symptom(map[string]string{"alertname": "BGPSessionDown", "symptom": "loss"}), "the label goes first")
}

func TestAffinity(t *testing.T) {
	t.Parallel()
	rules, err := incident.LoadRules()
	require.NoError(t, err)
	categories := []string{"interfaces", "addressing", "bgp", "ospf", "routing", "firewall", "address_lists", "services", "access", "queues", "users", "system"}
	for symptom, best := range map[string]string{
		"bgp_down": "bgp", "prefixes_lost": "routing", "ospf_down": "ospf", "interface_down": "interfaces", "device_unreachable": "interfaces",
		"api_unreachable": "services", "sessions_dropped": "access", "dhcp_exhausted": "addressing", "reboot": "system", "congestion": "queues",
	} {
		require.InDelta(t, 1, rules.Affinity(symptom, best), 0, symptom)
		for _, c := range categories {
			require.GreaterOrEqual(t, rules.Affinity(symptom, c), 0.1, "%s × %s", symptom, c)
			require.LessOrEqual(t, rules.Affinity(symptom, c), 1.0, "%s × %s", symptom, c)
		}
	}
	for _, c := range categories {
		require.InDelta(t, 0.5, rules.Affinity("other", c), 0)
	}
	require.InDelta(t, 0.1, rules.Affinity("interface_down", "users"), 0)
	require.InDelta(t, 0.5, rules.Affinity("bgp_down", "a category of another vendor"), 0)
}

func TestLoadWeights(t *testing.T) {
	t.Parallel()
	base, err := incident.LoadWeights()
	require.NoError(t, err)
	require.InDelta(t, 8, base.Change.Base, 0)
	require.InDelta(t, 2, base.Counts(), 0)

	w, err := incident.LoadWeights([]byte("version: mine\nchange: {base: 4}\nstate: {loss: 9}"), nil, []byte(`{"cover": {"silent": 0.25}}`))
	require.NoError(t, err)
	require.Regexp(t, `^mine\+[0-9a-f]{8}$`, w.Version)
	same, err := incident.LoadWeights([]byte(`{"version": "mine", "change": {"base": 4}, "state": {"loss": 9}, "cover": {"silent": 0.25}}`))
	require.NoError(t, err)
	require.Equal(t, w.Version, same.Version, "the same weights, however they were written")
	other, err := incident.LoadWeights([]byte("version: mine\nchange: {base: 4.5}"))
	require.NoError(t, err)
	require.NotEqual(t, w.Version, other.Version, "others, though they are called the same")
	none, err := incident.LoadWeights([]byte("{}"))
	require.NoError(t, err)
	require.Equal(t, base.Version, none.Version, "a document that changes nothing")
	require.InDelta(t, 4, w.Change.Base, 0)
	require.InDelta(t, 5, w.Change.PrecedenceOdds, 0, "what a document does not name stays")
	require.InDelta(t, 9, w.State["loss"], 0)
	require.InDelta(t, base.State["reboot"], w.State["reboot"], 0)
	require.InDelta(t, 0.25, w.Cover.Silent, 0)

	for doc, want := range map[string]string{
		"chnage: {base: 4}":        "weights: yaml: unmarshal errors:\n  line 1: field chnage not found in type incident.Weights",
		"change: {base: 0}":        "weights: change.base is too small",
		"change: {decay_floor: 2}": "weights: change.decay_floor must lie between 0 and 1",
		"state: {bgp_dwon: 1}":     "weights: state.bgp_dwon is not a state",
		"cover: {silent: -1}":      "weights: cover.silent and cover.silent_changed cannot be negative",
		"rollout: {devices: 1}":    "weights: rollout.devices is too small",

		"confidence: {calibration: [[0, 0.5], [1, 0.4]]}": "weights: confidence.calibration must be points between 0 and 1 that rise",
		"confidence: {calibration: [[0, 0], [0, 1]]}":     "weights: confidence.calibration must be points between 0 and 1 that rise",
		"confidence: {calibration: [[0, 2]]}":             "weights: confidence.calibration must be points between 0 and 1 that rise",
		"rollout: {window: forever}":                      "weights: yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `forever` into time.Duration",
	} {
		_, err := incident.LoadWeights([]byte(doc))
		require.EqualError(t, err, want)
	}
	again, err := incident.LoadWeights(incident.DefaultWeights())
	require.NoError(t, err)
	require.Equal(t, base.State, again.State)
}

func TestCalibrationReadsOffALine(t *testing.T) {
	t.Parallel()
	confidence := func(calibration string) float64 {
		j := judge(t, network("A@p0"))
		w, err := incident.LoadWeights([]byte("confidence: {ceiling: 1, calibration: " + calibration + "}"))
		require.NoError(t, err)
		j.Weights = w
		return j.Judge(facts(alerts("loss A"))).Candidates[0].Confidence
	}
	share := confidence("[]") // coverage 4 and state 3 of 4 + 6 + 4
	require.InDelta(t, 7.0/14, share, 1e-6)
	require.InDelta(t, share, confidence("[[0, 0], [1, 1]]"), 1e-6)
	require.InDelta(t, share/2, confidence("[[0, 0], [1, 0.5]]"), 1e-6)
	require.InDelta(t, 0.3, confidence("[[0.6, 0.3], [1, 1]]"), 1e-6, "before the first point")
	require.InDelta(t, 0.8, confidence("[[0, 0], [0.1, 0.8]]"), 1e-6, "after the last")
}

func FuzzLoadWeights(f *testing.F) {
	f.Add(incident.DefaultWeights())
	f.Add([]byte(`{"change": {"base": 1e999}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		if w, err := incident.LoadWeights(doc); err == nil {
			require.Positive(t, w.Change.Base)
			require.NotEmpty(t, w.State)
		}
	})
}
