package routersim

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/query"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/schema"
)

// printArguments are the arguments that print takes besides queries.
var printArguments = []string{
	".proplist", "proplist", "count-only", "detail", "stats", "terse", "brief", "without-paging", "as-value", "from",
	".id", "numbers", "file", "interval", "value-list", "show-ids", "all", "status", "bytes", "packets", "rates", "where",
	"stats-detail", "once", "no-flags",
}

// selection is what a print asks for: which rows, and what of them.
type selection struct {
	query    *query.Query
	proplist []string // nil: everything
	ids      []string // nil: every row
	menu     *schema.Menu
	mask     bool // hide secrets
}

func newSelection(cmd *command, menu *schema.Menu, who *identity) (*selection, error) {
	q, err := query.Parse(cmd.queries)
	if err != nil {
		return nil, &config.Trap{Category: 5, Message: err.Error()}
	}
	sel := &selection{query: q, menu: menu, mask: !who.policies["sensitive"]}
	for _, name := range []string{".proplist", "proplist"} {
		if list, ok := cmd.args[name]; ok && list != "" {
			sel.proplist = strings.Split(list, ",")
		}
	}
	for _, name := range []string{".id", "numbers", "from"} {
		if list, ok := cmd.args[name]; ok {
			sel.ids = strings.Split(list, ",")
		}
	}
	return sel, nil
}

// secretMask stands where a secret would be for a user without the policy
// sensitive.
const secretMask = "*****"

// take returns what is shown of a row, nil if it is not asked for. Secrets are
// masked before anything looks at them: a query must not guess them.
func (sel *selection) take(rec *record) *record {
	if sel.mask {
		for i, name := range rec.names {
			if rec.values[i] != "" && sel.menu.Secret(name) {
				rec.values[i] = secretMask
			}
		}
	}
	if !sel.wants(rec) || !sel.query.Matches(rec.get) {
		return nil
	}
	if sel.proplist == nil {
		return rec
	}
	out := &record{}
	for _, name := range sel.proplist {
		if v, ok := rec.get(name); ok {
			out.set(name, v)
		}
	}
	return out
}

func (sel *selection) wants(rec *record) bool {
	if sel.ids == nil {
		return true
	}
	for _, key := range []string{".id", "name", sel.menu.Key} {
		if v, ok := rec.get(key); ok && slices.Contains(sel.ids, v) {
			return true
		}
	}
	return false
}

// print answers with the rows of a menu as they are at one moment.
func (s *session) print(ctx context.Context, who *identity, cmd *command, reply *reply) error {
	for _, name := range cmd.names {
		if !slices.Contains(printArguments, name) {
			return config.ErrUnknownParameter
		}
	}
	count := 0
	_, countOnly := cmd.args["count-only"]
	err := s.router.each(cmd, who, func(rec *record) bool {
		if count++; !countOnly {
			reply.row(rec)
		}
		return ctx.Err() == nil
	})
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case countOnly:
		reply.ret = strconv.Itoa(count)
	case count == 0 && s.router.version().AtLeast(7, 18, 0):
		reply.sentence("!empty")
	}
	return nil
}

// each yields what a command selects of a menu's rows.
func (r *Router) each(cmd *command, who *identity, yield func(*record) bool) error {
	r.net.mu.Lock()
	defer r.net.mu.Unlock()
	sel, err := newSelection(cmd, r.store.Table(cmd.menu).Menu, who)
	if err != nil {
		return err
	}
	for rec := range r.print(cmd.menu, r.now()) {
		if shown := sel.take(rec); shown != nil && !yield(shown) {
			break
		}
	}
	return nil
}

// get answers one property of one row.
func (s *session) get(who *identity, cmd *command, reply *reply) error {
	property := cmd.args["value-name"]
	numbers := &command{menu: cmd.menu, args: map[string]string{}}
	for _, name := range []string{"number", ".id", "numbers"} {
		if v, ok := cmd.args[name]; ok {
			numbers.args["numbers"] = v
		}
	}
	found := false
	err := s.router.each(numbers, who, func(rec *record) bool {
		found = true
		if v, ok := rec.get(property); ok {
			reply.ret = v
		}
		return false
	})
	if err == nil && !found {
		return config.ErrNoSuchItem
	}
	return err
}

// monitor answers, once, how ethernet ports are doing.
func (s *session) monitor(who *identity, cmd *command, reply *reply) error {
	if cmd.menu != "/interface/ethernet" {
		return errNoSuchCommand
	}
	numbers, ok := cmd.numbers()
	if !ok {
		return &config.Trap{Category: 1, Message: "missing value(s) of argument(s) numbers"}
	}
	found := 0
	ask := &command{menu: cmd.menu, args: map[string]string{"numbers": numbers}}
	err := s.router.each(ask, who, func(rec *record) bool {
		found++
		out := &record{}
		name, _ := rec.get("name")
		out.set("name", name)
		if running, _ := rec.get("running"); running == "true" {
			out.setAll("status", "link-ok", "auto-negotiation", "done", "rate", "10Gbps", "full-duplex", "true")
		} else {
			out.setAll("status", "no-link", "auto-negotiation", "incomplete")
		}
		reply.row(out)
		return true
	})
	if err == nil && found == 0 {
		return config.ErrNoSuchItem
	}
	return err
}
