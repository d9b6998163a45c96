package rsc

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// show writes a command in one line: menu, verb, then arguments with their
// form visible.
func show(c Command) string {
	out := []string{c.Menu, c.Verb}
	for _, a := range c.Args {
		switch {
		case a.Find != nil:
			var conditions []string
			for _, cond := range a.Find.Conditions {
				conditions = append(conditions, cond.Name+cond.Op+cond.Value)
			}
			out = append(out, a.Name+"<"+a.Find.Menu+"?"+strings.Join(conditions, "&")+">")
		case a.Kind == Flag:
			out = append(out, "("+a.Text+")")
		case a.Kind == Unset:
			out = append(out, "!"+a.Name)
		default:
			out = append(out, a.Name+"="+a.Text)
		}
	}
	return strings.Join(out, " ")
}

func TestParse(t *testing.T) {
	t.Parallel()
	known := func(menu string) bool { return !strings.Contains(menu, "protocol") }
	for _, tc := range []struct {
		name, text string
		want       []string // commands, then "line N: …" for warnings
	}{
		{"block", "/ip address\nadd address=1.2.3.4/24 interface=ether1\n", []string{"/ip/address add address=1.2.3.4/24 interface=ether1"}},
		{"block with slashes", "/ip/address\nadd address=1.2.3.4/24", []string{"/ip/address add address=1.2.3.4/24"}},
		{"one line", "/ip address add a=b", []string{"/ip/address add a=b"}},
		{"verb behind a slash", "/ip/address/add a=b", []string{"/ip/address add a=b"}},
		{"one line leaves the menu alone", "/ip pool\n/system identity set name=x\nadd name=p", []string{"/system/identity set name=x", "/ip/pool add name=p"}},
		{"relative menu", "/ip\naddress add a=b\naddress\nadd c=d", []string{"/ip/address add a=b", "/ip/address add c=d"}},
		{"up and down", "/ip address\n.. pool add n=1", []string{"/ip/pool add n=1"}},
		{"line ends of DOS", "/ip pool\r\nadd name=a\r\nadd name=b\r\n", []string{"/ip/pool add name=a", "/ip/pool add name=b"}},
		{"continuation between words", "/ip pool\nadd name=a \\\n    ranges=b", []string{"/ip/pool add name=a ranges=b"}},
		{"continuation in a bare value", "/ip pool\nadd name=\\\n    abc", []string{"/ip/pool add name=abc"}},
		{"continuation in quotes drops blanks", "/s\nadd x=\"one\\\n    two\"", []string{"/s add x=onetwo"}},
		{"continuation with CRLF", "/s\nadd x=\"one\\\r\n  two\" y=\\\r\n  z", []string{"/s add x=onetwo y=z"}},
		{"continuation to column one", "/s\nadd x=1 \\\ny=2", []string{"/s add x=1 y=2"}},
		{"escapes", `/s add x="\"\\\$\?\_\t\r\n\41\C3\A4"`, []string{"/s add x=\"\\$? \t\r\nA\xc3\xa4"}},
		{"bytes that are no UTF-8", `/s add x="\B2\D6"`, []string{"/s add x=\xb2\xd6"}},
		{"unknown escape stays", `/s add x="a\(b"`, []string{`/s add x=a\(b`}},
		{"raw UTF-8", "/s add x=\"¡é\"", []string{"/s add x=¡é"}},
		{"equals sign in a value", "/s add rule=\"if (a == b) {accept}\" k=v==", []string{"/s add rule=if (a == b) {accept} k=v=="}},
		{"find", "/s\nset [ find default-name=ether1 ] name=x", []string{"/s set <?default-name=ether1> name=x"}},
		{"find with everything", `/s set [find where a="1 2" and b!=c and d~"^x" and !e and f] y=z`, []string{"/s set <?a=1 2&b!=c&d~^x&e=false&f=true> y=z"}},
		{"find of another menu", "/s remove numbers=[/ip firewall filter find ]", []string{"/s remove numbers</ip/firewall/filter?>"}},
		{"find as a value", "/s add interface=[find default-name=ether1] list=WAN", []string{"/s add interface<?default-name=ether1> list=WAN"}},
		{"item by name, number and id", "/s\nset www a=b\nset 0,1 a=b\nset *F0 a=b\nset \"with blank\" a=b", []string{"/s set (www) a=b", "/s set (0,1) a=b", "/s set (*F0) a=b", "/s set (with blank) a=b"}},
		{"flags and unset", "/s add fib !gateway name=x", []string{"/s add (fib) !gateway name=x"}},
		{"short names", "/s add input.filter=a .accept-nlri=b output.filter-chain=c .network=d name=e .f=g", []string{"/s add input.filter=a input.accept-nlri=b output.filter-chain=c output.network=d name=e output.f=g"}},
		{"abbreviated verb", "/s\nrem [find list=\"nice\"]", []string{"/s remove <?list=nice>"}},
		{"several statements in a line", "/s; add a=1; add b=2", []string{"/s add a=1", "/s add b=2"}},
		{"comments", "# x \\\n/s # no\nadd a=#b # no\n  # indented\nadd c=d", []string{"/s add a=#b", "/s add c=d"}},
		{"semicolon in quotes", `/s add on-event=":log info; /x"`, []string{"/s add on-event=:log info; /x"}},
		{"wrapped comment", "/a\n# are considered unsafe, use a more modern VP\n  protocol instead\nset x=1", []string{"/a set x=1", "line 3: /a/protocol/instead: neither a command nor a known menu"}},
		{"script code", ":local x 1\n:if ($x) do={\n /s add a=b\n}\n/s add c=d", []string{"/s add c=d", "line 1: script code is not run", "line 2: script code is not run"}},
		{"other commands", "/user ssh-keys import user=a", []string{"line 1: /user/ssh-keys/import: not a command that changes rows"}},
		{"computed value", "/s set [find where (a=b)] c=d", []string{"line 1: /s set: a computed find condition"}},
		{"quote never closed", "/s\nadd a=\"b\nadd c=d\n", []string{"/s add c=d", "line 2: a quote or bracket opened here is never closed: the line is left out"}},
		{"bracket never closed", "/s\nset [find a=b\nadd c=d\n", []string{"/s add c=d", "line 2: a quote or bracket opened here is never closed: the line is left out"}},
		{"nothing", "", nil},
		{"byte order mark", "\ufeff/s add a=b", []string{"/s add a=b"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			script := Parse(tc.text, known)
			var got []string
			for _, c := range script.Commands {
				got = append(got, show(c))
			}
			for _, w := range script.Warnings {
				got = append(got, "line "+itoa(w.Line)+": "+w.Text)
			}
			require.Empty(t, cmp.Diff(tc.want, got))
		})
	}
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

func TestHeaderVersion(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"# dec/21/2022 20:48:28 by RouterOS 6.48.6\n":                  "6.48.6",
		"# Source: somewhere\n\n# 2023-11-19 16:36 by RouterOS 7.11\n": "7.11",
		"# ____-__-__ __:__:__ by RouterOS 7.18\r\n":                   "7.18",
		"/ip pool\nadd name=\"by RouterOS 7.1\"\n":                     "",
	} {
		require.Equal(t, want, Parse(text, nil).Version, text)
	}
}

// TestManyStrayBrackets: the time that a text takes does not grow with the
// square of its length; it would be minutes here.
func TestManyStrayBrackets(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"set [\n", "add a=\"x\\\"\n", "({[\"\n"} {
		const n = 50_000
		script := Parse(strings.Repeat(line, n)+"/s add a=b\n", nil)
		require.LessOrEqual(t, len(script.Warnings), n)
		require.NotEmpty(t, script.Warnings)
		require.Equal(t, "/s add a=b", show(script.Commands[len(script.Commands)-1]))
	}
}

// TestQuotedValuesRoundTrip: any bytes, quoted as `/export` quotes them, come
// back unchanged, and wherever a line may be broken.
func TestQuotedValuesRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value := string(rapid.SliceOf(rapid.Byte()).Draw(t, "value"))
		broken := rapid.IntRange(0, 40).Draw(t, "broken")
		script := Parse("/s\nadd x="+quote(value, broken)+" y=after\n", nil)
		require.Empty(t, script.Warnings)
		require.Len(t, script.Commands, 1)
		require.Equal(t, []Arg{{Name: "x", Text: value}, {Name: "y", Text: "after"}}, script.Commands[0].Args)
	})
}

// quote writes a value as `/export` does and breaks the line after n pieces.
func quote(value string, n int) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(value) {
		if i == n && value[i] != ' ' && value[i] != '\t' {
			b.WriteString("\\\r\n    ")
		}
		switch c := value[i]; {
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case strings.IndexByte(`"\$?`, c) >= 0:
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 0x7F:
			b.WriteByte('\\')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// FuzzParse: no text makes the parser stop, and every command it returns is
// one that a menu can run.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"edge1.rsc", "core1.rsc", "access1.rsc"} {
		text, err := os.ReadFile("../../testdata/" + name)
		require.NoError(f, err)
		f.Add(string(text))
	}
	f.Add("/a\nset [find a=\"b\"] c={d} .e=\\\n f;\"")
	f.Add("[[[(((\n\"\\")
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Count(text, "\n") + 1
		script := Parse(text, nil)
		for _, c := range script.Commands {
			require.True(t, strings.HasPrefix(c.Menu, "/"), c.Menu)
			require.Contains(t, verbs, c.Verb)
			require.LessOrEqual(t, c.Line, lines)
			require.Positive(t, c.Line)
		}
		for _, w := range script.Warnings {
			require.LessOrEqual(t, w.Line, lines)
		}
	})
}
