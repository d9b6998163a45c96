package routersim

import (
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/plane"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/rsc"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/schema"
)

// Router is one simulated router. All methods may be called from several
// goroutines.
type Router struct {
	opts Options
	log  *slog.Logger
	net  *Network

	// Guarded by net.mu.
	store   *config.Store
	cached  *plane.Router // what the store says, nil after a change
	plugged map[string]bool
	loaded  bool
	out     *plane.Output // what it and its neighbourhood do now
	proofs  []proof       // certificates that it made for itself
	dialled []subscriber  // who is dialled in now, nil until somebody asks
	changed chan struct{} // closed and replaced at every change of it or its neighbourhood
	live    *live
	users   *users
	history history
	journal journal
	// zone is the time zone of that name, kept since finding it takes long.
	zone     *time.Location
	zoneName string

	server  server
	wrongs  *wrongs
	traffic traffic
}

// New returns a router that stands alone, with the configuration that it has
// when nobody configured it.
func New(o Options) (*Router, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	return NewNetwork(NetworkOptions{Now: o.Now}).Add(o)
}

func newRouter(n *Network, o Options) (*Router, error) {
	r := &Router{
		opts: o, net: n, log: o.Logger.With("router", o.Name),
		live: newLive(o.Now(), o.Uptime), plugged: map[string]bool{}, changed: make(chan struct{}), wrongs: newWrongs(hash(o.Name)),
	}
	r.server.init()
	version := o.Version
	if version == "" {
		version = defaultVersion
	}
	if err := r.reset(version); err != nil {
		return nil, err
	}
	r.factoryPorts()
	return r, nil
}

// reset gives the router the factory configuration of a version.
func (r *Router) reset(text string) error {
	version, err := schema.ParseVersion(text)
	if err != nil {
		return fmt.Errorf("router %s: %w", r.opts.Name, err)
	}
	s, err := r.net.schema(version)
	if err != nil {
		return fmt.Errorf("router %s: %w", r.opts.Name, err)
	}
	r.store = config.New(s)
	r.store.Table("/system/identity").Rows[0].Props["name"] = r.opts.Name
	r.users = newUsers(r.store, r.opts.Users)
	r.cached = nil
	return nil
}

// factoryPorts makes the ethernet ports that a router has at least. A cable is
// plugged into the first, over which somebody reaches the router.
func (r *Router) factoryPorts() {
	t := r.store.Table("/interface/ethernet")
	if len(t.Rows) == 0 {
		r.plugged["ether1"] = true
	}
	for i := 1; len(t.Rows) < r.opts.Ports; i++ {
		r.store.EnsurePort(t, fmt.Sprintf("ether%d", i))
	}
	r.cached = nil
}

// Name returns the router's name in its network.
func (r *Router) Name() string { return r.opts.Name }

// Version returns the RouterOS version that the router runs.
func (r *Router) Version() string {
	r.net.mu.Lock()
	defer r.net.mu.Unlock()
	return r.store.Schema.Version.Text
}

// Load runs export text. The first file replaces the factory configuration;
// its header decides the version if the options did not. Text never makes Load
// fail, only reading it does: lines that were left out are logged and
// returned, as "line 12: what and why".
func (r *Router) Load(text io.Reader) (leftOut []string, err error) {
	data, err := io.ReadAll(text)
	if err != nil {
		return nil, fmt.Errorf("router %s: read configuration: %w", r.opts.Name, err)
	}
	r.net.mu.Lock()
	defer r.net.mu.Unlock()
	script := rsc.Parse(string(data), r.store.Schema.Has)
	if !r.loaded {
		version := script.Version
		if _, err := schema.ParseVersion(version); err != nil || r.opts.Version != "" {
			version = r.store.Schema.Version.Text // of a version before 6 as well
		}
		if err := r.reset(version); err != nil {
			return nil, err
		}
		r.loaded = true
		r.live = newLive(r.opts.Now(), r.opts.Uptime) // it has always been like that
		r.journal = journal{}
		script = rsc.Parse(string(data), r.store.Schema.Has)
	}
	warnings := append(script.Warnings, r.store.Load(script)...)
	r.users.adopt(r.store)
	r.factoryPorts()
	for _, name := range r.store.PortsInUse() {
		r.plugged[name] = true
	}
	r.net.update(r)
	for _, w := range warnings {
		leftOut = append(leftOut, fmt.Sprintf("line %d: %s", w.Line, w.Text))
		r.log.Warn("line of the configuration left out", "line", w.Line, "reason", w.Text)
	}
	return leftOut, nil
}

// Identity returns what the router calls itself.
func (r *Router) Identity() string {
	r.net.mu.Lock()
	defer r.net.mu.Unlock()
	return r.identity()
}

func (r *Router) identity() string {
	t := r.store.Table("/system/identity")
	return t.Value(t.Rows[0], "name")
}

// model returns what the configuration says about behaviour.
func (r *Router) model() *plane.Router {
	if r.cached == nil {
		r.cached = plane.Read(r.opts.Name, r.store, func(port string) bool {
			_, row := r.store.Interface(port)
			return r.plugged[row.Props["default-name"]] || r.plugged[port]
		})
	}
	r.cached.Powered = r.live.powered
	return r.cached
}

// port returns the physical port that an interface's name, or a factory name,
// stands for.
func (r *Router) port(name string) (plane.Port, bool) {
	_, row := r.store.Interface(name)
	if row == nil {
		if row = r.store.EnsurePort(nil, name); row == nil {
			return plane.Port{}, false
		}
		r.cached = nil
	}
	factory := row.Props["default-name"]
	return plane.Port{Router: r.opts.Name, Factory: factory}, factory != ""
}

// portName is what a port is called now.
func (r *Router) portName(factory string) string {
	for _, i := range r.model().Interfaces {
		if i.Physical && i.Factory == factory {
			return i.Name
		}
	}
	return factory
}

// state returns what the router does now.
func (r *Router) state() *plane.State { return r.out.States[r.opts.Name] }

// rates returns the bytes a second that an interface receives and sends. On a
// cable between two routers one's sending is the other's receiving.
func (r *Router) rates(name string) (rx, tx float64) {
	self := plane.Port{Router: r.opts.Name, Factory: name}
	if port, ok := r.port(name); ok {
		self = port
	}
	sender := func(p plane.Port) float64 { return 20_000 + float64(hash(p.Router+"|"+p.Factory)%4_000_000) }
	other := plane.Port{Router: r.opts.Name, Factory: name + "|far end"}
	for _, link := range r.net.links {
		for i, end := range link.Ends {
			if end == self && len(link.Ends) == 2 {
				other = link.Ends[1-i]
			}
		}
	}
	return sender(other), sender(self)
}

// PowerOff takes the router's power away: its connections die, its neighbours
// lose their links to it. With hang set, connections are still accepted but
// never answered, as with a router whose processor stopped; else they are
// refused.
func (r *Router) PowerOff(hang bool) {
	r.net.mu.Lock()
	if r.live.powered {
		r.live.powered = false
		r.net.update(r)
	}
	r.net.mu.Unlock()
	r.server.powerOff(hang)
}

// PowerOn gives the power back: uptime and counters begin anew.
func (r *Router) PowerOn() error {
	r.net.mu.Lock()
	if !r.live.powered {
		now := r.opts.Now()
		r.live.powered = true
		r.live.boot(now)
		r.expire(now, true)
		r.net.update(r)
		r.journal.add(now, "system,info", "router rebooted")
	}
	r.net.mu.Unlock()
	return r.server.powerOn(r)
}

// Cut makes whatever is plugged into a port fail, see Network.Cut.
func (r *Router) Cut(iface string) error { return r.net.Cut(Port{r.opts.Name, iface}) }

// Restore repairs it.
func (r *Router) Restore(iface string) error { return r.net.Restore(Port{r.opts.Name, iface}) }

// SetUpstream describes a BGP peer outside, see Network.SetUpstream.
func (r *Router) SetUpstream(address netip.Addr, prefixes int, down bool) {
	r.net.SetUpstream(Upstream{Address: address, Prefixes: prefixes, Down: down})
}
