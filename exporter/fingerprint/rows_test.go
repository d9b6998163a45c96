package fingerprint

import (
	"bytes"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gowebpki/jcs"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// row is a row as a router prints it: "name=value" in any order.
type row []string

func (r row) all() iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		for _, attribute := range r {
			name, value, _ := bytes.Cut([]byte(attribute), []byte("="))
			if !yield(name, value) {
				return
			}
		}
	}
}

func category(t testing.TB, a *Allowlist, name string) Category {
	t.Helper()
	i := slices.IndexFunc(a.Categories, func(c Category) bool { return c.Name == name })
	require.GreaterOrEqual(t, i, 0)
	return a.Categories[i]
}

// document reads rows, by section, as those of a whole category.
func document(t require.TestingT, c Category, rows map[string][]row) Document {
	var sections []*Rows
	for _, s := range c.Sections {
		r := NewRows(s, 0)
		for _, one := range rows[s.Name] {
			require.NoError(t, r.Add(one.all()))
		}
		sections = append(sections, r)
	}
	return NewDocument(sections)
}

func canonical(t require.TestingT, d Document) string {
	var out bytes.Buffer
	n, err := d.WriteTo(&out)
	require.NoError(t, err)
	require.Equal(t, int64(out.Len()), n)
	return out.String()
}

func TestCanonicalForm(t *testing.T) {
	t.Parallel()
	a := builtinAllowlist(t)
	for name, c := range map[string]struct {
		category string
		rows     map[string][]row
		want     string
	}{
		"nothing": {"bgp", nil, `[]`},
		"sorted by natural key, names sorted, comment and counters dropped": {
			"addressing",
			map[string][]row{"/ip/address": {
				{"network=192.0.2.0", "interface=ether2", "address=192.0.2.1/24", "comment=to the pub", "actual-interface=ether2"},
				{".id=*1", "address=198.51.100.1/24", "disabled=false", "interface=ether1", "network=198.51.100.0"},
			}},
			`[{"rows":[{"address":"198.51.100.1/24","interface":"ether1","network":"198.51.100.0"},` +
				`{"address":"192.0.2.1/24","interface":"ether2","network":"192.0.2.0"}],"section":"/ip/address"}]`,
		},
		"dynamic rows are none, disabled ones are": {
			"addressing",
			map[string][]row{"/ip/address": {
				{"address=10.0.0.1/32", "interface=<pppoe-a>", "dynamic=true"},
				{"address=10.0.0.2/32", "interface=ether1", "dynamic=false", "disabled=true"},
			}},
			`[{"rows":[{"address":"10.0.0.2/32","disabled":"true","interface":"ether1"}],"section":"/ip/address"}]`,
		},
		"firewall keeps the order in each chain": {
			"firewall",
			map[string][]row{"/ip/firewall/filter": {
				{"chain=input", "action=accept", "connection-state=related,established", "bytes=12", "packets=1"},
				{"chain=forward", "action=drop"},
				{"chain=input", "action=drop", "comment=the rest"},
			}},
			`[{"rows":[{"action":"drop","chain":"forward"},` +
				`{"action":"accept","chain":"input","connection-state":"established,related"},{"action":"drop","chain":"input"}],` +
				`"section":"/ip/firewall/filter"}]`,
		},
		"a renamed property has its present name": {
			"bgp",
			map[string][]row{"/routing/bgp/connection": {
				{"name=up", "address-families=ipv6,ip", "remote.address=192.0.2.9", "tcp-md5-key=S3CRET"},
			}},
			`[{"rows":[{"afi":"ip,ipv6","name":"up","remote.address":"192.0.2.9"}],"section":"/routing/bgp/connection"}]`,
		},
		"bytes that are not UTF-8": {
			"system",
			map[string][]row{"/system/identity": {{"name=caf\xe9"}}},
			`[{"rows":[{"name":"café"}],"section":"/system/identity"}]`,
		},
		"quotes and control bytes": {
			"routing",
			map[string][]row{"/routing/filter/rule": {{"chain=in", "rule=if (dst in 10.0.0.0/8) { set comment \"a\\b\"\n; accept }\x01<&>"}}},
			`[{"rows":[{"chain":"in","rule":"if (dst in 10.0.0.0/8) { set comment \"a\\b\"\n; accept }\u0001<&>"}],"section":"/routing/filter/rule"}]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := canonical(t, document(t, category(t, a, c.category), c.rows))
			require.Equal(t, c.want, got)
			other, err := jcs.Transform([]byte(got))
			require.NoError(t, err)
			require.Equal(t, string(other), got, "another implementation of RFC 8785 leaves it as it is")
		})
	}
}

// What is kept at level 2 is what was hashed, by section.
func TestSectionsAreTheSameRows(t *testing.T) {
	t.Parallel()
	c := category(t, builtinAllowlist(t), "bgp")
	d := document(t, c, map[string][]row{
		"/routing/bgp/template":   {{"name=default", "as=65000"}},
		"/routing/bgp/connection": {{"name=up-b"}, {"name=up-a", "comment=x", "tcp-md5-key=S3CRET"}},
	})
	got, err := d.Sections()
	require.NoError(t, err)
	// The bytes count, since sections are canonical; JSONEq would let an order slip.
	want := `{"/routing/bgp/connection":[{"name":"up-a"},{"name":"up-b"}],"/routing/bgp/template":[{"as":"65000","name":"default"}]}`
	require.Equal(t, []byte(want), got)
	empty, err := NewDocument(nil).Sections()
	require.NoError(t, err)
	require.Equal(t, "{}", string(empty))
	other, err := jcs.Transform(got)
	require.NoError(t, err)
	require.Equal(t, string(other), string(got), "another implementation of RFC 8785 leaves it as it is")
}

// The digests were computed by sha256sum.
func TestFingerprintIsTheHashOfTheCanonicalForm(t *testing.T) {
	t.Parallel()
	f, err := NewDocument(nil).Fingerprint() // printf '[]' | sha256sum
	require.NoError(t, err)
	require.Equal(t, "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945", f.String())
	require.Equal(t, "4f53cda18c2b", f.Short())
	require.Equal(t, uint64(0x4f53cda18c2b), f.Uint48())
	require.Equal(t, strconv.FormatUint(f.Uint48(), 16), strconv.FormatUint(uint64(float64(f.Uint48())), 16), "a float64 holds it")
	// printf '[]' | sha256sum | cut -c 1-64 | xxd -r -p | sha256sum
	require.Equal(t, "830c6a41a882deb226e2d22ffaf1578399b7f7639703966ed4bc082fb8c81769", Overall([]Fingerprint{f}).String())
	require.NotEqual(t, Overall([]Fingerprint{f, {}}), Overall([]Fingerprint{{}, f}), "order matters")
}

// genRow draws a row of a menu from what RouterOS says can be set there.
func genRow(m schemaMenu) *rapid.Generator[row] {
	return rapid.Custom(func(t *rapid.T) row {
		names := rapid.SliceOfNDistinct(rapid.SampledFrom(m.properties), 1, min(8, len(m.properties)), rapid.ID).Draw(t, "properties")
		var r row
		for _, n := range names {
			r = append(r, n+"="+rapid.SampledFrom([]string{"", "a", "b", "b,a", "10", "false", "é", "x\xff"}).Draw(t, "value"))
		}
		return r
	})
}

func genMenu(t *rapid.T, menus []schemaMenu) (schemaMenu, []row) {
	m := rapid.SampledFrom(menus).Draw(t, "menu")
	return m, rapid.SliceOfN(genRow(m), 1, 6).Draw(t, "rows")
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

func TestProperties(t *testing.T) {
	t.Parallel()
	a, menus := builtinAllowlist(t), schema(t)

	t.Run("a row's attributes come in any order", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			m, rows := genMenu(t, menus)
			before := hashOf(t, sectionAt(a, m.name), rows)
			for i := range rows {
				rows[i] = rapid.Permutation(rows[i]).Draw(t, "attributes")
			}
			require.Equal(t, before, hashOf(t, sectionAt(a, m.name), rows))
		})
	})
	t.Run("rows come in any order where order means nothing", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			m, rows := genMenu(t, menus)
			s := sectionAt(a, m.name)
			moved := rapid.Permutation(rows).Draw(t, "moved")
			if len(s.key) > 0 {
				require.Equal(t, hashOf(t, s, rows), hashOf(t, s, moved))
			}
		})
	})
	t.Run("moving a rule within its chain is a change", func(t *testing.T) {
		t.Parallel()
		s := sectionAt(a, "/ip/firewall/nat")
		rapid.Check(t, func(t *rapid.T) {
			n := rapid.IntRange(2, 8).Draw(t, "rules")
			var rows []row
			for i := range n {
				rows = append(rows, row{"chain=" + rapid.SampledFrom([]string{"srcnat", "dstnat"}).Draw(t, "chain"), "to-ports=" + strconv.Itoa(i)})
			}
			moved := rapid.Permutation(rows).Draw(t, "moved")
			sameOrder := true
			for _, chain := range []string{"srcnat", "dstnat"} {
				in := func(rows []row) (out []string) {
					for _, r := range rows {
						if r[0] == "chain="+chain {
							out = append(out, r[1])
						}
					}
					return out
				}
				sameOrder = sameOrder && slices.Equal(in(rows), in(moved))
			}
			require.Equal(t, sameOrder, hashOf(t, s, rows) == hashOf(t, s, moved))
		})
	})
	t.Run("a changed value is a change, of a property that is read alone", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			m, rows := genMenu(t, menus)
			s := sectionAt(a, m.name)
			i := rapid.IntRange(0, len(rows)-1).Draw(t, "row")
			p := rapid.SampledFrom(m.properties).Draw(t, "property")
			changed := slices.Clone(rows)
			changed[i] = append(slices.DeleteFunc(slices.Clone(rows[i]), func(attribute string) bool {
				return strings.HasPrefix(attribute, p+"=")
			}), p+"=changed")
			_, everywhere := neverRead[p]
			_, here := neverRead[m.name+" "+p]
			aliased := len(s.slots) != len(s.properties) // a value under two names at once is not what a router prints
			if everywhere || here {
				// A row made of nothing else is no row, before and after.
				require.Equal(t, hashOf(t, s, rows), hashOf(t, s, changed))
			} else if !aliased {
				require.NotEqual(t, hashOf(t, s, rows), hashOf(t, s, changed))
			}
		})
	})
	t.Run("what is read-only or made by the router changes nothing", func(t *testing.T) {
		t.Parallel()
		volatile := []string{
			".id", ".nextid", "about", "running", "slave", "actual-mtu", "link-downs", "last-link-up-time",
			"bytes", "packets", "invalid", "creation-time", "last-logged-in", "rate", "queued-bytes", "active", "immediate-gw",
			"inactive", "run-count", "next-run", "cache-used", "current-tagged", "hw-offloaded", "uptime", "default-name",
		}
		rapid.Check(t, func(t *rapid.T) {
			m, rows := genMenu(t, menus)
			s := sectionAt(a, m.name)
			before := hashOf(t, s, rows)
			for i := range rows {
				rows[i] = append(rows[i], rapid.SampledFrom(volatile).Draw(t, "property")+"="+rapid.String().Draw(t, "value"))
			}
			require.Equal(t, before, hashOf(t, s, rows))
		})
	})
	t.Run("a default that is printed or left out is the same", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			c := rapid.SampledFrom(a.Categories).Draw(t, "category")
			s := rapid.SampledFrom(c.Sections).Draw(t, "section")
			p := rapid.SampledFrom(s.properties).Draw(t, "property")
			other := rapid.SampledFrom(s.properties).Filter(func(o property) bool { return o.name != p.name || len(s.properties) == 1 }).Draw(t, "other")
			if other.name == p.name {
				return
			}
			for _, printed := range append([]string{""}, p.defaults...) {
				require.Equal(t, hashOf(t, s, []row{{other.name + "=v"}}), hashOf(t, s, []row{{other.name + "=v", p.name + "=" + printed}}))
			}
		})
	})
	t.Run("a row of a dynamic thing is no row", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			m, rows := genMenu(t, menus)
			s := sectionAt(a, m.name)
			if s.single || slices.Contains(m.properties, "dynamic") {
				return
			}
			extra := append(genRow(m).Draw(t, "extra"), "dynamic=true")
			require.Equal(t, hashOf(t, s, rows), hashOf(t, s, slices.Insert(slices.Clone(rows), rapid.IntRange(0, len(rows)).Draw(t, "at"), extra)))
		})
	})
}

func TestTooManyRowsAreNotHalfRead(t *testing.T) {
	t.Parallel()
	r := NewRows(sectionAt(builtinAllowlist(t), "/ip/address"), 2)
	require.NoError(t, r.Add(row{"address=a"}.all()))
	require.NoError(t, r.Add(row{"address=b"}.all()))
	require.EqualError(t, r.Add(row{"address=c"}.all()), "/ip/address has more than 2 rows")
	require.Equal(t, 2, r.Len())
}

// FuzzAdd is about what a router may send as names and values.
func FuzzAdd(f *testing.F) {
	f.Add("address=1\ninterface=x\ndynamic=false")
	f.Add("comment=x\n=\n\xff=\xfe\naddress=\"")
	s := sectionAt(builtinAllowlist(f), "/ip/address")
	f.Fuzz(func(t *testing.T, text string) {
		attributes := row(strings.Split(text, "\n"))
		r := NewRows(s, 0)
		require.NoError(t, r.Add(attributes.all()))
		got := canonical(t, NewDocument([]*Rows{r}))
		other, err := jcs.Transform([]byte(got))
		require.NoError(t, err)
		require.Equal(t, string(other), got)
	})
}

// BenchmarkFirewall is the fingerprint of 100,000 firewall rules, of which the
// budget is one second.
func BenchmarkFirewall(b *testing.B) {
	s := sectionAt(builtinAllowlist(b), "/ip/firewall/filter")
	type attribute struct{ name, value []byte }
	rows := make([][]attribute, 100_000)
	for i := range rows {
		for _, text := range []string{
			"chain=c" + strconv.Itoa(rand.IntN(50)), "action=accept", "src-address=10.0.0." + strconv.Itoa(i), "protocol=tcp",
			"dst-port=80,443", "connection-state=established,related", "disabled=false", "log=false", "log-prefix=", "dynamic=false",
		} {
			name, value, _ := bytes.Cut([]byte(text), []byte("="))
			rows[i] = append(rows[i], attribute{name, value})
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		r := NewRows(s, 0)
		for _, one := range rows {
			err := r.Add(func(yield func(name, value []byte) bool) {
				for _, a := range one {
					if !yield(a.name, a.value) {
						return
					}
				}
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		if _, err := NewDocument([]*Rows{r}).Fingerprint(); err != nil {
			b.Fatal(err)
		}
	}
}
