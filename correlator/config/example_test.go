package config

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

const example = "../../docs/examples/correlator.yaml"

// TestExample loads the documented example, as an operator who fills in the files that it names.
func TestExample(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(example)
	require.NoError(t, err)
	dir := folder(t, map[string]string{"correlator.yaml": string(raw), "inventory.yaml": "devices: [{name: EDGE1}]"})
	require.NoError(t, os.Mkdir(filepath.Join(dir, "secrets"), 0o700))
	for i, match := range regexp.MustCompile(`(?m)_file: secrets/([a-z-]+)`).FindAllStringSubmatch(string(raw), -1) {
		path := filepath.Join(dir, "secrets", match[1])
		require.NoError(t, os.WriteFile(path, []byte(planted+strings.Repeat("x", i)), 0o600))
	}
	c, err := Load(filepath.Join(dir, "correlator.yaml"), noEnv)
	require.NoError(t, err)
	require.Len(t, c.Auth.AcceptedTokens(), 4)
	require.Equal(t, DefaultWebhookBody, c.Limits.WebhookBody)
	require.Equal(t, DefaultObserveBody, c.Limits.ObserveBody)
	require.Equal(t, DefaultRequestTimeout, c.Limits.RequestTimeout)
	require.Equal(t, DefaultJournal, *c.Retention.Journal)
	require.Equal(t, DefaultPollInterval, c.Tenants[0].Prometheus[0].PollInterval)
	require.Equal(t, DefaultAlertsInterval, c.Tenants[0].Alertmanagers[0].PollInterval)
	require.Equal(t, DefaultReceiver, c.Tenants[0].Alertmanagers[0].Receiver)
	require.Equal(t, WebhookEvents, c.Tenants[0].Webhooks[0].Events)
}

// TestExampleShowsEveryKey fails when a key of ours is added and not shown, at least as a comment.
func TestExampleShowsEveryKey(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(example)
	require.NoError(t, err)
	var document yaml.Node
	require.NoError(t, yaml.Unmarshal(raw, &document))
	// Two ways to say one thing: the example shows the better one. And a name that was changed stands for many.
	left := map[string]bool{"url": true, "owner_url": true, "fingerprint": true, "observed_timestamp": true, "allowlist_version": true}
	for _, key := range []string{"neighbors", "identity", "interfaces", "ospf_neighbors", "bgp_peers", "bgp_sessions", "bgp_prefixes"} {
		left[key] = true
	}
	for _, key := range keys(reflect.TypeFor[Config](), map[reflect.Type]bool{}) {
		if !left[key] {
			require.Regexp(t, `(?m)(^|[\s{#])`+regexp.QuoteMeta(key)+`:`, string(raw), "docs/examples/correlator.yaml does not show %s", key)
		}
	}
}

// keys lists the YAML keys of a type of this package and of those in it.
func keys(of reflect.Type, seen map[reflect.Type]bool) []string {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct || seen[of] || of.PkgPath() != reflect.TypeFor[Config]().PkgPath() {
		return nil
	}
	seen[of] = true
	var found []string
	for field := range of.Fields() {
		key, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if key == "-" {
			continue
		}
		if key != "" {
			found = append(found, key)
		}
		found = append(found, keys(field.Type, seen)...)
	}
	return found
}
