package fingerprint

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func builtinAllowlist(t testing.TB) *Allowlist {
	t.Helper()
	a, err := Builtin()
	require.NoError(t, err)
	return a
}

func TestBuiltinIsValid(t *testing.T) {
	t.Parallel()
	a := builtinAllowlist(t)
	require.Positive(t, a.Version)
	require.Len(t, a.Categories, 12)
}
