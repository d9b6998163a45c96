package routersim_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/go-routeros/routeros/v3"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

// BenchmarkBigTables measures what a large edge router is asked: its rules
// printed and its routes counted.
func BenchmarkBigTables(b *testing.B) {
	var text strings.Builder
	text.WriteString("/ip address add address=192.0.2.1/24 interface=ether1\n")
	text.WriteString("/routing bgp connection add name=up as=64500 remote.address=192.0.2.2 .as=64510 local.role=ebgp\n/ip firewall address-list\n")
	for i := range 100_000 {
		fmt.Fprintf(&text, "add address=10.%d.%d.%d list=big\n", i>>16, i>>8&255, i&255)
	}
	r, err := routersim.New(routersim.Options{})
	require.NoError(b, err)
	defer r.Close()
	started := time.Now()
	_, err = r.Load(strings.NewReader(text.String()))
	require.NoError(b, err)
	b.ReportMetric(time.Since(started).Seconds(), "load-s")
	r.SetUpstream(netip.MustParseAddr("192.0.2.2"), 1_000_000, false)
	addr, err := r.Listen(context.Background(), "127.0.0.1:0")
	require.NoError(b, err)
	c, err := routeros.Dial(addr.String(), "admin", "")
	require.NoError(b, err)
	defer c.Close() //nolint:errcheck // the benchmark is over
	b.Run("count 1,000,000 routes", func(b *testing.B) {
		for b.Loop() {
			reply, err := c.Run("/routing/route/print", "=count-only=", "?bgp=true")
			require.NoError(b, err)
			require.Equal(b, "1000000", reply.Done.Map["ret"])
		}
	})
	b.Run("count 100,000 entries", func(b *testing.B) {
		for b.Loop() {
			reply, err := c.Run("/ip/firewall/address-list/print", "=count-only=", "?list=big")
			require.NoError(b, err)
			require.Equal(b, "100000", reply.Done.Map["ret"])
		}
	})
}
