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
	by := func(user string, second int) collector.JournalEntry {
		return collector.JournalEntry{By: user, At: noon.Add(time.Duration(second) * time.Second)}
	}
	ssh := collector.UserSession{User: "ann", Address: "192.0.2.7", Via: "ssh"}
	winbox := collector.UserSession{User: "ann", Address: "192.0.2.8", Via: "winbox"}
	for name, c := range map[string]struct {
		journal collector.Journal
		want    *Actor
	}{
		"nothing told": {},
		"too early, too late": {
			collector.Journal{Entries: []collector.JournalEntry{by("ann", -3), by("bob", 63)}}, nil,
		},
		"one user, the last of whose entries counts": {
			collector.Journal{Entries: []collector.JournalEntry{by("bob", 90), by("ann", 20), by("ann", 30), by("bob", -90)}, Sessions: []collector.UserSession{ssh}},
			&Actor{User: "ann", Address: "192.0.2.7", Via: "ssh", At: noon.Add(30 * time.Second)},
		},
		"logged out since": {
			collector.Journal{Entries: []collector.JournalEntry{by("ann", 20)}, Sessions: []collector.UserSession{{User: "bob", Address: "192.0.2.1", Via: "api"}}},
			&Actor{User: "ann", At: noon.Add(20 * time.Second)},
		},
		"two windows at one place are one place": {
			collector.Journal{Entries: []collector.JournalEntry{by("ann", 20)}, Sessions: []collector.UserSession{ssh, ssh}},
			&Actor{User: "ann", Address: "192.0.2.7", Via: "ssh", At: noon.Add(20 * time.Second)},
		},
		"at two places at once": {
			collector.Journal{Entries: []collector.JournalEntry{by("ann", 20)}, Sessions: []collector.UserSession{ssh, winbox}},
			&Actor{User: "ann", At: noon.Add(20 * time.Second)},
		},
		"two users": {
			collector.Journal{Entries: []collector.JournalEntry{by("ann", 20), by("bob", 21)}, Sessions: []collector.UserSession{ssh}}, nil,
		},
		"within the second before": {
			collector.Journal{Entries: []collector.JournalEntry{by("ann", -1)}}, &Actor{User: "ann", At: noon},
		},
	} {
		require.Equal(t, c.want, actorOf(c.journal, noon, noon.Add(time.Minute)), name)
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
