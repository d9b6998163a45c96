package push

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"google.golang.org/protobuf/proto"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
)

// spool is the queue on disk: numbered observations, in the order in which
// they were offered. A number is never used twice.
//
// What it knows in memory changes with committed transactions only.
type spool struct {
	db       *bolt.DB
	maxBytes int64

	mu      sync.Mutex // held by whoever writes
	streams map[stream]state
	fill    fill
}

// fill is how full the spool is.
type fill struct {
	entries int
	bytes   int64
}

func (f *fill) put(value []byte) { f.entries, f.bytes = f.entries+1, f.bytes+size(value) }

func (f *fill) take(value []byte) { f.entries, f.bytes = f.entries-1, f.bytes-size(value) }

// bucketQueue maps the entry's number, 8 bytes big-endian, to a byte that
// tells news from repeats and the observation as protobuf.
var bucketQueue = []byte("queue")

const (
	kindNews   byte = 'n'
	kindRepeat byte = 'r'
)

// entryOverhead is what an entry takes beside the observation.
const entryOverhead = 32

// lockTimeout is how long another process may hold the spool before that is
// an error.
const lockTimeout = 2 * time.Second

// openSpool opens or makes the file. What an earlier process left in it is
// there again, and what is offered next is compared with it.
func openSpool(file string, maxBytes int64) (*spool, error) {
	db, err := bolt.Open(file, 0o600, &bolt.Options{Timeout: lockTimeout, FreelistType: bolt.FreelistMapType})
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return nil, fmt.Errorf("spool %s is in use by another process: give each exporter a spool_dir of its own", file)
	case errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("open the spool: %w: push.spool_dir and what is in it have to belong to the user that the exporter runs as", err)
	case err != nil:
		return nil, fmt.Errorf("open the spool %s: %w; if the file is damaged, move it away and start again", file, err)
	}
	s := &spool{db: db, maxBytes: maxBytes, streams: map[stream]state{}}
	if err := db.Update(s.restore); err != nil {
		return nil, errors.Join(fmt.Errorf("read the spool %s: %w; move the file away and start again", file, err), db.Close())
	}
	return s, nil
}

func (s *spool) restore(tx *bolt.Tx) error {
	queue, err := tx.CreateBucketIfNotExists(bucketQueue)
	if err != nil {
		return err
	}
	return queue.ForEach(func(k, v []byte) error {
		o := &apiv1.Observation{}
		if err := proto.Unmarshal(v[1:], o); err != nil {
			return fmt.Errorf("entry %x: %w", k, err)
		}
		st := stateOf(o)
		if v[0] == kindRepeat {
			st.repeat = binary.BigEndian.Uint64(k)
			st.sections = s.streams[streamOf(o)].sections // told by the first of the run
		}
		s.streams[streamOf(o)] = st
		s.fill.put(v)
		return nil
	})
}

func (s *spool) close() error { return s.db.Close() }

// added is what came of writing observations.
type added struct {
	coalesced int // repeats that took the place of an earlier one
	evicted   int // repeats that went because the spool was full
	refused   int // observations that found no room
}

// add writes observations, durably when it returns without error: all of them
// or none, but for those that it says were refused.
func (s *spool) add(batch []*apiv1.Observation) (added, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &writing{spool: s, staged: map[stream]state{}, fill: s.fill}
	err := s.db.Update(func(tx *bolt.Tx) error {
		w.queue = tx.Bucket(bucketQueue)
		for _, o := range batch {
			if err := w.add(o); err != nil {
				return fmt.Errorf("device %s, category %s: %w", o.GetDevice(), o.GetCategory(), err)
			}
		}
		return nil
	})
	if err != nil {
		return added{}, fmt.Errorf("write to the spool: %w; is the disk full?", err)
	}
	maps.Copy(s.streams, w.staged)
	s.fill = w.fill
	return w.added, nil
}

// level returns how full the spool is.
func (s *spool) level() fill {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fill
}

// entry is an observation that waits.
type entry struct {
	seq uint64
	*apiv1.Observation
}

// withoutSections is the entry as it is sent without the configuration itself.
func (e entry) withoutSections() entry {
	o := proto.CloneOf(e.Observation)
	o.Sections = nil
	return entry{e.seq, o}
}

// oldest returns the entries that were offered first: so many, and no more
// bytes than that, but one at least if there is any.
func (s *spool) oldest(maxEntries int, maxBytes int64) ([]entry, error) {
	var out []entry
	err := s.db.View(func(tx *bolt.Tx) error {
		var bytes int64
		cursor := tx.Bucket(bucketQueue).Cursor()
		for k, v := cursor.First(); k != nil && len(out) < maxEntries; k, v = cursor.Next() {
			if bytes += size(v); bytes > maxBytes && len(out) > 0 {
				break
			}
			o := &apiv1.Observation{}
			if err := proto.Unmarshal(v[1:], o); err != nil {
				return fmt.Errorf("entry %x: %w", k, err)
			}
			out = append(out, entry{binary.BigEndian.Uint64(k), o})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the spool: %w", err)
	}
	return out, nil
}

// remove takes entries out that were delivered or set aside. One that was
// replaced by a newer repeat meanwhile is gone already.
func (s *spool) remove(done []entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := s.fill
	err := s.db.Update(func(tx *bolt.Tx) error {
		queue := tx.Bucket(bucketQueue)
		for _, e := range done {
			if v := queue.Get(number(e.seq)); v != nil {
				left.take(v)
			}
			if err := queue.Delete(number(e.seq)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("remove from the spool: %w", err)
	}
	s.fill = left
	return nil
}

func number(seq uint64) []byte { return binary.BigEndian.AppendUint64(nil, seq) }

func size(value []byte) int64 { return int64(len(value)) + entryOverhead }
