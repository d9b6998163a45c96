package query

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var row = map[string]string{"name": "ether1", "type": "ether", "mtu": "1500", "disabled": "false", "address": "10.0.0.9", "comment": ""}

func get(name string) (string, bool) {
	v, ok := row[name]
	return v, ok
}

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		query string // words separated by blanks
		want  bool
	}{
		{"", true},
		{"?name", true},
		{"?nothing", false},
		{"?-nothing", true},
		{"?-name", false},
		{"?comment", true}, // set, if to nothing
		{"?name=ether1", true},
		{"?=name=ether1", true},
		{"?name=ether", false},
		{"?nothing=", false},
		{"?disabled=false", true},
		{"?disabled=no", true},
		{"?disabled=yes", false},
		{"?>mtu=900", true}, // as numbers: as text 1500 comes before 900
		{"?<mtu=900", false},
		{"?<mtu=1501", true},
		{"?>address=10.0.0.10", false}, // as addresses: as text .9 comes after .10
		{"?>name=ether0", true},
		{"?<nothing=5", false},
		{"?name=ether1 ?type=vlan", false}, // all that is left must be true
		{"?name=ether1 ?type=vlan ?#|", true},
		{"?name=x ?type=ether ?#&", false},
		{"?name=x ?#!", true},
		{"?type=ether ?type=vlan ?#|!", false}, // the manual's example: neither ether nor vlan
		{"?type=bridge ?type=vlan ?#|!", true},
		{"?name=x ?type=ether ?#1", false}, // index at the end replaces everything
		{"?name=x ?type=ether ?#0", true},
		{"?name=x ?type=ether ?#1.", false}, // a copy of the deeper value on top
		{"?type=ether ?#.&", true},          // and with a copy of itself
		{"?type=ether ?#9", false},          // no such value
		{"?#&", false},                      // nothing to work on
	} {
		q, err := Parse(strings.Fields(tc.query))
		require.NoError(t, err, tc.query)
		require.Equal(t, tc.want, q.Matches(get), tc.query)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"?", "name", "?#x", "?>mtu", "?=name"} {
		_, err := Parse([]string{word})
		require.ErrorIs(t, err, ErrSyntax, word)
	}
}

// FuzzQuery: no query makes the router stumble.
func FuzzQuery(f *testing.F) {
	f.Add("?name=ether1 ?type ?#|!0.&")
	f.Add("?#99999999999999999999&")
	f.Fuzz(func(_ *testing.T, text string) {
		if q, err := Parse(strings.Fields(text)); err == nil {
			q.Matches(get)
		}
	})
}
