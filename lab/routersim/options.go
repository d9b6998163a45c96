package routersim

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/schema"
)

// Options describe one router.
type Options struct {
	// Name is the router's name in its network, and its identity unless a
	// loaded file says otherwise. Default: "MikroTik".
	Name string
	// Version is the RouterOS version, 6.x or 7.x. Default: the one that the
	// first loaded file states in its header, else 7.16. A version below 6.43
	// knows only the login by challenge if it is set here; one that a file
	// states lets today's clients in as well.
	Version string
	// Users may log in, whatever a loaded file does to /user. Default: admin
	// with an empty password and every policy, as on a fresh router.
	Users []User
	// Latency is the round-trip time to the router: each answer begins that
	// long after its command. Default: none.
	Latency time.Duration
	// Subscribers is how many customers dial in at each PPPoE server, beside
	// those that /ppp/secret names. Default: none.
	Subscribers int
	// Leases is how many clients have an address from each DHCP server, beside
	// those with a static lease. Default: none.
	Leases int
	// Ports is how many ethernet ports the router has at least, ether1 and so
	// on; loaded files may speak of more. Default: 5.
	Ports int
	// Uptime is how long the router has been running when it is made.
	// Default: some weeks, differing from name to name.
	Uptime time.Duration
	// ClockOffset is how far the router's own clock is ahead of the true time.
	ClockOffset time.Duration
	// Now is the clock. Default: time.Now. In a Network the network's.
	Now func() time.Time
	// Logger receives what an operator of the simulator should know: left out
	// lines of files, connections. Default: discard.
	Logger *slog.Logger
}

// User is a login.
type User struct {
	Name     string
	Password string
	// Policies are RouterOS's policy names: read, write, api, sensitive,
	// policy, … "full" stands for all of them. Default: full.
	Policies []string
}

// defaultVersion is taken when neither the options nor a file state one.
const defaultVersion = "7.16"

func (o *Options) setDefaults() error {
	if o.Name == "" {
		o.Name = "MikroTik"
	}
	if o.Users == nil {
		o.Users = []User{{Name: "admin"}}
	}
	if o.Ports == 0 {
		o.Ports = 5
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Uptime == 0 {
		o.Uptime = 10*24*time.Hour + time.Duration(hash(o.Name)%(60*24*3600))*time.Second
	}
	if o.Latency < 0 || o.Uptime < 0 || o.Subscribers < 0 || o.Leases < 0 || o.Ports < 0 {
		return fmt.Errorf("router %s: latency, uptime, subscribers, leases and ports cannot be negative", o.Name)
	}
	for _, u := range o.Users {
		if u.Name == "" {
			return fmt.Errorf("router %s: a user needs a name", o.Name)
		}
	}
	if o.Version != "" {
		if _, err := schema.ParseVersion(o.Version); err != nil {
			return fmt.Errorf("router %s: %w", o.Name, err)
		}
	}
	return nil
}
