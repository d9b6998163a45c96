package routersim

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/query"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/schema"
)

// printArguments are the arguments that print takes besides queries.
var printArguments = []string{
	".proplist", "proplist", "count-only", "detail", "stats", "terse", "brief", "without-paging", "as-value", "from",
	".id", "numbers", "file", "interval", "value-list", "show-ids", "all", "status", "bytes", "packets", "rates", "where",
	"stats-detail", "once", "no-flags", "active",
}

// selection is what a print asks for: which rows, and what of them.
type selection struct {
	query    *query.Query
	looksAt  []string       // what decides whether a row is selected
	proplist map[string]int // what is shown of it, by its place; nil: everything
	ids      []string       // nil: every row
	menu     *schema.Menu
	mask     bool            // hide secrets
	secret   map[string]bool // what is known of names so far
	places   []int           // room for reduce
}

func newSelection(cmd *command, menu *schema.Menu, who *identity) (*selection, error) {
	q, err := query.Parse(cmd.queries)
	if err != nil {
		return nil, &config.Trap{Category: 5, Message: err.Error()}
	}
	sel := &selection{query: q, looksAt: q.Names(), menu: menu, mask: !who.policies["sensitive"], secret: map[string]bool{}}
	for _, name := range []string{".proplist", "proplist"} {
		if list, ok := cmd.args[name]; ok && list != "" {
			sel.proplist = map[string]int{}
			for _, property := range strings.Split(list, ",") {
				if _, twice := sel.proplist[property]; !twice {
					sel.proplist[property] = len(sel.proplist)
				}
			}
		}
	}
	for _, name := range []string{".id", "numbers", "from"} {
		if list, ok := cmd.args[name]; ok {
			sel.ids = strings.Split(list, ",")
		}
	}
	if sel.ids != nil {
		sel.looksAt = append(sel.looksAt, ".id", "name", menu.Key)
	}
	return sel, nil
}

// ask says what a view has to show for this selection; nothing but what
// decides, if the rows are only counted.
func (sel *selection) ask(now time.Time, countOnly bool) ask {
	want := ask{now: now}
	if sel.proplist == nil && !countOnly {
		return want
	}
	want.names = make(map[string]bool, len(sel.proplist)+len(sel.looksAt))
	for _, name := range sel.looksAt {
		want.names[name] = true
	}
	if !countOnly {
		for name := range sel.proplist {
			want.names[name] = true
		}
	}
	for name := range want.names {
		if _, ok := sel.menu.Defaults[name]; ok {
			want.defaults = append(want.defaults, name)
		}
	}
	return want
}

// secretMask stands where a secret would be for a user without the policy
// sensitive.
const secretMask = "*****"

// take returns what is shown of a row, nil if it is not asked for. Secrets are
// masked before anything looks at them: a query must not guess them.
func (sel *selection) take(rec *record) *record {
	if !sel.selects(rec) {
		return nil
	}
	if sel.proplist != nil {
		sel.reduce(rec)
	}
	return rec
}

// selects says whether a row is asked for.
func (sel *selection) selects(rec *record) bool {
	if sel.mask {
		for i, name := range rec.names {
			if rec.values[i] != "" && sel.isSecret(name) {
				rec.values[i] = secretMask
			}
		}
	}
	return sel.wants(rec) && sel.query.Matches(rec.get)
}

func (sel *selection) isSecret(name string) bool {
	secret, known := sel.secret[name]
	if !known {
		secret = sel.menu.Secret(name)
		sel.secret[name] = secret
	}
	return secret
}

// reduce leaves of a row what the property list names, in its order.
func (sel *selection) reduce(rec *record) {
	places := sel.places[:0]
	for i, name := range rec.names {
		place, ok := sel.proplist[name]
		if !ok {
			continue
		}
		at := len(places)
		places = append(places, place)
		value := rec.values[i]
		for ; at > 0 && places[at-1] > place; at-- {
			places[at], rec.names[at], rec.values[at] = places[at-1], rec.names[at-1], rec.values[at-1]
		}
		places[at], rec.names[at], rec.values[at] = place, name, value
	}
	rec.names, rec.values, sel.places = rec.names[:len(places)], rec.values[:len(places)], places
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
	if _, countOnly := cmd.args["count-only"]; countOnly {
		count, err := s.router.count(ctx, cmd, who)
		reply.ret = strconv.Itoa(count)
		return err
	}
	count := 0
	err := s.router.each(cmd, who, func(rec *record) bool {
		count++
		reply.row(rec)
		return ctx.Err() == nil
	})
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return ctx.Err()
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
	r.expire(r.now(), false)
	for rec := range sel.among(r.print(cmd.menu, sel.ask(r.now(), false))) {
		if shown := sel.take(rec); shown != nil && !yield(shown) {
			break
		}
	}
	return nil
}

// count returns how many of a menu's rows a command selects. Rows that are
// alike in all that decides are looked at once.
func (r *Router) count(ctx context.Context, cmd *command, who *identity) (int, error) {
	r.net.mu.Lock()
	defer r.net.mu.Unlock()
	sel, err := newSelection(cmd, r.store.Table(cmd.menu).Menu, who)
	if err != nil {
		return 0, err
	}
	r.expire(r.now(), false)
	count := 0
	for rec := range r.print(cmd.menu, sel.ask(r.now(), true)) {
		switch {
		case rec.alike == nil:
			if sel.selects(rec) {
				count++
			}
		case sel.decides(rec):
			if sel.selects(rec) {
				count += rec.alike.count
			}
		default:
			for one := range rec.alike.rows {
				if sel.selects(one) {
					count++
				}
			}
		}
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
	}
	return count, nil
}

// among yields one by one the rows for which some records stand, without
// those that are alike in not being selected.
func (sel *selection) among(all rows) rows {
	return func(yield func(*record) bool) {
		for rec := range all {
			if rec.alike == nil {
				if !yield(rec) {
					return
				}
				continue
			}
			if sel.decides(rec) && !sel.selects(rec) {
				continue
			}
			for one := range rec.alike.rows {
				if !yield(one) {
					return
				}
			}
		}
	}
}

// decides says whether rows that are alike are all selected or none is.
func (sel *selection) decides(rec *record) bool {
	return !slices.ContainsFunc(sel.looksAt, func(name string) bool { return slices.Contains(rec.alike.differ, name) })
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
