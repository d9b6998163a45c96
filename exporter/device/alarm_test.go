package device

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAlarmGathersAndPaces(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	a := newAlarm(2)
	_, waiting := a.wait(now)
	require.False(t, waiting)

	ear1, ear2 := &ear{menu: "/a"}, &ear{menu: "/b"}
	a.raise(0, ear1, now)
	a.raise(0, ear2, now.Add(100*time.Millisecond))
	a.raise(0, nil, now.Add(200*time.Millisecond))
	<-a.raised
	wait, waiting := a.wait(now)
	require.True(t, waiting)
	require.Equal(t, settle, wait, "from the first")
	require.Empty(t, a.take(now.Add(settle-together-1)))
	due := a.take(now.Add(settle))
	require.Len(t, due, 1)
	require.ElementsMatch(t, []*ear{ear1, ear2}, due[0])
	require.Empty(t, a.take(now.Add(time.Hour)))

	// Two more at once, then the part has to wait for its turn; others need not.
	for i := range 2 {
		now = now.Add(time.Second)
		a.raise(0, nil, now)
		require.Len(t, a.take(now.Add(settle)), 1, i)
	}
	now = now.Add(time.Second)
	a.raise(0, nil, now)
	wait, _ = a.wait(now)
	require.Greater(t, wait, 25*time.Second)
	a.raise(1, nil, now)
	wait, _ = a.wait(now)
	require.Equal(t, settle, wait)
	require.Len(t, a.take(now.Add(settle)), 1)

	// The poll takes the turn, and gives it back.
	a.calm(0, now.Add(time.Second))
	a.calm(0, now.Add(time.Second))
	_, waiting = a.wait(now)
	require.False(t, waiting)
	now = now.Add(earlyEvery)
	a.raise(0, nil, now)
	wait, _ = a.wait(now)
	require.Equal(t, settle, wait)
}

// However often a part is raised, and whatever the poll does meanwhile, it is
// read no more often than the bucket allows; and what was raised is read in
// the end.
func TestAlarmIsBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
		a, now, reads, raised := newAlarm(1), start, 0, false
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "ms")) * time.Millisecond)
			switch rapid.SampledFrom([]string{"raise", "raise", "raise", "take", "poll"}).Draw(t, "step") {
			case "raise":
				a.raise(0, nil, now)
				raised = true
			case "take":
				if n := len(a.take(now)); n > 0 {
					reads += n
					raised = false
				}
			case "poll":
				a.calm(0, now)
				raised = false
			}
			wait, waiting := a.wait(now)
			require.Equal(t, raised, waiting)
			require.LessOrEqual(t, wait, settle+earlyEvery)
		}
		allowed := earlyBurst + int((now.Sub(start)+settle+together)/earlyEvery) + 1
		require.LessOrEqual(t, reads, allowed)
	})
}

func TestTopics(t *testing.T) {
	t.Parallel()
	for action, want := range map[string]string{
		"filter rule changed":               "firewall",
		"raw rule added":                    "firewall",
		"route filter rule changed":         "routing",
		"route 0.0.0.0/0 added":             "routing",
		"bgp connection changed":            "bgp",
		"ospf interface template added":     "ospf",
		"address list entry added":          "address_lists",
		"address added":                     "addressing",
		"dhcp client changed":               "addressing",
		"dhcp server network changed":       "access",
		"device changed":                    "interfaces",
		"changed scheduled script settings": "",
		"ppp secret changed":                "",
		"ip service changed":                "services",
		"system identity changed":           "system",
	} {
		got, known := topicOf(action)
		require.True(t, known, action)
		require.Equal(t, want, got, action)
		require.False(t, mayConcern(action, "no such category"))
	}
	_, known := topicOf("---")
	require.False(t, known)
	require.True(t, mayConcern("---", "firewall"), "what is not known may be about anything")
}
