package scenario_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/fault"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/fleet"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/scenario"
)

func inventory(t require.TestingT) topology.Inventory {
	own, err := fleet.Own()
	require.NoError(t, err)
	return *own.Inventory
}

// everything offers each kind on each end of each link, and on the ports to the upstreams.
func everything(inventory topology.Inventory) (faults []fault.Fault) {
	ends := []topology.End{{Device: "EDGE1", Interface: "ether1"}, {Device: "EDGE2", Interface: "ether1"}, {Device: "ACC2", Interface: "ether5"}}
	for _, link := range inventory.Links {
		ends = append(ends, link.A, link.B)
	}
	for _, end := range ends {
		for _, kind := range fault.Kinds {
			faults = append(faults, fault.Fault{Kind: kind, Device: end.Device, Subject: end.Interface})
		}
	}
	return faults
}

func TestUnrelated(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		involved []string
		want     []string
	}{
		{[]string{"EDGE1"}, []string{"ACC1", "ACC2", "AGG1", "AGG2", "BNG1"}},
		{[]string{"CORE1"}, []string{"ACC1", "ACC2", "BNG1"}},
		{[]string{"AGG1"}, []string{"ACC2", "AGG2"}},
		{[]string{"AGG1", "ACC1"}, []string{"ACC2", "AGG2"}},
		{[]string{"ACC2"}, []string{"ACC1", "AGG1", "BNG1"}},
		{[]string{"BNG1"}, []string{"ACC1", "ACC2", "AGG2"}},
	} {
		require.Equal(t, test.want, scenario.Unrelated(inventory(t), test.involved...), test.involved)
	}
}

func TestDraw(t *testing.T) {
	t.Parallel()
	inv := inventory(t)
	faults := everything(inv)
	kinds := map[fault.Kind]bool{}
	works := map[string]bool{}
	rapid.Check(t, func(r *rapid.T) {
		seed := rapid.Uint64().Draw(r, "seed")
		s, err := scenario.Draw(seed, faults, inv)
		require.NoError(r, err)
		again, err := scenario.Draw(seed, faults, inv)
		require.NoError(r, err)
		require.Equal(r, s, again, "the seed is all that matters")

		require.Nil(r, s.Cut)
		require.Contains(r, scenario.Unrelated(inv, s.Fault.Device), s.Planned.Device)
		require.NotEmpty(r, s.Planned.Command)
		require.GreaterOrEqual(r, s.After, time.Duration(0))
		if s.Fault.Kind == fault.InterfaceDisabled {
			require.NotEqual(r, [2]string{"ACC2", "ether5"}, [2]string{s.Fault.Device, s.Fault.Subject}, "a customer's port is no uplink")
			require.NotEqual(r, [2]string{"CORE1", "ether4"}, [2]string{s.Fault.Device, s.Fault.Subject}, "nor is one downwards")
		}
		kinds[s.Fault.Kind] = true
		works[s.Planned.Category] = true
	})
	require.Len(t, kinds, len(fault.Kinds), "every kind is drawn now and then")
	require.Len(t, works, 3)
}

func TestControl(t *testing.T) {
	t.Parallel()
	inv := inventory(t)
	rapid.Check(t, func(r *rapid.T) {
		s, err := scenario.Control(rapid.Uint64().Draw(r, "seed"), inv)
		require.NoError(r, err)
		require.Nil(r, s.Fault)
		require.Contains(r, inv.Links, *s.Cut)
		require.NotContains(r, []string{s.Cut.A.Device, s.Cut.B.Device}, s.Planned.Device)
	})
}

func TestDrawWithNothingToBreak(t *testing.T) {
	t.Parallel()
	_, err := scenario.Draw(1, nil, inventory(t))
	require.ErrorContains(t, err, "nothing to break")
	_, err = scenario.Control(1, topology.Inventory{})
	require.ErrorContains(t, err, "no cable")
	two := topology.Inventory{
		Devices: []topology.Device{{Name: "A"}, {Name: "B"}},
		Links:   []topology.Link{{A: topology.End{Device: "A", Interface: "1"}, B: topology.End{Device: "B", Interface: "1"}}},
	}
	_, err = scenario.Control(1, two)
	require.ErrorContains(t, err, "every router has something to do with [A B]")
}
