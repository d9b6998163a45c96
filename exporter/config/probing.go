package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"
)

// OpenProbing lets whoever can reach /probe have routers read that are not in
// the file, with credentials that are: never without bounds.
type OpenProbing struct {
	// Networks are those in which targets have to lie, as prefixes.
	Networks []string `yaml:"networks"`
	// Port is the port of the API on all targets. Default: 8728, with TLS 8729.
	Port int `yaml:"port"`
	// Device says how targets are read: what a device has, but for name,
	// address, labels and levels.
	Device *Device `yaml:"device"`
	// MaxTargets bounds the targets that are connected at once. Default: 100.
	MaxTargets int `yaml:"max_targets"`
	// IdleTimeout is after how long without a probe a target is disconnected.
	// Default: 10m.
	IdleTimeout Duration `yaml:"idle_timeout"`
}

// Target returns the device that a target stands for: an address in one of the
// networks. A name is none: whoever answers for names would choose where the
// credentials go; nor is a port: they would be shown to other services.
func (o *OpenProbing) Target(target string) (*Device, error) {
	address, err := netip.ParseAddr(target)
	if err != nil || address.Zone() != "" {
		return nil, fmt.Errorf("%q is neither the name of a device nor an address without a port", target)
	}
	address = address.Unmap()
	inside := slices.ContainsFunc(o.Networks, func(text string) bool {
		network, err := netip.ParsePrefix(text)
		return err == nil && network.Contains(address)
	})
	if !inside {
		return nil, fmt.Errorf("%s lies in none of the networks of open_probing", address)
	}
	return o.at(address), nil
}

// at returns how the router with an address is read.
func (o *OpenProbing) at(address netip.Addr) *Device {
	d := *o.Device
	d.Name, d.Address = address.String(), address.String()
	if o.Port != 0 {
		d.Address = net.JoinHostPort(address.String(), strconv.Itoa(o.Port))
	}
	return &d
}

// Revision differs whenever anything does that matters to a target that is
// connected; empty for a nil o.
func (o *OpenProbing) Revision() string {
	if o == nil {
		return ""
	}
	h := sha256.New()
	fmt.Fprintf(h, "%q %s %v", o.Networks, o.at(netip.IPv4Unspecified()).Revision(), o.IdleTimeout)
	return hex.EncodeToString(h.Sum(nil))
}

// openProbing checks the block that opens /probe.
func (v *validator) openProbing(c *Config) {
	o := c.OpenProbing
	at := func(keys ...any) []any { return append([]any{"open_probing"}, keys...) }
	if len(o.Networks) == 0 {
		v.add(at("networks"), "open_probing: no networks: name those in which targets may lie, as in networks: [192.0.2.0/24]")
	}
	for i, text := range o.Networks {
		if _, err := netip.ParsePrefix(text); err != nil {
			v.add(at("networks", i), "open_probing.networks: %q is no prefix: write it as 192.0.2.0/24", text)
		}
	}
	if o.Port < 0 || o.Port > 65535 {
		v.add(at("port"), "open_probing.port must be between 1 and 65535")
	}
	if o.MaxTargets < 1 {
		v.add(at("max_targets"), "open_probing.max_targets must be 1 or more")
	}
	if time.Duration(o.IdleTimeout) < time.Minute {
		v.add(at("idle_timeout"), "open_probing.idle_timeout must be 1m or more: each time after it is a login")
	}
	d := o.Device
	if d == nil {
		v.add(at("device"), "open_probing: no device: say how targets are read, as in device: {username: exporter, password_file: password}")
		return
	}
	if d.Name != "" || d.Address != "" || len(d.Labels) > 0 || d.Level != 1 || len(d.Categories) > 0 || d.Module != "default" {
		v.add(at("device"), "open_probing.device has name, address, module, labels, level and categories from nobody: remove them")
	}
	// The first address stands for all.
	first := o.at(netip.IPv4Unspecified())
	first.Name = "of open_probing"
	v.settings(c, first, first.Name, func(key string) []any { return at("device", key) })
}
