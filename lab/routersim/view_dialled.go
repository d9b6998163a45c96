package routersim

import (
	"net/netip"
	"slices"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/plane"
)

// This file has the rows that each subscriber who is dialled in adds to other
// menus: an interface, an address, a route and a queue, all dynamic.

// eachDialled is one record for rows of all subscribers that differ in some
// properties, without any if nobody is dialled in.
func eachDialled(all []subscriber, constant, differ []string, show func(rec *record, s subscriber)) rows {
	return func(yield func(*record) bool) {
		if len(all) == 0 {
			return
		}
		same := &record{}
		same.setAll(constant...)
		same.alike = &alike{count: len(all), differ: differ, rows: func(yield func(*record) bool) {
			for _, s := range all {
				rec := &record{names: make([]string, 0, 32), values: make([]string, 0, 32)}
				show(rec, s)
				rec.setAll(constant...)
				if !yield(rec) {
					return
				}
			}
		}}
		yield(same)
	}
}

// subscriberInterfaces are those in /interface.
func subscriberInterfaces(r *Router, want ask) rows {
	constant := []string{
		"type", "pppoe-in", "mtu", "1480", "actual-mtu", "1480", "link-downs", "0",
		"rx-drop", "0", "tx-drop", "0", "tx-queue-drop", "0", "rx-error", "0", "tx-error", "0",
		"fp-rx-byte", "0", "fp-tx-byte", "0", "fp-rx-packet", "0", "fp-tx-packet", "0",
		"running", "true", "dynamic", "true", "disabled", "false",
	}
	differ := []string{".id", "name", "last-link-up-time", "rx-byte", "tx-byte", "rx-packet", "tx-packet"}
	return eachDialled(r.subscribers(), constant, differ, func(rec *record, s subscriber) {
		seconds := max(want.now.Sub(s.since).Seconds(), 0)
		rate := 1000 + float64(hash(s.name)%200_000)
		rec.setAll(".id", config.FormatID(0xF00000+uint32(s.index)), "name", s.iface(),
			"last-link-up-time", r.timestamp(s.since), "rx-byte", whole(rate*seconds/8), "tx-byte", whole(rate*seconds),
			"rx-packet", whole(rate*seconds/4000), "tx-packet", whole(rate*seconds/1000))
	})
}

// pppoeServerRows shows the interfaces of PPPoE servers, of which each session
// makes one.
func pppoeServerRows(r *Router, t *config.Table, want ask) rows {
	parts := []rows{typedInterfaceRows(r, t, want)}
	differ := []string{".id", "name", "user", "remote-address", "uptime"}
	for all := r.subscribers(); len(all) > 0; {
		same := len(all)
		if other := slices.IndexFunc(all, func(s subscriber) bool { return s.service != all[0].service }); other > 0 {
			same = other
		}
		constant := []string{
			"service", all[0].service, "encoding", "", "mtu", "1480", "mru", "1480", "running", "true", "dynamic", "true", "disabled", "false",
		}
		parts = append(parts, eachDialled(all[:same], constant, differ, func(rec *record, s subscriber) {
			rec.setAll(".id", config.FormatID(0xF00000+uint32(s.index)), "name", s.iface(), "user", s.name,
				"remote-address", s.caller, "uptime", duration(want.now.Sub(s.since)))
		}))
		all = all[same:]
	}
	return concat(parts...)
}

// subscriberAddresses are those in /ip/address: ours, and the subscriber's as
// its network.
func subscriberAddresses(r *Router) rows {
	constant := []string{"dynamic", "true", "invalid", "false", "disabled", "false"}
	differ := []string{".id", "address", "network", "interface", "actual-interface"}
	return eachDialled(r.subscribers(), constant, differ, func(rec *record, s subscriber) {
		rec.setAll(".id", config.FormatID(0x1000000+uint32(s.index)), "address", s.local+"/32", "network", s.address,
			"interface", s.iface(), "actual-interface", s.iface())
	})
}

// subscriberQueues are those in /queue/simple, of subscribers whose profile
// limits their rate.
func subscriberQueues(r *Router, want ask) rows {
	var limited []subscriber
	for _, s := range r.subscribers() {
		if s.limit != "" {
			limited = append(limited, s)
		}
	}
	constant := []string{
		"parent", "none", "packet-marks", "", "priority", "8/8", "queue", "default-small/default-small", "limit-at", "0/0",
		"burst-limit", "0/0", "burst-threshold", "0/0", "burst-time", "0s/0s", "bucket-size", "0.1/0.1",
		"queued-bytes", "0/0", "queued-packets", "0/0", "invalid", "false", "dynamic", "true", "disabled", "false",
	}
	differ := []string{".id", "name", "target", "max-limit", "bytes", "packets", "rate", "packet-rate", "dropped"}
	return eachDialled(limited, constant, differ, func(rec *record, s subscriber) {
		seconds := max(want.now.Sub(s.since).Seconds(), 0)
		rate := 1000 + float64(hash(s.name)%200_000)
		rec.setAll(".id", config.FormatID(0x1000000+uint32(s.index)), "name", s.iface(), "target", s.iface(), "max-limit", s.limit,
			"bytes", whole(rate*seconds/8)+"/"+whole(rate*seconds), "packets", whole(rate*seconds/4000)+"/"+whole(rate*seconds/1000),
			"rate", whole(rate)+"/"+whole(rate*8), "packet-rate", whole(rate/4000)+"/"+whole(rate/1000), "dropped", "0/0")
	})
}

// subscriberRoutes are those that lead to subscribers; show makes the row of a
// route with an id.
func subscriberRoutes(r *Router, first uint32, show func(plane.Route, uint32) *record) rows {
	return func(yield func(*record) bool) {
		all := r.subscribers()
		if len(all) == 0 {
			return
		}
		row := func(s subscriber) *record {
			address, _ := netip.ParseAddr(s.address) // of a pool, or zero as somebody wrote it
			local, _ := netip.ParseAddr(s.local)
			dst := netip.PrefixFrom(address, address.BitLen())
			return show(plane.Route{
				Dst: dst, Gateway: s.iface(), Interface: s.iface(), Local: local, Protocol: "connect", Active: true,
			}, first+uint32(s.index))
		}
		same := row(all[0])
		differ := []string{".id", "dst-address", "gateway", "immediate-gw", "gateway-status", "local-address"}
		same.alike = &alike{count: len(all), differ: differ, rows: func(yield func(*record) bool) {
			for _, s := range all {
				if !yield(row(s)) {
					return
				}
			}
		}}
		yield(same)
	}
}
