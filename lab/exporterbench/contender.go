package exporterbench

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/process"
)

// Ours is the name of the exporter that the others are compared with.
// OursWithSubscribers is the same with a series for each subscriber's
// interface, which it does not have by default and most others do: it is run
// where there are subscribers.
const (
	Ours                = "routeros_exporter"
	OursWithSubscribers = "routeros_exporter+subscribers"
)

// Contender is a scraper that is measured.
type Contender struct {
	// Name says which one it is, and with that how it is configured.
	Name string
	// Path is its program.
	Path string
}

// launch is how a contender is run for one router.
type launch struct {
	args []string
	// ready is asked until the contender answers, scrape is what Prometheus
	// would be given.
	ready, scrape string
	// success are metrics that are 0 when a scrape was not complete.
	success []string
	// ownReading says that it reads the router by itself after its start.
	ownReading bool
}

// place is where a contender finds things and puts them.
type place struct {
	router string // address of the API
	listen string // address to serve on
	dir    string // for its files
}

// manners are the contenders that are known, by name. A manner writes what the
// contender wants to read and says how to run it.
func manners() map[string]func(Contender, place) (launch, error) {
	return map[string]func(Contender, place) (launch, error){
		Ours:                ours,
		OursWithSubscribers: ours,
		Sequential:          likeGoPeers,
		"nshttpd":           nshttpd,
		"swoga":             swoga,
		"mktxp":             mktxp,
	}
}

// Known returns an error unless it is known how to configure the contender.
func (c Contender) Known() error {
	if c.Name == "snmp_exporter" {
		return fmt.Errorf("%s: the simulated routers speak the API and no SNMP", c.Name)
	}
	if _, ok := manners()[c.Name]; !ok {
		return fmt.Errorf("%s: it is not known how to configure it; known are nshttpd, swoga and mktxp", c.Name)
	}
	if _, err := os.Stat(c.Path); err != nil {
		return fmt.Errorf("%s: %w", c.Name, err)
	}
	return nil
}

// start runs a contender against the router at an address and waits until it
// serves. Its files and its log are in dir.
func (c Contender) start(ctx context.Context, router, dir string) (*process.Process, launch, error) {
	listen, err := freeAddress(ctx)
	if err != nil {
		return nil, launch{}, err
	}
	l, err := manners()[c.Name](c, place{router: router, listen: listen, dir: dir})
	if err != nil {
		return nil, launch{}, fmt.Errorf("configure %s: %w", c.Name, err)
	}
	p, err := process.Start(process.Spec{Name: c.Name, Path: c.Path, Args: l.args, LogDir: dir})
	if err != nil {
		return nil, launch{}, err
	}
	if err := p.AwaitReady(ctx, l.ready); err != nil {
		_ = p.Stop() // the first error says more
		return nil, launch{}, err
	}
	return p, l, nil
}

// freeAddress returns an address on loopback that nobody listens on just now.
func freeAddress(ctx context.Context) (string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port on loopback: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}

// write puts a file into a place and returns its path.
func (p place) write(name, text string) (string, error) {
	path := filepath.Join(p.dir, name)
	return path, os.WriteFile(path, []byte(text), 0o600)
}

// ours reads the configuration once, after its start, so that it can be told
// from scrapes.
func ours(c Contender, p place) (launch, error) {
	file, err := p.write("exporter.yaml", fmt.Sprintf(`fingerprint: {interval: 24h}
modules: {default: {timeout: 60s, dynamic_interfaces: %t}}
devices:
  - {name: ROUTER, address: %q, username: %s, password: %s}
`, c.Name == OursWithSubscribers, p.router, reader.username, reader.password))
	return launch{
		args:       []string{"--config.file=" + file, "--web.listen-address=" + p.listen},
		ready:      "http://" + p.listen + "/-/ready",
		scrape:     "http://" + p.listen + "/probe?target=ROUTER",
		success:    []string{"routeros_up", "routeros_collector_success"},
		ownReading: true,
	}, err
}

// likeGoPeers is part of this program, see [ServeSequential].
func likeGoPeers(_ Contender, p place) (launch, error) {
	return launch{
		args:    []string{"sequential", "--router=" + p.router, "--listen=" + p.listen},
		ready:   "http://" + p.listen + "/healthz",
		scrape:  "http://" + p.listen + "/metrics",
		success: []string{"sequential_up"},
	}, nil
}
