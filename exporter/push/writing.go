package push

import (
	"fmt"

	bolt "go.etcd.io/bbolt"
	"google.golang.org/protobuf/proto"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
)

// writing is one transaction that adds to the spool. What it learns takes the
// place of what the spool knows once it is committed.
type writing struct {
	*spool
	queue  *bolt.Bucket
	staged map[stream]state
	fill   fill
	added  added

	nothingToEvict bool
}

// add puts one observation at the end of the queue. If it repeats what its
// stream showed last, the repeat before it goes.
func (w *writing) add(o *apiv1.Observation) error {
	key := streamOf(o)
	before, known := w.staged[key]
	if !known {
		before, known = w.streams[key]
	}
	now, kind := stateOf(o), kindNews
	if known && now.repeats(before) {
		kind, now.sections = kindRepeat, before.sections
		o.Sections = nil // the first of the run has brought them
		if err := w.replace(before.repeat); err != nil {
			return err
		}
	}
	value, err := proto.MarshalOptions{}.MarshalAppend([]byte{kind}, o)
	if err != nil {
		return err
	}
	if room, err := w.makeRoom(size(value)); err != nil || !room {
		w.added.refused++
		return err
	}
	seq, err := w.queue.NextSequence()
	if err != nil {
		return err
	}
	if kind == kindRepeat {
		now.repeat = seq
	}
	w.staged[key] = now
	w.fill.put(value)
	return w.queue.Put(number(seq), value)
}

// replace removes the repeat that a newer one makes superfluous, if it still
// waits.
func (w *writing) replace(seq uint64) error {
	old := w.queue.Get(number(seq))
	if old == nil {
		return nil
	}
	w.added.coalesced++
	w.fill.take(old)
	return w.queue.Delete(number(seq))
}

// makeRoom removes the oldest repeats if the spool would become too full, and
// reports whether there is room then. It frees a tenth, so that not every
// entry walks through the queue again.
func (w *writing) makeRoom(bytes int64) (bool, error) {
	if w.fill.bytes+bytes <= w.maxBytes {
		return true, nil
	}
	if w.nothingToEvict {
		return false, nil
	}
	goal := w.maxBytes*9/10 - bytes
	planned := w.fill
	var victims [][]byte
	cursor := w.queue.Cursor()
	for k, v := cursor.First(); k != nil && planned.bytes > goal; k, v = cursor.Next() {
		if v[0] == kindRepeat {
			victims = append(victims, k)
			planned.take(v)
		}
	}
	for _, k := range victims { // not while the cursor walks, which would lose its place
		if err := w.queue.Delete(k); err != nil {
			return false, fmt.Errorf("make room: %w", err)
		}
	}
	w.added.evicted += len(victims)
	w.fill = planned
	w.nothingToEvict = planned.bytes > goal
	return w.fill.bytes+bytes <= w.maxBytes, nil
}
