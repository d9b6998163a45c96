package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// families are what modules may name in these tests.
var families = []string{"system", "bgp"}

// parse reads text as the file exporter.yaml in a directory of the test.
func parse(t testing.TB, text string) (*Config, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"password": "from-file\n", "empty": "\n", "two": "a\nb\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	c, err := Parse(filepath.Join(dir, "exporter.yaml"), []byte(text), families)
	if err != nil {
		// The directory differs from run to run.
		return nil, fmt.Errorf("%s", strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""))
	}
	return c, nil
}

func TestSmallestConfiguration(t *testing.T) {
	t.Parallel()
	c, err := parse(t, `
modules: {default: {}}
devices:
  - {name: EDGE1, address: 192.0.2.1, username: exporter, password: pw}
  - {name: EDGE2, address: "192.0.2.2:8730", username: exporter, password_file: password}
  - {name: EDGE3, address: edge3.example.net, username: exporter, password: "", tls: {}}
  - {name: EDGE4, address: "2001:db8::1", username: exporter, password: pw}
  - {name: EDGE5, address: "[2001:db8::1]:99", username: exporter, password: pw}
`)
	require.NoError(t, err)
	require.Equal(t, time.Minute, time.Duration(c.Fingerprint.Interval))
	var addresses, passwords []string
	for _, d := range c.Devices {
		require.Equal(t, "default", d.Module)
		require.Equal(t, 8, d.MaxInFlight)
		require.Equal(t, 5*time.Second, time.Duration(d.ConnectTimeout))
		addresses = append(addresses, d.HostPort())
		p, err := d.Login()
		require.NoError(t, err)
		passwords = append(passwords, p)
	}
	require.Equal(t, []string{"192.0.2.1:8728", "192.0.2.2:8730", "edge3.example.net:8729", "[2001:db8::1]:8728", "[2001:db8::1]:99"}, addresses)
	require.Equal(t, []string{"pw", "from-file", "", "pw", "pw"}, passwords)
}

func TestListenIsForTheFleetOrForOne(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]bool{
		"":                             {true, true, false},
		"fingerprint: {listen: true}":  {true, true, false},
		"fingerprint: {listen: false}": {false, true, false},
	} {
		c, err := parse(t, text+`
modules: {default: {}}
devices:
  - {name: A, address: a, username: u, password: p}
  - {name: B, address: b, username: u, password: p, listen: true}
  - {name: C, address: c, username: u, password: p, listen: false}
`)
		require.NoError(t, err)
		for i, d := range c.Devices {
			require.Equal(t, want[i], *d.Listen, "%s of %s", d.Name, text)
		}
	}
}

func TestBadFiles(t *testing.T) {
	t.Parallel()
	device := func(keys string) string {
		return "modules: {default: {}}\ndevices:\n  - {name: R, address: r, username: u, password: p}\n  - " + keys + "\n"
	}
	for name, c := range map[string]struct{ text, want string }{
		"empty":         {"", `exporter.yaml: is empty; the smallest configuration has modules: {default: {}} and devices`},
		"no YAML":       {"modules: {default: {}\ndevices: [", `exporter.yaml:1: is no YAML: did not find expected ',' or '}'`},
		"unknown key":   {"modules: {default: {}}\ntargets: []", `exporter.yaml:2: unknown key "targets"; known here are fingerprint, modules, devices, open_probing, push`},
		"unknown in it": {device("{name: S, host: s}"), `exporter.yaml:4: unknown key "host"; known here are name, address, username, password, password_file, password_env, tls, module, labels, connect_timeout, max_in_flight, listen, level, categories`},
		"wrong type":    {"modules: {default: {}}\ndevices: {EDGE1: {}}", `exporter.yaml:2: found keys and values where a list is expected`},
		"secret in the wrong place": {
			device("{name: S, address: s, username: u, password: p, max_in_flight: hunter2}"),
			`exporter.yaml:4: found a text where a number is expected`,
		},
		"no flag": {
			"fingerprint: {listen: often}\nmodules: {default: {}}",
			`exporter.yaml:1: found a text where true or false is expected`,
		},
		"no duration": {"modules: {default: {timeout: soon}}", `exporter.yaml:1: "soon" is no duration: write it as 30s or 5m`},
		"interval":    {"fingerprint:\n  interval: 10ms\nmodules: {default: {}}", `exporter.yaml:2: fingerprint.interval must be between 1s and 24h`},
		"category":    {"fingerprint:\n  category_timeout: 1ms\nmodules: {default: {}}", `exporter.yaml:2: fingerprint.category_timeout must be 1s or more`},
		"no modules":  {"devices: []", `exporter.yaml:1: no modules; add at least: modules: {default: {}}`},
		"module timeout": {
			"modules:\n  default:\n    timeout: 1ms", `exporter.yaml:3: module default: timeout must be 1s or more`,
		},
		"collector": {
			"modules:\n  default:\n    collectors:\n      - system\n      - bpg",
			`exporter.yaml:5: module default: unknown collector "bpg"; known are system, bgp, and the sets default and all`,
		},
		"nothing in the list": {device(""), `exporter.yaml:4: device 2 is empty: give it a name, an address and a username, or remove it`},
		"no name":             {device("{address: s, username: u, password: p}"), `exporter.yaml:4: device without a name: add name, which is the target of its probes`},
		"no address":          {device("{name: S, username: u, password: p}"), `exporter.yaml:4: device S: no address: add the router's host or host:port`},
		"URL":                 {device("{name: S, address: 'https://s', username: u, password: p}"), `exporter.yaml:4: device S: address "https://s" is no host or host:port`},
		"port":                {device("{name: S, address: 's:api', username: u, password: p}"), `exporter.yaml:4: device S: address "s:api" has no valid port`},
		"no username":         {device("{name: S, address: s, password: p}"), `exporter.yaml:4: device S: no username: add the router's user for monitoring`},
		"no password":         {device("{name: S, address: s, username: u}"), `exporter.yaml:4: device S: no password: give one of password_file, password_env and password`},
		"two passwords": {
			device("{name: S, address: s, username: u, password: p, password_file: password}"),
			`exporter.yaml:4: device S: more than one password: keep one of password_file, password_env and password`,
		},
		"no file": {
			device("{name: S, address: s, username: u, password_file: none}"),
			`exporter.yaml:4: password_file of device S: open none: no such file or directory`,
		},
		"no variable": {
			device("{name: S, address: s, username: u, password_env: NOT_THERE}"),
			`exporter.yaml:4: password_env of device S: the environment has no variable NOT_THERE`,
		},
		"twice": {
			device("{name: R, address: s, username: u, password: p}"),
			`exporter.yaml:4: device R is there twice, first in line 3: give each a name of its own`,
		},
		"module": {
			device("{name: S, address: s, username: u, password: p, module: m}"),
			`exporter.yaml:4: device S: there is no module m: add it under modules, or choose one of default`,
		},
		"in flight": {
			device("{name: S, address: s, username: u, password: p, max_in_flight: 23}"),
			`exporter.yaml:4: device S: max_in_flight must be between 1 and 22`,
		},
		"connect timeout": {
			device("{name: S, address: s, username: u, password: p, connect_timeout: 1ms}"),
			`exporter.yaml:4: device S: connect_timeout must be 100ms or more`,
		},
		"label": {
			device("{name: S, address: s, username: u, password: p, labels: {a-b: x, device: y, __meta: z}}"),
			`exporter.yaml:4: device S: label "__meta" is no valid name: use letters, digits and _` + "\n" +
				`exporter.yaml:4: device S: label "a-b" is no valid name: use letters, digits and _` + "\n" +
				`exporter.yaml:4: device S: the label device is the device's name: remove it`,
		},
		"CA": {
			device("{name: S, address: s, username: u, password: p, tls: {ca_file: none}}"),
			`exporter.yaml:4: device S: tls.ca_file: open none: no such file or directory`,
		},
		"CA that is none": {
			device("{name: S, address: s, username: u, password: p, tls: {ca_file: password}}"),
			`exporter.yaml:4: device S: tls.ca_file: password holds no certificate in PEM`,
		},
		"pin": {
			device("{name: S, address: s, username: u, password: p, tls: {pin_sha256: ab}}"),
			`exporter.yaml:4: device S: tls.pin_sha256 must be 64 hexadecimal digits, as openssl x509 -fingerprint -sha256 prints them`,
		},
		"insecure and not": {
			device("{name: S, address: s, username: u, password: p, tls: {ca_file: password, insecure_skip_verify: true}}"),
			`exporter.yaml:4: device S: tls.insecure_skip_verify makes ca_file and pin_sha256 useless: remove one or the other` + "\n" +
				`exporter.yaml:4: device S: tls.ca_file: password holds no certificate in PEM`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parse(t, c.text)
			require.EqualError(t, err, c.want)
		})
	}
}

func TestKeysInMessagesAreThoseOfTheTypes(t *testing.T) {
	t.Parallel()
	for _, v := range []any{Config{}, Fingerprint{}, Module{}, Device{}, TLS{}, OpenProbing{}, Push{}} {
		var keys []string
		for f := range reflect.TypeOf(v).Fields() {
			if tag := f.Tag.Get("yaml"); tag != "" {
				keys = append(keys, tag)
			}
		}
		require.Equal(t, keys, keysOf[reflect.TypeOf(v).Name()])
	}
}

// The example of the documentation has every key, those that are off by
// default in comments.
func TestTheExampleHasEveryKey(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile("../../docs/examples/exporter.yaml")
	require.NoError(t, err)
	for part, keys := range keysOf {
		for _, key := range keys {
			require.Regexp(t, `\b`+key+`\b`, string(example), part)
		}
	}
}

func TestMissingFile(t *testing.T) {
	t.Parallel()
	_, err := Load(filepath.Join(t.TempDir(), "none.yaml"), families)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "read the configuration: ")
}

func TestSecretsAreMaskedEverywhere(t *testing.T) {
	t.Parallel()
	const hidden = "hunter2"
	number := "%d" // in a variable, since vet knows that it makes no sense
	c, err := parse(t, "modules: {default: {}}\ndevices: [{name: R, address: r, username: u, password: "+hidden+"}]")
	require.NoError(t, err)
	d := c.Devices[0]
	require.Equal(t, hidden, d.Password.Reveal())

	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("x", "secret", d.Password, "device", d, "value", *d)
	}
	inJSON, err := json.Marshal(c)
	require.NoError(t, err)
	inYAML, err := yaml.Marshal(c)
	require.NoError(t, err)
	text, err := d.Password.MarshalText()
	require.NoError(t, err)
	for _, printed := range []string{
		log.String(), string(inJSON), string(inYAML), string(text), d.Password.String(), d.Revision(),
		fmt.Sprintf("%v %+v %#v %s %q %x", *d, *d, *d, d.Password, d.Password, d.Password),
		fmt.Sprint(d.Password), fmt.Sprint(c), fmt.Sprintf(number, d.Password),
	} {
		require.NotContains(t, printed, hidden)
		require.NotContains(t, printed, fmt.Sprintf("%x", hidden))
	}
	require.Contains(t, string(inYAML), masked)
}

func TestRevisionChangesWithWhatTheConnectionNeeds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	revision := func(keys string) string {
		c, err := Parse(filepath.Join(dir, "exporter.yaml"), []byte("modules: {default: {}, m: {}}\ndevices: [{name: R, "+keys+"}]"), families)
		require.NoError(t, err, keys)
		return c.Devices[0].Revision()
	}
	base := revision("address: r, username: u, password: p")
	require.Equal(t, base, revision("address: 'r:8728', username: u, password: p, module: m, labels: {site: x}"))
	seen := map[string]string{base: "base"}
	for _, keys := range []string{
		"address: s, username: u, password: p", "address: r, username: v, password: p", "address: r, username: u, password: q",
		"address: r, username: u, password: p, connect_timeout: 1s", "address: r, username: u, password: p, max_in_flight: 4",
		"address: r, username: u, password: p, tls: {}", "address: r, username: u, password: p, tls: {insecure_skip_verify: true}",
	} {
		r := revision(keys)
		require.NotContains(t, seen, r, "%s is as %s", keys, seen[r])
		seen[r] = keys
	}
}

// FuzzParse is about files that people write.
func FuzzParse(f *testing.F) {
	f.Add("modules: {default: {}}\ndevices:\n  - {name: R, address: r, username: u, password: p}\n")
	f.Add("modules: &m {default: }\ndevices: [*m]\n")
	f.Add("fingerprint: {interval: 1h}\n---\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse("exporter.yaml", []byte(text), families)
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "exporter.yaml"), "%v", err)
			return
		}
		for _, d := range c.Devices {
			require.NotEmpty(t, d.Name)
			require.NotEmpty(t, d.HostPort())
		}
	})
}

// What somebody may mistake for a configuration, and what YAML makes of
// passwords without quotes.
func TestPitfalls(t *testing.T) {
	t.Parallel()
	device := func(keys string) string {
		return "modules: {default: {}}\ndevices:\n  - name: S\n    address: s\n    username: u\n    " + keys + "\n"
	}
	const quotes = `; a password that begins with # or & has to be written in quotes, an empty one as ""`
	const none = `exporter.yaml:6: device S: no password: give one of password_file, password_env and password`
	for name, c := range map[string]struct{ text, want string }{
		"second document": {
			"modules: {default: {}}\n---\ndevices: []\n",
			`exporter.yaml:2: a second document begins here, which would be ignored: remove the line ---`,
		},
		"broken second document": {"modules: {default: {}}\n---\n[", `exporter.yaml:3: is no YAML: did not find expected node content`},
		"tab":                    {"modules: {default: {}}\ndevices:\n\t- name: R", "exporter.yaml:3: is no YAML: found character that cannot start any token; indent with spaces, not with tabs, and write values that begin with @, ` or % in quotes"},
		"TLS switched on":        {device("tls: true"), `exporter.yaml:6: found true or false where a set of keys ({} for the defaults) is expected`},
		"space in an address":    {"modules: {default: {}}\ndevices: [{name: S, address: 's ', username: u, password: p}]", `exporter.yaml:2: device S: address "s " is no host or host:port`},
		"key twice":              {"modules: {default: {}}\nmodules: {}", `exporter.yaml:2: mapping key "modules" already defined at line 1`},
		"password after #":       {device("password: #hunter2"), none + quotes},
		"password after &":       {device("password: &hunter2"), none + quotes},
		"password not there":     {device("password:"), none + quotes},
		"password after !":       {device("password: !hunter2"), `exporter.yaml:6: a secret that begins with ! has to be written in quotes`},
		"password after a tag":   {device("password: !!int hunter2"), `exporter.yaml:6: a secret that begins with ! has to be written in quotes`},
		"password after null":    {device("password: !!null hunter2"), "exporter.yaml: a value has the tag !!null, which does not fit it: write the value in quotes, without the tag"},
		"colons in an address":   {"modules: {default: {}}\ndevices: [{name: S, address: 'x:y:z', username: u, password: p}]", `exporter.yaml:2: device S: address "x:y:z" is no host or host:port, and no IPv6 address`},
		"password after *": {
			device("password: *hunter2"),
			`exporter.yaml: a value begins with *, by which YAML means an anchor, and there is none of that name: write the value in quotes`,
		},
		"password in the address": {
			"modules: {default: {}}\ndevices: [{name: S, address: 'u:hunter2@s', username: u, password: p}]",
			`exporter.yaml:2: device S: the address holds a user name: put it into username, and the password into password_file`,
		},
		"password in the correlator's address": {
			"modules: {default: {}}\npush: {url: 'https://u:hunter2@c d', token_file: password, spool_dir: s}",
			`exporter.yaml:2: push.url holds a user name or password: the token goes into token_file`,
		},
		"empty file":        {device("password_file: empty"), `exporter.yaml:6: password_file of device S: empty is empty`},
		"file of two lines": {device("password_file: two"), `exporter.yaml:6: password_file of device S: two has more than one line`},
		"folder":            {device("password_file: folder"), `exporter.yaml:6: password_file of device S: read folder: is a directory`},
		"file without end": {
			device("password_file: /dev/zero"),
			`exporter.yaml:6: password_file of device S: /dev/zero is larger than 4096 bytes: is it the right file?`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parse(t, c.text)
			require.EqualError(t, err, c.want)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
	c, err := parse(t, device(`password: "#a!&*\"b"`))
	require.NoError(t, err)
	require.Equal(t, `#a!&*"b`, c.Devices[0].Password.Reveal())
	c, err = parse(t, device("password: 007"))
	require.NoError(t, err)
	require.Equal(t, "007", c.Devices[0].Password.Reveal(), "a number is a text here")
}

func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := Load(dir, families)
	require.ErrorContains(t, err, "read the configuration: read "+dir+": is a directory")
	_, err = Load("/dev/zero", families)
	require.EqualError(t, err, "read the configuration: /dev/zero is larger than 16777216 bytes: is it the right file?")
	if os.Geteuid() == 0 {
		return // who may read everything is not refused
	}
	closed := filepath.Join(dir, "closed.yaml")
	require.NoError(t, os.WriteFile(closed, nil, 0))
	_, err = Load(closed, families)
	require.ErrorContains(t, err, "permission denied: let the user that the exporter runs as read it")
}

// A large fleet is read in one go, and its last line is as good as its first.
func TestLargeFleet(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("modules: {default: {}}\ndevices:\n")
	for i := range 3000 {
		fmt.Fprintf(&text, "  - {name: R%d, address: 10.%d.%d.1, username: u, password_file: password}\n", i, i/256, i%256)
	}
	c, err := parse(t, text.String())
	require.NoError(t, err)
	require.Len(t, c.Devices, 3000)
	_, err = parse(t, text.String()+"  - {name: R7, address: r, username: u, password: p}\n")
	require.EqualError(t, err, "exporter.yaml:3003: device R7 is there twice, first in line 10: give each a name of its own")
}

// A password that was mended is another device, so that a reload tries it.
func TestRevisionChangesWithThePasswordFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	revision := func(password string) string {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "password"), []byte(password), 0o600))
		c, err := Parse(filepath.Join(dir, "exporter.yaml"),
			[]byte("modules: {default: {}}\ndevices: [{name: R, address: r, username: u, password_file: password}]"), families)
		require.NoError(t, err)
		return c.Devices[0].Revision()
	}
	wrong := revision("wrong\n")
	require.Equal(t, wrong, revision("wrong"))
	require.NotEqual(t, wrong, revision("right"))
}
