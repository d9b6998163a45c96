package config

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const opened = `modules: {default: {}}
open_probing:
  networks: [192.0.2.0/24, "2001:db8::/32"]
  device: {username: u, password: p}
`

func TestTargetsOfOpenProbing(t *testing.T) {
	t.Parallel()
	c, err := parse(t, opened)
	require.NoError(t, err)
	for target, want := range map[string]struct{ address, err string }{
		"192.0.2.7":          {"192.0.2.7:8728", ""},
		"::ffff:192.0.2.7":   {"192.0.2.7:8728", ""},
		"2001:DB8::7":        {"[2001:db8::7]:8728", ""},
		"198.51.100.1":       {"", "198.51.100.1 lies in none of the networks of open_probing"},
		"::1":                {"", "::1 lies in none of the networks of open_probing"},
		"192.0.2.7:22":       {"", `"192.0.2.7:22" is neither the name of a device nor an address without a port`},
		"[2001:db8::7]:8728": {"", `"[2001:db8::7]:8728" is neither the name of a device nor an address without a port`},
		"2001:db8::7%eth0":   {"", `"2001:db8::7%eth0" is neither the name of a device nor an address without a port`},
		"edge.example.net":   {"", `"edge.example.net" is neither the name of a device nor an address without a port`},
		"192.0.2.07":         {"", `"192.0.2.07" is neither the name of a device nor an address without a port`},
		"":                   {"", `"" is neither the name of a device nor an address without a port`},
	} {
		d, err := c.OpenProbing.Target(target)
		if want.err != "" {
			require.EqualError(t, err, want.err, target)
			continue
		}
		require.NoError(t, err, target)
		require.Equal(t, want.address, d.HostPort(), target)
	}
}

func TestOpenProbingRefuses(t *testing.T) {
	t.Parallel()
	for block, want := range map[string]string{
		"{}": "exporter.yaml:2: open_probing: no networks: name those in which targets may lie, as in networks: [192.0.2.0/24]\n" +
			"exporter.yaml:2: open_probing: no device: say how targets are read, as in device: {username: exporter, password_file: password}",
		"{networks: [192.0.2.1], device: {username: u, password: p}}":                           `exporter.yaml:2: open_probing.networks: "192.0.2.1" is no prefix: write it as 192.0.2.0/24`,
		"{networks: [192.0.2.0/24], device: {username: u}}":                                     `exporter.yaml:2: device of open_probing: no password: give one of password_file, password_env and password`,
		"{networks: [192.0.2.0/24], device: {name: R, username: u, password: p}}":               `exporter.yaml:2: open_probing.device has name, address, module, labels, level and categories from nobody: remove them`,
		"{networks: [192.0.2.0/24], device: {username: u, password: p, tls: {ca_file: none}}}":  `exporter.yaml:2: device of open_probing: tls.ca_file: open none: no such file or directory`,
		"{networks: [192.0.2.0/24], port: 70000, device: {username: u, password: p}}":           `exporter.yaml:2: open_probing.port must be between 1 and 65535`,
		"{networks: [192.0.2.0/24], max_targets: -1, device: {username: u, password: p}}":       `exporter.yaml:2: open_probing.max_targets must be 1 or more`,
		"{networks: [192.0.2.0/24], idle_timeout: 1s, device: {username: u, password: p}}":      `exporter.yaml:2: open_probing.idle_timeout must be 1m or more: each time after it is a login`,
		"{networks: [192.0.2.0/24], credentials: {}, device: {username: u, password: hunter2}}": `exporter.yaml:2: unknown key "credentials"; known here are networks, port, device, max_targets, idle_timeout`,
	} {
		_, err := parse(t, "modules: {default: {}}\nopen_probing: "+block+"\n")
		require.EqualError(t, err, want, block)
	}
}

func TestRevisionOfOpenProbing(t *testing.T) {
	t.Parallel()
	var none *OpenProbing
	seen := map[string]string{none.Revision(): "none"}
	for _, block := range []string{
		"{networks: [192.0.2.0/24], device: {username: u, password: p}}",
		"{networks: [192.0.2.0/25], device: {username: u, password: p}}",
		"{networks: [192.0.2.0/24], device: {username: u, password: q}}",
		"{networks: [192.0.2.0/24], port: 99, device: {username: u, password: p}}",
		"{networks: [192.0.2.0/24], idle_timeout: 5m, device: {username: u, password: p}}",
	} {
		c, err := parse(t, "modules: {default: {}}\nopen_probing: "+block)
		require.NoError(t, err, block)
		r := c.OpenProbing.Revision()
		require.NotContains(t, seen, r, "%s is as %s", block, seen[r])
		seen[r] = block
	}
}
