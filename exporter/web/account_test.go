package web_test

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-routeros/routeros/v3"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/collector"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

const (
	accountUser, accountPassword = "exporter", "S3CRET-of-the-account"
	// editorUser has what the account has, and can change things.
	editorUser, editorPassword = "editor", "S3CRET-of-the-editor"
)

// withAccount is a router on which the documented script was run, after its
// policies were replaced if others are given.
func withAccount(t *testing.T, version, file, policies string) (r *routersim.Router, address string) {
	t.Helper()
	script, err := os.ReadFile("../../docs/examples/routeros-account.rsc")
	require.NoError(t, err)
	text := strings.NewReplacer("CHANGE-ME", accountPassword, "192.0.2.10", "127.0.0.1").Replace(string(script))
	if policies != "" {
		text = strings.Replace(text, "policy=read,api", "policy="+policies, 1)
	}
	r, err = routersim.New(routersim.Options{Name: "R", Version: version, Users: []routersim.User{
		{Name: adminUser, Password: adminPassword},
		{Name: editorUser, Password: editorPassword, Policies: []string{"read", "write", "api", "sensitive"}},
	}})
	require.NoError(t, err)
	t.Cleanup(r.Close)
	configuration, err := os.Open(file)
	require.NoError(t, err)
	defer configuration.Close()
	_, err = r.Load(configuration)
	require.NoError(t, err)
	leftOut, err := r.Load(strings.NewReader(text))
	require.NoError(t, err)
	require.Empty(t, leftOut)
	addr, err := r.Listen(t.Context(), "127.0.0.1:0")
	require.NoError(t, err)
	return r, addr.String()
}

// client logs in with a library that is not ours.
func client(t *testing.T, address, user, password string) *routeros.Client {
	t.Helper()
	c, err := routeros.DialTimeout(address, user, password, 10*time.Second)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// With the account that the documented script makes, on version 6 as on 7,
// everything is read that the exporter reads: each collector, each category,
// history and with it who made a change.
func TestTheDocumentedAccountSuffices(t *testing.T) {
	t.Parallel()
	for version, file := range map[string]string{"6.49.10": "testdata/legacy.rsc", "7.16": "testdata/edge.rsc"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			_, address := withAccount(t, version, file, "")
			e := start(t, "fingerprint: {interval: 1s}\nmodules: {default: {collectors: [all]}}\ndevices: [{name: R, address: '"+address+
				"', username: "+accountUser+", password: "+accountPassword+"}]", device.Options{})
			e.fingerprinted(t, "R")
			order(t, address, "/ip/address/disable", "=numbers=*1")
			var got map[string]string
			eventually(t, "the change and its entry in the history", func() bool {
				got = e.probe(t, "R")
				return got[`routeros_config_changes_total{category="addressing"}`] == "1" && got["routeros_config_history_last_timestamp_seconds"] != ""
			})
			for _, name := range collector.Names() {
				require.Equal(t, "1", got[`routeros_collector_success{collector="`+name+`"}`], "collector %s: %s", name, e.log)
			}
			for category := range categories(got) {
				if category != "all" {
					require.Equal(t, "1", got[`routeros_collector_success{collector="config_`+category+`"}`], "category %s: %s", category, e.log)
				}
			}
			require.Len(t, categories(got), 13)
			require.NotContains(t, e.log.String(), "cannot read")
		})
	}
}

// Each of its two policies is needed, and says so where it is missing.
func TestTheDocumentedAccountIsTheLeast(t *testing.T) {
	t.Parallel()
	for policies, want := range map[string]string{
		"read": "and that the user's group has the policies api and read",
		"api":  "not enough permissions (9)",
	} {
		t.Run(policies, func(t *testing.T) {
			t.Parallel()
			_, address := withAccount(t, "7.16", "testdata/edge.rsc", policies)
			e := start(t, "modules: {default: {}}\ndevices: [{name: R, address: '"+address+"', username: "+accountUser+", password: "+accountPassword+"}]", device.Options{Now: noon})
			require.Equal(t, "0", e.probe(t, "R")["routeros_up"])
			require.Contains(t, logOf(e, "R"), want)
		})
	}
}

// Whoever steals the account's password learns no other and changes nothing.
func TestTheDocumentedAccountShowsNoSecretAndChangesNothing(t *testing.T) {
	t.Parallel()
	_, address := withAccount(t, "7.16", "testdata/edge.rsc", "")
	account, editor := client(t, address, accountUser, accountPassword), client(t, address, editorUser, editorPassword)
	read := func(c *routeros.Client) string {
		var all strings.Builder
		for _, menu := range []string{"/ppp/secret", "/snmp/community", "/routing/bgp/connection", "/system/script", "/radius", "/user", "/system/history", "/log"} {
			reply, err := c.Run(menu + "/print")
			require.NoError(t, err, menu)
			_, _ = io.WriteString(&all, reply.String())
		}
		return all.String()
	}
	require.NotContains(t, read(account), marker)
	require.Contains(t, read(editor), marker, "there are some to be seen")

	for _, sentence := range [][]string{
		{"/interface/disable", "=numbers=ether1"},
		{"/ip/address/add", "=address=198.51.100.1/24", "=interface=ether1"},
		{"/user/set", "=numbers=" + accountUser, "=group=full"},
		{"/user/add", "=name=mallory", "=group=full", "=password=x"},
		{"/system/reboot"},
	} {
		_, err := account.RunArgs(sentence)
		require.Error(t, err, sentence)
	}
	e := start(t, "modules: {default: {}}\ndevices: [{name: R, address: '"+address+"', username: "+accountUser+", password: "+accountPassword+"}]", device.Options{})
	require.Equal(t, "1", e.probe(t, "R")[`routeros_interface_admin_up{interface="ether1"}`])
	require.NotContains(t, e.get(t, "/probe?target=R", http.StatusOK), marker)
}
