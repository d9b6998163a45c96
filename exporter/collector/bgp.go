package collector

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// bgp reads peers. Its series follow the configuration: a peer that is
// configured and has no session is down, not absent.
type bgp struct {
	family
	up, enabled, info, sessions, received, uptime *Metric
}

func newBGP() limited {
	c := &bgp{family: family{name: "bgp", about: "BGP peers and sessions."}}
	c.up = c.gauge("session_up", "Whether a session with the peer is established; 0 as well for a peer without a session.", "peer")
	c.enabled = c.gauge("peer_enabled", "Whether the peer is enabled in the configuration.", "peer")
	c.info = c.gauge("peer_info", "Who the peer is, always 1.", "peer", "remote_address", "remote_as", "local_as")
	c.sessions = c.gauge("peer_sessions", "Established sessions of the peer; a connection that listens may have many.", "peer")
	c.received = c.gauge("session_prefixes_received", "Prefixes received from the peer; absent where the router does not say.", "peer")
	c.uptime = c.gauge("session_uptime_seconds", "How long the session has been established.", "peer")
	return c
}

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
	slices.SortStableFunc(peers, func(a, b *peer) int { return cmp.Compare(a.name, b.name) })
	for len(peers) > 0 {
		same := 1
		for same < len(peers) && peers[same].name == peers[0].name {
			same++
		}
		c.emit(peers[:same], out)
		peers = peers[same:]
	}
	return nil
}

// emit tells of the peers that have one name, which RouterOS allows: who the
// first is and what all have together. They are up when as many sessions are
// as there are peers enabled, so that none that is down hides behind another.
func (c *bgp) emit(same []*peer, out *Samples) {
	p, wanted := *same[0], 0
	for i, other := range same {
		if other.enabled {
			wanted++
			p.enabled = true
		}
		if i > 0 {
			p.merge(*other)
		}
	}
	out.add(c.up, truth(p.established >= max(1, wanted)), p.name)
	out.add(c.enabled, truth(p.enabled), p.name)
	out.add(c.info, 1, p.name, p.remoteAddress, p.remoteAS, p.localAS)
	out.add(c.sessions, float64(p.established), p.name)
	if p.prefixesKnown {
		out.add(c.received, p.prefixes, p.name)
	}
	if p.uptimeKnown {
		out.add(c.uptime, p.uptime.Seconds(), p.name)
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
