package schema

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func of(t *testing.T, version string) *Schema {
	t.Helper()
	v, err := ParseVersion(version)
	require.NoError(t, err)
	s, err := New(v)
	require.NoError(t, err)
	return s
}

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Version{
		"7.16":             {7, 16, 0, "7.16"},
		"6.49.4":           {6, 49, 4, "6.49.4"},
		"7.21rc3":          {7, 21, 0, "7.21rc3"},
		"7.4.1 (stable)":   {7, 4, 1, "7.4.1"},
		"6.48.6long-term ": {6, 48, 6, "6.48.6long-term"},
	} {
		got, err := ParseVersion(text)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"", "7", "5.26", "8.1", "seven.one"} {
		_, err := ParseVersion(text)
		require.ErrorContains(t, err, "want a form like 7.16 or 6.49.4", text)
	}
}

func TestMenusOfEachMajorVersion(t *testing.T) {
	t.Parallel()
	seven, six := of(t, "7.16"), of(t, "6.49.10")
	for menu, want := range map[string][2]bool{ // in 7, in 6
		"/routing/bgp/connection":          {true, false},
		"/routing/bgp/session":             {true, false},
		"/routing/bgp/peer":                {false, true},
		"/routing/bgp":                     {true, true},
		"/routing/ospf/interface-template": {true, false},
		"/routing/ospf/network":            {false, true},
		"/routing/ospf/neighbor":           {true, true},
		"/routing/filter/rule":             {true, false},
		"/routing/filter":                  {true, true},
		"/interface/wireguard/peers":       {true, false},
		"/interface/vlan":                  {true, true},
		"/nonsense":                        {false, false},
	} {
		require.Equal(t, want, [2]bool{seven.Has(menu), six.Has(menu)}, menu)
	}
}

func TestMenusOfLaterVersions(t *testing.T) {
	t.Parallel()
	for version, want := range map[string][2]bool{"7.8": {false, false}, "7.16": {true, false}, "7.20.8": {true, true}, "6.49.10": {false, true}} {
		s := of(t, version)
		require.Equal(t, want, [2]bool{s.Has("/interface/wifi/security"), s.Has("/routing/bgp/instance")}, version)
	}
}

func TestProperties(t *testing.T) {
	t.Parallel()
	s := of(t, "7.16")
	filter := s.Menu("/ip/firewall/filter")
	require.True(t, filter.Ordered)
	require.True(t, filter.Settable("src-address-list"))
	require.False(t, filter.Settable("bytes"))
	require.Equal(t, "accept", filter.Defaults["action"])
	require.True(t, s.Menu("/system/identity").Single)
	require.False(t, s.Menu("/ip/address").Ordered)
	require.True(t, s.Menu("/of/a/file").Settable("anything"))
}

func TestRenamesFollowTheVersion(t *testing.T) {
	t.Parallel()
	const menu = "/routing/bgp/connection"
	for version, want := range map[string]string{"7.16": "address-families", "7.18.2": "address-families", "7.19": "afi", "7.21": "afi"} {
		s := of(t, version)
		require.Equal(t, want, s.Name(menu, "afi"), version)
		require.Equal(t, want, s.Name(menu, "address-families"), version)
		require.True(t, s.Menu(menu).Settable(want), version)
	}
	require.Equal(t, "output.add-path", of(t, "7.22").Name(menu, "add-path-out"))
	require.Equal(t, "afi", of(t, "7.16").Name("/routing/isis/instance", "afi"), "only where it was renamed")
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	s := of(t, "7.16")
	for menu, names := range map[string]map[string]bool{
		"/ppp/secret":                           {"password": true, "name": false, "profile": false},
		"/snmp/community":                       {"name": true, "authentication-password": true, "addresses": false},
		"/interface/wireguard":                  {"private-key": true, "public-key": false, "name": false},
		"/interface/wifi":                       {"security.passphrase": true, "configuration.ssid": false},
		"/routing/bgp/connection":               {"tcp-md5-key": true, "remote.address": false},
		"/system/script":                        {"source": true, "name": false},
		"/routing/ospf/interface-template":      {"auth-key": true, "auth": false},
		"/interface/wireless/security-profiles": {"wpa2-pre-shared-key": true},
	} {
		for name, want := range names {
			require.Equal(t, want, s.Menu(menu).Secret(name), "%s %s", menu, name)
		}
	}
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	s := of(t, "7.16")
	for _, tc := range []struct{ menu, name, value, want string }{
		{"/interface/vlan", "disabled", "yes", "true"},
		{"/interface/vlan", "disabled", "true", "true"},
		{"/interface/vlan", "mtu", "1500", "1500"},
		{"/ppp/profile", "use-encryption", "yes", "yes"},
		{"/ppp/profile", "use-encryption", "true", "yes"},
		{"/interface/vlan", "comment", "yes", "yes"},
		{"/ppp/secret", "password", "no", "no"},
		{"/of/a/file", "whatever", "no", "false"},
	} {
		require.Equal(t, tc.want, s.Menu(tc.menu).Canonical(tc.name, tc.value), tc)
	}
}
