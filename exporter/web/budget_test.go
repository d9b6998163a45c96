package web

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestBudget(t *testing.T) {
	t.Parallel()
	const offset, limit = 500 * time.Millisecond, 30 * time.Second
	for header, want := range map[string]time.Duration{
		"":     limit,
		"10":   9500 * time.Millisecond,
		"2.5":  2 * time.Second,
		"1":    500 * time.Millisecond,
		"0.2":  100 * time.Millisecond,
		"120":  limit,
		"0":    limit,
		"-1":   limit,
		"soon": limit,
		"NaN":  limit,
		"+Inf": limit,
	} {
		require.Equal(t, want, budget(header, offset, limit), "%q", header)
	}
}
