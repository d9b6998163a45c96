package config

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func parsePush(t *testing.T, push string) (*Config, error) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "token"), []byte("s3cret\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "empty"), nil, 0o600))
	text := "modules: {default: {}}\npush: " + push + "\n"
	return Parse(filepath.Join(dir, "exporter.yaml"), []byte(text), families)
}

func TestPush(t *testing.T) {
	t.Parallel()
	c, err := parsePush(t, "{url: https://correlator.example.net, token_file: token, spool_dir: spool}")
	require.NoError(t, err)
	token, err := c.Push.Token()
	require.NoError(t, err)
	require.Equal(t, "s3cret", token)
	require.Equal(t, "spool", filepath.Base(c.Push.Spool()))
	require.True(t, filepath.IsAbs(c.Push.Spool()), "beside the configuration file")
	require.Equal(t, int64(256<<20), c.Push.MaxSpoolBytes)
	require.NotEmpty(t, c.Push.Exporter)

	c, err = Parse("exporter.yaml", []byte("modules: {default: {}}"), families)
	require.NoError(t, err)
	require.Nil(t, c.Push, "off by default")
}

func TestPushRefuses(t *testing.T) {
	t.Parallel()
	const rest = ", token_file: token, spool_dir: s}"
	for push, want := range map[string]string{
		"{}":                              "no token_file: add the file with the token of an agent",
		"{url: correlator" + rest:         `push.url "correlator" is no address`,
		"{url: 'http://192.0.2.1'" + rest: "would send the token in the clear: use https",
		"{url: 'https://u:p@h'" + rest:    "the token goes into token_file",
		"{url: https://c, token_file: none, spool_dir: s}":  "push.token_file: open ",
		"{url: https://c, token_file: empty, spool_dir: s}": "empty is empty: it has to hold the token of an agent",
		"{url: https://c, token_file: token}":               "no spool_dir: add a folder that survives a restart",
		"{url: https://c, max_spool_bytes: 5" + rest:        "push.max_spool_bytes must be 1048576 or more",
		"{url: https://c, ca_file: token" + rest:            "token holds no certificate in PEM",
		"{uri: x}":                                          `unknown key "uri"; known here are url, token_file, spool_dir`,
	} {
		_, err := parsePush(t, push)
		require.ErrorContains(t, err, want, push)
	}
	for _, url := range []string{"http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:80"} {
		_, err := parsePush(t, "{url: '"+url+"'"+rest)
		require.NoError(t, err, url)
	}
	_, err := parsePush(t, "{url: 'http://correlator', allow_plain_http: true"+rest)
	require.NoError(t, err)
}

func TestLevels(t *testing.T) {
	t.Parallel()
	for device, want := range map[string]string{
		"level: 2, categories: [bgp]":   "",
		"level: 1":                      "",
		"level: 2":                      "device R: level 2 without categories: name those whose configuration may be kept",
		"categories: [bgp]":             "device R: categories are for level 2: add level: 2, or remove them",
		"level: 3":                      "device R: level must be 1 (fingerprints only) or 2",
		"level: 2, categories: [users]": "",
	} {
		_, err := Parse("exporter.yaml", []byte("modules: {default: {}}\ndevices: [{name: R, address: r, username: u, password: p, "+device+"}]"), families)
		if want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, want)
		}
	}
}
