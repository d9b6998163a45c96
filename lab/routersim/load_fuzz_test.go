package routersim

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/schema"
)

// FuzzLoad: whatever a file says, every version loads it and shows what it
// has. It asks without a connection, whose timing would look to the fuzzer
// like news in every input; since the order of maps does so as well, run it
// with -fuzzminimizetime=1x.
func FuzzLoad(f *testing.F) {
	for _, name := range []string{"edge1.rsc", "access1.rsc", "oddities.rsc"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(f, err)
		f.Add(string(text))
	}
	f.Add("# jan/02/1970 00:00:00 by RouterOS 5.26\n/ip address\nadd address=10.0.0.1/8 interface=ether1\n")
	f.Add("/interface bridge add name=a\nadd name=b\nport add bridge=a interface=b\nport add bridge=b interface=a\n")
	f.Add("/interface vlan add name=v interface=v vlan-id=1\n/ip address add address=::/0 interface=v\n/interface vlan set v name=\"\"")
	f.Add("/routing bgp template add name=t cluster-id=1.1.1.1\n/routing bgp connection add name=c templates=t,t,x instance=x\nadd name=c\n")
	f.Add("/ip pool add name=p ranges=10.0.0.9-10.0.0.1,::1,10.0.0.0/0\n/ppp profile add name=d remote-address=p\n" +
		"/interface pppoe-server server add default-profile=d interface=ether1 disabled=no\n/ip dhcp-server add address-pool=p interface=ether1\n")
	everything := &identity{policies: map[string]bool{"read": true}}
	schemas := map[string]*schema.Schema{} // made once: that takes longer than all the rest
	f.Fuzz(func(t *testing.T, text string) {
		for _, version := range []string{"", "6.49.10", "7.15", "7.22"} {
			n := NewNetwork(NetworkOptions{})
			n.schemas = schemas
			r, err := n.Add(Options{Name: "R", Version: version, Subscribers: 2, Leases: 2})
			require.NoError(t, err)
			_, err = r.Load(strings.NewReader(text))
			require.NoError(t, err)
			for path := range r.net.views {
				if r.checkMenu(path) != nil {
					continue // of the other version
				}
				count := 0
				require.NoError(t, r.each(parseCommand([]string{path + "/print"}), everything, func(*record) bool {
					count++
					return true
				}))
				counted, err := r.count(t.Context(), parseCommand([]string{path + "/print"}), everything)
				require.NoError(t, err)
				require.Equal(t, count, counted, path)
			}
		}
	})
}
