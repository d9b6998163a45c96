package routersim

import (
	"context"
	"errors"
	"math"
	"strconv"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/wire"
)

// The refusals that the API itself has; those of menus are in config.
var (
	errNoSuchPrefix  = &config.Trap{Category: 0, Message: "no such command prefix"}
	errNoSuchCommand = &config.Trap{Category: 0, Message: "no such command"}
	errInterrupted   = &config.Trap{Category: 2, Message: "interrupted"}
	errNotPermitted  = &config.Trap{Category: -1, Message: "not enough permissions (9)"}
	errBadLogin      = &config.Trap{Category: -1, Message: "invalid user name or password (6)"}
	errOldBadLogin   = &config.Trap{Category: -1, Message: "cannot log in"}
)

// reply collects the sentences that answer one command; they are written when
// the network's lock is free again, so that a slow client holds up nobody.
type reply struct {
	session *session
	tag     string
	buffer  []byte
	ret     string // value of !done's =ret=, "" for none
	trouble Trouble
	ends    []int // of the sentences in the buffer, noted where there is trouble
}

func (r *reply) sentence(kind string, words ...string) {
	r.buffer = wire.AppendWord(r.buffer, kind)
	for _, w := range words {
		r.buffer = wire.AppendWord(r.buffer, w)
	}
	r.end()
}

func (r *reply) end() {
	if r.tag != "" {
		r.buffer = wire.AppendWord(r.buffer, ".tag="+r.tag)
	}
	r.buffer = append(r.buffer, 0)
	if r.trouble != (Trouble{}) {
		r.ends = append(r.ends, len(r.buffer))
	}
}

// row adds a !re sentence.
func (r *reply) row(rec *record) {
	r.buffer = wire.AppendWord(r.buffer, "!re")
	for i, name := range rec.names {
		r.buffer = wire.AppendAttribute(r.buffer, name, rec.values[i])
	}
	r.end()
}

func (r *reply) flush() {
	if len(r.buffer) == 0 {
		return
	}
	r.session.out <- struct{}{}
	defer func() { <-r.session.out }()
	if r.trouble.Fault != NoFault {
		r.session.writeFaulty(r.buffer, r.ends, r.trouble.Fault)
	} else {
		r.session.write(r.buffer)
	}
	r.buffer, r.ends = r.buffer[:0], r.ends[:0]
}

// pace sends the rows one by one, if the menu is slow. Other commands are
// answered in between.
func (r *reply) pace(ctx context.Context) error {
	if r.trouble.PerRow == 0 && r.trouble.HangAfter == 0 {
		return nil
	}
	all, ends := r.buffer, r.ends
	r.buffer, r.ends = nil, nil
	start := 0
	for i, end := range ends {
		pause := r.trouble.PerRow
		if i == r.trouble.HangAfter {
			pause = math.MaxInt64
		}
		if i > 0 {
			if err := r.session.router.wrongs.sleep(ctx, pause); err != nil {
				return err
			}
		}
		r.buffer = all[start:end:end]
		r.flush()
		start = end
	}
	if hang := r.trouble.HangAfter; hang > 0 && len(ends) <= hang {
		return r.session.router.wrongs.sleep(ctx, math.MaxInt64)
	}
	return nil
}

func (r *reply) done() {
	if r.ret != "" {
		r.sentence("!done", "=ret="+r.ret)
	} else {
		r.sentence("!done")
	}
	r.flush()
}

// trap reports a refusal and ends the command.
func (r *reply) trap(err error) {
	trap := &config.Trap{Category: 4, Message: "failure: " + err.Error()}
	errors.As(err, &trap)
	if trap.Category >= 0 {
		r.sentence("!trap", "=category="+strconv.Itoa(trap.Category), "=message="+trap.Message)
	} else {
		r.sentence("!trap", "=message="+trap.Message)
	}
	r.ret = ""
	r.done()
}
