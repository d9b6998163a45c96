package routersim_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-routeros/routeros/v3"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

// TestOddities: what hand-written and old exports do.
func TestOddities(t *testing.T) {
	t.Parallel()
	r, err := routersim.New(routersim.Options{Name: "FACTORY"})
	require.NoError(t, err)
	t.Cleanup(r.Close)
	leftOut, err := r.Load(strings.NewReader(fixture(t, "oddities.rsc")))
	require.NoError(t, err)
	require.Equal(t, []string{
		"line 28: /ip/firewall/address-list/instead/of/it: neither a command nor a known menu",
		"line 43: script code is not run",
		"line 46: /user/ssh-keys/import: not a command that changes rows",
	}, leftOut)
	c := client(t, r, "admin", "")
	rows := func(menu string, query ...string) []map[string]string {
		return rowsOf(t, c, append([]string{menu + "/print"}, query...)...)
	}
	require.Equal(t, "\xc2\xa1 \xb2\xd6 odd", rows("/system/identity")[0]["name"], "bytes that are no UTF-8 pass through")
	require.Equal(t, "outside", rows("/interface", "?default-name=ether1")[0]["name"])
	require.Equal(t, "outside", rows("/ip/address")[0]["interface"], "a reference follows the name")
	require.Len(t, rows("/interface", "?default-name=sfp-sfpplus7"), 1, "a port that the factory did not have")
	require.Equal(t, []string{"first", "dropped", "accepted"}, column(rows("/ip/firewall/filter"), "comment"), "place-before")
	require.Equal(t, []string{"kept"}, column(rows("/ip/firewall/address-list"), "list"), "removed by find")
	require.Equal(t, "one line,\r\nanother with  blanks", rows("/system/script")[0]["source"])
	require.Equal(t, "outside", rows("/interface/list/member")[0]["interface"], "a find expression as a value")
	require.Equal(t, "true", rows("/routing/table", "?name=blue")[0]["fib"], "a bare word is a flag")
	require.Equal(t, "kept", rows("/unheard/of")[0]["x"], "menus that nobody knows are kept and answered")
	require.Equal(t, "2", rows("/unheard/of/settings")[0]["y"])
	require.Equal(t, "true", rows("/ip/service", "?name=www")[0]["disabled"])
	require.Equal(t, "true", rows("/ip/service", "?name=ftp")[0]["disabled"], "set by number")
	require.Equal(t, "10s", rows("/routing/bgp/connection")[0]["hold-time"], "set by find on a name with blanks")
	_, unset := rows("/routing/bgp/connection")[0]["input.filter"]
	require.False(t, unset, "!name takes a property away")
	_, err = routeros.Dial(listen(t, r).String(), "operator", "pass word")
	require.NoError(t, err, "a user of the file logs in")
}

func column(rows []map[string]string, name string) []string {
	var out []string
	for _, row := range rows {
		out = append(out, row[name])
	}
	return out
}

var pathLine = regexp.MustCompile(`(?m)^/[a-z0-9-]+( [a-z0-9-]+)*`)

// slashed writes a file's menu paths with slashes, as version 7 may.
func slashed(text string) string {
	verbs := map[string]bool{"add": true, "set": true, "remove": true, "enable": true, "disable": true}
	return pathLine.ReplaceAllStringFunc(text, func(line string) string {
		words := strings.Fields(line)
		end := len(words)
		if i := slices.IndexFunc(words, func(w string) bool { return verbs[w] }); i >= 0 {
			end = i
		}
		return strings.Join(append([]string{strings.Join(words[:end], "/")}, words[end:]...), " ")
	})
}

// TestSlashSyntaxLoadsTheSame: a file loads to the same state in either syntax.
func TestSlashSyntaxLoadsTheSame(t *testing.T) {
	t.Parallel()
	files := []string{"testdata/edge1.rsc", "testdata/access1.rsc"}
	if dir := sharedData(t); dir != "" {
		found, err := filepath.Glob(filepath.Join(dir, "routeros*", "*.rsc"))
		require.NoError(t, err)
		require.NotEmpty(t, found)
		files = append(files, found...)
	}
	menus := regexp.MustCompile(`(?m)^/[a-z0-9 -]+`)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			asked := map[string]bool{}
			for _, line := range menus.FindAllString(slashed(string(text)), -1) {
				asked[strings.TrimSpace(line)] = true
			}
			dump := func(text string) string {
				clk := newClock()
				c := client(t, newRouter(t, text, routersim.Options{Now: clk.now}), "admin", "")
				var b strings.Builder
				for _, menu := range slices.Sorted(maps.Keys(asked)) {
					reply, err := c.Run(menu + "/print")
					if err != nil {
						continue
					}
					for _, re := range reply.Re {
						for _, pair := range re.List {
							b.WriteString(menu + " " + pair.Key + "=" + pair.Value + "\n")
						}
					}
				}
				return b.String()
			}
			require.Equal(t, dump(string(text)), dump(slashed(string(text))))
		})
	}
}
