package httpapi

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

const (
	// maxUnknown is how many unknown names one refusal tells of.
	maxUnknown = 5
	// maxAlike is how many names are offered for an unknown one, each at least so much alike.
	maxAlike, minAlike = 3, 0.6
)

// checkEntry refuses an entry of the calendar whose scope is empty or names what the tenant does not have.
func checkEntry(ctx context.Context, reader Reader, w calendar.Window) error {
	if s := w.Scope; len(s.Sites)+len(s.Devices)+len(s.Tags)+len(s.Services) == 0 {
		return &engine.Refusal{Kind: engine.Invalid, What: string(w.Kind) + ".scope is empty", Hint: "name the sites, devices, tags or services that it is about"}
	}
	return checkScope(ctx, reader, string(w.Kind)+".scope", w.Scope)
}

// checkScope refuses a scope that names what the tenant does not have: planned work under a mistyped
// name would suppress nothing and explain nothing, and nobody would notice. The rule is of this edge and
// not of the engine, since a recorded timeline may speak of a device before its inventory does. A tenant
// without an inventory is believed.
func checkScope(ctx context.Context, reader Reader, field string, scope topology.Scope) error {
	view, err := reader.Inventory(ctx, tenant(ctx))
	if err != nil {
		return err
	}
	inv, err := parseInventory(view)
	if err != nil || inv == nil {
		return err
	}
	known := knownNames(*inv)
	if known.none() {
		return nil
	}
	var unknown []string
	for _, part := range []struct {
		kind  string
		names []string
		known map[string]bool
	}{
		{"site", scope.Sites, known.sites},
		{"device", scope.Devices, known.devices},
		{"tag", scope.Tags, known.tags},
		{"service", scope.Services, known.services},
	} {
		missing := slices.DeleteFunc(slices.Clone(part.names), func(name string) bool { return part.known[name] })
		if part.kind == "device" && len(missing) > 0 {
			if missing, err = unobserved(ctx, reader, missing); err != nil {
				return err
			}
		}
		for _, name := range missing {
			if len(unknown) == maxUnknown {
				return unknownNames(field, append(unknown, "and more"))
			}
			unknown = append(unknown, fmt.Sprintf("there is no %s %q%s", part.kind, name, suggestion(name, part.known)))
		}
	}
	if len(unknown) > 0 {
		return unknownNames(field, unknown)
	}
	return nil
}

func unknownNames(field string, told []string) error {
	return &engine.Refusal{Kind: engine.Invalid, What: field + ": " + strings.Join(told, "; "), Hint: "correct the names, or add them to the inventory first"}
}

// names are what a scope may speak of.
type names struct{ sites, devices, tags, services map[string]bool }

func (n names) none() bool {
	return len(n.sites)+len(n.devices)+len(n.tags)+len(n.services) == 0
}

// knownNames are all names in an inventory, those included that a device only refers to.
func knownNames(inv topology.Inventory) names {
	known := names{sites: map[string]bool{}, devices: map[string]bool{}, tags: map[string]bool{}, services: map[string]bool{}}
	add := func(to map[string]bool, all ...string) {
		for _, name := range all {
			if name != "" {
				to[name] = true
			}
		}
	}
	for _, s := range inv.Sites {
		add(known.sites, s.Name)
	}
	for _, s := range inv.Services {
		add(known.services, s.Name)
	}
	for _, d := range inv.Devices {
		add(known.sites, d.Site)
		add(known.tags, d.Tags...)
		add(known.services, d.Services...)
	}
	add(known.devices, topology.NewGraph(inv).Devices()...)
	return known
}

// unobserved are those of the devices that were not observed either: one that runs already may be worked
// on before somebody writes it into the inventory.
func unobserved(ctx context.Context, reader Reader, devices []string) ([]string, error) {
	observed, err := reader.Devices(ctx, tenant(ctx), engine.DeviceQuery{Devices: devices})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(devices, func(name string) bool {
		return slices.ContainsFunc(observed, func(v engine.DeviceView) bool { return v.Name == name })
	}), nil
}

// suggestion words what is written much like the name, best first, and is empty when nothing is.
func suggestion(name string, known map[string]bool) string {
	likeness := map[string]float64{}
	for candidate := range known {
		if l := levenshtein.Match(strings.ToLower(name), strings.ToLower(candidate), nil); l >= minAlike {
			likeness[candidate] = l
		}
	}
	alike := make([]string, 0, len(likeness))
	for candidate := range likeness {
		alike = append(alike, candidate)
	}
	slices.SortFunc(alike, func(a, b string) int {
		return cmp.Or(cmp.Compare(likeness[b], likeness[a]), strings.Compare(a, b))
	})
	if len(alike) == 0 {
		return ""
	}
	return " (alike: " + strings.Join(alike[:min(len(alike), maxAlike)], ", ") + ")"
}
