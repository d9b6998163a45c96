package device

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestShelf(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	s := newShelf()
	require.False(t, s.claim("health", now), "what was never read is read by the scrape")

	s.put(result{name: "health", read: now}, 5*time.Minute)
	require.False(t, s.claim("health", now.Add(5*time.Minute-1)))
	require.True(t, s.claim("health", now.Add(5*time.Minute)))
	require.False(t, s.claim("health", now.Add(5*time.Minute)), "somebody reads it already")
	kept, ok := s.get("health")
	require.True(t, ok)
	require.Equal(t, now, kept.read, "the old result stands meanwhile")

	s.put(result{name: "health", read: now, err: errors.New("slow")}, time.Hour)
	require.True(t, s.claim("health", now.Add(retry)), "a failure is tried again soon")
}
