package routersim

import (
	"strconv"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/plane"
)

// bgpPeerRows shows /routing/bgp/peer of version 6: configuration and state in
// one row.
func bgpPeerRows(r *Router, t *config.Table, want ask) rows {
	sessions := map[string]plane.Session{}
	for _, s := range r.state().Sessions {
		sessions[s.Peer.Name] = s
	}
	return func(yield func(*record) bool) {
		for _, row := range t.Rows {
			rec := stored(t, row, want)
			s, up := sessions[row.Props["name"]]
			switch {
			case up:
				since := r.live.sessions[s.Peer.Name].since
				updates := strconv.Itoa(s.Prefixes + int(want.now.Sub(since)/time.Minute))
				rec.setAll("remote-id", s.RemoteID.String(), "local-address", s.Local.String(), "uptime", duration(want.now.Sub(since)),
					"prefix-count", strconv.Itoa(s.Prefixes), "updates-sent", strconv.Itoa(int(want.now.Sub(since)/time.Hour)+1),
					"updates-received", updates, "withdrawn-sent", "0", "withdrawn-received", "0", "remote-hold-time", "3m",
					"used-hold-time", s.Peer.Hold, "used-keepalive-time", s.Peer.Keepalive,
					"refresh-capability", "true", "as4-capability", "true", "state", "established", "established", "true")
			case t.Disabled(row):
				// A disabled peer has no state at all.
			default:
				rec.set("state", "idle")
			}
			if !yield(rec) {
				return
			}
		}
	}
}

// bgpConnectionRows shows /routing/bgp/connection of version 7.
func bgpConnectionRows(r *Router, t *config.Table, want ask) rows {
	sessions := map[string]plane.Session{}
	for _, s := range r.state().Sessions {
		sessions[s.Peer.Name] = s
	}
	return func(yield func(*record) bool) {
		for _, row := range t.Rows {
			rec := stored(t, row, want)
			rec.setBool("inactive", t.Disabled(row))
			if s, up := sessions[row.Props["name"]]; up && !s.Peer.Local.IsValid() {
				rec.set("local.default-address", s.Local.String())
			}
			if !yield(rec) {
				return
			}
		}
	}
}

// bgpSessionRows shows /routing/bgp/session of version 7: a row for every
// session that stands.
func bgpSessionRows(r *Router, _ *config.Table, want ask) rows {
	return func(yield func(*record) bool) {
		for _, s := range r.state().Sessions {
			episode := r.live.sessions[s.Peer.Name]
			up := want.now.Sub(episode.since)
			messages := strconv.Itoa(int(up/time.Minute) + 3)
			bytes := strconv.Itoa(int(up/time.Minute)*19 + s.Prefixes*24)
			rec := &record{}
			rec.set(".id", config.FormatID(r.live.id("session\x00"+s.Peer.Name, 0x2800000)))
			rec.setAll("name", s.Peer.Name+"-1", "instance", s.Peer.Instance,
				"remote.address", s.Peer.Remote.String(), "remote.as", s.RemoteAS, "remote.id", s.RemoteID.String(),
				"remote.capabilities", "mp,rr,gr,as4", "remote.afi", s.Peer.Families, "remote.hold-time", "3m",
				"remote.messages", messages, "remote.bytes", bytes, "remote.eor", "",
				"local.address", s.Local.String(), "local.as", s.Peer.LocalAS, "local.id", s.Peer.LocalID.String(),
				"local.role", role(s), "local.capabilities", "mp,rr,gr,as4", "local.messages", messages,
				"local.bytes", strconv.Itoa(int(up/time.Minute)*19), "local.eor", "",
				"output.procid", "20")
			rec.setIf("output.filter-chain", s.Peer.Out)
			rec.set("input.procid", "20")
			rec.setIf("input.filter", s.Peer.In)
			if s.EBGP {
				rec.set("ebgp", "true")
			} else {
				rec.set("ibgp", "true")
			}
			if s.Peer.Multihop {
				rec.set("multihop", "true")
			}
			rec.setAll("hold-time", s.Peer.Hold, "keepalive-time", s.Peer.Keepalive, "uptime", duration(up)+"540ms",
				"last-started", r.timestamp(episode.since), "prefix-count", strconv.Itoa(s.Prefixes), "established", "true")
			if !yield(rec) {
				return
			}
		}
	}
}

func role(s plane.Session) string {
	switch {
	case s.EBGP:
		return "ebgp"
	case s.Peer.Reflector:
		return "ibgp-rr"
	default:
		return "ibgp"
	}
}
