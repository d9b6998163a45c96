package postgres

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// TestCommandsByIDReplay: commands name incidents by ids, which mean nothing elsewhere. The journal names
// them so that a replay finds the very same ones: also a merged one, and one that is not the newest with
// that alert.
func TestCommandsByIDReplay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	at := func(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }
	var ids []string
	fire := func(minute int, device string) {
		for _, e := range b.submitAt(t, at(minute), webhook(alert("DeviceDown", device, at(minute)))) {
			if e.Type == engine.IncidentOpened {
				ids = append(ids, e.Incident.ID)
			}
		}
	}
	over := func(minute int, device string, since int) {
		a := alert("DeviceDown", device, at(since))
		ends := at(minute)
		a.EndsAt = &ends
		b.submitAt(t, at(minute), webhook(a))
	}
	fire(0, "X")
	over(1, "X", 0)
	fire(60, "X") // another incident with the same alert
	fire(70, "Y")
	fire(80, "Z")
	require.Len(t, ids, 4)
	say := func(minute int, op engine.OperatorOp, id string, also func(*engine.OperatorInput)) {
		in := engine.OperatorInput{Op: op, By: "ana", Incident: engine.IncidentRef{ID: id}}
		if also != nil {
			also(&in)
		}
		b.submitAt(t, at(minute), in)
	}
	say(90, engine.OpFeedback, ids[0], func(in *engine.OperatorInput) { in.Cause = &engine.Cause{Device: "X", Category: "system"} })
	say(91, engine.OpMerge, ids[2], func(in *engine.OperatorInput) { in.Into = engine.IncidentRef{ID: ids[1]} })
	say(92, engine.OpMerge, ids[2], func(in *engine.OperatorInput) { in.Into = engine.IncidentRef{ID: ids[1]} })
	say(93, engine.OpAcknowledge, ids[1], nil)
	say(94, engine.OpUnacknowledge, ids[1], nil)
	say(95, engine.OpAcknowledge, ids[3], nil)

	end := fmt.Sprintf(`{"at":%q,"type":"tick"}`, at(96).Format(time.RFC3339Nano))
	want := b.document(t, []string{tenant})
	require.Equal(t, want, inMemory(t, b.journaled(t, []string{tenant}, []byte(end))))
	require.Len(t, want.Incidents, 3)
	first, err := b.Incident(t.Context(), tenant, ids[0])
	require.NoError(t, err)
	require.Equal(t, "closed", first.State)
}
