package fingerprint

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// schemaMenu is what RouterOS says of a menu, independent of the allowlist.
type schemaMenu struct {
	name       string
	movable    bool
	properties []string
}

// schema reads testdata/settable.txt.
func schema(t testing.TB) []schemaMenu {
	t.Helper()
	f, err := os.Open("testdata/settable.txt")
	require.NoError(t, err)
	defer f.Close()
	var menus []schemaMenu
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := lines.Text()
		switch words := strings.Fields(line); {
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "/"):
			menus = append(menus, schemaMenu{name: words[0], movable: len(words) > 1})
		default:
			m := &menus[len(menus)-1]
			m.properties = append(m.properties, words[0])
		}
	}
	require.NotEmpty(t, menus)
	return menus
}

// neverRead are settable properties that are left out, of one menu or of all,
// each for a reason that was decided on.
var neverRead = map[string]string{
	"numbers":    "addresses rows, is no property",
	"comment":    "kept nowhere",
	"hw-offload": "comes and goes with the hardware",

	"password": "secret", "tcp-md5-key": "secret", "auth-key": "secret", "ipsec-secret": "secret",
	"trap-community": "secret", "lacp-user-key": "named like a secret",

	"on-backup": "script", "on-fail": "script", "on-master": "script", "on-up": "script", "on-down": "script",
	"on-event": "script", "lease-script": "script", "script": "script",

	"/interface/ethernet orig-mac-address": "the hardware's own",

	"/system/logging/action email-to":          "personal data",
	"/system/logging/action email-cc":          "personal data",
	"/system/logging/action email-start-tls":   "goes with email-to",
	"/system/logging/action check-certificate": "goes with email-to",
	"/system/logging/action comment":           "kept nowhere",

	"/ip/address netmask":   "is in address",
	"/ip/address broadcast": "follows from address",

	"/ip/firewall/address-list timeout":   "ticks",
	"/ip/firewall/address-list dynamic":   "leaves the row out",
	"/ipv6/firewall/address-list timeout": "ticks",
	"/ipv6/firewall/address-list dynamic": "leaves the row out",

	"/snmp engine-id":        "made by the router",
	"/snmp engine-id-suffix": "made by the router",

	"/system/clock date":           "clock",
	"/system/clock time":           "clock",
	"/system/scheduler policy":     "goes with its script",
	"/system/scheduler start-date": "goes with its script",
	"/system/scheduler start-time": "goes with its script",
	"/system/scheduler days":       "goes with its script",
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

// Every property that RouterOS lets one set in a menu that is read, is read,
// or was left out by decision: so that no configuration is forgotten.
func TestEverySettablePropertyIsDecidedOn(t *testing.T) {
	t.Parallel()
	a := builtinAllowlist(t)
	var undecided []string
	for _, m := range schema(t) {
		s := sectionAt(a, m.name)
		require.NotNil(t, s, "%s is not in the allowlist", m.name)
		for _, p := range m.properties {
			_, read := s.slots[p]
			_, everywhere := neverRead[p]
			_, here := neverRead[m.name+" "+p]
			if !read && !everywhere && !here {
				undecided = append(undecided, m.name+" "+p)
			}
		}
	}
	require.Empty(t, undecided)
}

// A menu whose rows can be moved is one whose order matters. Ports of a bridge
// and VRFs can be moved as well, which changes nothing.
func TestOrderMattersWhereRowsCanBeMoved(t *testing.T) {
	t.Parallel()
	a := builtinAllowlist(t)
	indifferent := []string{"/interface/bridge/port", "/ip/vrf"}
	for _, m := range schema(t) {
		s := sectionAt(a, m.name)
		require.NotNil(t, s, m.name)
		want := m.movable && !slices.Contains(indifferent, m.name)
		require.Equal(t, want, !s.single && len(s.key) == 0, m.name)
	}
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
