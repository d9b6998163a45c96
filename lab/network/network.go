// Package network is a simulated network made of a fleet: routers that serve their API on loopback,
// cables between them, accounts to log in with, and what can happen to it without anybody changing a
// configuration.
package network

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/engineer"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/fault"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/fleet"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

// Engineers are those who change configurations, in the order of their names.
var Engineers = []string{"ada", "boris"}

// Exporter is the account of the exporter: it may read, and sees no secrets.
const Exporter = "exporter"

// subscribers dial in at each PPPoE server, beside those that the router knows by name.
const subscribers = 120

// Network is running.
type Network struct {
	sim *routersim.Network
	// names are the devices, sorted; addresses is where each answers.
	names     []string
	addresses map[string]string
	passwords map[string]string
	// segments are the cables, each as the ports at its ends.
	segments [][]routersim.Port

	mu  sync.Mutex
	off map[string]bool // routers without power
}

// Start makes the fleet's routers, runs the cables, and serves each router's API on loopback.
func Start(ctx context.Context, f *fleet.Fleet, log *slog.Logger) (*Network, error) {
	n := &Network{
		sim:       routersim.NewNetwork(routersim.NetworkOptions{}),
		addresses: map[string]string{},
		passwords: map[string]string{Exporter: rand.Text()},
		off:       map[string]bool{},
	}
	for _, name := range Engineers {
		n.passwords[name] = rand.Text()
	}
	for _, router := range f.Routers {
		if err := n.add(ctx, router, log); err != nil {
			n.Close()
			return nil, fmt.Errorf("simulate %s: %w", router.Name, err)
		}
	}
	if err := n.cable(f.Inventory); err != nil {
		n.Close()
		return nil, err
	}
	return n, nil
}

func (n *Network) add(ctx context.Context, router fleet.Router, log *slog.Logger) error {
	users := []routersim.User{{Name: Exporter, Password: n.passwords[Exporter], Policies: []string{"read", "api"}}}
	for _, name := range Engineers {
		users = append(users, routersim.User{Name: name, Password: n.passwords[name], Policies: []string{"full"}})
	}
	r, err := n.sim.Add(routersim.Options{
		Name: router.Name, Version: router.Version, Users: users, Subscribers: subscribers, Logger: log.With("router", router.Name),
	})
	if err != nil {
		return err
	}
	// What it leaves out of an export it logs itself.
	if _, err := r.Load(strings.NewReader(router.Export)); err != nil {
		return err
	}
	address, err := r.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	n.names = append(n.names, router.Name)
	n.addresses[router.Name] = address.String()
	return nil
}

// cable runs the cables that the inventory lists, or where it lists none those that the addresses suggest.
func (n *Network) cable(inventory *topology.Inventory) error {
	if inventory == nil || len(inventory.Links) == 0 {
		n.segments = n.sim.InferLinks()
		return nil
	}
	for _, link := range inventory.Links {
		a := routersim.Port{Router: link.A.Device, Interface: link.A.Interface}
		b := routersim.Port{Router: link.B.Device, Interface: link.B.Interface}
		if err := n.sim.Link(a, b); err != nil {
			return fmt.Errorf("inventory: %w", err)
		}
		n.segments = append(n.segments, []routersim.Port{a, b})
	}
	return nil
}

// Close ends every router.
func (n *Network) Close() { n.sim.Close() }

// Devices are the names of the routers, sorted.
func (n *Network) Devices() []string { return n.names }

// Address is where a router's API answers.
func (n *Network) Address(device string) string { return n.addresses[device] }

// Password is that of the exporter or an engineer, the same on every router.
func (n *Network) Password(account string) string { return n.passwords[account] }

// Cables are the ports that each cable, or switch with several ports, joins.
func (n *Network) Cables() [][]topology.End {
	cables := make([][]topology.End, len(n.segments))
	for i, ports := range n.segments {
		for _, port := range ports {
			cables[i] = append(cables[i], topology.End{Device: port.Router, Interface: port.Interface})
		}
	}
	return cables
}

// Links are the cables as an inventory lists them; a switch with several ports counts as a link between
// each two of them.
func (n *Network) Links() (links []topology.Link) {
	for _, ends := range n.Cables() {
		for i, a := range ends {
			for _, b := range ends[i+1:] {
				links = append(links, topology.Link{A: a, B: b})
			}
		}
	}
	return links
}

// Visit lets an engineer log in to devices.
func (n *Network) Visit(as string) fault.Visit {
	return func(ctx context.Context, device string, f func(*engineer.Session) error) error {
		address, ok := n.addresses[device]
		if !ok {
			return fmt.Errorf("there is no router %q", device)
		}
		return engineer.Visit(ctx, address, engineer.Account{Name: as, Password: n.passwords[as]}, f)
	}
}

// errNoCable is said of a port that has none.
var errNoCable = errors.New("no cable ends there")

// Cut makes the cable at a port fail by itself.
func (n *Network) Cut(device, iface string) error {
	return n.cableAt(device, iface, n.sim.Cut)
}

// Restore repairs the cable at a port.
func (n *Network) Restore(device, iface string) error {
	return n.cableAt(device, iface, n.sim.Restore)
}

func (n *Network) cableAt(device, iface string, act func(routersim.Port) error) error {
	port := routersim.Port{Router: device, Interface: iface}
	if !slices.ContainsFunc(n.segments, func(ends []routersim.Port) bool { return slices.Contains(ends, port) }) {
		return fmt.Errorf("%s %s: %w", device, iface, errNoCable)
	}
	return act(port)
}
