package device_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-routeros/routeros/v3"
	"github.com/go-routeros/routeros/v3/proto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/fingerprint"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

const (
	monitor, monitorPassword = "exporter", "login-of-the-exporter"
	admin, adminPassword     = "boss", "login-of-the-boss"
)

// clock is one that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)} }

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// subject is a simulated router and a device that reads it.
type subject struct {
	router    *routersim.Router
	address   string
	device    *device.Device
	allowlist *fingerprint.Allowlist
}

// load starts a router of a version with a configuration.
func load(t *testing.T, version, text string, now func() time.Time) subject {
	t.Helper()
	r, err := routersim.New(routersim.Options{
		Name: "R", Version: version, Now: now, Subscribers: 20, Ports: 8, Uptime: 100 * time.Hour,
		Users: []routersim.User{
			{Name: monitor, Password: monitorPassword, Policies: []string{"read", "api", "test"}},
			{Name: admin, Password: adminPassword},
		},
	})
	require.NoError(t, err)
	t.Cleanup(r.Close)
	_, err = r.Load(strings.NewReader(text))
	require.NoError(t, err)
	addr, err := r.Listen(t.Context(), "127.0.0.1:0")
	require.NoError(t, err)
	allowlist, err := fingerprint.Builtin()
	require.NoError(t, err)
	s := subject{router: r, address: addr.String(), allowlist: allowlist}
	s.device, err = device.New(device.Options{
		Name: "R", Address: s.address, Username: monitor, Password: func() (string, error) { return monitorPassword, nil },
		Allowlist: allowlist, Logger: slog.New(slog.DiscardHandler), Now: now,
	})
	require.NoError(t, err)
	t.Cleanup(s.device.Close)
	return s
}

// read returns the canonical form of every category.
func (s subject) read(t *testing.T) map[string]string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	got := map[string]string{}
	for _, c := range s.allowlist.Categories {
		d, err := s.device.Document(ctx, c)
		require.NoError(t, err)
		var text bytes.Buffer
		_, err = d.WriteTo(&text)
		require.NoError(t, err)
		got[c.Name] = text.String()
	}
	return got
}

// changed names the categories that differ.
func changed(before, after map[string]string) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if before[name] != after[name] {
			names = append(names, name)
		}
	}
	return names
}

// requireChanged fails with what differs, if that is not in the categories wanted.
func requireChanged(t *testing.T, before, after map[string]string, want ...string) {
	t.Helper()
	got := changed(before, after)
	if slices.Equal(got, want) {
		return
	}
	for _, name := range got {
		if !slices.Contains(want, name) {
			require.Equal(t, strings.ReplaceAll(before[name], "},", "},\n"), strings.ReplaceAll(after[name], "},", "},\n"), name)
		}
	}
	require.Equal(t, want, got)
}

// rows asks the router something as its administrator.
func (s subject) rows(t *testing.T, sentence ...string) []*proto.Sentence {
	t.Helper()
	c := client(t, s.address, admin, adminPassword)
	defer c.Close()
	reply, err := c.RunArgs(sentence)
	require.NoError(t, err)
	return reply.Re
}

// client logs in as somebody, through a client that is not ours.
func client(t *testing.T, address, user, password string) *routeros.Client {
	t.Helper()
	nc, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(t.Context(), "tcp", address)
	require.NoError(t, err)
	c, err := routeros.NewClient(nc)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.Login(user, password))
	return c
}

// dynamicRows is what appears on a router by itself, in every menu that is
// read and has such rows: of subscribers, leases, routing, fasttrack, and of
// scripts that put addresses into lists for some time. Dynamic routes and
// services are made by the simulated router.
const dynamicRows = `
/interface bridge port
add bridge=access dynamic=yes interface=ether6
/interface bridge vlan
add bridge=access dynamic=yes untagged=access vlan-ids=1
/interface list member
add dynamic=yes interface=<pppoe-alice> list=WAN
/interface vpls
add dynamic=yes name=made peer=10.255.0.8 vpls-id=8:8
/interface vxlan vteps
add dynamic=yes interface=vxlan1 remote-ip=203.0.113.80
/ip arp
add address=192.0.2.1 dynamic=yes interface=uplink mac-address=02:00:00:00:00:01
add DHCP=yes address=100.64.0.10 interface=vlan100 mac-address=02:00:00:00:00:10
/ip dhcp-client
add dynamic=yes interface=lte1
/ip address
add address=100.64.0.1/32 dynamic=yes interface=<pppoe-alice> network=100.64.0.17
/ipv6 address
add address=2001:db8:1::1/64 dynamic=yes interface=<pppoe-alice>
/ip dhcp-server network
add address=100.64.9.0/24 dynamic=yes gateway=100.64.9.1
/ip firewall filter
add action=passthrough chain=forward dynamic=yes comment="special dummy rule to show fasttrack counters"
/ip firewall nat
add action=jump chain=dstnat dynamic=yes jump-target=hotspot
/ip firewall mangle
add action=change-mss chain=forward dynamic=yes new-mss=1452 out-interface=<pppoe-alice> protocol=tcp tcp-flags=syn
/ip firewall raw
add action=passthrough chain=prerouting dynamic=yes
/ip firewall address-list
add address=198.51.100.7 creation-time="2026-11-24 12:00:00" dynamic=yes list=blacklist timeout=1h
add address=198.51.100.8 creation-time="2026-11-24 12:00:00" dynamic=yes list=blacklist timeout=1h
/ipv6 firewall address-list
add address=2001:db8:bad::/48 dynamic=yes list=blacklist timeout=1h
/queue simple
add dynamic=yes max-limit=100M/100M name=<pppoe-alice> target=<pppoe-alice>
/routing bgp connection
add dynamic=yes instance=bgp-instance-1 name=up-1 remote.address=192.0.2.9 .as=64599
/routing id
add dynamic=yes id=192.0.2.2 name=made
/routing ospf area
add dynamic=yes instance=main name=made
/routing rule
add action=lookup chain=main default=yes table=main
/routing table
add dynamic=yes name=made
`

// Nothing that a router does by itself is a change of its configuration.
func TestReplayedLifeOfARouterIsNoChange(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/isp.rsc")
	require.NoError(t, err)
	for _, version := range []string{"7.15", "7.19", "7.20", "7.22"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			now := newClock()
			s := load(t, version, string(text), now.time)
			before := s.read(t)
			for _, c := range s.allowlist.Categories {
				require.NotEqual(t, "[]", before[c.Name], "%s is empty: the test would say nothing of it", c.Name)
			}
			for _, step := range []struct {
				what string
				do   func()
			}{
				{"nothing", func() {}},
				{"an hour, in which counters move", func() { now.advance(time.Hour) }},
				{"other sessions, of the API and of users", func() {
					_ = client(t, s.address, monitor, monitorPassword)
					_ = client(t, s.address, admin, adminPassword)
					for _, menu := range []string{"/ip/service", "/ip/route"} {
						rows := s.rows(t, menu+"/print", "?dynamic=true")
						require.GreaterOrEqual(t, len(rows), 3, "%s: connections and networks that are there by themselves", menu)
					}
				}},
				{"a link that goes down", func() { require.NoError(t, s.router.Cut("uplink")) }},
				{"and comes back", func() { require.NoError(t, s.router.Restore("uplink")) }},
				{"subscribers who are dropped", func() {
					require.Len(t, s.rows(t, "/ppp/active/print"), 21)
					require.NoError(t, s.router.Cut("ether3"))
					require.Empty(t, s.rows(t, "/ppp/active/print"))
				}},
				{"and dial in again", func() {
					require.NoError(t, s.router.Restore("ether3"))
					require.Len(t, s.rows(t, "/ppp/active/print"), 21)
				}},
				{"a script that puts addresses into lists for an hour", func() {
					c := client(t, s.address, admin, adminPassword)
					for i := range 100 {
						_, err := c.Run("/ip/firewall/address-list/add", "=list=attackers", fmt.Sprintf("=address=198.51.100.%d", i), "=timeout=1h")
						require.NoError(t, err)
					}
					require.Len(t, s.rows(t, "/ip/firewall/address-list/print", "?list=attackers"), 100)
				}},
				{"which go by themselves", func() {
					now.advance(2 * time.Hour)
					require.Empty(t, s.rows(t, "/ip/firewall/address-list/print", "?list=attackers"))
				}},
				{"subscribers, leases, and what scripts put into lists for an hour", func() {
					_, err := s.router.Load(strings.NewReader(dynamicRows))
					require.NoError(t, err)
					require.Len(t, s.rows(t, "/ip/firewall/address-list/print", "?list=blacklist"), 2, "they are there")
				}},
				{"more of them", func() {
					for _, lease := range []string{"alice", "bob"} {
						_, err := s.router.Load(strings.NewReader(strings.ReplaceAll(dynamicRows, "alice", lease+"-again")))
						require.NoError(t, err)
					}
				}},
				{"another day", func() { now.advance(25 * time.Hour) }},
				{"secrets and comments that somebody changes", func() {
					c := client(t, s.address, admin, adminPassword)
					for _, command := range [][]string{
						{"/ppp/secret/set", "=numbers=alice", "=password=new"},
						{"/snmp/set", "=trap-community=new"},
						{"/routing/bgp/connection/set", "=numbers=upstream-a", "=tcp-md5-key=new"},
						{"/ip/firewall/filter/set", "=numbers=0", "=comment=new"},
						{"/interface/vrrp/set", "=numbers=vrrp1", "=password=new"},
						{"/ppp/profile/set", "=numbers=home", "=on-up=new"},
					} {
						_, err := c.RunArgs(command)
						require.NoError(t, err, "%v", command)
					}
				}},
				{"a power cut", func() {
					s.router.PowerOff(false)
					now.advance(2 * time.Minute)
					require.NoError(t, s.router.PowerOn())
					now.advance(2 * time.Minute)
				}},
			} {
				step.do()
				require.EventuallyWithT(t, func(c *assert.CollectT) { // a connection may have to be made anew
					for _, category := range s.allowlist.Categories {
						_, err := s.device.Document(t.Context(), category)
						require.NoError(c, err)
					}
				}, 10*time.Second, 10*time.Millisecond, step.what)
				after := s.read(t)
				requireChanged(t, before, after)
			}
		})
	}
}

// An upgrade changes the category "system" and no other: of a router with
// something in every menu, and of all those of other people that are at hand.
func TestReplayedUpgradesChangeTheVersionAlone(t *testing.T) {
	t.Parallel()
	upgrades := []string{"7.10", "7.12", "7.15", "7.18", "7.19", "7.20", "7.21", "7.22", "7.24"} // each of which renames, moves, brings or drops something
	for name, text := range routers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			written := writtenBy(text)
			if major, _, _ := strings.Cut(written, "."); major == "6" {
				first := load(t, "6.48.6", text, newClock().time).read(t)
				requireChanged(t, first, load(t, "6.49.18", text, newClock().time).read(t), "system")
				return
			}
			var before map[string]string
			for _, version := range upgrades {
				if older(version, written) {
					continue // a configuration of a later version is none of an earlier one
				}
				after := load(t, version, printedBy(version, text), newClock().time).read(t)
				if before != nil {
					requireChanged(t, before, after, "system")
				}
				before = after
			}
		})
	}
}

// printedBy returns a configuration as a version prints it, where that is not
// the same in all and the simulated router prints what it was told. The facts
// are from exports of each version.
func printedBy(version, text string) string {
	until, since := func(v string) bool { return older(version, v) }, func(v string) bool { return !older(version, v) }
	var words []string
	if until("7.12") {
		words = strings.Fields(`10M-baseT-half 10M-half 10M-baseT-full 10M-full 100M-baseT-half 100M-half 100M-baseT-full 100M-full
			1G-baseT-half 1000M-half speed=1G-baseT-full speed=1Gbps 1G-baseT-full 1000M-full 1G-baseX, ` + "\x00" + `
			2.5G-baseT 2500M-full 2.5G-baseX, ` + "\x00" + ` 5G-baseT 5000M-full
			10G-baseT,10G-baseSR-LR,10G-baseCR 10000M-full`)
		words = append(words, "set [ find default-name=ether1 ] ", "set [ find default-name=ether1 ] full-duplex=yes speed=1Gbps ")
	}
	text = strings.ReplaceAll(strings.NewReplacer(words...).Replace(text), "\x00", "")

	var out strings.Builder
	menu := ""
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "/") {
			menu, _, _ = strings.Cut(strings.NewReplacer(" set ", "\x00", " add ", "\x00").Replace(strings.TrimSpace(line)), "\x00")
		}
		switch {
		case menu == "/ip service" && since("7.24"):
			line = strings.ReplaceAll(line, " address=", " available-from=")
		case menu == "/interface vxlan" && since("7.20"):
			line = strings.ReplaceAll(line, " vrf=", " vtep-vrf=")
		case menu == "/ip dhcp-client" && since("7.22"):
			line = strings.Replace(line, "add ", "add name=client1 ", 1)
		case menu == "/ip dhcp-client" && since("7.18"):
			line = strings.Replace(line, "add ", "add default-route-tables=default ", 1)
		}
		out.WriteString(line)
	}
	out.WriteByte('\n')
	for brought, says := range map[string]string{
		"7.12": "/routing settings\nset single-process=no\n",
		"7.17": "/ip settings\nset icmp-errors-use-inbound-interface-address=no ipv4-multipath-hash-policy=l3 tcp-timestamps=random-offset\n",
		"7.21": "/ipv6 settings\nset accept-router-advertisements-on=all allow-fast-path=yes multipath-hash-policy=l3\n/ip firewall connection tracking\nset liberal-tcp-tracking=no\n",
		"7.22": "/ip service\nadd certificate=none name=reverse-proxy port=443 tls-version=any\n/routing settings\nset check-gateway-ping-count=2 policy-rules=mangle,vrf-lookup,vrf-unreach,local,user,main\n",
		"7.23": "/ip settings\nset ipv4-fragment-time=3 ipv4-high-fragment-thresh=1024.0KiB\n",
	} {
		if since(brought) {
			out.WriteString(says)
		}
	}
	if until("7.12") {
		out.WriteString("/ip settings\nset route-cache=yes\n")
		if !strings.Contains(text, "udp-timeout=") {
			out.WriteString("/ip firewall connection tracking\nset udp-timeout=10s\n")
		}
	}
	return out.String()
}

// routers are configurations by name: our own, and those of other people.
func routers(t *testing.T) map[string]string {
	t.Helper()
	files := []string{"testdata/isp.rsc"}
	if shared := os.Getenv("ISPVM_SHARED_DATA"); shared != "" {
		for _, folder := range []string{"routeros", "routeros-world"} {
			more, err := filepath.Glob(filepath.Join(shared, folder, "*.rsc"))
			require.NoError(t, err)
			require.NotEmpty(t, more, folder)
			files = append(files, more...)
		}
	} else {
		t.Log("ISPVM_SHARED_DATA is not set: looking at our own router only")
	}
	out := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		out[filepath.Base(file)] = string(text)
	}
	return out
}

var header = regexp.MustCompile(`by RouterOS (\d+\.\d+)`)

// writtenBy is the version that wrote an export, 7.15 if it does not say.
func writtenBy(text string) string {
	if m := header.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return "7.15"
}

func older(a, b string) bool {
	_, minorA, _ := strings.Cut(a, ".")
	_, minorB, _ := strings.Cut(b, ".")
	return len(minorA) < len(minorB) || len(minorA) == len(minorB) && minorA < minorB
}

// Each of these changes is one of exactly one category, and what undoes it
// brings the fingerprint back that there was.
func TestReplayedChangesAreSeenInTheirCategoryAlone(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/isp.rsc")
	require.NoError(t, err)
	s := load(t, "7.22", printedBy("7.22", string(text)), newClock().time)
	before := s.read(t)
	c := client(t, s.address, admin, adminPassword)
	run := func(sentence ...string) string {
		reply, err := c.RunArgs(sentence)
		require.NoError(t, err, "%v", sentence)
		return reply.Done.Map["ret"]
	}
	for _, change := range []struct {
		category string
		do, undo []string
	}{
		{"interfaces", []string{"/interface/disable", "=numbers=uplink"}, []string{"/interface/enable", "=numbers=uplink"}},
		{"interfaces", []string{"/interface/vlan/set", "=numbers=vlan100", "=vlan-id=101"}, []string{"/interface/vlan/set", "=numbers=vlan100", "=vlan-id=100"}},
		{"interfaces", []string{"/interface/bridge/port/set", "=numbers=0", "=pvid=7"}, []string{"/interface/bridge/port/set", "=numbers=0", "=pvid=100"}},
		{"interfaces", []string{"/interface/ethernet/set", "=numbers=uplink", "=advertise=1G-baseT-full"}, []string{"/interface/ethernet/set", "=numbers=uplink", "=advertise=10M-baseT-half,10M-baseT-full,100M-baseT-half,100M-baseT-full,1G-baseT-half,1G-baseT-full,2.5G-baseT"}},
		{"interfaces", []string{"/interface/ethernet/set", "=numbers=ether2", "=auto-negotiation=yes"}, []string{"/interface/ethernet/set", "=numbers=ether2", "=auto-negotiation=no"}},
		{"interfaces", []string{"/interface/disable", "=numbers=wg1"}, []string{"/interface/enable", "=numbers=wg1"}},
		{"interfaces", []string{"/interface/pppoe-client/disable", "=numbers=pppoe-out1"}, []string{"/interface/enable", "=numbers=pppoe-out1"}},
		{"interfaces", []string{"/interface/ipip/set", "=numbers=ipip1", "=remote-address=203.0.113.7"}, []string{"/interface/ipip/set", "=numbers=ipip1", "=remote-address=203.0.113.78"}},
		{"interfaces", []string{"/interface/gre6/set", "=numbers=gre6-1", "=mtu=1400"}, []string{"/interface/gre6/set", "=numbers=gre6-1", "=mtu=auto"}},
		{"interfaces", []string{"/interface/vxlan/set", "=numbers=vxlan1", "=vni=11"}, []string{"/interface/vxlan/set", "=numbers=vxlan1", "=vni=10"}},
		{"interfaces", []string{"/interface/vxlan/vteps/add", "=interface=vxlan1", "=remote-ip=203.0.113.70"}, []string{"/interface/vxlan/vteps/remove"}},
		{"interfaces", []string{"/interface/vpls/set", "=numbers=vpls1", "=peer=10.255.0.8"}, []string{"/interface/vpls/set", "=numbers=vpls1", "=peer=10.255.0.7"}},
		{"addressing", []string{"/ip/dhcp-client/set", "=numbers=ether5", "=add-default-route=no"}, []string{"/ip/dhcp-client/set", "=numbers=ether5", "=add-default-route=yes"}},
		{"addressing", []string{"/ip/dhcp-client/disable", "=numbers=ether5"}, []string{"/ip/dhcp-client/enable", "=numbers=ether5"}},
		{"addressing", []string{"/ip/arp/add", "=address=100.64.0.11", "=interface=vlan100", "=mac-address=02:00:00:00:00:11"}, []string{"/ip/arp/remove"}},
		{"addressing", []string{"/ip/address/add", "=address=192.0.2.130/30", "=interface=ether5"}, []string{"/ip/address/remove"}},
		{"addressing", []string{"/ipv6/address/set", "=numbers=0", "=advertise=false"}, []string{"/ipv6/address/set", "=numbers=0", "=advertise=true"}},
		{"bgp", []string{"/routing/bgp/connection/set", "=numbers=upstream-a", "=input.filter=in-b"}, []string{"/routing/bgp/connection/set", "=numbers=upstream-a", "=input.filter=in-a"}},
		{"bgp", []string{"/routing/bgp/connection/enable", "=numbers=upstream-b"}, []string{"/routing/bgp/connection/disable", "=numbers=upstream-b"}},
		{"bgp", []string{"/routing/bgp/instance/set", "=numbers=bgp-instance-1", "=router-id=10.255.0.7"}, []string{"/routing/bgp/instance/set", "=numbers=bgp-instance-1", "=router-id=10.255.0.1"}},
		{"bgp", []string{"/routing/bgp/instance/add", "=name=spare", "=as=64501"}, []string{"/routing/bgp/instance/remove"}},
		{"bgp", []string{"/routing/bgp/template/set", "=numbers=clients", "=as=64501"}, []string{"/routing/bgp/template/set", "=numbers=clients", "=as=64500"}},
		{"ospf", []string{"/routing/ospf/interface-template/set", "=numbers=0", "=cost=50"}, []string{"/routing/ospf/interface-template/unset", "=numbers=0", "=value-name=cost"}},
		{"ospf", []string{"/routing/ospf/interface-template/move", "=numbers=*2", "=destination=*1"}, []string{"/routing/ospf/interface-template/move", "=numbers=*1", "=destination=*2"}},
		{"routing", []string{"/ip/route/add", "=dst-address=203.0.113.0/24", "=gateway=192.0.2.1"}, []string{"/ip/route/remove"}},
		{"routing", []string{"/routing/filter/rule/move", "=numbers=*2", "=destination=*1"}, []string{"/routing/filter/rule/move", "=numbers=*1", "=destination=*2"}},
		{"routing", []string{"/routing/filter/rule/set", "=numbers=*2", "=rule=accept"}, []string{"/routing/filter/rule/set", "=numbers=*2", "=rule=reject"}},
		{"routing", []string{"/ip/settings/set", "=ip-forward=no"}, []string{"/ip/settings/set", "=ip-forward=yes"}},
		{"routing", []string{"/ip/settings/set", "=rp-filter=strict"}, []string{"/ip/settings/set", "=rp-filter=loose"}},
		{"routing", []string{"/ipv6/settings/set", "=disable-ipv6=yes"}, []string{"/ipv6/settings/set", "=disable-ipv6=no"}},
		{"routing", []string{"/routing/settings/set", "=single-process=yes"}, []string{"/routing/settings/set", "=single-process=no"}},
		{"firewall", []string{"/ip/firewall/connection/tracking/set", "=enabled=no"}, []string{"/ip/firewall/connection/tracking/set", "=enabled=auto"}},
		{"firewall", []string{"/ip/firewall/filter/disable", "=numbers=*3"}, []string{"/ip/firewall/filter/enable", "=numbers=*3"}},
		{"firewall", []string{"/ip/firewall/filter/move", "=numbers=*3", "=destination=*1"}, []string{"/ip/firewall/filter/move", "=numbers=*3", "=destination=*4"}},
		{"firewall", []string{"/ip/firewall/nat/set", "=numbers=*1", "=out-interface-list=all"}, []string{"/ip/firewall/nat/set", "=numbers=*1", "=out-interface-list=WAN"}},
		{"address_lists", []string{"/ip/firewall/address-list/add", "=list=management", "=address=192.168.0.0/16"}, []string{"/ip/firewall/address-list/remove"}},
		{"services", []string{"/ip/service/enable", "=numbers=telnet"}, []string{"/ip/service/disable", "=numbers=telnet"}},
		{"services", []string{"/ip/service/disable", "=numbers=reverse-proxy"}, []string{"/ip/service/enable", "=numbers=reverse-proxy"}},
		{"services", []string{"/ip/dns/set", "=servers=192.0.2.54"}, []string{"/ip/dns/set", "=servers=192.0.2.53"}},
		{"access", []string{"/ppp/profile/set", "=numbers=home", "=rate-limit=1M/1M"}, []string{"/ppp/profile/set", "=numbers=home", "=rate-limit=100M/100M"}},
		{"access", []string{"/ip/dhcp-server/set", "=numbers=dhcp1", "=use-radius=yes"}, []string{"/ip/dhcp-server/set", "=numbers=dhcp1", "=use-radius=no"}},
		{"access", []string{"/ip/pool/set", "=numbers=subscribers", "=ranges=100.64.0.10-100.64.0.20"}, []string{"/ip/pool/set", "=numbers=subscribers", "=ranges=100.64.0.10-100.64.3.250"}},
		{"queues", []string{"/queue/simple/move", "=numbers=voice", "=destination=all"}, []string{"/queue/simple/move", "=numbers=all", "=destination=voice"}},
		{"queues", []string{"/queue/tree/set", "=numbers=shape", "=max-limit=10M"}, []string{"/queue/tree/unset", "=numbers=shape", "=value-name=max-limit"}},
		{"users", []string{"/user/group/set", "=numbers=noc", "=policy=read,api,test,write"}, []string{"/user/group/set", "=numbers=noc", "=policy=read,api,test"}},
		{"users", []string{"/user/add", "=name=eve", "=group=full", "=password=x"}, []string{"/user/remove"}},
		{"system", []string{"/system/identity/set", "=name=EDGE2"}, []string{"/system/identity/set", "=name=EDGE1"}},
		{"system", []string{"/system/scheduler/add", "=name=late"}, []string{"/system/scheduler/remove"}},
	} {
		ret := run(change.do...)
		requireChanged(t, before, s.read(t), change.category)
		if ret != "" {
			change.undo = append(change.undo, "=numbers="+ret)
		}
		run(change.undo...)
		requireChanged(t, before, s.read(t))
	}
}
