package routersim

import "time"

// journal is the router's log in memory: the last lines.
type journal struct {
	lines []journalLine
	total uint32
}

type journalLine struct {
	id      uint32
	at      time.Time
	topics  string
	message string
}

// journalSize is the default of /system/logging/action memory.
const journalSize = 1000

func (j *journal) add(at time.Time, topics, message string) {
	j.total++
	j.lines = append(j.lines, journalLine{j.total, at, topics, message})
	if len(j.lines) > journalSize {
		j.lines = j.lines[len(j.lines)-journalSize:]
	}
}

func (r *Router) logLink(at time.Time, name string, up bool) {
	if up {
		r.journal.add(at, "interface,info", name+" link up")
	} else {
		r.journal.add(at, "interface,info", name+" link down")
	}
}

// history is what /system/history shows: the last changes and who made them.
type history struct {
	entries []historyEntry
	total   uint32
}

type historyEntry struct {
	id         uint32
	at         time.Time
	action     string
	by         string
	policy     string
	undo, redo string
}

// historySize is how many changes RouterOS keeps.
const historySize = 100

func (h *history) add(e historyEntry) {
	h.total++
	e.id = h.total
	h.entries = append(h.entries, e)
	if len(h.entries) > historySize {
		h.entries = h.entries[len(h.entries)-historySize:]
	}
}
