package config

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// validator gathers what is wrong with a configuration, each with its line.
type validator struct {
	file string
	root *yaml.Node

	collectors []string // those that a module may name
	errs       []error
}

// add notes an error at a place in the file: the keys and indexes that lead
// there, of which as many are followed as exist.
func (v *validator) add(place []any, format string, args ...any) {
	v.errs = append(v.errs, fmt.Errorf("%s:%d: %s", v.file, v.line(place), fmt.Sprintf(format, args...)))
}

func (v *validator) line(place []any) int {
	node := v.root
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	line := node.Line
	for _, step := range place {
		next, at := child(node, step)
		if next == nil {
			break
		}
		node, line = next, at
	}
	return line
}

// child returns the node below a key or an index, and the line where it begins.
func child(node *yaml.Node, step any) (*yaml.Node, int) {
	for node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch step := step.(type) {
	case string:
		for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i+1], node.Content[i].Line
			}
		}
	case int:
		if node.Kind == yaml.SequenceNode && step < len(node.Content) {
			return node.Content[step], node.Content[step].Line
		}
	}
	return nil, 0
}

// maxInterval is the longest time between two readings of a configuration
// that still makes sense of "when did it change".
const maxInterval = 24 * time.Hour

// collectorSets may be named in the place of collectors.
var collectorSets = []string{"default", "all"}

func (v *validator) check(c *Config) {
	if i := time.Duration(c.Fingerprint.Interval); i < time.Second || i > maxInterval {
		v.add([]any{"fingerprint", "interval"}, "fingerprint.interval must be between 1s and 24h")
	}
	if time.Duration(c.Fingerprint.CategoryTimeout) < time.Second {
		v.add([]any{"fingerprint", "category_timeout"}, "fingerprint.category_timeout must be 1s or more")
	}
	if len(c.Modules) == 0 {
		v.add([]any{"modules"}, "no modules; add at least: modules: {default: {}}")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Modules)) {
		for i, collector := range c.Modules[name].Collectors {
			known := strings.TrimPrefix(collector, "-")
			if !slices.Contains(collectorSets, known) && !slices.Contains(v.collectors, known) {
				v.add([]any{"modules", name, "collectors", i}, "module %s: unknown collector %q; known are %s, and the sets %s",
					name, known, strings.Join(v.collectors, ", "), strings.Join(collectorSets, " and "))
			}
		}
		if time.Duration(c.Modules[name].Timeout) < time.Second {
			v.add([]any{"modules", name, "timeout"}, "module %s: timeout must be 1s or more", name)
		}
	}
	v.devices(c)
	if c.OpenProbing != nil {
		v.openProbing(c)
	}
	if c.Push != nil {
		v.push(c.Push)
	}
}

func (v *validator) devices(c *Config) {
	first := map[string]int{}
	for i, d := range c.Devices {
		place := []any{"devices", i}
		if d == nil {
			v.add(place, "device %d is empty: give it a name, an address and a username, or remove it", i+1)
			continue
		}
		if line, ok := first[d.Name]; ok && d.Name != "" {
			v.add(append(place, "name"), "device %s is there twice, first in line %d: give each a name of its own", d.Name, line)
		} else {
			first[d.Name] = v.line(append(place, "name"))
		}
		v.device(c, d, place)
	}
}

func (v *validator) device(c *Config, d *Device, place []any) {
	at := func(key string) []any { return append(slices.Clone(place), key) }
	who := d.Name
	if who == "" {
		v.add(at("name"), "device without a name: add name, which is the target of its probes")
		who = "without a name"
	}
	if problem := addressProblem(d); problem != "" {
		v.add(at("address"), "device %s: %s", who, problem)
	}
	v.settings(c, d, who, at)
	v.labels(d, who, at("labels"))
	v.level(d, who, at)
}

// settings checks how a router is read, wherever it is.
func (v *validator) settings(c *Config, d *Device, who string, at func(string) []any) {
	if d.Username == "" {
		v.add(at("username"), "device %s: no username: add the router's user for monitoring", who)
	}
	v.password(d, who, at)
	if _, ok := c.Modules[d.Module]; !ok && len(c.Modules) > 0 {
		v.add(at("module"), "device %s: there is no module %s: add it under modules, or choose one of %s",
			who, d.Module, strings.Join(slices.Sorted(maps.Keys(c.Modules)), ", "))
	}
	if d.MaxInFlight < 1 || d.MaxInFlight > 22 {
		// Routers were seen to lose replies from 25 on; the configuration and a probe need two.
		v.add(at("max_in_flight"), "device %s: max_in_flight must be between 1 and 22", who)
	}
	if time.Duration(d.ConnectTimeout) < 100*time.Millisecond {
		v.add(at("connect_timeout"), "device %s: connect_timeout must be 100ms or more", who)
	}
	if d.TLS == nil {
		return
	}
	if d.TLS.InsecureSkipVerify && (d.TLS.PinSHA256 != "" || d.TLS.CAFile != "") {
		v.add(at("tls"), "device %s: tls.insecure_skip_verify makes ca_file and pin_sha256 useless: remove one or the other", who)
	}
	if _, err := d.TLSConfig(); err != nil && addressProblem(d) == "" {
		v.add(at("tls"), "device %s: %v", who, err)
	}
}

// level checks what may be sent beside the fingerprints.
func (v *validator) level(d *Device, who string, at func(string) []any) {
	switch {
	case d.Level != 1 && d.Level != 2:
		v.add(at("level"), "device %s: level must be 1 (fingerprints only) or 2 (the configuration of chosen categories as well)", who)
	case d.Level == 2 && len(d.Categories) == 0:
		v.add(at("level"), "device %s: level 2 without categories: name those whose configuration may be kept, as in categories: [bgp, routing]", who)
	case d.Level == 1 && len(d.Categories) > 0:
		v.add(at("categories"), "device %s: categories are for level 2: add level: 2, or remove them", who)
	}
}

// addressProblem says what is wrong with the address, empty if nothing is.
func addressProblem(d *Device) string {
	if d.Address == "" {
		return "no address: add the router's host or host:port"
	}
	if strings.Contains(d.Address, "@") { // it is not repeated
		return "the address holds a user name: put it into username, and the password into password_file"
	}
	if strings.ContainsAny(d.Address, "/ \t\r\n") {
		return fmt.Sprintf("address %q is no host or host:port", d.Address)
	}
	host, port, err := net.SplitHostPort(d.HostPort())
	if err != nil || host == "" {
		return fmt.Sprintf("address %q is no host or host:port", d.Address)
	}
	if _, err := netip.ParseAddr(host); err != nil && strings.Contains(host, ":") {
		return fmt.Sprintf("address %q is no host or host:port, and no IPv6 address", d.Address)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Sprintf("address %q has no valid port", d.Address)
	}
	return ""
}

func (v *validator) password(d *Device, who string, at func(string) []any) {
	given := 0
	for _, is := range []bool{!d.Password.IsZero(), d.PasswordFile != "", d.PasswordEnv != ""} {
		if is {
			given++
		}
	}
	// An empty password is what a router has before it is set up; it has to
	// be written down to be meant.
	if node := v.find(at("password")); given == 0 && (node == nil || node.ShortTag() != "!!str") {
		hint := ""
		if node != nil {
			hint = `; a password that begins with # or & has to be written in quotes, an empty one as ""`
		}
		v.add(at("password"), "device %s: no password: give one of password_file, password_env and password%s", who, hint)
	}
	if given > 1 {
		v.add(at("password"), "device %s: more than one password: keep one of password_file, password_env and password", who)
	}
	if given == 1 {
		if _, err := d.Login(); err != nil {
			v.add(at("password_file"), "%v", err)
		}
	}
}

// find follows a place to its end; nil if it is not there.
func (v *validator) find(place []any) *yaml.Node {
	node := v.root
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	for _, step := range place {
		if node, _ = child(node, step); node == nil {
			return nil
		}
	}
	return node
}

// labelName is what Prometheus accepts of a label in service discovery.
var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

func (v *validator) labels(d *Device, who string, place []any) {
	for _, name := range slices.Sorted(maps.Keys(d.Labels)) {
		switch {
		case !labelName.MatchString(name) || strings.HasPrefix(name, "__"):
			v.add(append(place, name), "device %s: label %q is no valid name: use letters, digits and _", who, name)
		case name == "device":
			v.add(append(place, name), "device %s: the label device is the device's name: remove it", who)
		}
	}
}
