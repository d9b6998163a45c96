package collector

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros/routerostest"
)

// What announces itself is in others' hands: the series are bounded.
func TestSeriesAreBounded(t *testing.T) {
	t.Parallel()
	var rows [][]string
	for i := range maxNeighbors + 1 {
		rows = append(rows, []string{"interface=ether1", fmt.Sprintf("identity=N%d", i)})
	}
	r := &routerostest.Router{Menus: map[string][][]string{"/ip/neighbor": rows}}
	got, err := collect(t, "neighbor", 7, r)
	require.NoError(t, err)
	require.Len(t, got, maxNeighbors+1)
	require.Contains(t, got, `routeros_collector_truncated{collector="neighbor"} 1`)

	r.Set("/ip/neighbor", rows[:maxNeighbors]...)
	got, err = collect(t, "neighbor", 7, r)
	require.NoError(t, err)
	require.Len(t, got, maxNeighbors, "all of them, and none left out")
}

// A part of the rows would be a wrong count, or a peer that is up shown as
// down: where every row is needed there is an error instead.
func TestCountsAndJoinsAreWholeOrFail(t *testing.T) {
	t.Parallel()
	conn := connect(t, &routerostest.Router{Menus: map[string][][]string{"/ip/neighbor": {{"identity=a"}, {"identity=b"}, {"identity=c"}}}})
	cmd := routeros.Print("/ip/neighbor", []string{"identity"})
	rows := 0
	each := func(routeros.Row) error { rows++; return nil }

	require.NoError(t, (&gauged{Router: conn, rows: 3}).Run(t.Context(), cmd, each))
	require.EqualError(t, (&gauged{Router: conn, rows: 2}).Run(t.Context(), cmd, each),
		"/ip/neighbor/print: more than 2 rows, which are too many to read: leave the collector out of the module")
	require.Equal(t, 5, rows)
	for _, c := range All() {
		_, partial := c.(bounded).rowLimit()
		whole := []string{"system", "poe", "lte", "health", "ntp", "conntrack", "bridge", "bgp", "ospf", "route", "ppp", "pppoe", "dhcp", "pool", "wireless", "firewall"}
		require.Equal(t, partial, !slices.Contains(whole, c.Name()), c.Name())
	}
}
