package plane

import (
	"regexp"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
)

// verdict is what a chain does with a route of which nothing is known.
type verdict int

const (
	undecided verdict = iota // no rule spoke for all routes
	mayPass                  // some rule lets some routes pass
	passes
	rejects
)

// readFilters sums up every routing filter chain: whether any route at all can
// pass. In version 7 a route that no rule decides is rejected, in version 6 it
// passes. Source: MikroTik's manual, "Route Selection and Filters" ("default
// action of the chain is reject") and, for version 6, "Routing/Routing
// filters".
func (r *Router) readFilters(store *config.Store) {
	path := "/routing/filter"
	if r.Version7 {
		path = "/routing/filter/rule"
	}
	t := store.Table(path)
	chains := map[string][]rule{}
	for _, row := range t.Rows {
		if !t.Disabled(row) {
			chain := row.Props["chain"]
			chains[chain] = append(chains[chain], readRule(r.Version7, t, row))
		}
	}
	r.Filters = map[string]Filter{}
	for chain := range chains {
		v := evaluate(chains, chain, 0)
		r.Filters[chain] = Filter{Passes: v == passes || v == mayPass || v == undecided && !r.Version7}
	}
}

// passes says whether routes get through a chain. A chain that does not exist
// has no rules: its default action decides.
func (r *Router) passes(chain string) bool {
	if chain == "" {
		return true
	}
	filter, ok := r.Filters[chain]
	return ok && filter.Passes || !ok && !r.Version7
}

// rule is one filter rule: what it does, and to all routes or to some.
type rule struct {
	action string // accept, reject, jump, return or ""
	target string // the chain of a jump
	some   bool   // depends on the route
}

func evaluate(chains map[string][]rule, chain string, depth int) verdict {
	result := undecided
	if depth > 8 {
		return result
	}
	for _, rule := range chains[chain] {
		v := undecided
		switch rule.action {
		case "accept":
			v = passes
		case "reject":
			v = rejects
		case "jump":
			v = evaluate(chains, rule.target, depth+1)
		case "return":
			if !rule.some {
				return result
			}
		}
		switch {
		case v == mayPass || v == passes && rule.some:
			result = mayPass
		case v == passes:
			return passes
		case v == rejects && !rule.some:
			if result == mayPass {
				return mayPass
			}
			return rejects
		}
	}
	return result
}

func readRule(version7 bool, t *config.Table, row *config.Row) rule {
	if version7 {
		return parseRule(row.Props["rule"])
	}
	out := rule{action: t.Value(row, "action"), target: row.Props["jump-target"]}
	if out.action == "discard" {
		out.action = "reject"
	}
	for _, name := range t.Menu.Names {
		_, given := row.Props[name]
		switch name {
		case "chain", "action", "jump-target", "comment", "disabled", "invert-match":
		default:
			out.some = out.some || given && !strings.HasPrefix(name, "set-") && !strings.HasPrefix(name, "append-")
		}
	}
	return out
}

var (
	ruleAction = regexp.MustCompile(`\b(accept|reject|return|jump\s+([\w.-]+))`)
	accepts    = regexp.MustCompile(`\baccept\b`)
	allRoutes  = regexp.MustCompile(`^\s*if\s*\(\s*dst\s+in\s+(0\.0\.0\.0/0|::/0)(\s*&&\s*dst-len\s+in\s+0-(32|128))?\s*\)`)
)

// parseRule reads the text of a version 7 rule as far as it decides whether
// routes pass: the first action in it, and whether a condition stands before.
func parseRule(text string) rule {
	m := ruleAction.FindStringSubmatch(text)
	if m == nil {
		return rule{}
	}
	out := rule{action: strings.Fields(m[1])[0], target: m[2]}
	trimmed := strings.TrimSpace(text)
	out.some = strings.HasPrefix(trimmed, "if") && !allRoutes.MatchString(trimmed)
	if out.some && accepts.MatchString(text) { // in a branch, whichever comes first
		out.action = "accept"
	}
	return out
}
