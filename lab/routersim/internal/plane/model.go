// Package plane derives what a network of routers does from how they are
// configured and how they are cabled: which interfaces run, which OSPF
// neighbours are full, which BGP sessions stand and with how many prefixes,
// which routes there are. It is a pure function of its input: no clock, no
// I/O, no memory of what was before.
package plane

import "net/netip"

// Router is the part of a router's configuration that decides what it does.
type Router struct {
	Name       string
	Powered    bool
	Interfaces []Interface
	Addresses  []Address
	Speakers   []Speaker
	Peers      []Peer
	Statics    []Static
	Servers    []Server
	Watched    []netip.Addr // whom netwatch pings
	Labels     []string     // interfaces on which LDP runs
	LSR        netip.Addr   // its id in LDP
	RouterID   netip.Addr
	Networks   int  // prefixes that it originates into BGP by itself
	Default    bool // originates a default route into OSPF
	Connected  bool // redistributes connected networks into OSPF
	Filters    map[string]Filter
	Version7   bool

	firewall4, firewall6 firewall
}

// Interface is one interface; which fields count depends on its type.
type Interface struct {
	Name, Type string
	Disabled   bool
	Physical   bool     // a port that a cable goes into
	Factory    string   // of a port: the name that it has whatever it is called
	Plugged    bool     // something outside of the network is plugged in
	Parent     string   // vlan, vrrp, pppoe-client and the like: what it rides on
	Members    []string // bridge, bonding: what it is made of
	PVID       map[string]string
	VLAN       string
}

// Address is an address on an interface, IPv4 or IPv6.
type Address struct {
	Prefix    netip.Prefix // the address itself with its length
	Interface string
	Disabled  bool
}

// Speaker is OSPF on one interface.
type Speaker struct {
	Interface, Instance, Area, AreaID string
	Version                           int // 2 or 3
	Address                           netip.Prefix
	RouterID                          netip.Addr
	Passive                           bool
	Hello, Dead, Auth, Network        string
	Cost, Priority                    string
	BFD                               bool
}

// Peer is one configured BGP connection.
type Peer struct {
	Name, Instance  string
	Disabled        bool
	LocalAS         string
	RemoteAS        string // "" accepts any
	Remote          netip.Addr
	Local           netip.Addr // zero: the address of the way out
	LocalID         netip.Addr
	Passive, Listen bool
	Multihop        bool
	IBGP            bool
	Reflector       bool
	Key             string // TCP MD5
	In, Out         string // filter chains, "" for none
	DefaultOut      bool
	Families        string
	Hold, Keepalive string
	BFD             bool
}

// Static is one static route.
type Static struct {
	Row       uint32
	Dst       netip.Prefix
	Gateways  []string
	Disabled  bool
	Blackhole bool
}

// Server is one PPPoE server.
type Server struct {
	Service, Interface string
	Disabled           bool
}

// Filter is what a routing filter chain does to a route of which nothing is
// known: lets some pass, or none.
type Filter struct{ Passes bool }

// Port names a physical port of a router by its factory name.
type Port struct{ Router, Factory string }

// Link is a cable between two ports, or a switch between more of them.
type Link struct {
	Ends []Port
	Cut  bool
}

// Upstream is a BGP speaker outside of the network.
type Upstream struct {
	Address  netip.Addr
	AS       string // "" for whatever the peer expects
	Prefixes int    // how many it announces
	Down     bool
}

// Input is a network at one moment. Links that are named in Cuts by a port
// that no link has are cables to the world outside.
type Input struct {
	Routers   []*Router
	Links     []Link
	Cuts      map[Port]bool
	Upstreams map[netip.Addr]Upstream
	// DefaultPrefixes is what an upstream announces that nobody described.
	DefaultPrefixes int
}

// Neighbor is an OSPF neighbour in state Full.
type Neighbor struct {
	Speaker  Speaker // our side
	Router   string  // the neighbour's name in the network
	RouterID netip.Addr
	Address  netip.Addr
	Priority string
}

// Session is a BGP session that stands.
type Session struct {
	Peer     Peer
	Local    netip.Addr
	RemoteID netip.Addr
	RemoteAS string
	External bool   // the other end is no router of the network
	Router   string // the other end's name, "" if external
	EBGP     bool
	Prefixes int // accepted
}

// State is what one router does.
type State struct {
	Running   map[string]bool
	Neighbors []Neighbor
	Sessions  []Session
	Uplink    bool            // a way up exists
	Servers   map[string]bool // PPPoE servers that serve, by service name
	Hosts     map[string]bool // those watched that answer, by address
}
