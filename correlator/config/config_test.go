package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/authn"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

const planted = "hunter2-planted-secret-of-32-bytes"

func noEnv(string) string { return "" }

// folder lays files into a folder of their own and returns it.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

const complete = `
database: {url_file: db, owner_url_file: db}
tenants:
  - id: acme
    name: Acme Fibre
    inventory_file: inventory.yaml
    incident_url: https://grafana.example/a/ispvisualmonitor-app/incidents/{id}
    settings: {lookback: 1h, join_window: 90s, weights_file: weights.yaml}
    prometheus:
      - url: http://prometheus:9090
        matchers: ['tenant="acme"']
        basic_auth: {username: ispvm, password_file: pw}
    alertmanagers:
      - {name: am, url: "http://am:9093", poll_interval: 10s, bearer_token_file: pw}
    webhooks:
      - {name: tickets, url: "https://tickets.example/hook", secret_file: pw}
auth:
  tokens:
    - {name: grafana, role: operator, plugin: true, token_file: pw}
limits: {webhook_body: 5MB}
retention: {journal: 2w}
`

func completeFolder(t *testing.T) string {
	t.Helper()
	return folder(t, map[string]string{
		"correlator.yaml": complete,
		"db":              "postgres://u:" + planted + "@h/db\n",
		"pw":              planted + "\n",
		"inventory.yaml":  "devices: [{name: EDGE1, site: HQ, depends_on: [{any: [C1, C2]}]}, {name: C1}, {name: C2}]\nsites: [{name: HQ}]\n",
		"weights.yaml":    "config_change: 9\n",
	})
}

func TestLoadComplete(t *testing.T) {
	t.Parallel()
	dir := completeFolder(t)
	c, err := Load(filepath.Join(dir, "correlator.yaml"), noEnv)
	require.NoError(t, err)

	require.Equal(t, "postgres://u:"+planted+"@h/db", c.Database.URL.Reveal())
	require.EqualValues(t, 5<<20, c.Limits.WebhookBody)
	require.Equal(t, DefaultObserveBody, c.Limits.ObserveBody)
	require.Equal(t, DefaultRequestTimeout, c.Limits.RequestTimeout)

	require.Equal(t, 14*24*time.Hour, time.Duration(*c.Retention.Journal))

	require.Len(t, c.Tenants, 1)
	acme := c.Tenants[0]
	require.Equal(t, "Acme Fibre", acme.Name)
	require.Equal(t, []string{"C1", "C2"}, acme.Inventory.Devices[0].DependsOn[0].Any)
	require.Equal(t, model.Duration(time.Hour), *acme.Settings.Lookback)
	require.Nil(t, acme.Settings.Cooldown, "what is not given is left to the engine")
	require.JSONEq(t, `{"config_change": 9}`, string(acme.Settings.Weights))

	prom := acme.Prometheus[0]
	require.Equal(t, "0", prom.Name)
	require.Equal(t, DefaultPollInterval, prom.PollInterval)
	require.Equal(t, `tenant="acme"`, prom.ParsedMatchers[0].String())
	require.Equal(t, "routeros_config_fingerprint", prom.Series.Fingerprint)
	require.Equal(t, filepath.Join(dir, "pw"), prom.HTTPClient.BasicAuth.PasswordFile, "relative to the configuration")
	require.True(t, prom.HTTPClient.FollowRedirects)
	require.Equal(t, DefaultReceiver, acme.Alertmanagers[0].Receiver)
	require.Equal(t, filepath.Join(dir, "pw"), acme.Alertmanagers[0].HTTPClient.Authorization.CredentialsFile)
	require.Equal(t, WebhookEvents, acme.Webhooks[0].Events)
	require.False(t, acme.Webhooks[0].HTTPClient.FollowRedirects)

	require.Equal(t, []authn.Token{{
		Name: "grafana", Tenant: "acme", Role: authn.Operator, Plugin: true, Hash: authn.HashToken(planted),
	}}, c.Auth.AcceptedTokens())
}

func TestDatabaseURLFromEnvironment(t *testing.T) {
	t.Parallel()
	env := func(name string) string {
		require.Equal(t, DatabaseURLVariable, name)
		return "postgres://from-env/db"
	}
	c, err := Parse([]byte("tenants: [{id: a}]"), ".", env)
	require.NoError(t, err)
	require.Equal(t, "postgres://from-env/db", c.Database.URL.Reveal())
	require.Equal(t, "postgres://from-env/db", c.Database.Owner().Reveal(), "one login for both, unless another is given")

	c, err = Parse([]byte("tenants: [{id: a}]\ndatabase: {url: postgres://from-file/db}"), ".", env)
	require.NoError(t, err)
	require.Equal(t, "postgres://from-file/db", c.Database.URL.Reveal(), "the configuration comes first")
}

func TestRetention(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"{}": 90 * 24 * time.Hour, "{journal: 0}": 0, "{journal: 0s}": 0, "{journal: 36h}": 36 * time.Hour,
	} {
		c, err := Parse([]byte("tenants: [{id: a}]\nretention: "+text), ".", noEnv)
		require.NoError(t, err, text)
		require.Equal(t, want, time.Duration(*c.Retention.Journal), text)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{
		"empty": "\n", "short": "abc", "token": planted,
		"bad-inventory.yaml": "devices: [{name: A, depend_on: []}]",
		"no-devices.yaml":    "",
		"group.yaml":         "devices: [{name: A, depends_on: [{k: 3, of: [B, C]}]}]",
		"bad-weights.yaml":   "a: [",
		"twice.yaml":         "devices: [{name: A}, {name: A}]",
	})
	hash := strings.Repeat("ab", 32)
	for name, c := range map[string]struct{ yaml, want string }{
		"empty":             {"", "the file is empty"},
		"two documents":     {"tenants: [{id: a}]\n---\nx: 1", "more than one YAML document: keep the first and remove the rest"},
		"unknown key":       {"tenants: [{id: a}]\ntennants: []", `line 2: unknown key "tennants"`},
		"unknown inner key": {"tenants:\n- id: a\n  prometheus: [{url: 'http://p', pol_interval: 1s}]", `line 3: unknown key "pol_interval"`},
		"wrong type":        {"tenants: 3", "line 1: a value of the wrong kind (int)"},
		"misplaced secret":  {"tenants: " + planted, "line 1: a value of the wrong kind (str)"},
		"no tenant":         {"tenants: []", "tenants: there is none: add at least one, such as `tenants: [{id: acme}]`"},
		"tenant id":         {"tenants: [{id: 'A b'}]", "tenants[0]: id \"A b\": use 1 to 63 lower-case letters, digits, `-` and `_`, beginning and ending with a letter or digit"},
		"tenant twice":      {"tenants: [{id: a}, {id: a}]", `tenants[1]: id "a" is given twice`},
		"both urls":         {"database: {url: x, url_file: y}", "database: give url or url_file, not both"},
		"both owner urls":   {"database: {owner_url: x, owner_url_file: y}", "database: give owner_url or owner_url_file, not both"},
		"empty url file":    {"database: {url_file: empty}", "database: url_file: " + dir + "/empty is empty"},
		"missing url file":  {"database: {url_file: nowhere}", "database: url_file: open " + dir + "/nowhere: no such file or directory"},
		"size":              {"limits: {webhook_body: -1MB}\ntenants: [{id: a}]", "limits: a size must be greater than zero"},
		"lookback":          {"tenants: [{id: a, settings: {lookback: 10ms}}]", "tenant a: settings: lookback: 10ms is too short: use at least 1s"},
		"weights":           {"tenants: [{id: a, settings: {weights_file: bad-weights.yaml}}]", "tenant a: settings: weights_file: bad-weights.yaml: yaml: line 1: did not find expected node content"},
		"inventory missing": {"tenants: [{id: a, inventory_file: nowhere}]", "tenant a: inventory_file: open " + dir + "/nowhere: no such file or directory"},
		"inventory key":     {"tenants: [{id: a, inventory_file: bad-inventory.yaml}]", "tenant a: inventory_file: " + dir + `/bad-inventory.yaml: unknown key "depend_on"`},
		"inventory empty":   {"tenants: [{id: a, inventory_file: no-devices.yaml}]", "tenant a: inventory_file: " + dir + "/no-devices.yaml: the inventory is empty: give at least `devices: [{name: …}]`"},
		"inventory group":   {"tenants: [{id: a, inventory_file: group.yaml}]", "tenant a: inventory_file: " + dir + `/group.yaml: device "A": a depends_on group wants "k" between 1 and 2, got 3`},
		"inventory twice":   {"tenants: [{id: a, inventory_file: twice.yaml}]", "tenant a: inventory_file: " + dir + `/twice.yaml: device "A" is listed twice`},
		"prometheus url":    {"tenants: [{id: a, prometheus: [{}]}]", "tenant a: prometheus[0]: url is missing"},
		"relative url":      {"tenants: [{id: a, prometheus: [{url: 'localhost:9090'}]}]", `tenant a: prometheus[0]: url: "localhost:9090" is not an absolute http:// or https:// URL`},
		"password in url":   {"tenants: [{id: a, prometheus: [{url: 'http://u:" + planted + "@p'}]}]", `tenant a: prometheus[0]: url: "http://u:xxxxx@p" has credentials in it: use basic_auth with password_file`},
		"bad url":           {"tenants: [{id: a, prometheus: [{url: 'http://u:" + planted + "@p:port'}]}]", "tenant a: prometheus[0]: url: this is not a URL"},
		"poll interval":     {"tenants: [{id: a, prometheus: [{url: 'http://p', poll_interval: 10ms}]}]", "tenant a: prometheus[0]: poll_interval: 10ms is too short: use at least 1s"},
		"matcher":           {"tenants: [{id: a, prometheus: [{url: 'http://p', matchers: ['x']}]}]", `tenant a: prometheus[0]: matchers: "x": bad matcher format: x`},
		"metric name":       {"tenants: [{id: a, prometheus: [{url: 'http://p', series: {fingerprint: 'a b'}}]}]", `tenant a: prometheus[0]: series: "a b" is not a metric name`},
		"label name":        {"tenants: [{id: a, prometheus: [{url: 'http://p', series: {device_label: 'a-b'}}]}]", `tenant a: prometheus[0]: series: "a-b" is not a label name`},
		"two logins":        {"tenants: [{id: a, alertmanagers: [{url: 'http://p', bearer_token_file: t, basic_auth: {username: u}}]}]", "tenant a: alertmanagers[0]: at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured"},
		"receiver":          {"tenants: [{id: a, alertmanagers: [{url: 'http://p', receiver: '('}]}]", "tenant a: alertmanagers[0]: receiver: error parsing regexp: missing closing ): `(`"},
		"same source name":  {"tenants: [{id: a, prometheus: [{name: p, url: 'http://p'}, {name: p, url: 'http://p'}]}]", `tenant a: prometheus[1]: name "p" is given twice`},
		"webhook secret":    {"tenants: [{id: a, webhooks: [{url: 'http://p'}]}]", "tenant a: webhooks[0]: secret_file is missing: the receiver verifies events by it"},
		"short secret":      {"tenants: [{id: a, webhooks: [{url: 'http://p', secret_file: short}]}]", "tenant a: webhooks[0]: secret_file: the secret is too short: use at least 16 bytes, such as `openssl rand -hex 32` prints"},
		"webhook event":     {"tenants: [{id: a, webhooks: [{url: 'http://p', secret_file: token, events: [x]}]}]", `tenant a: webhooks[0]: events: unknown type "x": use some of [incident.opened incident.updated incident.acked incident.unacked incident.closed]`},
		"token name":        {"tenants: [{id: a}]\nauth: {tokens: [{role: admin}]}", "auth: tokens[0]: name is missing"},
		"token name twice":  {"tenants: [{id: a}]\nauth: {tokens: [{name: x, role: admin, sha256: " + hash + "}, {name: x}]}", `auth: tokens[1]: name "x" is given twice`},
		"token role":        {"tenants: [{id: a}]\nauth: {tokens: [{name: x, role: root}]}", `auth: token x: unknown role "root": use one of admin, agent, alertmanager, auditor, operator, viewer`},
		"token tenant":      {"tenants: [{id: a}]\nauth: {tokens: [{name: x, role: admin, tenant: b}]}", `auth: token x: there is no tenant "b" under tenants`},
		"which tenant":      {"tenants: [{id: a}, {id: b}]\nauth: {tokens: [{name: x, role: admin}]}", "auth: token x: tenant is missing: with several tenants each token names its own"},
		"no hash":           {"tenants: [{id: a}]\nauth: {tokens: [{name: x, role: admin}]}", "auth: token x: sha256 or token_file is missing: `correlator admin token create` makes a token"},
		"bad hash":          {"tenants: [{id: a}]\nauth: {tokens: [{name: x, role: admin, sha256: abc}]}", "auth: token x: sha256 must be 64 hex digits, as `correlator admin token create` prints them"},
		"short token":       {"tenants: [{id: a}]\nauth: {tokens: [{name: x, role: admin, token_file: short}]}", "auth: token x: token_file: the token is too short: use at least 16 bytes, or `correlator admin token create`"},
		"hash and file":     {"tenants: [{id: a}]\nauth: {tokens: [{name: x, role: admin, sha256: a, token_file: b}]}", "auth: token x: give sha256 or token_file, not both"},
		"same token":        {"tenants: [{id: a}]\nauth: {tokens: [{name: x, role: admin, sha256: " + hash + "}, {name: y, role: admin, sha256: " + hash + "}]}", "auth: token y: it is the same as token x: make one for each"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse([]byte(c.yaml), dir, noEnv)
			require.EqualError(t, err, c.want)
			require.NotContains(t, err.Error(), planted)
		})
	}
}

func TestLoadNamesTheFile(t *testing.T) {
	t.Parallel()
	dir := folder(t, map[string]string{"c.yaml": "x: 1"})
	_, err := Load(filepath.Join(dir, "c.yaml"), noEnv)
	require.EqualError(t, err, filepath.Join(dir, "c.yaml")+`: line 1: unknown key "x"`)
	_, err = Load(filepath.Join(dir, "nowhere.yaml"), noEnv)
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestSecretsAreNeverPrinted dumps a configuration that is full of secrets in every way that a
// program has.
func TestSecretsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	dir := completeFolder(t)
	inline := strings.NewReplacer("password_file: pw", "password: "+planted, "bearer_token_file: pw", "bearer_token: "+planted)
	c, err := Parse([]byte(inline.Replace(complete)), dir, noEnv)
	require.NoError(t, err)
	require.Equal(t, planted, string(c.Tenants[0].Prometheus[0].HTTPClient.BasicAuth.Password))

	asYAML, err := yaml.Marshal(c)
	require.NoError(t, err)
	asJSON, err := json.Marshal(c)
	require.NoError(t, err)
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("configuration", "all", c, "url", c.Database.URL)
	slog.New(slog.NewTextHandler(&log, nil)).Info("configuration", "all", c, "url", c.Database.URL, "tenants", c.Tenants)
	for name, dump := range map[string]string{
		"yaml": string(asYAML), "json": string(asJSON), "slog": log.String(),
		"%v": fmt.Sprintf("%v", c), "%+v": fmt.Sprintf("%+v", *c), "String": c.Database.URL.String(),
		"%#v": fmt.Sprintf("%#v", c), "%#v of a source": fmt.Sprintf("%#v", c.Tenants[0].Prometheus[0]),
		"%q": fmt.Sprintf("%q", c.Database.URL), "%x": fmt.Sprintf("%x", c.Database.URL),
	} {
		require.NotContains(t, dump, planted, name)
		require.NotContains(t, dump, fmt.Sprintf("%x", planted), name)
	}
	require.Contains(t, log.String(), masked)
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(complete))
	f.Add([]byte("tenants: [{id: a, prometheus: [{url: 'http://p', matchers: ['a=~\"b|c\"']}]}]"))
	f.Add([]byte("a: &a [*a]"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := Parse(raw, dir, noEnv)
		if err != nil {
			return
		}
		require.NotEmpty(t, c.Tenants, "an accepted configuration has a tenant")
		for _, token := range c.Auth.AcceptedTokens() {
			require.True(t, c.tenantIDs()[token.Tenant], "an accepted token opens a tenant that exists")
			require.NotZero(t, token.Hash)
		}
	})
}

// FuzzInventory: an inventory that is accepted is one in every form, and answers every question.
func FuzzInventory(f *testing.F) {
	f.Add([]byte("sites: [{name: HQ}]\ndevices: [{name: A, site: HQ}, {name: B, depends_on: [{any: [A, C]}, {k: 1, of: [B]}]}]\nservices: [{name: s, depends_on: [{all: [A]}]}]\nlinks: [{a: {device: A, interface: e1}, b: {device: B, interface: e2}}]"))
	f.Add([]byte(`{"devices":[{"name":"A","subscribers":3,"depends_on":[{"all":["A"]}]}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		inventory, err := ParseInventory(raw)
		if err != nil {
			return
		}
		asJSON, err := json.Marshal(inventory)
		require.NoError(t, err)
		again, err := ParseInventory(asJSON)
		require.NoError(t, err, "%s", asJSON)
		encoded, err := json.Marshal(again)
		require.NoError(t, err)
		require.JSONEq(t, string(asJSON), string(encoded))
		graph := topology.NewGraph(*inventory)
		for _, d := range inventory.Devices {
			require.True(t, graph.Has(d.Name))
			graph.Ancestors(d.Name)
			require.True(t, graph.Covers(topology.Scope{Devices: []string{d.Name}}, d.Name, ""))
		}
	})
}
