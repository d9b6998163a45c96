package routersim

import (
	"context"
	"strings"
)

// listen answers with the rows of a menu that appear or change, and with
// =.dead=yes those that go, until it is cancelled. Counters and clocks do not
// count as changes.
func (s *session) listen(ctx context.Context, who *identity, cmd *command, reply *reply) error {
	before, changed, err := s.router.snapshot(cmd, who)
	if err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
		var now map[string]*record
		if now, changed, err = s.router.snapshot(cmd, who); err != nil {
			return err
		}
		for id, rec := range now {
			if old, ok := before[id]; !ok || steady(old) != steady(rec) {
				reply.row(rec)
			}
		}
		for id := range before {
			if _, ok := now[id]; !ok {
				gone := &record{}
				gone.setAll(".id", id, ".dead", "yes")
				reply.row(gone)
			}
		}
		reply.flush()
		before = now
	}
}

// snapshot returns the rows that a command selects, by id, and a channel that
// is closed at the next change of anything.
func (r *Router) snapshot(cmd *command, who *identity) (map[string]*record, <-chan struct{}, error) {
	r.net.mu.Lock()
	changed := r.changed
	r.net.mu.Unlock()
	out := map[string]*record{}
	err := r.each(cmd, who, func(rec *record) bool {
		id, _ := rec.get(".id")
		out[id] = rec.clone()
		return true
	})
	return out, changed, err
}

// steady is a row without what moves by itself.
func steady(rec *record) string {
	var b strings.Builder
	for i, name := range rec.names {
		switch {
		case strings.HasSuffix(name, "-byte"), strings.HasSuffix(name, "-packet"), strings.HasSuffix(name, "-bytes"),
			name == "uptime", name == "bytes", name == "packets", name == "adjacency", name == "age", name == "tx-queue-drop",
			strings.HasSuffix(name, ".messages"), strings.HasSuffix(name, ".bytes"), name == "updates-received", name == "updates-sent":
		default:
			b.WriteString(name + "=" + rec.values[i] + "\x00")
		}
	}
	return b.String()
}
