package topology_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

func TestSubscribers(t *testing.T) {
	t.Parallel()
	inv := topology.Inventory{Devices: []topology.Device{{Name: "BNG1"}, {Name: "BNG2"}, {Name: "OLT", Subscribers: 300}}}
	stated := topology.NewGraph(inv)
	measured := stated.WithSubscribers(map[string]int{"BNG1": 1200, "OLT": 900, "NEW": 7})

	require.Zero(t, stated.Subscribers(nil))
	require.Equal(t, 300, stated.Subscribers([]string{"BNG1", "BNG2", "OLT"}), "nothing was measured yet")
	require.Equal(t, 1200, measured.Subscribers([]string{"BNG1", "BNG2"}))
	require.Equal(t, 1500, measured.Subscribers([]string{"BNG1", "OLT"}), "what the inventory states stands")
	require.Equal(t, 1200, measured.Subscribers([]string{"BNG1", "BNG1"}), "a device counts once")
	require.Equal(t, 7, measured.Subscribers([]string{"NEW", "nobody"}), "a device need not be in the inventory")
	require.Equal(t, 300, stated.Subscribers([]string{"BNG1", "OLT"}), "the graph that was asked for another is unchanged")

	inv.Devices[0].Subscribers = -1
	require.EqualError(t, inv.Validate(), `device "BNG1": subscribers cannot be fewer than 0, got -1`)
}
