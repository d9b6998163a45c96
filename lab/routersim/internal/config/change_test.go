package config

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/rsc"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/schema"
)

func store(t require.TestingT, version, text string) *Store {
	return storeOf(t, menus(t, version), text)
}

func menus(t require.TestingT, version string) *schema.Schema {
	v, err := schema.ParseVersion(version)
	require.NoError(t, err)
	sch, err := schema.New(v)
	require.NoError(t, err)
	return sch
}

func storeOf(t require.TestingT, sch *schema.Schema, text string) *Store {
	s := New(sch)
	s.EnsurePort(nil, "ether1")
	s.EnsurePort(nil, "ether2")
	require.Empty(t, s.Load(rsc.Parse(text, nil)))
	return s
}

func props(pairs ...string) map[string]string {
	out := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

func column(s *Store, path, name string) string {
	var out []string
	for _, row := range s.Table(path).Rows {
		out = append(out, row.Props[name])
	}
	return strings.Join(out, " ")
}

func TestOrder(t *testing.T) {
	t.Parallel()
	const menu = "/ip/firewall/filter"
	s := store(t, "7.16", "/ip firewall filter\nadd chain=a\nadd chain=b\nadd chain=c\n")
	steps := []struct {
		numbers, destination, want string
	}{
		{"*3", "*1", "c a b"},
		{"*1,*3", "", "b a c"},
		{"*1", "*1", "b a c"},
		{"0", "*3", "a b c"}, // by position
	}
	for _, step := range steps {
		_, err := s.Move(menu, step.numbers, step.destination)
		require.NoError(t, err)
		require.Equal(t, step.want, column(s, menu, "chain"), step)
	}
	_, err := s.Add(menu, props("chain", "d"), "*2")
	require.NoError(t, err)
	require.Equal(t, "a d b c", column(s, menu, "chain"))
	_, err = s.Add(menu, props("chain", "e"), "*99")
	require.Equal(t, ErrNoSuchItem, err)
	_, err = s.Move(menu, "*1", "*99")
	require.Equal(t, ErrNoSuchItem, err)
}

func TestIDsAreNeverReused(t *testing.T) {
	t.Parallel()
	s := store(t, "7.16", "/ip pool\nadd name=a ranges=1\nadd name=b ranges=2\n")
	_, err := s.Remove("/ip/pool", "b")
	require.NoError(t, err)
	row, err := s.Add("/ip/pool", props("name", "c", "ranges", "3"), "")
	require.NoError(t, err)
	require.Equal(t, "*3", FormatID(row.ID))
	_, err = s.Set("/ip/pool", "*2", props("ranges", "4"))
	require.Equal(t, ErrNoSuchItem, err)
}

func TestReferencesFollowAnInterface(t *testing.T) {
	t.Parallel()
	s := store(t, "7.16", `/interface vlan add name=v interface=ether1 vlan-id=7
/interface bridge vlan add bridge=br tagged=br,ether1,v vlan-ids=7
/ip firewall filter add chain=input in-interface=!ether1 comment=ether1
/ip route add dst-address=10.0.0.0/8 gateway=192.0.2.1%ether1
`)
	_, err := s.Set("/interface/ethernet", "ether1", props("name", "uplink"))
	require.NoError(t, err)
	require.Equal(t, "uplink", column(s, "/interface/vlan", "interface"))
	require.Equal(t, "br,uplink,v", column(s, "/interface/bridge/vlan", "tagged"))
	require.Equal(t, "!uplink", column(s, "/ip/firewall/filter", "in-interface"))
	require.Equal(t, "ether1", column(s, "/ip/firewall/filter", "comment"), "text is no reference")
	require.Equal(t, "192.0.2.1%uplink", column(s, "/ip/route", "gateway"))
	_, err = s.Remove("/interface/vlan", "v")
	require.NoError(t, err)
	require.Equal(t, "br,uplink,*4", column(s, "/interface/bridge/vlan", "tagged"), "a removed interface leaves its id")
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	s := store(t, "7.16", "/ip pool add name=a ranges=1\n")
	for _, tc := range []struct {
		name string
		do   func() error
		want string
	}{
		{"built-in row", func() error { _, err := s.Remove("/ppp/profile", "default"); return err }, "failure: can not remove default item"},
		{"port", func() error { _, err := s.Remove("/interface/ethernet", "ether1"); return err }, "no such command"},
		{"name taken by rename", func() error { _, err := s.Set("/interface/ethernet", "ether1", props("name", "ether2")); return err }, "failure: already have interface with such name"},
		{"pool taken", func() error { _, err := s.Add("/ip/pool", props("name", "a", "ranges", "1"), ""); return err }, "failure: already have such pool"},
		{"boolean", func() error { _, err := s.Set("/interface/ethernet", "ether1", props("disabled", "maybe")); return err }, "input does not match any value of disabled"},
		{"address on a list", func() error {
			_, err := s.Add("/ip/address", props("address", "10.0.0.1/8", "interface", "all"), "")
			return err
		}, ""},
		{"one of several is missing", func() error { _, err := s.Set("/ip/pool", "a,b", props("ranges", "2")); return err }, "no such item"},
		{"unset of what nobody can set", func() error { _, err := s.Unset("/ip/pool", "a", []string{"total"}); return err }, "unknown parameter"},
	} {
		err := tc.do()
		if tc.want == "" {
			require.NoError(t, err, tc.name)
			continue
		}
		require.EqualError(t, err, tc.want, tc.name)
	}
	require.Equal(t, "1", column(s, "/ip/pool", "ranges"), "a refused change changes nothing")
}

func TestAutomaticNames(t *testing.T) {
	t.Parallel()
	s := store(t, "7.16", "/interface bridge add name=bridge2\n")
	for range 2 {
		_, err := s.Add("/interface/bridge", props(), "")
		require.NoError(t, err)
	}
	require.Equal(t, "bridge2 bridge1 bridge3", column(s, "/interface/bridge", "name"))
}

// TestMovesKeepTheRows: no sequence of moves loses, doubles or renames a row.
func TestMovesKeepTheRows(t *testing.T) {
	t.Parallel()
	const menu = "/ip/firewall/filter"
	known := menus(t, "6.49.10")
	rapid.Check(t, func(t *rapid.T) {
		s := storeOf(t, known, "/ip firewall filter\nadd chain=a\nadd chain=b\nadd chain=c\nadd chain=d\n")
		id := rapid.SampledFrom([]string{"*1", "*2", "*3", "*4"})
		for range rapid.IntRange(1, 6).Draw(t, "moves") {
			_, err := s.Move(menu, id.Draw(t, "row"), id.Draw(t, "before"))
			require.NoError(t, err)
		}
		require.ElementsMatch(t, []string{"a", "b", "c", "d"}, strings.Fields(column(s, menu, "chain")))
		for _, row := range s.Table(menu).Rows {
			require.Equal(t, string(rune('a'+row.ID-1)), row.Props["chain"])
		}
	})
}
