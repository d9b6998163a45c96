package device

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/collector"
)

func TestActorIsNamedWhereItIsClear(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	by := func(user string, second int, action string) collector.HistoryEntry {
		return collector.HistoryEntry{By: user, Action: action, At: noon.Add(time.Duration(second) * time.Second)}
	}
	const rule, queue, what = "filter rule changed", "simple queue changed", "---"
	for name, c := range map[string]struct {
		entries []collector.HistoryEntry
		user    string
		second  int
	}{
		"nothing told":        {},
		"too early, too late": {[]collector.HistoryEntry{by("ann", -3, rule), by("bob", 63, rule)}, "", 0},
		"one user, the last of whose entries counts": {
			[]collector.HistoryEntry{by("bob", -90, rule), by("ann", 20, rule), by("ann", 30, queue), by("bob", 90, rule)}, "ann", 30,
		},
		"two users on the same":                                  {[]collector.HistoryEntry{by("ann", 20, rule), by("bob", 21, rule)}, "", 0},
		"two users, one on something else":                       {[]collector.HistoryEntry{by("ann", 20, rule), by("bob", 21, queue)}, "ann", 20},
		"two users, one on nobody knows what":                    {[]collector.HistoryEntry{by("ann", 20, rule), by("bob", 21, what)}, "", 0},
		"two users, neither on this":                             {[]collector.HistoryEntry{by("ann", 20, queue), by("bob", 21, queue)}, "", 0},
		"one user, on something else: the words are no contract": {[]collector.HistoryEntry{by("ann", 20, queue)}, "ann", 20},
		"nobody":                        {[]collector.HistoryEntry{by("", 20, rule)}, "", 0},
		"within the clocks' resolution": {[]collector.HistoryEntry{by("ann", -2, rule)}, "ann", -2},
	} {
		look := collector.History{Uncertainty: time.Second}
		user, at := actorOf(madeBetween(c.entries, look, noon, noon.Add(time.Minute)), "firewall")
		require.Equal(t, c.user, user, name)
		if user != "" {
			require.Equal(t, noon.Add(time.Duration(c.second)*time.Second), at, name)
		}
	}
}

func TestWhenceIsToldWhereItIsClear(t *testing.T) {
	t.Parallel()
	ssh := collector.UserSession{User: "ann", Address: "192.0.2.7", Via: "ssh"}
	winbox := collector.UserSession{User: "ann", Address: "192.0.2.8", Via: "winbox"}
	bob := collector.UserSession{User: "bob", Address: "192.0.2.1", Via: "api"}
	for name, c := range map[string]struct {
		sessions     []collector.UserSession
		address, via string
	}{
		"one":                                  {[]collector.UserSession{bob, ssh}, "192.0.2.7", "ssh"},
		"logged out since":                     {[]collector.UserSession{bob}, "", ""},
		"two windows at one place":             {[]collector.UserSession{ssh, ssh}, "192.0.2.7", "ssh"},
		"at two places at once":                {[]collector.UserSession{ssh, winbox}, "", ""},
		"at two places, and one of them twice": {[]collector.UserSession{ssh, winbox, ssh}, "", ""},
	} {
		address, via := whenceOf(c.sessions, "ann")
		require.Equal(t, []string{c.address, c.via}, []string{address, via}, name)
	}
}

// gather collects what a device passes on.
func gather(keep ...string) (func(*Options), *[]Sighting) {
	var got []Sighting
	return func(o *Options) {
		o.Keep = keep
		o.Observe = func(s Sighting) { got = append(got, s) }
	}, &got
}

func of(sightings []Sighting, category string) []Sighting {
	var out []Sighting
	for _, s := range sightings {
		if s.Category == category {
			out = append(out, s)
		}
	}
	return out
}

func TestSightingsArePassedOn(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	r := small()
	// The router's clock is two hours and a minute ahead, one hour of it by its zone.
	r.Set("/system/clock", []string{"date=2026-11-24", "time=14:02:00", "gmt-offset=+01:00"})
	options, got := gather("firewall")
	d := newDevice(t, r, func(o *Options) { options(o); o.Now = func() time.Time { return now } })
	d.readConfiguration()
	require.Len(t, *got, 12)
	first := of(*got, "firewall")[0]
	require.Equal(t, "R", first.Device)
	require.Equal(t, now, first.ObservedAt)
	require.JSONEq(t, `{"/ip/firewall/filter":[{"chain":"input","action":"drop"}]}`, string(first.Sections))
	require.Nil(t, of(*got, "addressing")[0].Sections, "level 1")

	now = now.Add(time.Minute)
	r.Set("/ip/firewall/filter", []string{"chain=input", "action=accept"})
	r.Set("/system/clock", []string{"date=2026-11-24", "time=14:03:00", "gmt-offset=+01:00"})
	r.Set("/system/history", []string{"by=ann", "time=2026-11-24 14:02:40", "redo=/ip firewall filter set numbers=0 action=accept"},
		[]string{"by=bob", "time=2026-11-24 13:55:00"})
	r.Set("/user/active", []string{"name=ann", "address=192.0.2.7", "via=winbox"})
	*got = nil
	d.readConfiguration()
	changed := of(*got, "firewall")[0]
	require.NotEqual(t, first.Fingerprint, changed.Fingerprint)
	require.JSONEq(t, `{"/ip/firewall/filter":[{"chain":"input","action":"accept"}]}`, string(changed.Sections))
	require.Equal(t, &Actor{User: "ann", Address: "192.0.2.7", Via: "winbox", At: now.Add(-20 * time.Second)}, changed.Actor)
	require.Nil(t, of(*got, "addressing")[0].Actor)

	// A repeat carries neither; what cannot be read says why.
	r.Refuse("/ip/firewall/nat", "not enough permissions (9)")
	*got = nil
	d.readConfiguration()
	require.Contains(t, of(*got, "firewall")[0].Failure, "trap: ")
	require.Zero(t, of(*got, "firewall")[0].Fingerprint)
	require.Nil(t, of(*got, "firewall")[0].Sections)
	r.Refuse("/ip/firewall/nat", "")

	// Where history may not be seen, the change is passed on all the same.
	r.Refuse("/system/history", "not enough permissions (9)")
	r.Set("/ip/firewall/filter", []string{"chain=input", "action=reject"})
	*got = nil
	d.readConfiguration()
	require.Nil(t, of(*got, "firewall")[0].Actor)
	require.Empty(t, of(*got, "firewall")[0].Failure)
	require.Contains(t, string(of(*got, "firewall")[0].Sections), "reject")
}

func TestUnreachableRouterIsAFailureOfEachCategory(t *testing.T) {
	t.Parallel()
	r := small()
	options, got := gather()
	d := newDevice(t, r, func(o *Options) { options(o); o.Address = "127.0.0.1:1" })
	d.readConfiguration()
	require.Len(t, *got, 12)
	require.Contains(t, (*got)[0].Failure, "dial: ")
	require.Zero(t, (*got)[0].Fingerprint)
}
