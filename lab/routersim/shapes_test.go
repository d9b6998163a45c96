package routersim_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

// TestShapes compares our answers with replies that others recorded from real
// routers: every property recorded is in ours, in the same form.
func TestShapes(t *testing.T) {
	t.Parallel()
	dir := sharedData(t)
	if dir == "" {
		return
	}
	const ports = "/interface bridge add name=br\n/interface bridge port add bridge=br interface=ether2\n" +
		"/ip address add address=192.0.2.1/24 interface=ether1\n/ip route add dst-address=172.20.20.0/24 gateway=192.0.2.9\n"
	for _, tc := range []struct {
		recorded, menu, version, text string
		query                         string   // which of our rows compares with the recorded ones
		absent                        []string // recorded properties that we do not have, and why: see below
	}{
		{"napalm-ros/get_interfaces.last-link-up-time.interface_print.json", "/interface", "6.37", ports, "?name=ether1", []string{"fast-path"}},
		{"napalm-ros/get_interfaces_counters.normal.interface_print.json", "/interface", "6.37", ports, "?name=ether2", []string{"fast-path", "last-link-down-time"}},
		{"napalm-ros/get_interfaces_counters.running_false.interface_print.json", "/interface", "6.40", ports, "?name=ether1", nil},
		{"ainoc-rest/f386df47ca7d.test_interfaces_ros_R19M_REST.json", "/interface", "7.20.8", ports + "/interface ethernet set ether1 comment=x\n", "?name=ether1", []string{"dynamic", "l2mtu"}},
		{"ainoc-rest/f386df47ca7d.test_interfaces_ros_R19M_REST.json", "/interface", "7.20.8", ports + "/interface bridge set br comment=x\n", "?name=br", []string{"default-name", "l2mtu"}},
		{"ainoc-rest/c82e62ad46f6.test_connectivity_ros_R18M_REST.json", "/ip/route", "7.20.8", ports, "?static=true", []string{"bgp", "ospf", "connect", "ecmp", "local-address"}},
		{"ainoc-rest/c82e62ad46f6.test_connectivity_ros_R18M_REST.json", "/ip/route", "7.20.8", ports, "?connect=true", []string{"bgp", "ospf", "static", "ecmp"}},
		{"napalm-ros/get_bgp_neighbors.ipv4-only.routing_bgp_peer_print.json", "/routing/bgp/peer", "6.49.10", ports + "/routing bgp peer add name=p remote-address=192.0.2.2 remote-as=65535 tcp-md5-key=x keepalive-time=10s ttl=255\n", "?name=p", nil},
		{"napalm-ros/get_bgp_neighbors.ipv4-only.routing_bgp_instance_print.json", "/routing/bgp/instance", "6.49.10", "", "?name=default", nil},
		{"ainoc-rest/c82e62ad46f6.test_bgp_ros_R18M_REST.json", "/routing/bgp/connection", "7.20.8", ports + "/routing bgp connection add as=2020 instance=default local.role=ebgp name=p remote.address=192.0.2.2 .as=4040 routing-table=main\n", "?name=p", nil},
		{"napalm-ros/get_bgp_neighbors_detail.ros7-explicit-instance.routing_bgp_session_print.json", "/routing/bgp/session", "7.20.8", ports + "/routing bgp connection add as=2020 instance=default local.role=ebgp name=p remote.address=192.0.2.2 .as=4040\n", "?name=p-1", nil},
		{"napalm-ros/get_environment.CCR2004-16G-2Splus.system_resource_print.json", "/system/resource", "7.4", "", "", nil},
		{"napalm-ros/get_environment.CCR2004-16G-2Splus.system_resource_cpu_print.json", "/system/resource/cpu", "7.4", "", "", nil},
		{"napalm-ros/get_environment.CCR2004-16G-2Splus.system_health_print.json", "/system/health", "7.4", "", "?name=temperature", nil},
		{"napalm-ros/get_environment.CCR2004-16G-2Splus.system_health_print.json", "/system/health", "7.4", "", "?name=fan1-speed", nil},
		{"napalm-ros/get_environment.CCR2004-16G-2Splus.system_health_print.json", "/system/health", "7.4", "", "?name=psu2-state", nil},
		{"napalm-ros/get_lldp_neighbors.no_parent.ip_neighbor_print.json", "/ip/neighbor", "6.44", neighbours, "", nil},
		{"napalm-ros/get_arp_table.normal.ip_arp_print.json", "/ip/arp", "6.44", neighbours, "", []string{"comment"}},
		{"napalm-ros/get_facts.pc.system_identity_print.json", "/system/identity", "6.37", "", "", nil},
		{"napalm-ros/get_facts.pc.system_routerboard_print.json", "/system/routerboard", "6.37", "", "", nil},
		{"napalm-ros/get_interfaces_ip.both.ip_address_print.json", "/ip/address", "6.37", ports, "?interface=ether1", nil},
		{"napalm-ros/get_users.no_keys.user_print.json", "/user", "6.37", "/user set admin comment=x\n", "?name=admin", nil},
		{"napalm-ros/get_snmp_information.normal.snmp_print.json", "/snmp", "6.37", "", "", nil},
		{"napalm-ros/get_snmp_information.normal.snmp_community_print.json", "/snmp/community", "6.37", "", "", nil},
		{"napalm-ros/get_vlans.multi.interface_bridge_vlan_print.json", "/interface/bridge/vlan", "6.44", ports + "/interface bridge vlan add bridge=br vlan-ids=10,20 tagged=ether1,ether2 comment=x\n", "", nil},
		{"napalm-ros/get_network_instances.single.ip_route_vrf_print.json", "/ip/route/vrf", "6.44", ports + "/ip route vrf add routing-mark=test interfaces=ether1,ether2 route-distinguisher=1:1\n", "", nil},
		{"napalm-ros/get_ntp_servers.ip_only.system_ntp_client_print.json", "/system/ntp/client", "6.44", "/system ntp client set primary-ntp=1.1.1.1 secondary-ntp=2.2.2.2 enabled=yes\n", "", nil},
		{"napalm-ros/get_ntp_servers.ip_and_fqdn.system_ntp_client_print.json", "/system/ntp/client", "6.44", "/system ntp client set primary-ntp=1.1.1.1 secondary-ntp=2.2.2.2 enabled=yes\n", "", nil},
	} {
		t.Run(strings.TrimSuffix(filepath.Base(tc.recorded), ".json")+" "+tc.query, func(t *testing.T) {
			t.Parallel()
			r := newRouter(t, tc.text, routersim.Options{Version: tc.version})
			if tc.text == neighbours {
				r = withNeighbour(t, tc.version)
			}
			c := client(t, r, "admin", "")
			sentence := []string{tc.menu + "/print"}
			if tc.query != "" {
				sentence = append(sentence, tc.query)
			}
			ours := rowsOf(t, c, sentence...)
			require.NotEmpty(t, ours)
			theirs := recordedForms(t, filepath.Join(dir, "api-replies", tc.recorded))
			for _, name := range tc.absent {
				delete(theirs, name)
			}
			for name, forms := range theirs {
				value, ok := ours[0][name]
				require.True(t, ok, "%s is recorded as %v, ours is without it: %v", name, forms, ours[0])
				require.Contains(t, forms, form(value), "%s: ours is %q", name, value)
			}
		})
	}
}

// neighbours is the configuration of a router with another one beside it.
const neighbours = "/ip address add address=192.0.2.1/24 interface=ether1\n"

func withNeighbour(t *testing.T, version string) *routersim.Router {
	t.Helper()
	n := routersim.NewNetwork(routersim.NetworkOptions{})
	t.Cleanup(n.Close)
	for name, text := range map[string]string{"A": neighbours, "B": strings.Replace(neighbours, "2.1", "2.2", 1)} {
		r, err := n.Add(routersim.Options{Name: name, Version: version})
		require.NoError(t, err)
		_, err = r.Load(strings.NewReader(text))
		require.NoError(t, err)
	}
	require.NoError(t, n.Link(port("A ether1"), port("B ether1")))
	return n.Router("A")
}

// recordedForms returns, by property, the forms of value that were recorded.
// An empty value has the form of any text.
func recordedForms(t *testing.T, path string) map[string][]string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	var reply struct{ Data, Parsed []map[string]any }
	require.NoError(t, json.Unmarshal(data, &reply))
	out := map[string][]string{}
	for _, row := range append(reply.Data, reply.Parsed...) {
		for name, value := range row {
			text := fmt.Sprint(value)
			if n, ok := value.(float64); ok {
				text = fmt.Sprintf("%.0f", n)
			}
			out[name] = append(out[name], form(text))
			if text == "" || form(text) == "text" {
				out[name] = append(out[name], "text", "empty", "address", "number")
			}
		}
	}
	return out
}

var (
	idForm       = regexp.MustCompile(`^\*[0-9A-F]+$`)
	numberForm   = regexp.MustCompile(`^\d+$`)
	durationForm = regexp.MustCompile(`^(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$`)
	oldTimeForm  = regexp.MustCompile(`(?i)^[a-z]{3}/\d\d/\d{4} \d\d:\d\d:\d\d$`)
	newTimeForm  = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`)
	macForm      = regexp.MustCompile(`^([0-9A-F]{2}:){5}[0-9A-F]{2}$`)
)

// form tells apart how values are written.
func form(value string) string {
	bare, _, scoped := strings.Cut(value, "%")
	_, errAddr := netip.ParseAddr(bare)
	_, errPrefix := netip.ParsePrefix(value)
	switch {
	case value == "":
		return "empty"
	case value == "true" || value == "false":
		return "boolean"
	case idForm.MatchString(value):
		return "id"
	case numberForm.MatchString(value):
		return "number"
	case durationForm.MatchString(value):
		return "duration"
	case oldTimeForm.MatchString(value):
		return "time of old"
	case newTimeForm.MatchString(value):
		return "time"
	case macForm.MatchString(value):
		return "mac"
	case errAddr == nil && scoped:
		return "address%interface"
	case errAddr == nil:
		return "address"
	case errPrefix == nil:
		return "prefix"
	default:
		return "text"
	}
}
