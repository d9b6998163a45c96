package routersim_test

import (
	"strings"
	"testing"
	"time"

	"github.com/go-routeros/routeros/v3"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

var people = []routersim.User{
	{Name: "admin"},
	{Name: "auditor", Password: "a", Policies: []string{"read", "api", "sensitive"}},
	{Name: "exporter", Password: "e", Policies: []string{"read", "api"}},
	{Name: "editor", Password: "d", Policies: []string{"read", "write", "api"}},
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	r := newRouter(t, "", routersim.Options{Users: people})
	refused := "from RouterOS device: not enough permissions (9)"
	for _, tc := range []struct {
		user, password string
		command        []string
		want           string
	}{
		{"exporter", "e", []string{"/ip/pool/add", "=name=a", "=ranges=10.0.0.1"}, refused},
		{"exporter", "e", []string{"/interface/disable", "=numbers=ether1"}, refused},
		{"exporter", "e", []string{"/interface/print"}, ""},
		{"editor", "d", []string{"/ip/pool/add", "=name=b", "=ranges=10.0.0.1"}, ""},
		{"editor", "d", []string{"/user/add", "=name=c", "=group=full", "=password=x"}, refused},
		{"admin", "", []string{"/user/add", "=name=c", "=group=full", "=password=x"}, ""},
	} {
		_, err := client(t, r, tc.user, tc.password).RunArgs(tc.command)
		if tc.want == "" {
			require.NoError(t, err, tc.command)
		} else {
			require.EqualError(t, err, tc.want, tc.command)
		}
	}
	require.NotNil(t, client(t, r, "c", "x"), "the user just added logs in")
}

// TestSecrets: with the policy sensitive they are there, without it they are
// masked, and a query cannot guess them.
func TestSecrets(t *testing.T) {
	t.Parallel()
	text := fixture(t, "edge1.rsc")
	r := newRouter(t, text, routersim.Options{Users: people})
	all := func(c *routeros.Client) string {
		var b strings.Builder
		for _, menu := range []string{"/snmp/community", "/snmp", "/routing/bgp/connection", "/system/script", "/system/history", "/log", "/user"} {
			for _, row := range rowsOf(t, c, menu+"/print") {
				for name, value := range row {
					b.WriteString(name + "=" + value + "\n")
				}
			}
		}
		return b.String()
	}
	run(t, client(t, r, "admin", ""), "/routing/bgp/connection/set", "=numbers=core1", "=tcp-md5-key=S3CRET-set-later")
	auditor, exporter := all(client(t, r, "auditor", "a")), all(client(t, r, "exporter", "e"))
	for _, secret := range []string{"S3CRET-edge1-01", "S3CRET-edge1-02", "S3CRET-edge1-03", "S3CRET-set-later"} {
		require.Contains(t, auditor, secret)
		require.NotContains(t, exporter, secret)
	}
	require.Contains(t, exporter, "tcp-md5-key=*****")
	c := client(t, r, "exporter", "e")
	require.Empty(t, rowsOf(t, c, "/routing/bgp/connection/print", "?tcp-md5-key=S3CRET-edge1-02"))
	require.Empty(t, rowsOf(t, c, "/routing/bgp/connection/print", "?>tcp-md5-key=S3C"))
}

// TestEveryChangeIsRecorded: who, what and when stand in /system/history.
func TestEveryChangeIsRecorded(t *testing.T) {
	t.Parallel()
	clk := newClock()
	r := newRouter(t, fixture(t, "edge1.rsc"), routersim.Options{Users: people, Now: clk.now})
	admin, editor := client(t, r, "admin", ""), client(t, r, "editor", "d")
	run(t, admin, "/ip/firewall/filter/add", "=chain=forward", "=action=drop", "=place-before=*1")
	clk.advance(time.Minute)
	run(t, editor, "/interface/disable", "=numbers=ether3")
	clk.advance(time.Minute)
	run(t, editor, "/ip/firewall/filter/move", "=numbers=*4", "=destination=*3")
	run(t, editor, "/ip/firewall/filter/remove", "=numbers=*4")
	var got []string
	for _, row := range rowsOf(t, editor, "/system/history/print", "=.proplist=action,by,policy,time") {
		got = append(got, strings.Join([]string{row["time"], row["by"], row["policy"], row["action"]}, " | "))
	}
	require.Equal(t, []string{
		"2026-03-01 12:02:00 | editor | write | filter rule removed",
		"2026-03-01 12:02:00 | editor | write | filter rule moved",
		"2026-03-01 12:01:00 | editor | write | device changed",
		"2026-03-01 12:00:00 | admin | write | filter rule added",
	}, got)
	messages := ""
	for _, row := range rowsOf(t, editor, "/log/print") {
		messages += row["message"] + "\n"
	}
	require.Contains(t, messages, "device changed by api:editor@127.0.0.1")
	require.Contains(t, messages, "ether3 link down")
	require.Contains(t, messages, "user editor logged in from 127.0.0.1 via api")
}

func TestOwnConnectionsAreListed(t *testing.T) {
	t.Parallel()
	r := newRouter(t, "", routersim.Options{Users: people})
	c := client(t, r, "exporter", "e")
	active := rowsOf(t, c, "/user/active/print")
	require.Len(t, active, 1)
	require.Equal(t, "exporter", active[0]["name"])
	require.Equal(t, "api", active[0]["via"])
	dynamic := rowsOf(t, c, "/ip/service/print", "?dynamic=true")
	require.Len(t, dynamic, 1)
	require.Equal(t, "api", dynamic[0]["name"])
	require.Empty(t, rowsOf(t, client(t, newRouter(t, "", routersim.Options{Version: "6.49.10"}), "admin", ""), "/ip/service/print", "?dynamic=true"))
}
