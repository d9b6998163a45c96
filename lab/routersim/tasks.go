package routersim

import "sync"

// taskTable knows the commands that run on a connection, by tag.
type taskTable struct {
	mu    sync.Mutex
	tasks map[string][]*task
}

type task struct{ stop func() }

func (t *taskTable) add(tag string, stop func()) *task {
	t.mu.Lock()
	defer t.mu.Unlock()
	entry := &task{stop}
	t.tasks[tag] = append(t.tasks[tag], entry)
	return entry
}

func (t *taskTable) remove(tag string, entry *task) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, other := range t.tasks[tag] {
		if other == entry {
			t.tasks[tag] = append(t.tasks[tag][:i:i], t.tasks[tag][i+1:]...)
		}
	}
	if len(t.tasks[tag]) == 0 {
		delete(t.tasks, tag)
	}
}

// stop interrupts the commands of one tag, or all.
func (t *taskTable) stop(tag string, one bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name, entries := range t.tasks {
		if one && name != tag {
			continue
		}
		for _, entry := range entries {
			entry.stop()
		}
	}
}
