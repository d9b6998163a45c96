package routersim_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/go-routeros/routeros/v3"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/wire"
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
	text.WriteString("/ip firewall filter\n")
	for i := range 100_000 {
		fmt.Fprintf(&text, "add action=accept chain=c%d dst-address=10.%d.%d.0/24 protocol=tcp dst-port=%d\n", i%50, i>>8&255, i&255, i%65536)
	}
	text.WriteString("/interface pppoe-server server add service-name=pppoe interface=ether1 disabled=no\n")
	load := func() *routersim.Router {
		r, err := routersim.New(routersim.Options{Subscribers: 5000, Users: []routersim.User{{Name: "look", Password: "x", Policies: []string{"read", "api"}}}})
		require.NoError(b, err)
		_, err = r.Load(strings.NewReader(text.String()))
		require.NoError(b, err)
		return r
	}
	b.Run("load 200,000 rows", func(b *testing.B) {
		for b.Loop() {
			load().Close()
		}
	})
	r := load()
	defer r.Close()
	r.SetUpstream(netip.MustParseAddr("192.0.2.2"), 1_000_000, false)
	addr, err := r.Listen(context.Background(), "127.0.0.1:0")
	require.NoError(b, err)
	c, err := routeros.Dial(addr.String(), "look", "x")
	require.NoError(b, err)
	defer c.Close() //nolint:errcheck // the benchmark is over
	b.Run("count 1,000,000 routes", func(b *testing.B) {
		for b.Loop() {
			reply, err := c.Run("/routing/route/print", "=count-only=", "?bgp=true")
			require.NoError(b, err)
			require.Equal(b, "1000000", reply.Done.Map["ret"])
		}
	})
	for name, sentence := range map[string][]string{
		"count 100,000 entries":      {"/ip/firewall/address-list/print", "=count-only=", "?list=big"},
		"print 100,000 entries":      {"/ip/firewall/address-list/print", "=.proplist=list,address,disabled", "?dynamic=false"},
		"print 100,000 rules":        {"/ip/firewall/filter/print", "=.proplist=" + ruleProperties, "?dynamic=false"},
		"print 100,000 rules in all": {"/ip/firewall/filter/print"},
		"count 5,000 subscribers":    {"/ppp/active/print", "=count-only=", "?service=pppoe"},
		"print static interfaces":    {"/interface/print", "=.proplist=name,rx-byte,tx-byte,running", "?dynamic=false"},
		"print 5,000 interfaces":     {"/interface/print", "=.proplist=name,rx-byte,tx-byte,running"},
	} {
		b.Run(name, func(b *testing.B) { ask(b, addr.String(), sentence) })
	}
}

// ruleProperties are about as many as a reader of configuration asks for.
const ruleProperties = "action,address-list,chain,comment,connection-state,disabled,dst-address,dst-address-list,dst-port,in-interface," +
	"in-interface-list,jump-target,log,log-prefix,out-interface,out-interface-list,protocol,reject-with,src-address,src-address-list,src-port"

// ask sends a sentence and takes the bytes of the answer without looking at
// them, so that what is measured is the router alone.
func ask(b *testing.B, addr string, sentence []string) {
	conn, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", addr)
	require.NoError(b, err)
	defer conn.Close() //nolint:errcheck // the benchmark is over
	send := func(words []string, end string) int {
		_, err := conn.Write(wire.AppendSentence(nil, words...))
		require.NoError(b, err)
		in, total, tail := make([]byte, 256<<10), 0, []byte{}
		for !strings.Contains(string(tail), end) {
			n, err := conn.Read(in)
			require.NoError(b, err)
			total += n
			tail = append(tail[:0], in[max(0, n-64):n]...)
		}
		return total
	}
	send([]string{"/login", "=name=look", "=password=x"}, "!done")
	var total int
	for b.Loop() {
		total = send(append(sentence, ".tag=last"), "!done")
	}
	b.ReportMetric(float64(total), "bytes")
}
