package device

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFleetApply(t *testing.T) {
	t.Parallel()
	address := small().Start(t)
	spec := func(name, revision string) Spec {
		o, _ := options(t, address)
		o.Name = name
		return Spec{Options: o, Revision: revision}
	}
	f := NewFleet()
	t.Cleanup(f.Close)
	require.NoError(t, f.Apply([]Spec{spec("A", "1"), spec("B", "1")}))
	a, _ := f.Get("A")
	b, _ := f.Get("B")

	require.NoError(t, f.Apply([]Spec{spec("A", "1"), spec("B", "2"), spec("C", "1")}))
	same, _ := f.Get("A")
	require.Same(t, a, same)
	other, _ := f.Get("B")
	require.NotSame(t, b, other)
	require.ErrorContains(t, b.life.Err(), "canceled", "the former one is closed")
	_, ok := f.Get("C")
	require.True(t, ok)

	broken := spec("D", "1")
	broken.Address = ""
	require.EqualError(t, f.Apply([]Spec{broken}), "device D: device: Name, Address, Allowlist and Logger are required")
	same, _ = f.Get("A")
	require.Same(t, a, same, "nothing is changed by what cannot be applied")

	f.Close()
	_, ok = f.Get("A")
	require.False(t, ok)
	require.Error(t, a.life.Err())
}
