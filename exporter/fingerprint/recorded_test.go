package fingerprint

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// noConfiguration is what recorded replies have besides configuration, as
// somebody who knows RouterOS would mark it in them: ids, secrets, comments,
// and what the router measures, learns or is doing.
var noConfiguration = strings.Fields(`.id .nextid about comment default inactive invalid dynamic running slave actual-interface actual-mtu
	link-local tcp-md5-key trap-community engine-id last-logged-in local.default-address mac-address default-name last-link-up-time
	last-link-down-time link-downs active connect ecmp hw-offloaded immediate-gw local-address bgp ospf static dhcp vpn
	as4-capability established prefix-count refresh-capability remote-hold-time remote-id state updates-received updates-sent uptime
	used-hold-time used-keepalive-time withdrawn-received withdrawn-sent
	active-server last-adjustment last-update-before last-update-from poll-interval
	architecture-name bad-blocks board-name build-time cpu cpu-count cpu-frequency cpu-load factory-software free-hdd-space free-memory
	platform total-hdd-space total-memory write-sect-since-reboot write-sect-total
	routerboard model serial-number firmware-type factory-firmware upgrade-firmware revision`)

// Replies that others recorded from real routers: each property of them that
// is configuration changes the fingerprint, and no other does.
func TestRecordedRepliesOfRealRouters(t *testing.T) {
	t.Parallel()
	shared := os.Getenv("ISPVM_SHARED_DATA")
	if shared == "" {
		t.Skip("ISPVM_SHARED_DATA is not set: the replies of other people's routers are not at hand")
	}
	a := builtinAllowlist(t)
	checked := 0
	for file, menu := range recordedReplies(t, filepath.Join(shared, "api-replies")) {
		for _, section := range sectionsOf(a, menu) {
			for _, recorded := range readReply(t, file) {
				if slices.Contains(recorded, "dynamic=true") {
					require.Equal(t, hashOf(t, section, nil), hashOf(t, section, []row{recorded}), file)
					continue
				}
				before := hashOf(t, section, []row{recorded})
				require.Equal(t, before, hashOf(t, section, []row{recorded}), "read twice")
				for _, attribute := range recorded {
					name, _, _ := strings.Cut(attribute, "=")
					after := hashOf(t, section, with([]row{recorded}, 0, name, "changed"))
					require.Equal(t, slices.Contains(noConfiguration, name), before == after, "%s: %s %s", file, menu, name)
					checked++
				}
			}
		}
	}
	require.Greater(t, checked, 200)
}

// recordedReplies returns the files with the menus that they are from.
func recordedReplies(t *testing.T, folder string) map[string]string {
	t.Helper()
	menus := map[string]string{
		"test_bgp_ros": "/routing/bgp/connection", "test_connectivity_ros": "/ip/route",
	}
	for _, menu := range strings.Fields(`/ip/route/vrf /routing/bgp/instance /routing/bgp/peer /routing/bgp/connection /system/identity
		/system/resource /ip/address /ipv6/address /system/ntp/client /snmp /user /interface/bridge/vlan`) {
		menus[strings.ReplaceAll(menu[1:], "/", "_")+"_print.json"] = menu
	}
	found := map[string]string{}
	files, err := filepath.Glob(filepath.Join(folder, "*", "*.json"))
	require.NoError(t, err)
	for _, file := range files {
		for part, menu := range menus {
			if strings.Contains(filepath.Base(file), "."+part) {
				found[file] = menu
			}
		}
	}
	require.Greater(t, len(found), 12)
	return found
}

// sectionsOf returns the sections that are in a menu in one version or another.
func sectionsOf(a *Allowlist, menu string) (sections []*Section) {
	for _, c := range a.Categories {
		for _, s := range c.Sections {
			if s.menus[6] == menu || s.menus[7] == menu {
				sections = append(sections, s)
			}
		}
	}
	return sections
}

// readReply returns the rows of a recorded reply, as they were on the wire.
func readReply(t *testing.T, file string) (rows []row) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var reply struct{ Data, Parsed []map[string]any }
	if json.Unmarshal(text, &reply) != nil {
		return nil // of a command that prints something else
	}
	for _, recorded := range append(reply.Data, reply.Parsed...) {
		var r row
		for name, value := range recorded {
			r = append(r, fmt.Sprintf("%s=%v", name, value))
		}
		slices.Sort(r)
		rows = append(rows, r)
	}
	return rows
}
