package routersim_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

func TestInferLinks(t *testing.T) {
	t.Parallel()
	address := func(pairs ...string) string {
		var b strings.Builder
		for i := 0; i < len(pairs); i += 2 {
			fmt.Fprintf(&b, "/ip address add interface=%s address=%s\n", pairs[i], pairs[i+1])
		}
		return b.String()
	}
	for _, tc := range []struct {
		name    string
		routers []string // A, B, C …
		cables  []string // run before
		want    []string
	}{
		{"a transfer network", []string{address("ether1", "10.0.0.1/30"), address("ether2", "10.0.0.2/30")}, nil, []string{"A ether1 - B ether2"}},
		{"a subnet of more than 256 addresses says nothing", []string{address("ether1", "10.0.0.1/16"), address("ether1", "10.0.0.2/16")}, nil, nil},
		{"the same address twice is no network", []string{address("ether1", "192.168.88.1/24"), address("ether1", "192.168.88.1/24")}, nil, nil},
		{"disabled", []string{address("ether1", "10.0.0.1/30 disabled=yes"), address("ether1", "10.0.0.2/30")}, nil, nil},
		{"loopbacks", []string{address("ether1", "10.0.0.1/32"), address("ether1", "10.0.0.1/32")}, nil, nil},
		{"three on a switch", []string{address("ether1", "10.0.0.1/24"), address("ether2", "10.0.0.2/24"), address("ether3", "10.0.0.3/24")}, nil, []string{"A ether1 - B ether2 - C ether3"}},
		{
			"a trunk to two routers",
			[]string{
				"/interface vlan\nadd name=v1 interface=ether1 vlan-id=1\nadd name=v2 interface=ether1 vlan-id=2\n" +
					address("v1", "10.0.1.1/30", "v2", "10.0.2.1/30"),
				"/interface vlan add name=v1 interface=ether1 vlan-id=1\n/ip address add interface=v1 address=10.0.1.2/30\n",
				"/interface vlan add name=v2 interface=ether1 vlan-id=2\n/ip address add interface=v2 address=10.0.2.2/30\n",
			},
			nil,
			[]string{"A ether1 - B ether1 - C ether1"},
		},
		{
			"a bond at each end",
			[]string{
				"/interface bonding add name=b slaves=ether1,ether2\n" + address("b", "10.0.0.1/30"),
				"/interface bonding add name=b slaves=ether3,ether4\n" + address("b", "10.0.0.2/30"),
			},
			nil,
			[]string{"A ether1 - B ether3", "A ether2 - B ether4"},
		},
		{
			"behind a bridge",
			[]string{"/interface bridge add name=br\n/interface bridge port add bridge=br interface=ether3\n" + address("br", "10.0.0.1/30"), address("ether1", "10.0.0.2/30")},
			nil,
			[]string{"A ether3 - B ether1"},
		},
		{"a port with a cable keeps it", []string{address("ether1", "10.0.0.1/30"), address("ether1", "10.0.0.2/30"), ""}, []string{"A ether1", "C ether1"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			n := routersim.NewNetwork(routersim.NetworkOptions{})
			t.Cleanup(n.Close)
			for i, text := range tc.routers {
				r, err := n.Add(routersim.Options{Name: string(rune('A' + i))})
				require.NoError(t, err)
				_, err = r.Load(strings.NewReader(text))
				require.NoError(t, err)
			}
			if len(tc.cables) == 2 {
				require.NoError(t, n.Link(port(tc.cables[0]), port(tc.cables[1])))
			}
			require.Equal(t, tc.want, cablesOf(n))
		})
	}
}

func port(text string) routersim.Port {
	router, iface, _ := strings.Cut(text, " ")
	return routersim.Port{Router: router, Interface: iface}
}

func cablesOf(n *routersim.Network) []string {
	var out []string
	for _, ends := range n.InferLinks() {
		var names []string
		for _, end := range ends {
			names = append(names, end.String())
		}
		out = append(out, strings.Join(names, " - "))
	}
	return out
}

func TestLinkMistakes(t *testing.T) {
	t.Parallel()
	n := routersim.NewNetwork(routersim.NetworkOptions{})
	t.Cleanup(n.Close)
	for _, name := range []string{"A", "B"} {
		_, err := n.Add(routersim.Options{Name: name})
		require.NoError(t, err)
	}
	_, err := n.Add(routersim.Options{Name: "A"})
	require.EqualError(t, err, "the network already has a router A")
	require.NoError(t, n.Link(port("A ether1"), port("B ether1")))
	for want, do := range map[string]func() error{
		"link: no router Z":                                 func() error { return n.Link(port("A ether2"), port("Z ether1")) },
		"link: A ether1 has a cable already":                func() error { return n.Link(port("A ether1"), port("B ether2")) },
		"link: A bridge1 is no port that a cable goes into": func() error { return n.Link(port("A bridge1"), port("B ether2")) },
		"link: A ether2 is named twice":                     func() error { return n.Link(port("A ether2"), port("A ether2")) },
		"link: it takes two ports":                          func() error { return n.Segment(port("A ether2")) },
		"cable at A nothing: no such port":                  func() error { return n.Cut(port("A nothing")) },
		"cable at Z ether1: no such router":                 func() error { return n.Restore(port("Z ether1")) },
	} {
		require.EqualError(t, do(), want)
	}
}

// TestSmallISPOfOthers: the configurations of a small ISP's lab find each
// other.
func TestSmallISPOfOthers(t *testing.T) {
	t.Parallel()
	dir := sharedData(t)
	if dir == "" {
		return
	}
	files, err := filepath.Glob(filepath.Join(dir, "routeros", "*.rsc"))
	require.NoError(t, err)
	require.Len(t, files, 8)
	n := routersim.NewNetwork(routersim.NetworkOptions{})
	t.Cleanup(n.Close)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		r, err := n.Add(routersim.Options{Name: strings.TrimSuffix(filepath.Base(file), ".rsc")})
		require.NoError(t, err)
		_, err = r.Load(strings.NewReader(string(text)))
		require.NoError(t, err)
	}
	require.Equal(t, []string{
		"chr-access-01 ether1 - chr-core-01 ether1 - chr-edge-01 ether1",
		"chr-access-01 ether2 - chr-core-01 ether2 - chr-edge-01 ether2 - chr-pppoe-01 ether2",
		"chr-edge-01 ether3 - chr-pppoe-01 ether1",
	}, cablesOf(n))
}
