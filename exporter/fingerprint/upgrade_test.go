package fingerprint

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// categoryHash is the fingerprint of a category whose rows are given as text:
// a menu, then a row a line, attributes separated by blanks, CRLF for a line
// break.
func categoryHash(t require.TestingT, c Category, text string) string {
	rows := map[string][]row{}
	section := ""
	for line := range strings.Lines(text) {
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "/"):
			section = line
		case line != "":
			attributes := strings.Fields(line)
			for i, attribute := range attributes {
				attributes[i] = strings.ReplaceAll(attribute, "CRLF", "\r\n")
			}
			rows[section] = append(rows[section], attributes)
		}
	}
	f, err := document(t, c, rows).Fingerprint()
	require.NoError(t, err)
	return f.String()
}

// The same configuration as versions of RouterOS print it, one after the
// other: an upgrade is no change.
func TestAnUpgradeIsNoChange(t *testing.T) {
	t.Parallel()
	a := builtinAllowlist(t)
	for name, c := range map[string]struct {
		category string
		versions []string
	}{
		"properties of BGP are renamed": {"bgp", []string{
			"/routing/bgp/connection\nname=up address-families=ip,ipv6 as-override=true remove-private-as=true add-path-out=all remote.as=1",               // 7.9
			"/routing/bgp/connection\nname=up address-families=ip,ipv6 output.as-override=true output.remove-private-as=true add-path-out=all remote.as=1", // 7.10
			"/routing/bgp/connection\nname=up afi=ip,ipv6 output.as-override=true output.remove-private-as=true add-path-out=all remote.as=1",              // 7.19
			"/routing/bgp/connection\nname=up afi=ip,ipv6 output.as-override=true output.remove-private-as=true output.add-path=all remote.as=1",           // 7.22
		}},
		"ids move from the connection to its instance": {"bgp", []string{
			"/routing/bgp/connection\nname=up as=64500 router-id=10.0.0.1 cluster-id=10.0.0.9 input.ignore-as-path-len=true vrf=main",
			"/routing/bgp/connection\nname=up as=64500 router-id=10.0.0.1 cluster-id=10.0.0.9 input.ignore-as-path-len=true",
			"/routing/bgp/instance\nname=bgp-instance-1 as=64500 router-id=10.0.0.1 cluster-id=10.0.0.9 ignore-as-path-len=true disabled=false vrf=main\n" +
				"/routing/bgp/connection\nname=up instance=bgp-instance-1",
			"/routing/bgp/instance\nname=bgp-instance-1 as=64500 router-id=10.0.0.1 cluster-id=10.0.0.9 ignore-as-path-len=true\n" +
				"/routing/bgp/connection\nname=up as=64500 instance=bgp-instance-1",
		}},
		"ids move from the template to the instance": {"bgp", []string{
			"/routing/bgp/template\nname=default as=64500 router-id=10.0.0.1\nname=unused router-id=10.0.0.2\n" +
				"/routing/bgp/connection\nname=up templates=default\nname=down templates=default as=64501",
			"/routing/bgp/template\nname=default as=64500\nname=unused\n" +
				"/routing/bgp/instance\nname=bgp-instance-1 as=64500 router-id=10.0.0.1\nname=bgp-instance-2 as=64501 router-id=10.0.0.1\n" +
				"/routing/bgp/connection\nname=up templates=default instance=bgp-instance-1\nname=down templates=default instance=bgp-instance-2",
		}},
		"where somebody set neither": {"bgp", []string{
			"/routing/bgp/template\nname=default as=65530\n/routing/bgp/connection\nname=up as=64500 router-id=main",
			"/routing/bgp/template\nname=default as=65530\n/routing/bgp/instance\nname=bgp-instance-1 as=64500\n/routing/bgp/connection\nname=up instance=bgp-instance-1",
		}},
		"the format of remote logging is a word": {"services", []string{
			"/system/logging/action\nname=remote target=remote bsd-syslog=false\nname=siem target=remote bsd-syslog=true",
			"/system/logging/action\nname=remote target=remote remote-log-format=default remote-protocol=udp cef-event-delimiter=CRLF\nname=siem target=remote remote-log-format=syslog remote-protocol=udp cef-event-delimiter=CRLF",
			"/system/logging/action\nname=remote target=remote vrf=main add-topics-string=false\nname=siem target=remote remote-log-format=syslog vrf=main add-topics-string=false",
		}},
		"ports name their modes as IEEE 802.3 does": {"interfaces", []string{
			"/interface/ethernet\n" +
				"name=ether1 auto-negotiation=true advertise=10M-half,10M-full,100M-half,100M-full,1000M-half,1000M-full,2500M-full full-duplex=true speed=2.5Gbps\n" +
				"name=ether2 auto-negotiation=false advertise=100M-full speed=100Mbps full-duplex=true\n" +
				"name=sfp-sfpplus1 auto-negotiation=true advertise=10M-half,10M-full,100M-half,100M-full,1000M-half,1000M-full,2500M-full,5000M-full,10000M-full speed=10Gbps full-duplex=true\n" +
				"name=sfp-sfpplus2 auto-negotiation=false speed=10Gbps full-duplex=true", // 7.6, 7.11
			"/interface/ethernet\n" +
				"name=ether1 auto-negotiation=true advertise=10M-baseT-half,10M-baseT-full,100M-baseT-half,100M-baseT-full,1G-baseT-half,1G-baseT-full,2.5G-baseT\n" +
				"name=ether2 auto-negotiation=false advertise=100M-baseT-full speed=100M-baseT-full\n" +
				"name=sfp-sfpplus1 auto-negotiation=true advertise=10M-baseT-half,10M-baseT-full,100M-baseT-half,100M-baseT-full,1G-baseT-half,1G-baseT-full,1G-baseX,2.5G-baseT,2.5G-baseX,5G-baseT,10G-baseT,10G-baseSR-LR,10G-baseCR\n" +
				"name=sfp-sfpplus2 auto-negotiation=false speed=10G-baseSR-LR", // 7.12, 7.18
		}},
		"a service comes, and who may use one has another name": {"services", []string{
			"/ip/service\nname=www port=80 address=10.0.0.0/8,192.0.2.1 disabled=false max-sessions=20 vrf=main",
			"/ip/service\nname=www port=80 address=10.0.0.0/8,192.0.2.1 disabled=false max-sessions=20 vrf=main\n" +
				"name=reverse-proxy port=443 address= certificate=none disabled=false max-sessions=20 tls-version=any vrf=main", // 7.22
			"/ip/service\nname=www port=80 available-from=192.0.2.1,10.0.0.0/8 disabled=no max-sessions=20 vrf=main\n" +
				"name=reverse-proxy port=443 available-from= certificate=none disabled=no max-sessions=20 tls-version=any vrf=main", // 7.24
		}},
		"settings come with defaults": {"routing", []string{
			"/ip/settings\nip-forward=true rp-filter=no route-cache=true max-neighbor-entries=8192 icmp-rate-limit=10\n" +
				"/ipv6/settings\nforward=true disable-ipv6=false max-neighbor-entries=16384",
			"/ip/settings\nip-forward=true rp-filter=no max-neighbor-entries=16384 icmp-rate-limit=10 ipv4-multipath-hash-policy=l3 tcp-timestamps=random-offset icmp-errors-use-inbound-interface-address=false\n" +
				"/ipv6/settings\nforward=true disable-ipv6=false max-neighbor-entries=4096 min-neighbor-entries=1024 soft-max-neighbor-entries=2048 multipath-hash-policy=l3 allow-fast-path=true disable-link-local-address=false stale-neighbor-detect-interval=30 stale-neighbor-timeout=60\n" +
				"/routing/settings\nsingle-process=false",
			"/ip/settings\nip-forward=true rp-filter=no icmp-rate-limit=10 ipv4-multipath-hash-policy=l3 tcp-timestamps=random-offset icmp-errors-use-inbound-interface-address=false ipv4-fragment-time=3 ipv4-high-fragment-thresh=1024.0KiB\n" +
				"/ipv6/settings\nforward=true disable-ipv6=false accept-router-advertisements-on=all multipath-hash-policy=l3 allow-fast-path=true\n" +
				"/routing/settings\nsingle-process=false check-gateway-ping-count=2 check-gateway-ping-interval=10s check-gateway-ping-timeout=1s policy-rules=mangle,vrf-lookup,vrf-unreach,local,user,main",
		}},
		"the time-out of UDP has another default": {"firewall", []string{
			"/ip/firewall/connection/tracking\nenabled=auto udp-timeout=10s udp-stream-timeout=3m",
			"/ip/firewall/connection/tracking\nenabled=auto udp-timeout=30s udp-stream-timeout=3m liberal-tcp-tracking=false",
		}},
		"clients of DHCP have names and more": {"addressing", []string{
			"/ip/dhcp-client\ninterface=ether1 add-default-route=yes default-route-distance=1 dhcp-options=hostname,clientid use-peer-dns=true",
			"/ip/dhcp-client\ninterface=ether1 add-default-route=yes default-route-distance=1 dhcp-options=clientid,hostname use-peer-dns=true default-route-tables=default allow-reconfigure=false check-gateway=none",
			"/ip/dhcp-client\ninterface=ether1 name=client1 add-default-route=yes default-route-distance=1 dhcp-options=hostname,clientid use-peer-dns=true default-route-tables=main allow-reconfigure=no check-gateway=none use-broadcast=both",
		}},
		"the VRF of a VXLAN is that of its VTEPs": {"interfaces", []string{
			"/interface/vxlan\nname=vxlan1 vni=10 port=8472 vrf=blue\nname=vxlan2 vni=11 vrf=main\n/interface/vxlan/vteps\ninterface=vxlan1 remote-ip=192.0.2.9 port=8472",
			"/interface/vxlan\nname=vxlan1 vni=10 port=8472 vtep-vrf=blue bridge-pvid=1 hw=true ttl=auto checksum=false learning=true rem-csum=none\nname=vxlan2 vni=11 vtep-vrf=main\n/interface/vxlan/vteps\ninterface=vxlan1 remote-ip=192.0.2.9 disabled=false",
		}},
		"a version brings a policy": {"users", []string{
			"/user/group\nname=full policy=read,write,policy\nname=read policy=read,!write,!policy\nname=noc policy=read,!write,!policy\nname=none policy=!read,!write,!policy",
			"/user/group\nname=full policy=read,write,policy,rest-api\nname=read policy=read,rest-api,!write,!policy\nname=noc policy=read,!rest-api,!write,!policy\nname=none policy=!read,!rest-api,!write,!policy",
		}},
		"a version brings properties with defaults": {"interfaces", []string{
			"/interface/bridge\nname=bridge1 add-dhcp-option82=false\n/interface/vrrp\nname=vrrp1 group-master= mtu=1500",
			"/interface/bridge\nname=bridge1 port-cost-mode=short add-dhcp-option82=false\n/interface/vrrp\nname=vrrp1 group-authority=none mtu=1500",
			"/interface/bridge\nname=bridge1 port-cost-mode=short mvrp=false max-learned-entries=auto forward-reserved-addresses=false mlag-heartbeat=5s mlag-peer-port=none mlag-priority=128 ra-guard=false\n" +
				"/interface/vrrp\nname=vrrp1 group-authority=none connection-tracking-mode=passive-active connection-tracking-port=8275 mtu=1500",
		}},
		"a version does away with a switch": {"routing", []string{
			"/ip/route\ndst-address=0.0.0.0/0 gateway=192.0.2.1 suppress-hw-offload=false",
			"/ip/route\ndst-address=0.0.0.0/0 gateway=192.0.2.1",
		}},
		"hardware offloading leaves the filter": {"firewall", []string{
			"/ip/firewall/filter\nchain=forward action=fasttrack-connection hw-offload=true",
			"/ip/firewall/filter\nchain=forward action=fasttrack-connection",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := categoryHash(t, category(t, a, c.category), c.versions[0])
			for _, text := range c.versions[1:] {
				require.Equal(t, before, categoryHash(t, category(t, a, c.category), text), text)
			}
		})
	}
}

// What an upgrade does not change, a person can.
func TestAChangeBesideWhatAnUpgradeBrings(t *testing.T) {
	t.Parallel()
	a := builtinAllowlist(t)
	for name, texts := range map[string][]string{
		"interfaces": {
			"/interface/ethernet\nname=ether1 auto-negotiation=true advertise=10G-baseCR",
			"/interface/ethernet\nname=ether1 auto-negotiation=true advertise=10G-baseSR-LR",
			"/interface/ethernet\nname=ether1 auto-negotiation=true advertise=10G-baseT",
			"/interface/ethernet\nname=ether1 auto-negotiation=true advertise=100M-baseT-full,10G-baseT",
			"/interface/ethernet\nname=ether1 auto-negotiation=true advertise=100M-baseT-half,10G-baseT",
			"/interface/ethernet\nname=ether1 auto-negotiation=false",
			"/interface/ethernet\nname=ether1 auto-negotiation=false speed=100M-baseT-full",
			"/interface/ethernet\nname=ether1 auto-negotiation=false speed=1G-baseT-full",
			"/interface/ethernet\nname=ether1 auto-negotiation=false speed=10G-baseCR",
			"/interface/ethernet\nname=ether1 auto-negotiation=false speed=10G-baseT",
			"/interface\nname=wg1 disabled=true",
			"/interface\nname=wg1 disabled=true\nname=pppoe-out1 disabled=true",
		},
		"services": {
			"/ip/service\nname=reverse-proxy port=443 certificate=none",
			"/ip/service\nname=reverse-proxy port=443 certificate=none disabled=yes",
			"/ip/service\nname=reverse-proxy port=8443 certificate=none",
			"/ip/service\nname=reverse-proxy port=443 certificate=ours",
			"/ip/service\nname=reverse-proxy port=443 certificate=none available-from=10.0.0.0/8",
			"/ip/service\nname=www-ssl port=443 certificate=none",
		},
	} {
		seen := map[string]string{}
		for _, text := range texts {
			hash := categoryHash(t, category(t, a, name), text)
			require.Empty(t, seen[hash], text)
			seen[hash] = text
		}
	}
}

// What is inherited hides no change: neither of the instance nor of who uses
// it, nor of what nobody uses.
func TestNoChangeIsLostInAnInheritance(t *testing.T) {
	t.Parallel()
	bgp := category(t, builtinAllowlist(t), "bgp")
	const router = `
		/routing/bgp/instance
		name=one as=64500 router-id=10.0.0.1
		name=two as=64500 router-id=10.0.0.2
		name=idle as=64500 router-id=10.0.0.3
		/routing/bgp/template
		name=default as=64500
		/routing/bgp/connection
		name=a instance=one as=64500
		name=b instance=two templates=default
		name=c instance=gone`
	before := categoryHash(t, bgp, router)
	seen := map[string]string{before: "before"}
	for _, change := range [][2]string{
		{"name=one as=64500 router-id=10.0.0.1", "name=one as=64500 router-id=10.0.0.7"},
		{"name=one as=64500", "name=one as=64501"},
		{"name=two as=64500", "name=two as=64501"},
		{"name=one as=64500", "name=one as=64500 disabled=true"},
		{"name=two as=64500", "name=two as=64500 multipath=4"},
		{"name=two as=64500", "name=two as=64500 vrf=blue"},
		{"name=two as=64500", "name=two as=64500 cluster-id=10.0.0.9"},
		{"name=two as=64500", "name=two as=64500 ignore-as-path-len=true"},
		{"name=idle as=64500", "name=idle as=64501"},
		{"name=idle as=64500", "name=spare as=64500"},
		{"name=idle as=64500 router-id=10.0.0.3", ""},
		{"instance=one as=64500", "instance=two as=64500"},
		{"instance=one as=64500", "instance=one as=64501"},
		{"instance=one as=64500", "as=64500"},
		{"instance=two", "instance=gone"},
		{"instance=gone", "instance=lost"},
		{"name=default as=64500", "name=default as=64501"},
	} {
		require.Contains(t, router, change[0])
		after := categoryHash(t, bgp, strings.Replace(router, change[0], change[1], 1))
		require.Empty(t, seen[after], "%s → %s", change[0], change[1])
		seen[after] = change[1]
	}
	// What an instance is called is its users' affair alone.
	require.Equal(t, before, categoryHash(t, bgp, strings.ReplaceAll(router, "=one", "=uno")))
}

// What counts in the canonical form of a connection is what it uses.
func TestInheritedPropertiesAreWrittenWhereTheyAreUsed(t *testing.T) {
	t.Parallel()
	d := document(t, category(t, builtinAllowlist(t), "bgp"), map[string][]row{
		"/routing/bgp/instance":   {{"name=one", "as=64500", "router-id=10.0.0.1", "disabled=true"}, {"name=idle", "as=64500"}},
		"/routing/bgp/connection": {{"name=b", "instance=one", "as=64511"}, {"name=a", "instance=one"}},
	})
	want := `[{"rows":[{"as":"64500","name":"idle"}],"section":"/routing/bgp/instance"},` +
		`{"rows":[{"as":"64500","instance.disabled":"true","name":"a","router-id":"10.0.0.1"},` +
		`{"as":"64511","instance.as":"64500","instance.disabled":"true","name":"b","router-id":"10.0.0.1"}],"section":"/routing/bgp/connection"}]`
	for range 2 { // it can be written again
		require.Equal(t, []byte(want), []byte(canonical(t, d)))
	}
}

func TestPoliciesOfGroups(t *testing.T) {
	t.Parallel()
	users := category(t, builtinAllowlist(t), "users")
	for _, change := range [][2]string{
		{"name=read policy=read,test,!write", "name=read policy=read,!test,!write"},
		{"name=full policy=read,test,write", "name=full policy=read,test,!write"},
		{"name=noc policy=read,!test,!write", "name=noc policy=read,test,!write"},
		{"name=noc policy=read,test,!write", "name=noc policy=read,!test,!write"},
	} {
		require.NotEqual(t, categoryHash(t, users, "/user/group\n"+change[0]), categoryHash(t, users, "/user/group\n"+change[1]), "%s", change)
	}
}

// However a router with earlier BGP was configured, its upgrade to 7.20 is no
// change: an instance is made for each combination of AS and ids that
// connections had, by themselves or from a template, and these go there.
func TestAnyRouterCanBeUpgradedTo720(t *testing.T) {
	t.Parallel()
	bgp := category(t, builtinAllowlist(t), "bgp")
	moved := []string{"as", "cluster-id", "input.ignore-as-path-len", "router-id"}
	values := map[string][]string{
		"as": {"", "64500", "64501"}, "cluster-id": {"", "10.0.0.1"}, "input.ignore-as-path-len": {"", "true"}, "router-id": {"", "10.0.0.1", "10.0.0.2"},
	}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(what string, i int) (r map[string]string) {
			r = map[string]string{"name": fmt.Sprint(what, i)}
			for _, p := range moved {
				r[p] = rapid.SampledFrom(values[p]).Draw(t, p)
			}
			return r
		}
		var templates, connections []map[string]string
		for i := range rapid.IntRange(0, 3).Draw(t, "templates") {
			templates = append(templates, draw("t", i))
		}
		for i := range rapid.IntRange(1, 4).Draw(t, "connections") {
			c := draw("c", i)
			if n := rapid.IntRange(0, len(templates)).Draw(t, "template"); n > 0 {
				c["templates"] = templates[n-1]["name"]
			}
			connections = append(connections, c)
		}
		before := bgpText(nil, templates, connections)

		// The upgrade.
		keepsAS := rapid.Bool().Draw(t, "a connection keeps its AS beside that of the instance")
		var instances []map[string]string
		known := map[string]string{}
		for _, c := range connections {
			instance := map[string]string{}
			for _, p := range moved {
				v := c[p]
				for _, tpl := range templates {
					if v == "" && tpl["name"] == c["templates"] {
						v = tpl[p]
					}
				}
				instance[strings.TrimPrefix(p, "input.")] = v
				if p != "as" || !keepsAS {
					delete(c, p)
				}
			}
			key := fmt.Sprint(instance)
			if known[key] == "" {
				known[key] = fmt.Sprint("bgp-instance-", len(known)+1)
				instance["name"] = known[key]
				instances = append(instances, instance)
			}
			c["instance"] = known[key]
		}
		for _, tpl := range templates {
			for _, p := range moved[1:] {
				delete(tpl, p)
			}
		}
		after := bgpText(instances, templates, connections)
		require.Equal(t, categoryHash(t, bgp, before), categoryHash(t, bgp, after), "%s\n→%s", before, after)
	})
}

func bgpText(instances, templates, connections []map[string]string) string {
	var b strings.Builder
	for menu, rows := range map[string][]map[string]string{"instance": instances, "template": templates, "connection": connections} {
		b.WriteString("/routing/bgp/" + menu + "\n")
		for _, r := range rows {
			for name, value := range r {
				fmt.Fprintf(&b, "%s=%s ", name, value)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}
