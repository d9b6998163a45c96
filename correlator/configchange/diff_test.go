package configchange_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
)

func TestDiff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, before, after string
		want                []string
	}{
		{
			"a property", `{"/routing/bgp/connection":[{"name":"upstream-a","input.filter":"in-a","remote.as":"1"}]}`,
			`{"/routing/bgp/connection":[{"name":"upstream-a","input.filter":"in-b","remote.as":"1"}]}`,
			[]string{`/routing/bgp/connection upstream-a: input.filter "in-a" → "in-b"`},
		},
		{"nothing", `{"/a":[{"name":"x"}]}`, `{"/a":[{"name":"x"}]}`, nil},
		{
			"a section of settings", `{"/ip/dns":{"servers":"192.0.2.1","cache":4096}}`, `{"/ip/dns":{"servers":"192.0.2.2","cache":4096}}`,
			[]string{`/ip/dns: servers "192.0.2.1" → "192.0.2.2"`},
		},
		{
			"set and unset", `{"/a":[{"name":"x","mtu":"1500"}]}`, `{"/a":[{"name":"x","vrf":"mgmt"}]}`,
			[]string{`/a x: mtu "1500" → unset`, `/a x: vrf unset → "mgmt"`},
		},
		{
			"added and removed", `{"/a":[{"name":"x","v":"1"}]}`, `{"/a":[{"name":"y","v":"2"}]}`,
			[]string{`/a x: removed (v "1")`, `/a y: added (v "2")`},
		},
		{
			"rows without a name", `{"/ip/firewall/filter":[{"chain":"input","action":"accept","dst-port":"22"},{"chain":"input","action":"drop"}]}`,
			`{"/ip/firewall/filter":[{"chain":"input","action":"accept","dst-port":"8291"},{"chain":"input","action":"drop"}]}`,
			[]string{`/ip/firewall/filter action=accept: dst-port "22" → "8291"`},
		},
		{"reordered", `{"/f":[{"a":"1"},{"a":"2"}]}`, `{"/f":[{"a":"2"},{"a":"1"}]}`, []string{"/f: rows were reordered"}},
		{"a whole section comes", `{}`, `{"/a":[{"name":"x"}]}`, []string{"/a x: added"}},
		{"lists are values", `{"/a":[{"name":"x","l":["a","b"]}]}`, `{"/a":[{"name":"x","l":["a"]}]}`, []string{`/a x: l "[\"a\",\"b\"]" → "[\"a\"]"`}},
		{"not of that form", `[1]`, `{"/a":[{"name":"x"}]}`, nil},
		{"not JSON", `{`, `{}`, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, configchange.Diff(json.RawMessage(c.before), json.RawMessage(c.after)))
		})
	}
}

func TestDiffIsBounded(t *testing.T) {
	t.Parallel()
	rows := func(value string) json.RawMessage {
		var all []string
		for i := range 3000 {
			all = append(all, fmt.Sprintf(`{"address":"192.0.2.%d","list":%q}`, i, value))
		}
		return json.RawMessage(`{"/ip/firewall/address-list":[` + strings.Join(all, ",") + `]}`)
	}
	lines := configchange.Diff(rows("a"), rows("b"))
	require.Len(t, lines, configchange.MaxSummary+1)
	require.Equal(t, "and 5900 more changed properties", lines[configchange.MaxSummary])
}

// TestDiffNamesExactlyTheChangedProperty: one property of one named row is set to something else.
func TestDiffNamesExactlyTheChangedProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows := make([]map[string]string, rapid.IntRange(1, 6).Draw(t, "rows"))
		for i := range rows {
			rows[i] = rapid.MapOfN(rapid.StringMatching(`p[0-9]`), rapid.StringMatching(`[a-z]{0,3}`), 1, 5).Draw(t, "row")
			rows[i]["name"] = fmt.Sprintf("row%d", i)
		}
		encode := func() json.RawMessage {
			raw, err := json.Marshal(map[string]any{"/menu": rows})
			require.NoError(t, err)
			return raw
		}
		before := encode()
		require.Empty(t, configchange.Diff(before, before))
		row := rapid.IntRange(0, len(rows)-1).Draw(t, "which")
		old, had := rows[row]["p0"]
		rows[row]["p0"] = old + "!"
		want := fmt.Sprintf("/menu row%d: p0 %q → %q", row, old, old+"!")
		if !had {
			want = fmt.Sprintf("/menu row%d: p0 unset → %q", row, "!")
		}
		require.Equal(t, []string{want}, configchange.Diff(before, encode()))
	})
}

func FuzzDiff(f *testing.F) {
	f.Add([]byte(`{"/a":[{"name":"x","v":1}]}`), []byte(`{"/a":{"v":null}}`))
	f.Add([]byte(`{"/a":[[]]}`), []byte(`null`))
	f.Fuzz(func(t *testing.T, before, after []byte) {
		require.Empty(t, configchange.Diff(before, before), "nothing differs from itself")
		require.LessOrEqual(t, len(configchange.Diff(before, after)), configchange.MaxSummary+1)
	})
}
