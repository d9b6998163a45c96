package device

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/collector"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/fingerprint"
)

// Options says which router a device is and how it is read.
type Options struct {
	// Name is the device's name in the inventory.
	Name string
	// Address is host:port of the API.
	Address string
	// Username and Password log in; the password is asked for at each login.
	Username string
	Password func() (string, error)
	// TLS, if not nil, is for api-ssl.
	TLS *tls.Config

	// Allowlist says what makes the fingerprints.
	Allowlist *fingerprint.Allowlist
	// FingerprintInterval is the time between two readings of the
	// configuration. Default: 60 s.
	FingerprintInterval time.Duration
	// CategoryTimeout bounds the reading of one category. Default: 30 s.
	CategoryTimeout time.Duration
	// ConnectTimeout bounds connecting and logging in. Default: 5 s.
	ConnectTimeout time.Duration
	// MaxInFlight bounds the commands under way at once for scrapes; half as
	// many, four at most, read the configuration beside them. No more than 22
	// are for scrapes, so that a router is never given more than 24. Default: 8.
	MaxInFlight int
	// Listen has the router report changes of the configuration, so that they
	// are read at once instead of at the next interval. Default: false.
	Listen bool

	// Keep names the categories whose configuration goes with a sighting
	// (level 2). Default: none, fingerprints only (level 1).
	Keep []string
	// Observe, if not nil, is given each reading of a category, complete or
	// failed. It must not block.
	Observe func(Sighting)

	// Logger is told of what fails and of what changes. Required.
	Logger *slog.Logger
	// Now is the clock of what is measured and noted. Default: time.Now.
	Now func() time.Time
	// Dial opens TCP connections. Default: the network's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	turns chan struct{} // of the fleet, see takeTurn
}

func (o Options) withDefaults() (Options, error) {
	if o.Name == "" || o.Address == "" || o.Allowlist == nil || o.Logger == nil {
		return o, errors.New("device: Name, Address, Allowlist and Logger are required")
	}
	o.FingerprintInterval = cmp.Or(o.FingerprintInterval, time.Minute)
	o.CategoryTimeout = cmp.Or(o.CategoryTimeout, 30*time.Second)
	o.ConnectTimeout = cmp.Or(o.ConnectTimeout, 5*time.Second)
	o.MaxInFlight = min(cmp.Or(o.MaxInFlight, 8), mostCommands-probing-1)
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}

// lane is how many commands read the configuration at once.
func (o Options) lane() int {
	return max(1, min(o.MaxInFlight/2, 4, mostCommands-probing-o.MaxInFlight))
}

// listeners is how many menus may be listened to: what the bound of what a
// router is given at once leaves.
func (o Options) listeners() int {
	if !o.Listen {
		return 0
	}
	return min(max(0, mostCommands-probing-o.MaxInFlight-o.lane()), mostListeners)
}

// Module is what one kind of scrape reads.
type Module struct {
	// Name tells modules apart: readings are shared among scrapes of one.
	Name string
	// Collectors are the families to read.
	Collectors []collector.Collector
	// DynamicInterfaces asks for interfaces of subscribers as well.
	DynamicInterfaces bool
}

// NewModule returns a module that reads these families, all if none is named.
func NewModule(name string, collectors []string, dynamicInterfaces bool) (Module, error) {
	chosen, err := collector.Select(collectors)
	if err != nil {
		return Module{}, fmt.Errorf("module %s: %w", name, err)
	}
	return Module{Name: name, Collectors: chosen, DynamicInterfaces: dynamicInterfaces}, nil
}
