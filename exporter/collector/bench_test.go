package collector

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros/routerostest"
)

// played is a router that answers at once what another answered before, so
// that nothing but the collectors' own work is measured.
type played struct{ rows map[string][]routeros.Row }

// Run implements Router.
func (p *played) Run(_ context.Context, cmd routeros.Command, each func(routeros.Row) error) error {
	for _, row := range p.rows[cmd[0]] {
		if err := each(row); err != nil {
			return err
		}
	}
	return nil
}

// Count implements Router.
func (p *played) Count(context.Context, string, ...string) (int, error) { return 0, nil }

// play records the rows of a menu as a connection brings them.
func play(b *testing.B, menus map[string][][]string) *played {
	b.Helper()
	conn, err := routeros.Dial(b.Context(), routeros.Options{
		Address: (&routerostest.Router{Menus: menus}).Start(b), Username: "u", Password: func() (string, error) { return "p", nil },
	})
	require.NoError(b, err)
	defer conn.Close()
	p := &played{rows: map[string][]routeros.Row{}}
	for menu, rows := range menus {
		properties := map[string]bool{}
		for _, row := range rows {
			for _, attribute := range row {
				name, _, _ := strings.Cut(attribute, "=")
				properties[name] = true
			}
		}
		var names []string
		for name := range properties {
			names = append(names, name)
		}
		cmd := routeros.Print(menu, names)
		require.NoError(b, conn.Run(b.Context(), cmd, func(row routeros.Row) error {
			p.rows[cmd[0]] = append(p.rows[cmd[0]], row.Clone())
			return nil
		}))
	}
	return p
}

// BenchmarkInterfaces makes series of a switch of 100 ports: the work of the
// collector, and that of writing them for Prometheus.
func BenchmarkInterfaces(b *testing.B) {
	const ports = 100
	var rows [][]string
	for i := range ports {
		rows = append(rows, []string{
			fmt.Sprintf("name=ether%d", i), "type=ether", "disabled=false", "running=true", "mtu=1500", "actual-mtu=1500", "mac-address=00:00:5E:00:53:01",
			"comment=customer", "last-link-up-time=2026-11-24 11:00:00", "rx-byte=118714000000", "tx-byte=6297649000000", "rx-packet=1769000", "tx-packet=22960000",
			"rx-error=0", "tx-error=0", "rx-drop=0", "tx-drop=7", "link-downs=3",
		})
	}
	r := play(b, map[string][][]string{"/interface": rows, "/system/clock": {{"gmt-offset=+01:00"}}})
	c, in := newInterface(), Input{Major: 7, Now: time.Now}

	b.Run("collect", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var out Samples
			require.NoError(b, c.Collect(b.Context(), r, in, &out))
			require.Len(b, out.Metrics(), ports*14)
		}
	})
	b.Run("expose", func(b *testing.B) {
		b.ReportAllocs()
		var out Samples
		require.NoError(b, c.Collect(b.Context(), r, in, &out))
		for b.Loop() {
			registry := prometheus.NewRegistry()
			registry.MustRegister(metrics(out.Metrics()))
			require.NotEmpty(b, expose(b, registry))
		}
	})
}
