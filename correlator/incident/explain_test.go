package incident_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// at gives an alert another beginning, and an end where to is after from.
func at(spec string, from, to int) incident.Occurrence {
	o := alert(spec)
	o.StartsAt, o.HeardAt = after(from), after(from)
	if to > from {
		end := after(to)
		o.EndsAt = &end
	}
	return o
}

// TestTheSentence has one row for each branch of what on-call is told.
func TestTheSentence(t *testing.T) {
	t.Parallel()
	tree := network("TOP@p0", "A@p1: all TOP", "B@p2: all TOP", "C@p3: all TOP", "D@p4: all TOP", "TOP:e1 - A:e1", "WIDE", "W1: all WIDE", "W2: all WIDE",
		"W3: all WIDE", "W4: all WIDE", "W5: all WIDE", "W6: all WIDE", "W7: all WIDE", "W8: all WIDE", "W9: all WIDE", "V1: all WIDE", "V2: all WIDE")
	known := change("A interfaces", -90, -60)
	known.Actor = &configchange.Actor{User: "ops1", Address: "192.0.2.7", Via: "winbox"}
	known.Summary = []string{`/interface ether1: disabled "no" → "yes"`, "two", "three", "four", "five"}
	back := at("interface_down A e1", 1200, 0)
	for _, c := range []struct {
		name     string
		facts    incident.Facts
		unknowns []string
		want     string
	}{
		{
			"a change that counts, with all that is known of it", facts(alerts("device_unreachable A"), known), nil,
			`device_unreachable on A since 12:00:00; the most likely cause is A, because the interface configuration of A was changed by ops1 from 192.0.2.7 via winbox between 11:58:30 and 11:59:00, at most 1 min 30 s before the first alert: /interface ether1: disabled "no" → "yes"; two; three; and 2 more.`,
		},
		{
			"a change that counts upstream of the cause", facts(alerts("prefixes_lost A", "prefixes_lost B"), change("TOP bgp", -90, -60)), nil,
			"2 devices or sites alert, the first with prefixes_lost on A since 12:00:00; the most likely cause is TOP, because the BGP configuration of TOP was changed between 11:58:30 and 11:59:00, at most 1 min 30 s before the first alert.",
		},
		{
			"upstream of a cause that says that it is down", facts(alerts("device_unreachable W1"), change("WIDE routing", -900, -840)), nil,
			"device_unreachable on W1 since 12:00:00; the most likely cause is W1, because upstream of it the routing configuration of WIDE was changed between 11:45:00 and 11:46:00, at most 15 min before the first alert.",
		},
		{
			"no change at all", facts(alerts("device_unreachable A")), nil,
			"device_unreachable on A since 12:00:00; the most likely cause is A (device_unreachable on A since 12:00:00); no configuration change that was seen before it explains this.",
		},
		{
			"deduced", facts(alerts("device_unreachable A", "device_unreachable B", "device_unreachable C")), nil,
			"3 devices or sites alert, the first with device_unreachable on A since 12:00:00; the most likely cause is TOP (deduced: it says nothing, but A, B, C depend on it and alert); no configuration change that was seen before it explains this.",
		},
		{
			"weak evidence that is worth a word", facts(alerts("device_unreachable A"), change("A interfaces", -180, 3600)), nil,
			"device_unreachable on A since 12:00:00; the most likely cause is A (device_unreachable on A since 12:00:00); weak evidence besides: the interface configuration of A was changed between 11:57:00 and 13:00:00, at most 3 min before the first alert.",
		},
		{
			"evidence too weak for a word is not denied either", facts(alerts("interface_down A e9"), change("A users", -90, -60)), nil,
			"interface_down on A (e9) since 12:00:00; the most likely cause is A (interface_down on A (e9) since 12:00:00); no configuration change that was seen before it explains this well; not known: what is at the other end of A (e9), which may have failed as well.",
		},
		{
			"a contributing cause", facts(alerts("device_unreachable A", "loss B")), nil,
			"2 devices or sites alert, the first with device_unreachable on A since 12:00:00; the most likely cause is A (device_unreachable on A since 12:00:00); no configuration change that was seen before it explains this; 1 more contributing, first B.",
		},
		{
			"contributing causes, one of them by a change: nothing denies it",
			facts(alerts("loss TOP", "device_unreachable A", "device_unreachable B"), change("A interfaces", -90, -60)), nil,
			"3 devices or sites alert, the first with device_unreachable on A since 12:00:00; the most likely cause is TOP (loss on TOP since 12:00:00); contributing: A, because the interface configuration of A was changed between 11:58:30 and 11:59:00, at most 1 min 30 s before the first alert.",
		},
		{
			"a change on one of several that no candidate shows",
			facts(alerts("device_unreachable A", "device_unreachable B", "device_unreachable C"), change("A interfaces", -90, -60)), nil,
			"3 devices or sites alert, the first with device_unreachable on A since 12:00:00; the most likely cause is TOP (deduced: it says nothing, but A, B, C depend on it and alert); no configuration change that was seen before it explains all of this; the interface configuration of A was changed between 11:58:30 and 11:59:00, at most 1 min 30 s before the first alert, which would explain A alone.",
		},
		{
			"a change while it flaps is no evidence, and still told",
			facts([]incident.Occurrence{at("loss A", 0, 300), at("loss A", 1000, 0)}, change("A queues", 400, 460)), nil,
			"loss on A since 12:16:40; the most likely cause is A (loss on A since 12:16:40); no configuration change that was seen before it explains this; the queue configuration of A was changed between 12:06:40 and 12:07:40, after the first alert but before it came back at 12:16:40.",
		},
		{
			"a change before it came back", returned(facts([]incident.Occurrence{at("interface_down A e1", 0, 300), back}, change("A interfaces", 1100, 1160))), nil,
			"interface_down on A (e1) since 12:20:00; the most likely cause is A, because the interface configuration of A was changed between 12:18:20 and 12:19:20, at most 1 min 40 s before it came back at 12:20:00.",
		},
		{
			"probably repaired", facts([]incident.Occurrence{at("loss A", 0, 900)}, change("A queues", 780, 840)), nil,
			"loss on A since 12:00:00; the most likely cause is A (loss on A since 12:00:00); no configuration change that was seen before it explains this; probably repaired when the queue configuration of A was changed between 12:13:00 and 12:14:00, before the recovery at 12:15:00.",
		},
		{
			"repaired above, as far as anyone can tell", facts([]incident.Occurrence{at("loss A", 0, 900)}, change("TOP queues", 780, 840)), nil,
			"loss on A since 12:00:00; the most likely cause is A (loss on A since 12:00:00); no configuration change that was seen before it explains this; probably repaired when the queue configuration of TOP was changed between 12:13:00 and 12:14:00, before the recovery at 12:15:00.",
		},
		{
			"a silent far end", facts(alerts("interface_down TOP e1")),
			[]string{"TOP not observed since 11:20:00"},
			"interface_down on TOP (e1) since 12:00:00; the most likely cause is TOP (interface_down on TOP (e1) since 12:00:00); no configuration change that was seen before it explains this; not known: whether TOP (e1), the link or its other end failed: A says nothing.",
		},
		{
			"what was not known", facts(alerts("device_unreachable A")),
			[]string{"A not observed since 11:20:00", "second"},
			"device_unreachable on A since 12:00:00; the most likely cause is A (device_unreachable on A since 12:00:00); no configuration change that was seen before it explains this; not known: A not observed since 11:20:00.",
		},
		{
			"an alert of nothing in particular", facts([]incident.Occurrence{{ID: "x", Fingerprint: "x", AlertName: "Watchdog", Symptom: "other", StartsAt: noon}}), nil,
			"Watchdog since 12:00:00; nothing in the inventory could explain it.",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out := judge(t, tree).Judge(c.facts).Complete(c.unknowns)
			require.Equal(t, c.want, out.Explanation)
		})
	}
}

// returned says that the incident was closed before its newest alert.
func returned(f incident.Facts) incident.Facts {
	newest := f.Occurrences[len(f.Occurrences)-1]
	onset, _ := incident.ReturnOf(f.Occurrences, &newest.HeardAt)
	f.CameBack = &onset
	return f
}

func TestWhatCameTooLateCausesNothing(t *testing.T) {
	t.Parallel()
	j := judge(t, network("A@p1"))
	flapping := facts([]incident.Occurrence{at("interface_down A e1", 0, 300), at("interface_down A e1", 1200, 0)}, change("A interfaces", 1100, 1160))
	require.Empty(t, j.Judge(flapping).Label, "never a suspect after the onset")
	out := j.Judge(returned(flapping))
	require.Equal(t, incident.Label, out.Label, "but before the onset of its present life")
	require.Empty(t, out.ProbableFixes, "and then it did not repair the life before")
	first := change("A interfaces", -100, -40)
	both := returned(facts(flapping.Occurrences, first, flapping.Changes[0]))
	require.Len(t, j.Judge(both).Candidates[0].Evidence, 3, "each change against the onset that it fits better")
}

func TestABrokenClockBendsNothing(t *testing.T) {
	t.Parallel()
	o := alert("loss A")
	o.StartsAt = noon.AddDate(4, 0, 0)
	onset, last := incident.OnsetOf([]incident.Occurrence{o})
	require.Equal(t, noon.Add(incident.MaxAlertSkew), onset.NotAfter)
	require.Equal(t, onset.NotAfter, last)
	o.StartsAt = noon.Add(3 * time.Minute)
	onset, _ = incident.OnsetOf([]incident.Occurrence{o})
	require.Equal(t, o.StartsAt, onset.NotAfter, "a tolerable skew counts as it is")
}
