package replay_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/replay"
)

func TestBadLinesAreNamed(t *testing.T) {
	t.Parallel()
	const head = `"at":"2026-03-10T12:00:00Z","tenant":"acme",`
	for _, c := range []struct{ line, want string }{
		{`nonsense`, `not a JSON object: invalid character 'o' in literal null (expecting 'u')`},
		{`{` + head + `"x":1}`, `field "type" is missing`},
		{`{"type":"tick"}`, `field "at" is missing`},
		{`{"at":"yesterday","type":"tick"}`, `not a JSON object: parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"`},
		{`{"at":"2026-03-10T12:00:00Z","type":"settings"}`, `field "tenant" is missing`},
		{`{"at":"2026-03-10T12:00:00Z","type":"settings","tenant":""}`, `field "tenant" is missing`},
		{`{` + head + `"type":"sensation"}`, `unknown type "sensation"`},
		{`{` + head + `"type":"inventory"}`, `inventory: field "devices" is missing`},
		{
			`{` + head + `"type":"inventory","devices":[{"name":"A","depends_on":[{}]}]}`,
			`inventory: device "A": a depends_on group needs exactly one of "any", "all", or "k" with "of": correct the inventory and send it again`,
		},
		{`{` + head + `"type":"subscribers"}`, `subscribers: field "counts" is missing`},
		{`{` + head + `"type":"subscribers","counts":{"A":-1}}`, `device "A": -1 subscribers: send at least 0`},
		{`{` + head + `"type":"settings","lookback":"long"}`, `settings: lookback: not a valid duration string: "long"`},
		{`{` + head + `"type":"settings","lookback":"0s"}`, `setting lookback: 0s is too short: give at least 1s`},
		{`{` + head + `"type":"settings","weights":{"bogus":1}}`, "weights: yaml: unmarshal errors:\n  line 1: field bogus not found in type incident.Weights: correct the weights and send them again"},
		{`{` + head + `"type":"observation","category":"bgp","observed_at":"2026-03-10T12:00:00Z","fingerprint":"0123456789ab"}`, `observation: field "device" is missing`},
		{`{` + head + `"type":"observation","device":"A","category":"bgp","observed_at":"2026-03-10T12:00:00Z"}`, `observation: one of the fields "sha256" and "fingerprint" is missing`},
		{
			`{` + head + `"type":"observation","device":"A","category":"bgp","observed_at":"2026-03-10T12:00:00Z","fingerprint":"xyz"}`,
			`observation 0: fingerprint "xyz" is not hexadecimal: correct the observation and send it again`,
		},
		{
			`{` + head + `"type":"observation","device":"A","category":"bgp","observed_at":"2026-03-10T12:00:00Z","fingerprint":"0123456789ab","sha256":"` + strings.Repeat("0", 64) + `"}`,
			`observation: the fields "sha256" and "fingerprint" contradict each other`,
		},
		{`{` + head + `"type":"observation","device":7,"category":"bgp"}`, `observation: field "device" cannot be a JSON number`},
		{`{` + head + `"type":"observation_failed","device":"A","category":"bgp","observed_at":"2026-03-10T12:00:00Z"}`, `observation_failed: field "reason" is missing`},
		{`{` + head + `"type":"webhook"}`, `webhook: field "body" is missing`},
		{`{` + head + `"type":"change","change":{"id":"c"}}`, `change: field "op" is missing`},
		{`{` + head + `"type":"change","op":"create"}`, `change: field "change" is missing`},
		{`{` + head + `"type":"change","op":"create","change":{"id":"c","title":"t","starts_at":"2026-03-10T12:00:00Z"}}`, `change: field "change.ends_at" is missing`},
		{`{` + head + `"type":"blackout","op":"create","blackout":{"id":"b","starts_at":"2026-03-10T12:00:00Z","ends_at":"2026-03-10T13:00:00Z","scope":{}}}`, `blackout: field "blackout.title" is missing`},
		{`{` + head + `"type":"maintenance","op":"update","maintenance":{"id":"m","title":"t","starts_at":"2026-03-10T12:00:00Z","ends_at":"2026-03-10T13:00:00Z"}}`, `maintenance: field "maintenance.scope" is missing`},
		{`{` + head + `"type":"change","op":"start","change":{}}`, `change: field "change.id" is missing`},
		{`{` + head + `"type":"maintenance","op":"start","maintenance":{"id":"m"}}`, `maintenance: unknown op "start"`},
		{
			`{` + head + `"type":"change","op":"create","change":{"id":"c","title":"t","starts_at":"2026-03-10T12:00:00Z","ends_at":"2026-03-10T11:00:00Z","scope":{}}}`,
			`change "c": ends_at must be after starts_at: correct it and send it again`,
		},
		{`{` + head + `"type":"operator","op":"praise","incident_of":{},"by":"ana"}`, `operator: unknown op "praise"`},
		{`{` + head + `"type":"operator","op":"merge","incident_of":{},"by":"ana"}`, `operator: field "into_incident_of" is missing`},
		{`{` + head + `"type":"operator","op":"acknowledge","incident_of":{}}`, `operator: field "by" is missing`},
		{`{` + head + `"type":"operator","op":"acknowledge"}`, `operator: field "incident_of" is missing`},
		{`{"at":"2026-03-10T11:59:59Z","type":"tick"}`, `time runs backwards: at is 2026-03-10T11:59:59Z, the line before had 2026-03-10T12:00:00Z`},
	} {
		t.Run(c.want, func(t *testing.T) {
			t.Parallel()
			timeline := `{"at":"2026-03-10T12:00:00Z","type":"tick","unknown field":"ignored"}` + "\n\n" + c.line
			var out bytes.Buffer
			err := replay.Write(t.Context(), strings.NewReader(timeline), &out, options())
			var input *replay.InputError
			require.ErrorAs(t, err, &input)
			require.Equal(t, 3, input.Line)
			require.EqualError(t, err, "line 3: "+c.want)
			require.Empty(t, out.String(), "nothing on standard output")
		})
	}
}

func TestEmptyTimeline(t *testing.T) {
	t.Parallel()
	require.JSONEq(t, `{"format":1,"config_changes":[],"incidents":[],"notifications":[]}`, string(run(t, nil)))
}

func TestWeightsOfTheCommandLine(t *testing.T) {
	t.Parallel()
	timeline, err := os.ReadFile("testdata/port-disabled.jsonl")
	require.NoError(t, err)
	with := func(weights string) (string, error) {
		o := options()
		o.Weights = []byte(weights)
		var out bytes.Buffer
		err := replay.Write(t.Context(), bytes.NewReader(timeline), &out, o)
		return out.String(), err
	}
	usual, err := with("")
	require.NoError(t, err)
	require.Contains(t, usual, `"base": 8,`)
	other, err := with("change: {base: 4}")
	require.NoError(t, err)
	require.Contains(t, other, `"base": 4,`)
	timeline = append([]byte(`{"at":"2026-03-10T10:00:00Z","type":"settings","tenant":"acme","weights":{"change":{"base":20}}}`+"\n"), timeline...)
	own, err := with("")
	require.NoError(t, err)
	require.Contains(t, own, `"base": 20,`)
	over, err := with("change: {base: 4}")
	require.NoError(t, err)
	require.Contains(t, over, `"base": 4,`, "the candidate is tried on tenants with weights of their own too")
	_, err = with("change: {bas: 4}")
	require.ErrorContains(t, err, "field bas not found")
	var input *replay.InputError
	require.NotErrorAs(t, err, &input, "the timeline is not to blame")
}

// TestEveryLineTwice: whatever arrives again changes nothing.
func TestEveryLineTwice(t *testing.T) {
	t.Parallel()
	timelines, err := filepath.Glob("testdata/*.jsonl")
	require.NoError(t, err)
	for _, path := range timelines {
		name := strings.TrimSuffix(filepath.Base(path), ".jsonl")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			timeline, err := os.ReadFile(path)
			require.NoError(t, err)
			var twice bytes.Buffer
			for line := range bytes.Lines(timeline) {
				twice.Write(line)
				twice.Write(line)
			}
			require.Equal(t, expected(t, name), parsed(t, run(t, twice.Bytes())))
		})
	}
}

// FuzzLine replays one line of outside input after a small inventory: whole timelines, as FuzzReplay has
// them, are too long to try many. Use -fuzzminimizetime=1x, or a fuzzer spends its time on minimizing.
func FuzzLine(f *testing.F) {
	timelines, err := filepath.Glob("testdata/*.jsonl")
	require.NoError(f, err)
	seen := map[string]bool{}
	for _, path := range timelines {
		timeline, err := os.ReadFile(path)
		require.NoError(f, err)
		for line := range bytes.Lines(timeline) {
			var head struct{ Type, Op string }
			require.NoError(f, json.Unmarshal(line, &head))
			if kind := head.Type + head.Op; !seen[kind] && len(line) < 2000 {
				seen[kind] = true
				f.Add(line)
			}
		}
	}
	const before = `{"at":"2000-01-01T00:00:00Z","type":"inventory","tenant":"acme","sites":[{"name":"pop1"}],"devices":[{"name":"EDGE1","site":"pop1"},{"name":"AGG1","depends_on":[{"all":["EDGE1"]}]}]}` + "\n"
	f.Fuzz(func(t *testing.T, line []byte) {
		var out bytes.Buffer
		err := replay.Write(t.Context(), io.MultiReader(strings.NewReader(before), bytes.NewReader(line)), &out, options())
		if err != nil {
			require.ErrorAs(t, err, new(*replay.InputError), "whatever the line holds, only the line is to blame")
			require.Empty(t, out.String())
			return
		}
		checkEvidence(t, decode(t, out.Bytes()))
	})
}

func FuzzReplay(f *testing.F) {
	timelines, err := filepath.Glob("testdata/*.jsonl")
	require.NoError(f, err)
	for _, path := range timelines {
		timeline, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(timeline)
	}
	f.Fuzz(func(t *testing.T, timeline []byte) {
		var out bytes.Buffer
		err := replay.Write(t.Context(), bytes.NewReader(timeline), &out, options())
		if err != nil {
			require.ErrorAs(t, err, new(*replay.InputError), "whatever the timeline holds, only the timeline is to blame")
			require.Empty(t, out.String())
			return
		}
		checkEvidence(t, decode(t, out.Bytes()))
	})
}
