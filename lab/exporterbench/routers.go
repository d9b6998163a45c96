package exporterbench

import (
	"context"
	"embed"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

//go:embed routers/*.rsc
var exports embed.FS

// Kind is a kind of router that is read.
type Kind struct {
	// Name is the name of its export.
	Name string
	// About says what is on it.
	About string

	subscribers      int
	prefixes         map[string]int // of neighbours, by address
	rules, addresses int            // of the firewall, beside those of the export
}

// Kinds are the routers of the comparison, small ones first.
var Kinds = []Kind{
	{Name: "cpe", About: "a small router at a customer's"},
	{Name: "concentrator", About: "a PPPoE concentrator with 5,000 sessions", subscribers: 5_000, prefixes: map[string]int{"10.254.0.41": 20}},
	{
		Name: "edge", About: "an edge router with 10,000 firewall rules, 90,000 rows of address lists and 1,000,000 routes",
		prefixes: map[string]int{"192.0.2.1": 998_000, "192.0.2.5": 1_000, "198.51.100.11": 500, "198.51.100.12": 500},
		rules:    10_000, addresses: 90_000,
	},
}

// KindNamed returns the kind of that name.
func KindNamed(name string) (Kind, error) {
	var names []string
	for _, k := range Kinds {
		if k.Name == name {
			return k, nil
		}
		names = append(names, k.Name)
	}
	return Kind{}, fmt.Errorf("there is no router %q: choose among %s", name, strings.Join(names, ", "))
}

// account is what every scraper logs in with: it may read, and no secrets.
type account struct{ username, password string }

var reader = account{"monitor", "monitor-password"}

// export is the text that a router of the kind is loaded from.
func (k Kind) export() (io.Reader, error) {
	text, err := exports.ReadFile("routers/" + k.Name + ".rsc")
	if err != nil {
		return nil, fmt.Errorf("router %s: %w", k.Name, err)
	}
	var b strings.Builder
	b.Write(text)
	if k.rules > 0 {
		b.WriteString("/ip firewall filter\n")
	}
	for i := range k.rules {
		fmt.Fprintf(&b, "add action=%s chain=customer-%d dst-port=%d protocol=tcp src-address-list=list-%d\n",
			[]string{"accept", "drop"}[i%2], i/100, 1024+i, i%200)
	}
	if k.addresses > 0 {
		b.WriteString("/ip firewall address-list\n")
	}
	for i := range k.addresses {
		fmt.Fprintf(&b, "add address=10.%d.%d.%d list=list-%d\n", i>>16, i>>8&0xFF, i&0xFF, i%200)
	}
	return strings.NewReader(b.String()), nil
}

// ServeOptions say which routers to simulate.
type ServeOptions struct {
	// Kind is what all of them are.
	Kind Kind
	// Count is how many.
	Count int
	// AddressFile is written when all of them can be reached: one address a line.
	AddressFile string
}

// Serve simulates routers on loopback until the context ends.
func Serve(ctx context.Context, o ServeOptions) error {
	network := routersim.NewNetwork(routersim.NetworkOptions{})
	defer network.Close()
	var addresses strings.Builder
	for i := range o.Count {
		address, err := add(ctx, network, o.Kind, fmt.Sprintf("%s-%d", o.Kind.Name, i+1))
		if err != nil {
			return err
		}
		fmt.Fprintln(&addresses, address)
	}
	// Whoever waits for the file must not find half of it.
	unfinished := o.AddressFile + ".part"
	if err := os.WriteFile(unfinished, []byte(addresses.String()), 0o600); err != nil {
		return err
	}
	if err := os.Rename(unfinished, o.AddressFile); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// add starts one router and returns its address.
func add(ctx context.Context, network *routersim.Network, k Kind, name string) (string, error) {
	router, err := network.Add(routersim.Options{
		Name: name, Subscribers: k.subscribers,
		Users: []routersim.User{{Name: reader.username, Password: reader.password, Policies: []string{"read", "api"}}},
	})
	if err != nil {
		return "", err
	}
	text, err := k.export()
	if err != nil {
		return "", err
	}
	leftOut, err := router.Load(text)
	if err != nil {
		return "", err
	}
	if len(leftOut) > 0 {
		return "", fmt.Errorf("router %s does not take its own export: %s", k.Name, leftOut[0])
	}
	for text, prefixes := range k.prefixes {
		neighbour, err := netip.ParseAddr(text)
		if err != nil {
			return "", fmt.Errorf("router %s: %w", k.Name, err)
		}
		router.SetUpstream(neighbour, prefixes, false)
	}
	address, err := router.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return address.String(), nil
}
