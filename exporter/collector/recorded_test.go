package collector

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros/routerostest"
)

// recorded are the rows of a reply that others recorded from a router. They
// stay where they are, so the expectations are worked out from them.
type recorded []map[string]string

// load reads a reply, as one library or another keeps them.
func load(t *testing.T, file string) recorded {
	t.Helper()
	shared := os.Getenv("ISPVM_SHARED_DATA")
	if shared == "" {
		t.Skip("ISPVM_SHARED_DATA is not set")
	}
	raw, err := os.ReadFile(filepath.Join(shared, "api-replies", file))
	require.NoError(t, err)
	var reply struct {
		Data   []map[string]any `json:"data"`
		Parsed []map[string]any `json:"parsed"`
	}
	require.NoError(t, json.Unmarshal(raw, &reply))
	var rows recorded
	for _, row := range slices.Concat(reply.Data, reply.Parsed) {
		words := map[string]string{}
		for name, value := range row {
			switch v := value.(type) {
			case float64: // a library has made a number of it
				words[name] = strconv.FormatFloat(v, 'f', -1, 64)
			default:
				words[name] = fmt.Sprint(v)
			}
		}
		rows = append(rows, words)
	}
	require.NotEmpty(t, rows, file)
	return rows
}

// words are the rows as a scripted router has them.
func (r recorded) words() [][]string {
	var rows [][]string
	for _, row := range r {
		var words []string
		for name, value := range row {
			words = append(words, name+"="+value)
		}
		rows = append(rows, words)
	}
	return rows
}

// series is one with its value, as the exposition writes it.
func series(metric, labels, value string) string {
	v, err := strconv.ParseFloat(value, 64)
	if err != nil {
		panic(err) // the test names a property that is no number
	}
	return fmt.Sprintf("%s{%s} %s", metric, labels, strconv.FormatFloat(v, 'g', -1, 64))
}

func TestRecordedHealth(t *testing.T) {
	t.Parallel()
	rows := load(t, "napalm-ros/get_environment.CCR2004-16G-2Splus.system_health_print.json")
	metrics := map[string]string{"C": "routeros_health_temperature_celsius", "RPM": "routeros_health_fan_speed_rpm"}
	var want []string
	for _, row := range rows {
		sensor := `sensor="` + row["name"] + `"`
		switch row["type"] {
		case "":
			want = append(want, series("routeros_health_ok", sensor, map[string]string{"ok": "1", "fail": "0"}[row["value"]]))
		default:
			want = append(want, series(metrics[row["type"]], sensor, row["value"]))
		}
	}
	got, err := collect(t, "health", 7, &routerostest.Router{Menus: map[string][][]string{"/system/health": rows.words()}})
	require.NoError(t, err)
	require.ElementsMatch(t, want, got)
}

// The interfaces of RouterOS 6 and of 7.20, with the dates of each.
func TestRecordedInterfaces(t *testing.T) {
	t.Parallel()
	for file, layout := range map[string]string{
		"napalm-ros/get_interfaces.last-link-up-time.interface_print.json":      "Jan/02/2006 15:04:05",
		"napalm-ros/get_interfaces_counters.normal.interface_print.json":        "Jan/02/2006 15:04:05",
		"napalm-ros/get_interfaces_counters.running_false.interface_print.json": "Jan/02/2006 15:04:05",
		"ainoc-rest/f386df47ca7d.test_interfaces_ros_R19M_REST.json":            "2006-01-02 15:04:05",
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			rows := load(t, file)
			got, err := collect(t, "interface", 7, &routerostest.Router{Menus: map[string][][]string{
				"/interface": rows.words(), "/system/clock": {{"gmt-offset=+01:00"}},
			}})
			require.NoError(t, err)
			for _, row := range rows {
				iface := `interface="` + row["name"] + `"`
				for property, metric := range map[string]string{
					"rx-byte": "receive_bytes_total", "tx-packet": "transmit_packets_total", "link-downs": "link_downs_total", "actual-mtu": "mtu_bytes",
				} {
					if row[property] != "" {
						require.Contains(t, got, series("routeros_interface_"+metric, iface, row[property]))
					}
				}
				up, changed := "0", row["last-link-down-time"]
				if row["running"] == "true" {
					up, changed = "1", row["last-link-up-time"]
				}
				require.Contains(t, got, series("routeros_interface_up", iface, up))
				if changed == "" {
					continue
				}
				local, err := time.Parse(layout, changed)
				require.NoError(t, err)
				at := strconv.FormatInt(local.Add(-time.Hour).Unix(), 10)
				require.Contains(t, got, series("routeros_interface_last_link_change_timestamp_seconds", iface, at))
			}
		})
	}
}

func TestRecordedBGP(t *testing.T) {
	t.Parallel()
	peer := func(name, metric, value string) string {
		return series("routeros_bgp_"+metric, `peer="`+name+`"`, value)
	}
	info := func(row map[string]string, address, remoteAS, localAS string) string {
		return fmt.Sprintf(`routeros_bgp_peer_info{local_as="%s",peer="%s",remote_address="%s",remote_as="%s"} 1`, localAS, row["name"], address, remoteAS)
	}
	t.Run("version 6", func(t *testing.T) {
		t.Parallel()
		peers := load(t, "napalm-ros/get_bgp_neighbors.ipv4-only.routing_bgp_peer_print.json")
		instances := load(t, "napalm-ros/get_bgp_neighbors.ipv4-only.routing_bgp_instance_print.json")
		got, err := collect(t, "bgp", 6, &routerostest.Router{Menus: map[string][][]string{
			"/routing/bgp/peer": peers.words(), "/routing/bgp/instance": instances.words(),
		}})
		require.NoError(t, err)
		for _, row := range peers {
			require.Contains(t, got, peer(row["name"], "session_up", map[string]string{"true": "1", "false": "0"}[row["established"]]))
			require.Contains(t, got, peer(row["name"], "session_prefixes_received", row["prefix-count"]))
			require.Contains(t, got, info(row, row["remote-address"], row["remote-as"], instances[0]["as"]))
		}
	})
	for _, kind := range []string{"auto", "explicit"} {
		t.Run("sessions of version 7, "+kind+" instance", func(t *testing.T) {
			t.Parallel()
			sessions := load(t, "napalm-ros/get_bgp_neighbors_detail.ros7-"+kind+"-instance.routing_bgp_session_print.json")
			menus := map[string][][]string{"/routing/bgp/session": sessions.words()}
			if kind == "auto" {
				menus["/routing/bgp/connection"] = load(t, "napalm-ros/get_bgp_neighbors_detail.ros7-auto-instance.routing_bgp_connection_print.json").words()
			} else {
				menus["/routing/bgp/instance"] = load(t, "napalm-ros/get_bgp_neighbors_detail.ros7-explicit-instance.routing_bgp_instance_print.json").words()
			}
			got, err := collect(t, "bgp", 7, &routerostest.Router{Menus: menus})
			require.NoError(t, err)
			for _, row := range sessions {
				name := row["name"]
				if kind == "auto" { // the session belongs to the connection it is named after
					name = name[:len(name)-len("-1")]
				}
				require.Contains(t, got, peer(name, "session_up", "1"))
				require.Contains(t, got, peer(name, "session_prefixes_received", row["prefix-count"]))
			}
		})
	}
	t.Run("connections of version 7.20 without sessions", func(t *testing.T) {
		t.Parallel()
		connections := load(t, "ainoc-rest/f386df47ca7d.test_bgp_ros_R18M_REST.json")
		got, err := collect(t, "bgp", 7, &routerostest.Router{Menus: map[string][][]string{"/routing/bgp/connection": connections.words(), "/routing/bgp/session": {}}})
		require.NoError(t, err)
		for _, row := range connections {
			require.Contains(t, got, peer(row["name"], "session_up", "0"))
			require.Contains(t, got, peer(row["name"], "peer_enabled", "1"))
			require.Contains(t, got, info(row, row["remote.address"], row["remote.as"], row["as"]))
		}
	})
}

func TestRecordedSystem(t *testing.T) {
	t.Parallel()
	for _, router := range []string{"get_environment.CCR2004-16G-2Splus", "get_facts.pc"} {
		rows := load(t, "napalm-ros/"+router+".system_resource_print.json")
		got, err := collect(t, "system", 7, &routerostest.Router{Menus: map[string][][]string{"/system/resource": rows.words()}})
		require.NoError(t, err)
		row := rows[0]
		require.Contains(t, got, fmt.Sprintf(`routeros_system_info{architecture="%s",board_name="%s",version="%s"} 1`, row["architecture-name"], row["board-name"], row["version"]))
		for property, metric := range map[string]string{"free-memory": "memory_free_bytes", "total-hdd-space": "storage_total_bytes", "cpu-count": "cpus"} {
			if row[property] != "" {
				v, err := strconv.ParseFloat(row[property], 64)
				require.NoError(t, err)
				require.Contains(t, got, "routeros_system_"+metric+" "+strconv.FormatFloat(v, 'g', -1, 64))
			}
		}
	}
}

func TestRecordedNTP(t *testing.T) {
	t.Parallel()
	for _, variant := range []string{"ip_and_fqdn", "ip_only", "multiple_dns"} {
		rows := load(t, "napalm-ros/get_ntp_servers."+variant+".system_ntp_client_print.json")
		got, err := collect(t, "ntp", 6, &routerostest.Router{Menus: map[string][][]string{"/system/ntp/client": rows.words()}})
		require.NoError(t, err)
		adjustment, err := time.ParseDuration(rows[0]["last-adjustment"]) // in this length the same in Go
		require.NoError(t, err)
		require.ElementsMatch(t, []string{
			"routeros_ntp_enabled 1", "routeros_ntp_synchronized 1", "routeros_ntp_offset_seconds " + strconv.FormatFloat(adjustment.Seconds(), 'g', -1, 64),
		}, got)
	}
}

func TestRecordedNeighbors(t *testing.T) {
	t.Parallel()
	for _, variant := range []string{"missing_interface-name", "no_parent", "with_parent"} {
		rows := load(t, "napalm-ros/get_lldp_neighbors."+variant+".ip_neighbor_print.json")
		got, err := collect(t, "neighbor", 7, &routerostest.Router{Menus: map[string][][]string{"/ip/neighbor": rows.words()}})
		require.NoError(t, err)
		require.Len(t, got, len(rows))
		for _, row := range rows {
			require.Contains(t, got, fmt.Sprintf(
				`routeros_neighbor_info{interface="ether3",platform="%s",remote_identity="%s",remote_interface="%s",remote_mac_address="%s"} 1`,
				row["platform"], row["identity"], row["interface-name"], row["mac-address"]))
		}
	}
}

func TestRecordedBridgeVLANs(t *testing.T) {
	t.Parallel()
	rows := load(t, "napalm-ros/get_vlans.multi.interface_bridge_vlan_print.json")
	got, err := collect(t, "bridge", 7, &routerostest.Router{Menus: map[string][][]string{"/interface/bridge/vlan": rows.words()}})
	require.NoError(t, err)
	require.Equal(t, []string{series("routeros_bridge_vlans", `bridge="`+rows[0]["bridge"]+`"`, strconv.Itoa(len(rows)))}, got)
}
