package fingerprint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
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
		"an address of a delegated prefix": {
			"addressing",
			map[string][]row{"/ipv6/address": {
				{"address=2001:db8:7::1/64", "from-pool=isp", "interface=lan", "advertise=true"}, {"address=2001:db8::1/64", "from-pool=", "interface=wan"},
			}},
			`[{"rows":[{"advertise":"true","from-pool":"isp","interface":"lan"},{"address":"2001:db8::1/64","interface":"wan"}],"section":"/ipv6/address"}]`,
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
			"[{\"rows\":[{\"name\":\"café\uFFFD\"}],\"section\":\"/system/identity\"}]",
		},
		"the modes of a port, in the words of any version": {
			"interfaces",
			map[string][]row{"/interface/ethernet": {
				{"name=ether1", "auto-negotiation=true", "speed=1Gbps", "advertise=10M-half,100M-full,1000M-full"},
				{"name=sfp1", "auto-negotiation=no", "speed=1G-baseX", "advertise=10G-baseCR,1G-baseX,1G-baseT-full,100M-baseT-full"},
			}},
			`[{"rows":[{"advertise":"100M-baseT-full,10M-baseT-half,1G-baseT-full","auto-negotiation":"true","name":"ether1"},` +
				`{"advertise":"100M-baseT-full,10G-baseCR,1G-baseT-full","auto-negotiation":"false","name":"sfp1","speed":"1G-baseT-full"}],"section":"/interface/ethernet"}]`,
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

func TestTooManyRowsAreNotHalfRead(t *testing.T) {
	t.Parallel()
	r := NewRows(sectionAt(builtinAllowlist(t), "/ip/address"), 2)
	require.NoError(t, r.Add(row{"address=a"}.all()))
	require.NoError(t, r.Add(row{"address=b"}.all()))
	require.EqualError(t, r.Add(row{"address=c"}.all()), "/ip/address has more than 2 rows")
	require.Equal(t, 2, r.Len())
}

// Whatever bytes they are made of, values that differ are written differently.
func TestDifferentValuesAreWrittenDifferently(t *testing.T) {
	t.Parallel()
	pieces := rapid.SampledFrom([]string{"a", "\xe9", "é", "\uFFFD", "\xef", "\xbf\xbd", "\xc3", "\xa9", "Ã©", `"`, "\x00", `\u00e9`})
	values := rapid.Map(rapid.SliceOfN(pieces, 0, 4), func(p []string) string { return strings.Join(p, "") })
	rapid.Check(t, func(t *rapid.T) {
		a, b := values.Draw(t, "a"), values.Draw(t, "b")
		require.Equal(t, a == b, string(appendString(nil, []byte(a))) == string(appendString(nil, []byte(b))), "%q %q", a, b)
	})
	for _, pair := range [][2]string{{"caf\xe9", "café"}, {"caf\xe9", "café\uFFFD"}, {"\uFFFD", "\uFFFD\uFFFD"}} {
		require.NotEqual(t, appendString(nil, []byte(pair[0])), appendString(nil, []byte(pair[1])), "%q", pair)
	}
}

// FuzzCanonicalForm is about what a router may send as names and values: the
// canonical form is valid in the sense of RFC 8785, has nothing that is not in
// the allowlist, and is the same each time, in whatever order attributes come.
func FuzzCanonicalForm(f *testing.F) {
	a := builtinAllowlist(f)
	f.Add(uint(3), "address=1\ninterface=x\ndynamic=false\n\naddress=\"\ncomment=x")
	f.Add(uint(20), "name=a\ninstance=b\nas=1\n\nname=\xff\ntemplates=a,b,,")
	f.Add(uint(33), "chain=\x00\naction=\u2028\nconnection-state=b,a,\n=\n\xff=\xfe")
	var sections []*Section
	for _, c := range a.Categories {
		sections = append(sections, c.Sections...)
	}
	f.Fuzz(func(t *testing.T, at uint, text string) {
		s := sections[at%uint(len(sections))]
		read := func(arrange func(row)) string {
			r := NewRows(s, 0)
			for block := range strings.SplitSeq(text, "\n\n") {
				attributes := row(onceEach(strings.Split(block, "\n")))
				arrange(attributes)
				require.NoError(t, r.Add(attributes.all()))
			}
			return canonical(t, NewDocument([]*Rows{r}))
		}
		got := read(func(row) {})
		require.Equal(t, got, read(slices.Reverse[row]))
		other, err := jcs.Transform([]byte(got))
		require.NoError(t, err)
		require.Equal(t, string(other), got)

		var sectionsOf []struct{ Rows []map[string]string }
		require.NoError(t, json.Unmarshal([]byte(got), &sectionsOf))
		for _, section := range sectionsOf {
			for _, r := range section.Rows {
				require.NotEmpty(t, r)
				for name := range r {
					require.GreaterOrEqual(t, s.index(name), 0, name)
				}
			}
		}
	})
}

// onceEach leaves out an attribute that came before: no router prints one twice.
func onceEach(attributes []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(attributes, func(attribute string) bool {
		name, _, _ := strings.Cut(attribute, "=")
		again := seen[name]
		seen[name] = true
		return again
	})
}

// BenchmarkFingerprint100kRules is the fingerprint of 100,000 firewall rules,
// of which the budget is one second for all: this is the part that has nothing
// to do with the network.
func BenchmarkFingerprint100kRules(b *testing.B) {
	s := sectionAt(builtinAllowlist(b), "/ip/firewall/filter")
	var number int
	var rule []byte
	attributes := func(yield func(name, value []byte) bool) {
		for line := range bytes.SplitSeq(rule, []byte{'\n'}) {
			if name, value, _ := bytes.Cut(line, []byte{'='}); !yield(name, value) {
				return
			}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		r := NewRows(s, 0)
		for number = range 100_000 {
			rule = fmt.Appendf(rule[:0], "chain=c%d\naction=accept\nsrc-address=10.0.%d.%d\nprotocol=tcp\ndst-port=80,443\n"+
				"connection-state=established,related\ndisabled=false\nlog=false\nlog-prefix=\ndynamic=false", number%50, number/256%256, number%256)
			if err := r.Add(attributes); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := NewDocument([]*Rows{r}).Fingerprint(); err != nil {
			b.Fatal(err)
		}
	}
}
