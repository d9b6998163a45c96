package fingerprint

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// schema is what RouterOS itself says of its menus, version by version. It was
// extracted by machine from the schemas named in the file, and nothing of it
// comes from the allowlist.
type schema struct {
	Source   string
	About    string
	Versions []string
	Menus    []schemaMenu
}

type schemaMenu struct {
	Menu     string
	Versions string
	Movable  bool
	Single   bool
	Settable []schemaProperty
	ReadOnly []string
}

type schemaProperty struct {
	Name     string
	Versions string // all of the menu's if empty
	Words    []string
}

// GoString keeps the output of a test that fails short.
func (m schemaMenu) GoString() string { return m.Menu }

func readSchema(t testing.TB) schema {
	t.Helper()
	text, err := os.ReadFile("testdata/schema-routeros7.json")
	require.NoError(t, err)
	var s schema
	require.NoError(t, json.Unmarshal(text, &s))
	require.Len(t, s.Versions, 16)
	require.NotEmpty(t, s.Menus)
	for i, m := range s.Menus {
		if m.Versions == "" {
			s.Menus[i].Versions = strings.Join(s.Versions, " ")
		}
		for j, p := range m.Settable {
			if p.Versions == "" {
				m.Settable[j].Versions = s.Menus[i].Versions
			}
		}
	}
	return s
}

// in returns the menu as a version has it, and false if it has not.
func (m schemaMenu) in(version string) (schemaMenu, bool) {
	has := func(versions string) bool { return slices.Contains(strings.Fields(versions), version) }
	m.Settable = slices.DeleteFunc(slices.Clone(m.Settable), func(p schemaProperty) bool { return !has(p.Versions) })
	return m, has(m.Versions)
}

func sectionAt(a *Allowlist, menu string) *Section {
	for _, c := range a.Categories {
		for _, s := range c.Sections {
			if m, ok := s.Menu(7); ok && m == menu {
				return s
			}
		}
	}
	return nil
}

// Why a property that somebody can set is left out.
const (
	secret   = "secret"
	named    = "is named like a secret"
	comment  = "comments are kept nowhere"
	script   = "scripts may hold anything"
	personal = "personal data"
	hardware = "comes and goes with the hardware"
	ticks    = "changes by itself"
	follows  = "follows from what is read"
	ours     = "says which rows count"
	memory   = "is made of the memory there is, by each version differently"
	given    = "is given by the version that brings it"
	off      = "of interfaces of every kind only those count that are switched off"
)

// neverRead are the settable properties that are left out, of one menu or of
// all, each for a reason that was decided on.
var neverRead = map[string]string{
	"comment": comment,

	"password": secret, "tcp-md5-key": secret, "auth-key": secret, "ipsec-secret": secret, "trap-community": secret,
	"lacp-user-key": named,

	"on-backup": script, "on-fail": script, "on-master": script, "on-up": script, "on-down": script,
	"on-event": script, "lease-script": script, "script": script,

	"/interface mtu":   off,
	"/interface l2mtu": off,

	"/ip/dhcp-client name": given,

	"/ip/settings max-neighbor-entries":        memory,
	"/ip/settings ipv4-high-fragment-thresh":   memory,
	"/ipv6/settings max-neighbor-entries":      memory,
	"/ipv6/settings soft-max-neighbor-entries": memory,
	"/ipv6/settings min-neighbor-entries":      memory,

	"/interface/ethernet orig-mac-address": hardware,
	"/ip/firewall/filter hw-offload":       hardware,

	"/system/logging/action email-to":          personal,
	"/system/logging/action email-cc":          personal,
	"/system/logging/action email-start-tls":   "goes with email-to",
	"/system/logging/action check-certificate": "goes with email-to",

	"/ip/address netmask":   follows,
	"/ip/address broadcast": follows,

	"/ip/firewall/address-list timeout":   ticks,
	"/ip/firewall/address-list dynamic":   ours,
	"/ipv6/firewall/address-list timeout": ticks,
	"/ipv6/firewall/address-list dynamic": ours,

	"/snmp engine-id":        hardware,
	"/snmp engine-id-suffix": hardware,

	"/system/clock date":           ticks,
	"/system/clock time":           ticks,
	"/system/scheduler policy":     script,
	"/system/scheduler start-date": script,
	"/system/scheduler start-time": script,
	"/system/scheduler days":       script,
}

// leftOut returns why a property is not read, and "" if it is to be.
func leftOut(menu, property string) string {
	if why, ok := neverRead[menu+" "+property]; ok {
		return why
	}
	return neverRead[property]
}

// Every property that RouterOS 7.9 to 7.24 lets one set in a menu that is
// read, is read, or was left out by decision: so that no configuration is
// forgotten. A decision about something that no version has, is none.
func TestEverySettablePropertyIsDecidedOn(t *testing.T) {
	t.Parallel()
	a, needless := builtinAllowlist(t), maps.Clone(neverRead)
	for _, m := range readSchema(t).Menus {
		s := sectionAt(a, m.Menu)
		require.NotNil(t, s, "%s is not in the allowlist", m.Menu)
		for _, p := range m.Settable {
			delete(needless, p.Name)
			delete(needless, m.Menu+" "+p.Name)
			slot, read := s.slots[p.Name]
			require.NotEqual(t, leftOut(m.Menu, p.Name) != "", read && !slot.dynamic, "%s %s: either it is read or there is a reason why not", m.Menu, p.Name)
		}
	}
	require.Empty(t, needless)
}

// Nothing is read that RouterOS only shows, save for what names rows and
// versions; and every name that is asked for of a menu is one that RouterOS
// has there, so that a slip of the pen is not a property that is never seen.
func TestWhatIsReadIsWhatRouterOSHas(t *testing.T) {
	t.Parallel()
	a := builtinAllowlist(t)
	shown := []string{
		"/ip/service name", "/system/resource version", "/system/package name", "/system/package version", "/system/package disabled",
	}
	// Of version 6, according to its manual; the menus have the same path in 7.
	earlier := map[string]string{
		"/interface/ethernet":           "bandwidth master-port",
		"/ip/vrf":                       "export-route-targets import-route-targets route-distinguisher routing-mark",
		"/routing/bgp/instance":         "client-to-client-reflection confederation confederation-peers out-filter redistribute-connected redistribute-ospf redistribute-other-bgp redistribute-rip redistribute-static",
		"/routing/ospf/instance":        "distribute-default in-filter metric-bgp metric-connected metric-default metric-other-ospf metric-rip metric-static mpls-te-router-id out-filter redistribute-bgp redistribute-connected redistribute-other-ospf redistribute-rip redistribute-static",
		"/routing/ospf/area":            "inject-summary-lsas translator-role",
		"/routing/ospf/area/range":      "range",
		"/routing/ospf/static-neighbor": "instance priority",
		"/ip/route":                     "route-tag routing-mark type",
		"/ipv6/route":                   "route-tag routing-mark type",
		"/interface/vpls":               "advertised-l2mtu cisco-style cisco-style-id remote-peer use-control-word",
		"/mpls/ldp/interface":           "transport-address",
		"/system/ntp/client":            "primary-ntp secondary-ntp server-dns-names",
		"/system/routerboard":           "current-firmware", // the schemas were made on routers that are no RouterBOARD
	}
	for _, m := range readSchema(t).Menus {
		for name, slot := range sectionAt(a, m.Menu).slots {
			settable := slices.ContainsFunc(m.Settable, func(p schemaProperty) bool { return p.Name == name })
			old := slices.Contains(strings.Fields(earlier[m.Menu]), name)
			allowed := settable || old || slot.dynamic || slices.Contains(shown, m.Menu+" "+name)
			require.True(t, allowed, "%s %s", m.Menu, name)
			require.False(t, settable && old, "%s %s is of version 7 as well", m.Menu, name)
		}
	}
}

// A menu whose rows can be moved is one whose order matters. Ports of a bridge
// and VRFs can be moved as well, which changes nothing.
func TestOrderMattersWhereRowsCanBeMoved(t *testing.T) {
	t.Parallel()
	a := builtinAllowlist(t)
	for _, m := range readSchema(t).Menus {
		s := sectionAt(a, m.Menu)
		require.Equal(t, m.Movable && !slices.Contains(indifferent, m.Menu), !s.single && len(s.key) == 0, m.Menu)
		require.Equal(t, m.Single, s.single, m.Menu)
	}
}

// indifferent are the menus whose rows can be moved to no effect.
var indifferent = []string{"/interface/bridge/port", "/ip/vrf"}

// How a property that a version brings or takes away is no change by itself.
const (
	setOnly = "is printed only where somebody set it"
	lost    = "is a setting that the version does away with: who had set it sees that change"
	shows   = "is still printed, only not settable any more"
	passes  = "passes to the instance, from which it is inherited"
)

func renewals() map[string]string {
	known := map[string]string{
		"/interface/bridge dhcp-agent-circuit-id":              setOnly,
		"/interface/bridge dhcp-agent-remote-id":               setOnly,
		"/interface/bridge dhcpv6-agent-circuit-id":            setOnly,
		"/interface/bridge dhcpv6-agent-remote-id":             setOnly,
		"/interface/bridge/vlan mvrp-forbidden":                setOnly,
		"/interface/bonding lacp-system-id":                    setOnly,
		"/interface/vrrp mtu":                                  shows,
		"/ipv6/address from-pool-policy":                       setOnly,
		"/ipv6/route pref-src":                                 setOnly,
		"/interface/vxlan bridge":                              setOnly,
		"/ip/dhcp-client dscp":                                 setOnly,
		"/ip/dhcp-client vlan-priority":                        setOnly,
		"/routing/settings connected-in-chain":                 setOnly,
		"/routing/settings dynamic-in-chain":                   setOnly,
		"/ip/dns mdns-repeat-ifaces":                           setOnly,
		"/ip/dhcp-server add-dns-entries-suffix":               setOnly,
		"/ip/dhcp-server address-lists":                        setOnly,
		"/interface/pppoe-server/server pppoe-over-vlan-range": setOnly,
		"/routing/bgp/instance multipath":                      setOnly,
		"/routing/bgp/connection instance":                     "is dissolved into the connection",
		"/routing/ospf/interface-template vlink-neighbor-id":   lost,
		"/routing/ospf/interface-template vlink-transit-area":  lost,
		"/routing/rule chain":                                  setOnly,
		"/routing/rule realm":                                  setOnly,
		"/routing/rule vrf":                                    setOnly,
		"/system/logging regex":                                setOnly,
	}
	for _, menu := range []string{"/routing/bgp/template", "/routing/bgp/connection"} {
		known[menu+" cluster-id"] = passes
		known[menu+" input.accept-unknown"] = lost
		for _, p := range []string{"add-path", "filter-communities", "filter-ext-communities", "filter-large-communities", "filter-nlri", "filter-unknown"} {
			known[menu+" input."+p] = setOnly
		}
	}
	for _, family := range []string{"/ip", "/ipv6"} {
		known[family+"/firewall/nat tls-host"] = lost
		for _, menu := range []string{"filter", "nat", "mangle", "raw"} {
			known[family+"/firewall/"+menu+" tos"] = setOnly
		}
	}
	for _, p := range []string{"socks5-port", "socks5-server", "socksify-service"} {
		known["/ip/firewall/nat "+p] = setOnly
	}
	return known
}

// An upgrade within version 7 must be a change of no category but "system":
// so each property that some version brings or does away with has another
// name, a default, or a reason why it is no change.
func TestEveryPropertyThatComesOrGoesIsDecidedOn(t *testing.T) {
	t.Parallel()
	a := builtinAllowlist(t)
	decided := renewals()
	needless := maps.Clone(decided)
	for _, m := range readSchema(t).Menus {
		s := sectionAt(a, m.Menu)
		all := strings.Fields(m.Versions)
		for _, p := range m.Settable {
			slot, read := s.slots[p.Name]
			has := strings.Fields(p.Versions)
			if !read || slot.dynamic || has[0] == all[0] && has[len(has)-1] == all[len(all)-1] {
				continue
			}
			renamed := !slot.present || slices.ContainsFunc(keysOf(s.slots), func(n string) bool {
				other := s.slots[n]
				return n != p.Name && !other.dynamic && other.property == slot.property
			})
			key := m.Menu + " " + p.Name
			_, known := decided[key]
			delete(needless, key)
			require.True(t, renamed || len(s.properties[slot.property].defaults) > 0 || known,
				"%s, which %s of %s have, needs an alias, a default or a decision", key, p.Versions, m.Versions)
		}
	}
	require.Empty(t, needless)
}

// The names come from RouterOS' schemas and manual, over all its menus.
func TestSecretsAreRefusedByName(t *testing.T) {
	t.Parallel()
	for _, p := range strings.Fields(`password secret secrets passphrase pin sim-pin cak otp-secret ipsec-secret key key-val
		private-key preshared-key auth-key enc-key tcp-md5-key ppk-secret authentication-password encryption-password
		trap-community community wpa-pre-shared-key wpa2-pre-shared-key static-key-0 static-key-3 management-protection-key
		nv2-preshared-key nv2-sync-secret eap-password mschapv2-password security.passphrase accounting-password
		on-event on-up on-down on-login source lease-script comment supplicant-identity radius-password http-proxy-password`) {
		require.True(t, looksSecret(p), p)
	}
	for _, p := range []string{"name", "authentication", "auth", "auth-id", "policy", "connection-state", "disk-stop-on-full", "pcq-classifier"} {
		require.False(t, looksSecret(p), p)
	}
	for _, m := range []string{"/ppp/secret", "/snmp/community", "/interface/wireguard/peers", "/ip/ipsec/identity", "/system/script", "/radius"} {
		require.True(t, looksSecretMenu(m), m)
	}
	require.False(t, looksSecretMenu("/radiusless"))
}

// Wherever RouterOS keeps a secret, the name of the property or of its menu is
// one that is refused.
func TestEverySecretOfRouterOSIsRefused(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../device/testdata/secrets.txt")
	require.NoError(t, err)
	places := 0
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		for _, property := range words[1:] {
			places++
			require.True(t, looksSecretMenu(words[0]) || looksSecret(property), "%s %s", words[0], property)
		}
	}
	require.Greater(t, places, 150)
}

func TestNothingSecretIsAskedFor(t *testing.T) {
	t.Parallel()
	for _, c := range builtinAllowlist(t).Categories {
		for _, s := range c.Sections {
			for _, p := range s.Proplist() {
				require.False(t, looksSecret(p), "%s %s", s.Name, p)
				require.NotEqual(t, ".id", p)
			}
		}
	}
}
