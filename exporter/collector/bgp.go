package collector

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// bgp reads peers. Its series follow the configuration: a peer that is
// configured and has no session is down, not absent.
type bgp struct {
	up, enabled, info, sessions, received, uptime *prometheus.Desc
}

func newBGP() Collector {
	d := func(name, help string, labels ...string) *prometheus.Desc { return desc("bgp", name, help, labels...) }
	return &bgp{
		up:       d("session_up", "Whether a session with the peer is established; 0 as well for a peer without a session.", "peer"),
		enabled:  d("peer_enabled", "Whether the peer is enabled in the configuration.", "peer"),
		info:     d("peer_info", "Who the peer is, always 1.", "peer", "remote_address", "remote_as", "local_as"),
		sessions: d("peer_sessions", "Established sessions of the peer; a connection that listens may have many.", "peer"),
		received: d("session_prefixes_received", "Prefixes received from the peer; absent where the router does not say.", "peer"),
		uptime:   d("session_uptime_seconds", "How long the session has been established.", "peer"),
	}
}

func (*bgp) Name() string { return "bgp" }

// peer is one configured peer with the state of its sessions.
type peer struct {
	name, remoteAddress, remoteAS, localAS string
	enabled                                bool

	established   int
	prefixes      float64
	prefixesKnown bool
	uptime        time.Duration
	uptimeKnown   bool
}

func (c *bgp) Collect(ctx context.Context, r Router, in Input, out *Samples) error {
	readPeers := readPeersV7
	if in.Major < 7 {
		readPeers = readPeersV6
	}
	peers, err := readPeers(ctx, r)
	if err != nil {
		return err
	}
	// RouterOS lets two peers have one name; the first stands for both.
	slices.SortStableFunc(peers, func(a, b *peer) int { return cmp.Compare(a.name, b.name) })
	peers = slices.CompactFunc(peers, func(a, b *peer) bool { return a.name == b.name })
	for _, p := range peers {
		c.emit(p, out)
	}
	return nil
}

func (c *bgp) emit(p *peer, out *Samples) {
	out.gauge(c.up, truth(p.established > 0), p.name)
	out.gauge(c.enabled, truth(p.enabled), p.name)
	out.gauge(c.info, 1, p.name, p.remoteAddress, p.remoteAS, p.localAS)
	out.gauge(c.sessions, float64(p.established), p.name)
	if p.prefixesKnown {
		out.gauge(c.received, p.prefixes, p.name)
	}
	if p.uptimeKnown {
		out.gauge(c.uptime, p.uptime.Seconds(), p.name)
	}
}

// session adds what a row says of an established session.
func (p *peer) session(row routeros.Row) {
	p.established++
	if n, ok := number(row, "prefix-count"); ok {
		p.prefixes += n
		p.prefixesKnown = true
	}
	if d, err := parseDuration(row.String("uptime")); err == nil {
		p.uptime = max(p.uptime, d)
		p.uptimeKnown = true
	}
}
