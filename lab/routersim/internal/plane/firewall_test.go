package plane

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/rsc"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/schema"
)

func TestFirewallMeetsRoutingProtocols(t *testing.T) {
	t.Parallel()
	v, err := schema.ParseVersion("7.16")
	require.NoError(t, err)
	known, err := schema.New(v)
	require.NoError(t, err)
	peer, us := netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("192.0.2.1")
	far := Speaker{Address: netip.MustParsePrefix("192.0.2.2/30")}
	own := Speaker{Address: netip.MustParsePrefix("192.0.2.1/30"), Interface: "ether1"}
	const usual = "add chain=input connection-state=established,related action=accept\n"
	for _, tc := range []struct {
		name, rules string
		want        [3]bool // OSPF, a BGP call, answers to our BGP call
	}{
		{"none", "", [3]bool{true, true, true}},
		{"drop all", "add chain=input action=drop", [3]bool{false, false, false}},
		{"the usual, then drop all", usual + "add chain=input action=drop", [3]bool{false, false, true}},
		{"OSPF let in before", usual + "add chain=input protocol=ospf\nadd chain=input action=drop", [3]bool{true, false, true}},
		{"drop what comes from elsewhere", usual + "add chain=input in-interface=!ether1 action=drop", [3]bool{true, true, true}},
		{"drop a port", "add chain=input protocol=tcp dst-port=20-25,179 action=drop", [3]bool{true, false, true}},
		{"drop a source", "add chain=input src-address=192.0.2.0/30 action=reject", [3]bool{false, false, false}},
		{"other source", "add chain=input src-address=192.0.2.8/30 action=reject", [3]bool{true, true, true}},
		{"switched off", "add chain=input action=drop disabled=yes", [3]bool{true, true, true}},
		{"other chain", "add chain=forward action=drop", [3]bool{true, true, true}},
		{"only some of it", "add chain=input limit=10,5 action=drop", [3]bool{true, true, true}},
		{"jump", "add chain=input action=jump jump-target=x\nadd chain=x protocol=tcp action=drop", [3]bool{true, false, false}},
		{"back from a jump", "add chain=input action=jump jump-target=x\nadd chain=input action=drop\nadd chain=x action=return", [3]bool{false, false, false}},
		{"list of addresses", "add chain=input src-address-list=!friends action=drop\n/ip firewall address-list\nadd list=friends address=192.0.2.2", [3]bool{true, true, true}},
		{"list of interfaces", "add chain=input in-interface-list=WAN action=drop\n/interface list member\nadd list=WAN interface=ether1", [3]bool{false, false, false}},
		{"raw comes first", "/ip firewall raw\nadd chain=prerouting protocol=ospf action=drop", [3]bool{false, true, true}},
	} {
		store := config.New(known)
		require.Empty(t, store.Load(rsc.Parse("/ip firewall filter\n"+tc.rules, nil)))
		r := Read("R", store, func(string) bool { return true })
		got := [3]bool{r.helloPasses(own, far), r.tcpPasses(peer, us, "ether1", true), r.tcpPasses(peer, us, "ether1", false)}
		require.Equal(t, tc.want, got, tc.name)
	}
}
