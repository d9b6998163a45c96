package replay

import (
	"encoding/json"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// batch collects observations that a service received as one input. The journal writes one line for
// each and says in the first how many they are (`"batch": 3`), because what arrives together is judged
// once: judged line by line, incidents could be told of, or merged, in between. A timeline that does not
// say so has lines that came alone.
type batch struct {
	line   int // where it begins
	tenant string
	at     time.Time
	left   int // how many lines are still to come
	in     engine.ObservationsInput
}

// batchOf is how many lines a line says that it arrived with. It is no field of the format, so that
// whatever else somebody writes there is ignored.
func batchOf(raw []byte) int {
	var in struct {
		Batch int `json:"batch"`
	}
	if json.Unmarshal(raw, &in) != nil {
		return 0
	}
	return in.Batch
}

// begins says whether a batch begins with the line, and takes it in.
func (b *batch) begins(n int, l line) bool {
	in, ok := l.input.(engine.ObservationsInput)
	if !ok || l.batch < 2 {
		return false
	}
	*b = batch{line: n, tenant: l.tenant, at: l.at, left: l.batch - 1, in: in}
	return true
}

// takes says whether the line belongs to the batch at hand.
func (b *batch) takes(l line) bool {
	_, ok := l.input.(engine.ObservationsInput)
	return ok && b.left > 0 && l.batch == 0 && l.tenant == b.tenant && l.at.Equal(b.at)
}

func (b *batch) add(l line) {
	if in, ok := l.input.(engine.ObservationsInput); ok {
		b.in.Observations = append(b.in.Observations, in.Observations...)
		b.left--
	}
}
