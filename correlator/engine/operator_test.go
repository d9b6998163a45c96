package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// opened are the ids of the incidents that the effects opened, in order.
func opened(effects []engine.Effect) []string {
	var ids []string
	for _, e := range effects {
		if e.Type == engine.IncidentOpened {
			ids = append(ids, e.Incident.ID)
		}
	}
	return ids
}

func (b *bench) incident(id string) incident.Incident {
	b.Helper()
	found, err := b.store.Incidents(b.Context(), engine.IncidentSelector{IDs: []string{id}})
	require.NoError(b, err)
	require.Len(b, found, 1)
	return found[0]
}

func (b *bench) alerts(id string) []string {
	b.Helper()
	occurrences, err := b.store.Occurrences(b.Context(), []string{id})
	require.NoError(b, err)
	var names []string
	for _, o := range occurrences {
		names = append(names, o.Device)
	}
	return names
}

func by(op engine.OperatorOp, id string) engine.OperatorInput {
	return engine.OperatorInput{Op: op, By: "ana", Incident: engine.IncidentRef{ID: id}}
}

// TestOperatorTwice: a command that is sent again, since its answer was lost, changes nothing.
func TestOperatorTwice(t *testing.T) {
	t.Parallel()
	until := noon.Add(time.Hour)
	for name, command := range map[string]func(a, b string) engine.OperatorInput{
		"acknowledge": func(a, _ string) engine.OperatorInput {
			in := by(engine.OpAcknowledge, a)
			in.Until = &until
			return in
		},
		"unacknowledge": func(a, _ string) engine.OperatorInput { return by(engine.OpUnacknowledge, a) },
		"merge": func(a, b string) engine.OperatorInput {
			in := by(engine.OpMerge, b)
			in.Into = engine.IncidentRef{ID: a}
			return in
		},
		"split": func(a, _ string) engine.OperatorInput {
			in := by(engine.OpSplit, a)
			in.Alerts = []string{"fp-A"}
			return in
		},
		"feedback": func(a, _ string) engine.OperatorInput {
			in := by(engine.OpFeedback, a)
			in.Cause = &engine.Cause{Device: "TOP", Category: "bgp"}
			return in
		},
		"nothing was it": func(a, _ string) engine.OperatorInput { return by(engine.OpFeedback, a) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.apply(0, engine.InventoryInput{Inventory: tree()})
			one := opened(b.apply(0, engine.AlertsInput{Alerts: []engine.Alert{down("TOP", 0), down("A", 1)}}))
			other := opened(b.apply(600, engine.AlertsInput{Alerts: []engine.Alert{down("ELSEWHERE", 600)}}))
			require.Len(t, one, 1)
			require.Len(t, other, 1)
			b.apply(601, by(engine.OpAcknowledge, one[0]))
			in := command(one[0], other[0])
			require.NotEmpty(t, b.apply(610, in))
			before := b.incident(one[0])
			require.Empty(t, b.apply(620, in), "the same again")
			require.Equal(t, before, b.incident(one[0]))
		})
	}
}

func tree() topology.Inventory {
	return topology.Inventory{Devices: []topology.Device{
		{Name: "TOP"},
		{Name: "A", DependsOn: []topology.Group{{All: []string{"TOP"}}}},
		{Name: "B", DependsOn: []topology.Group{{All: []string{"TOP"}}}},
		{Name: "ELSEWHERE"},
	}}
}

// TestSplitStaysSplit: whatever is merged into either side, and whatever is learnt later, only an
// operator brings the two together again.
func TestSplitStaysSplit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mergeInto  func(top, off, elsewhere string) (from, into string)
		top, other func(top, off, elsewhere string) string
	}{
		"nothing merged": {
			top: func(top, _, _ string) string { return top }, other: func(_, off, _ string) string { return off },
		},
		"the whole went into an older one": {
			mergeInto: func(top, _, elsewhere string) (string, string) { return top, elsewhere },
			top:       func(_, _, elsewhere string) string { return elsewhere }, other: func(_, off, _ string) string { return off },
		},
		"what was split off went into an older one": {
			mergeInto: func(_, off, elsewhere string) (string, string) { return off, elsewhere },
			top:       func(top, _, _ string) string { return top }, other: func(_, _, elsewhere string) string { return elsewhere },
		},
		"an older one went into what was split off": {
			mergeInto: func(_, off, elsewhere string) (string, string) { return elsewhere, off },
			top:       func(top, _, _ string) string { return top }, other: func(_, off, _ string) string { return off },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.apply(0, engine.InventoryInput{Inventory: tree()})
			elsewhere := opened(b.apply(0, engine.AlertsInput{Alerts: []engine.Alert{down("ELSEWHERE", 0)}}))[0]
			top := opened(b.apply(600, engine.AlertsInput{Alerts: []engine.Alert{down("TOP", 600), down("A", 601)}}))[0]
			split := by(engine.OpSplit, top)
			split.Alerts = []string{"fp-A"}
			off := opened(b.apply(610, split))[0]
			if c.mergeInto != nil {
				from, into := c.mergeInto(top, off, elsewhere)
				merge := by(engine.OpMerge, from)
				merge.Into = engine.IncidentRef{ID: into}
				b.apply(620, merge)
			}
			b.apply(630, engine.InventoryInput{Inventory: tree()}) // everything is looked at again
			b.apply(640, engine.AlertsInput{Alerts: []engine.Alert{over(down("A", 601), 635)}})
			b.apply(650, engine.AlertsInput{Alerts: []engine.Alert{down("A", 645), down("B", 645)}})
			whole, other := c.top(top, off, elsewhere), c.other(top, off, elsewhere)
			require.Subset(t, b.alerts(whole), []string{"TOP", "B"})
			require.NotContains(t, b.alerts(whole), "A")
			require.Contains(t, b.alerts(other), "A")

			back := by(engine.OpMerge, other)
			back.Into = engine.IncidentRef{ID: whole}
			b.apply(700, back)
			b.apply(710, engine.InventoryInput{Inventory: tree()})
			require.Subset(t, b.alerts(whole), []string{"TOP", "A", "A", "B"}, "an operator's merging takes it back")
			require.Empty(t, b.incident(whole).Apart)
		})
	}
}

// TestAcknowledgementEnds: who relied on it hears that nobody has the incident any more.
func TestAcknowledgementEnds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := opened(b.apply(0, engine.AlertsInput{Alerts: []engine.Alert{down("EDGE1", 0)}}))[0]
	until := noon.Add(time.Minute)
	ack := by(engine.OpAcknowledge, id)
	ack.Until = &until
	b.apply(10, ack)
	require.Equal(t, []engine.EventType{engine.IncidentUnacknowledged}, types(b.apply(20, by(engine.OpUnacknowledge, id))))
	require.Empty(t, b.apply(60, engine.Tick{}), "what was taken back cannot run out")

	later := noon.Add(2 * time.Minute)
	ack.Until = &later
	b.apply(70, ack)
	forever := by(engine.OpAcknowledge, id)
	require.Equal(t, []engine.EventType{engine.IncidentAcknowledged}, types(b.apply(80, forever)))
	require.Empty(t, b.apply(120, engine.Tick{}), "the later word counts")

	b.apply(130, ackUntil(id, 200))
	b.apply(140, engine.AlertsInput{Alerts: []engine.Alert{over(down("EDGE1", 0), 135)}})
	require.Equal(t, []engine.EventType{engine.IncidentUpdated}, types(b.apply(200, engine.Tick{})), "nobody has to come for what is over")

	refused := ackUntil(id, 100)
	_, err := b.engine.Apply(t.Context(), b.store, noon.Add(210*time.Second), refused)
	require.EqualError(t, err, "the acknowledgement would be over already: give an instant in the future, or none")
}

func ackUntil(id string, second int) engine.OperatorInput {
	until := noon.Add(time.Duration(second) * time.Second)
	in := by(engine.OpAcknowledge, id)
	in.Until = &until
	return in
}

// TestMergeBringsAcknowledgement: one that a merge has brought along runs out all the same.
func TestMergeBringsAcknowledgement(t *testing.T) {
	t.Parallel()
	b := setup(t)
	into := opened(b.apply(0, engine.AlertsInput{Alerts: []engine.Alert{down("X", 0)}}))[0]
	from := opened(b.apply(600, engine.AlertsInput{Alerts: []engine.Alert{down("Y", 600)}}))[0]
	b.apply(610, ackUntil(from, 700))
	merge := by(engine.OpMerge, from)
	merge.Into = engine.IncidentRef{ID: into}
	b.apply(620, merge)
	require.Equal(t, "ana", b.incident(into).Acknowledged.By)
	require.Equal(t, []engine.EventType{engine.IncidentUnacknowledged}, types(b.apply(700, engine.Tick{})))
	require.Nil(t, b.incident(into).Acknowledged)
}

// TestSplitOffSuppressed: what on-call was to be told of the whole is told of the part that asks for it.
func TestSplitOffSuppressed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	delay := time.Minute
	b.apply(0, engine.SettingsInput{NotifyDelay: &delay})
	b.apply(0, engine.InventoryInput{Inventory: tree()})
	silenced := down("A", 1)
	silenced.Silenced = true
	id := opened(b.apply(1, engine.AlertListInput{Alerts: []engine.Alert{down("TOP", 0), silenced}}))[0]
	split := by(engine.OpSplit, id)
	split.Alerts = []string{"fp-A"}
	off := opened(b.apply(10, split))[0]
	var told []string
	for _, e := range b.apply(120, engine.Tick{}) {
		if e.Notification != nil {
			told = append(told, string(e.Notification.Kind)+" "+e.Notification.IncidentID)
		}
	}
	require.Equal(t, []string{"opened " + id}, told)
	require.False(t, b.incident(off).Notice.Told)
}

// TestReopeningAsksAnew: on-call is told again of what opens again, and somebody has to take it again. Who
// had it in its earlier life is kept until then.
func TestReopeningAsksAnew(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := opened(b.apply(0, engine.AlertsInput{Alerts: []engine.Alert{down("EDGE1", 0)}}))[0]
	b.apply(10, ackUntil(id, 3600))
	b.apply(30, engine.AlertsInput{Alerts: []engine.Alert{over(down("EDGE1", 0), 20)}})
	b.apply(600, engine.Tick{})
	require.Equal(t, incident.Closed, b.incident(id).State)
	require.Equal(t, "ana", b.incident(id).Acknowledged.By)
	require.Equal(t, []engine.EventType{engine.NotificationDue, engine.IncidentReopened}, types(b.apply(700, engine.AlertsInput{Alerts: []engine.Alert{down("EDGE1", 690)}})))
	require.Nil(t, b.incident(id).Acknowledged)
	require.Empty(t, b.apply(3600, engine.Tick{}), "and its time cannot run out any more")
}
