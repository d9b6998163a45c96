package fingerprint

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Rows in these tests are drawn from what a version of RouterOS says can be
// set and is shown in its menus, with values of its own choice: what counts as
// a change is judged by that, and not by the allowlist.

// genValue draws a value of a property.
func genValue(p schemaProperty) *rapid.Generator[string] {
	values := []string{"", "a", "b", "b,a", "a,b", "10", "false", "true", "é", "x\xff", `"\`}
	return rapid.SampledFrom(append(values, p.Words...))
}

// genRow draws a row of a menu.
func genRow(m schemaMenu) *rapid.Generator[row] {
	return rapid.Custom(func(t *rapid.T) row {
		chosen := rapid.SliceOfNDistinct(rapid.IntRange(0, len(m.Settable)-1), 1, min(8, len(m.Settable)), rapid.ID).Draw(t, "properties")
		var r row
		for _, i := range chosen {
			r = append(r, m.Settable[i].Name+"="+genValue(m.Settable[i]).Draw(t, "value"))
		}
		return r
	})
}

// genMenu draws a menu of some version of RouterOS.
func genMenu(s schema) *rapid.Generator[schemaMenu] {
	return rapid.Custom(func(t *rapid.T) schemaMenu {
		version := rapid.SampledFrom(s.Versions).Draw(t, "version")
		var menus []schemaMenu
		for _, m := range s.Menus {
			m, ok := m.in(version)
			m.Settable = slices.DeleteFunc(m.Settable, func(p schemaProperty) bool { return p.Name == dynamicProperty }) // has a test of its own
			if ok && len(m.Settable) > 0 {
				menus = append(menus, m)
			}
		}
		return rapid.SampledFrom(menus).Draw(t, "menu")
	})
}

func genRows(m schemaMenu) *rapid.Generator[[]row] {
	if m.Single {
		return rapid.SliceOfN(genRow(m), 1, 1)
	}
	return rapid.SliceOfN(genRow(m), 1, 6)
}

func hashOf(t require.TestingT, s *Section, rows []row) string {
	r := NewRows(s, 0)
	for _, one := range rows {
		require.NoError(t, r.Add(one.all()))
	}
	f, err := NewDocument([]*Rows{r}).Fingerprint()
	require.NoError(t, err)
	return f.String()
}

// fingerprints hashes all categories of a router that has these rows, by menu.
func fingerprints(t require.TestingT, a *Allowlist, menus map[string][]row) map[string]string {
	hashes := map[string]string{}
	for _, c := range a.Categories {
		rows := map[string][]row{}
		for _, s := range c.Sections {
			if menu, ok := s.Menu(7); ok {
				rows[s.Name] = menus[menu]
			}
		}
		f, err := document(t, c, rows).Fingerprint()
		require.NoError(t, err)
		hashes[c.Name] = f.String()
	}
	return hashes
}

// with returns the rows with one property of one of them changed.
func with(rows []row, i int, property, value string) []row {
	changed := slices.Clone(rows)
	changed[i] = append(slices.DeleteFunc(slices.Clone(rows[i]), func(attribute string) bool {
		return strings.HasPrefix(attribute, property+"=")
	}), property+"="+value)
	return changed
}

func TestOrderOfAttributesMeansNothing(t *testing.T) {
	t.Parallel()
	a, s := builtinAllowlist(t), readSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		m := genMenu(s).Draw(t, "in")
		rows := genRows(m).Draw(t, "rows")
		before := hashOf(t, sectionAt(a, m.Menu), rows)
		for i := range rows {
			rows[i] = rapid.Permutation(rows[i]).Draw(t, "attributes")
		}
		require.Equal(t, before, hashOf(t, sectionAt(a, m.Menu), rows))
	})
}

// chainOf names the property within which order matters, as RouterOS walks
// its rules: chain by chain, list by list.
func chainOf(m schemaMenu) string {
	for _, p := range m.Settable {
		if p.Name == "list" || p.Name == "chain" && m.Menu != "/routing/rule" {
			return p.Name
		}
	}
	return ""
}

// Rows that cannot be moved on a router are the same in any order. Those that
// can are a change where two of the same chain have changed places.
func TestRowsMayComeInAnyOrderUnlessRouterOSCanMoveThem(t *testing.T) {
	t.Parallel()
	a, s := builtinAllowlist(t), readSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		m := genMenu(s).Draw(t, "in")
		rows := genRows(m).Draw(t, "rows")
		within := chainOf(m)
		// Rows that differ beyond doubt: by a property that is read.
		var plain schemaProperty
		for _, p := range m.Settable {
			if leftOut(m.Menu, p.Name) == "" && p.Name != within && p.Name != "disabled" {
				plain = p
			}
		}
		if plain.Name == "" {
			return
		}
		for i := range rows {
			rows[i] = with(rows, i, plain.Name, "row"+strconv.Itoa(i))[i]
		}
		order := rapid.Permutation(indices(len(rows))).Draw(t, "order")
		var moved []row
		for _, i := range order {
			moved = append(moved, rows[i])
		}
		same := true
		if m.Movable && !slices.Contains(indifferent, m.Menu) {
			for at, i := range order {
				for _, j := range order[at+1:] {
					if j < i && (within == "" || valueOf(rows[i], within) == valueOf(rows[j], within)) {
						same = false
					}
				}
			}
		}
		require.Equal(t, same, hashOf(t, sectionAt(a, m.Menu), rows) == hashOf(t, sectionAt(a, m.Menu), moved))
	})
}

func valueOf(r row, name string) string {
	for _, attribute := range r {
		if v, ok := strings.CutPrefix(attribute, name+"="); ok {
			return v
		}
	}
	return ""
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// A changed value of anything that somebody can set changes the fingerprint
// of exactly one category, unless there is a reason to leave it out: then it
// changes nothing.
func TestAChangeIsAChangeOfExactlyOneCategory(t *testing.T) {
	t.Parallel()
	a, s := builtinAllowlist(t), readSchema(t)
	// Counts where connections inherit it, and nowhere else.
	moved := map[string]bool{"/routing/bgp/template cluster-id": true, "/routing/bgp/template input.ignore-as-path-len": true, "/routing/bgp/template router-id": true}
	rapid.Check(t, func(t *rapid.T) {
		m := genMenu(s).Draw(t, "in")
		rows := genRows(m).Draw(t, "rows")
		menus := map[string][]row{}
		for range 3 { // there is more on a router than that
			other := genMenu(s).Draw(t, "other")
			menus[other.Menu] = genRows(other).Draw(t, "others")
		}
		i := rapid.IntRange(0, len(rows)-1).Draw(t, "row")
		p := rapid.SampledFrom(m.Settable).Draw(t, "property")
		menus[m.Menu] = rows
		before := fingerprints(t, a, menus)
		menus[m.Menu] = with(rows, i, p.Name, "changed")
		after := fingerprints(t, a, menus)

		var changed []string
		for category, hash := range before {
			if after[category] != hash {
				changed = append(changed, category)
			}
		}
		key := m.Menu + " " + p.Name
		switch section := sectionAt(a, m.Menu); {
		case key == "/ipv6/address address" && valueOf(rows[i], "from-pool") != "":
			require.Empty(t, changed, "the router made it of what was delegated to it")
		case leftOut(m.Menu, p.Name) != "" || moved[key]:
			require.Empty(t, changed, key)
		case hides(section, rows[i], p.Name):
			// A name from before its renaming, beside the present one: no router prints both differently.
		default:
			require.Equal(t, []string{categoryOf(a, section)}, changed, key)
		}
	})
}

// hides reports whether a row has the property under its present name as well.
func hides(s *Section, r row, property string) bool {
	at := s.slots[property]
	return !at.present && slices.ContainsFunc(r, func(attribute string) bool {
		name, _, _ := strings.Cut(attribute, "=")
		other, ok := s.slots[name]
		return ok && name != property && other.property == at.property
	})
}

func categoryOf(a *Allowlist, s *Section) string {
	for _, c := range a.Categories {
		if slices.Contains(c.Sections, s) {
			return c.Name
		}
	}
	return ""
}

// What RouterOS shows and does not let one set is no configuration: counters,
// states, what the router made up. Nor are ids and secrets of any name.
func TestWhatCannotBeSetChangesNothing(t *testing.T) {
	t.Parallel()
	a, s := builtinAllowlist(t), readSchema(t)
	named := []string{"/ip/service name"} // is read-only, and names the row
	always := []string{".id", ".nextid", ".dead", "numbers", "password", "passphrase", "secret", "private-key", "comment"}
	rapid.Check(t, func(t *rapid.T) {
		m := genMenu(s).Draw(t, "in")
		rows := genRows(m).Draw(t, "rows")
		section := sectionAt(a, m.Menu)
		before := hashOf(t, section, rows)
		for i := range rows {
			p := rapid.SampledFrom(append(always, m.ReadOnly...)).Draw(t, "property")
			value := rapid.String().Draw(t, "value")
			if slices.Contains(named, m.Menu+" "+p) || p == dynamicProperty && (value == "true" || value == "yes") {
				continue
			}
			rows[i] = append(rows[i], p+"="+value)
		}
		require.Equal(t, before, hashOf(t, section, rows))
	})
}

func TestDefaultPrintedOrLeftOutIsTheSame(t *testing.T) {
	t.Parallel()
	a, s := builtinAllowlist(t), readSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		m := genMenu(s).Draw(t, "in")
		section := sectionAt(a, m.Menu)
		rows := genRows(m).Draw(t, "rows")
		p := rapid.SampledFrom(section.properties).Draw(t, "property")
		before := slices.Clone(rows)
		for i := range rows {
			before[i] = slices.DeleteFunc(slices.Clone(rows[i]), func(attribute string) bool {
				name, _, _ := strings.Cut(attribute, "=")
				return section.slots[name].property == section.index(p.name)
			})
			rows[i] = append(slices.Clone(before[i]), p.name+"="+rapid.SampledFrom(append(p.defaults, "")).Draw(t, "default"))
		}
		require.Equal(t, hashOf(t, section, before), hashOf(t, section, rows))
	})
}

// RouterOS and its exports print the one or the other.
func TestYesAndNoAreTrueAndFalse(t *testing.T) {
	t.Parallel()
	a, s := builtinAllowlist(t), readSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		m := genMenu(s).Draw(t, "in")
		section := sectionAt(a, m.Menu)
		rows := genRows(m).Draw(t, "rows")
		i := rapid.IntRange(0, len(rows)-1).Draw(t, "row")
		p := rapid.SampledFrom(m.Settable).Draw(t, "property")
		for said, meant := range map[string]string{"yes": "true", "no": "false"} {
			require.Equal(t, hashOf(t, section, with(rows, i, p.Name, meant)), hashOf(t, section, with(rows, i, p.Name, said)), "%s %s", m.Menu, p.Name)
		}
	})
}

func TestARowOfADynamicThingIsNoRow(t *testing.T) {
	t.Parallel()
	a, s := builtinAllowlist(t), readSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		m := genMenu(s).Draw(t, "in")
		section := sectionAt(a, m.Menu)
		if section.single {
			return
		}
		rows := genRows(m).Draw(t, "rows")
		extra := append(genRow(m).Draw(t, "extra"), "dynamic=true")
		at := rapid.IntRange(0, len(rows)).Draw(t, "at")
		require.Equal(t, hashOf(t, section, rows), hashOf(t, section, slices.Insert(slices.Clone(rows), at, extra)))
	})
}
