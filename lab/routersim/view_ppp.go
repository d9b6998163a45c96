package routersim

import (
	"fmt"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
)

// subscriber is a customer who is dialled in.
type subscriber struct {
	name, service, address, caller string
	pool                           string // that the address is from, "" if none
	since                          time.Time
	index                          int
}

// subscribers returns who is dialled in: at each PPPoE server that serves,
// those whom /ppp/secret names and as many more as the options ask for.
func (r *Router) subscribers() []subscriber {
	if r.dialled == nil {
		r.dialled = r.dialIn()
	}
	return r.dialled
}

func (r *Router) dialIn() []subscriber {
	out := []subscriber{}
	servers := r.store.Table("/interface/pppoe-server/server")
	secrets := r.store.Table("/ppp/secret")
	for _, server := range servers.Rows {
		service := servers.Value(server, "service-name")
		episode := r.live.servers[service]
		if episode == nil || !episode.up {
			continue
		}
		pool := r.poolOf(servers.Value(server, "default-profile"))
		add := func(name, address string) {
			h := hash(r.opts.Name + name)
			s := subscriber{
				name: name, service: service, address: address, since: episode.since.Add(time.Duration(h%30) * time.Second),
				caller: fmt.Sprintf("D4:CA:6D:%02X:%02X:%02X", byte(h>>16), byte(h>>8), byte(h)), index: len(out),
			}
			if address == "" {
				s.address, s.pool = pool.next(len(out))
			}
			out = append(out, s)
		}
		for _, row := range secrets.Rows {
			kind := secrets.Value(row, "service")
			if !secrets.Disabled(row) && (kind == "any" || kind == "pppoe") {
				add(row.Props["name"], row.Props["remote-address"])
			}
		}
		for i := range r.opts.Subscribers {
			add(fmt.Sprintf("sub%05d@%s", i+1, service), "")
		}
	}
	return out
}

func pppActiveRows(r *Router, _ *config.Table, want ask) rows {
	return func(yield func(*record) bool) {
		all := r.subscribers()
		if len(all) == 0 {
			return
		}
		same := &record{}
		same.setAll("service", "pppoe", "encoding", "", "limit-bytes-in", "0", "limit-bytes-out", "0", "radius", "false")
		same.alike = &alike{count: len(all), differ: []string{".id", "name", "caller-id", "address", "uptime", "session-id"}, rows: func(yield func(*record) bool) {
			for _, s := range all {
				rec := &record{}
				rec.add(".id", config.FormatID(0x80000000+uint32(s.index)))
				rec.setAll("name", s.name, "service", "pppoe", "caller-id", s.caller, "address", s.address,
					"uptime", duration(want.now.Sub(s.since)), "encoding", "", "session-id", fmt.Sprintf("0x%08x", 0x81000000+s.index),
					"limit-bytes-in", "0", "limit-bytes-out", "0", "radius", "false")
				if !yield(rec) {
					return
				}
			}
		}}
		yield(same)
	}
}

// subscriberInterfaces shows the interface that each subscriber has in
// /interface.
func subscriberInterfaces(r *Router, want ask) rows {
	return func(yield func(*record) bool) {
		all := r.subscribers()
		if len(all) == 0 {
			return
		}
		constant := []string{
			"type", "pppoe-in", "mtu", "1480", "actual-mtu", "1480", "link-downs", "0",
			"rx-drop", "0", "tx-drop", "0", "tx-queue-drop", "0", "rx-error", "0", "tx-error", "0",
			"fp-rx-byte", "0", "fp-tx-byte", "0", "fp-rx-packet", "0", "fp-tx-packet", "0",
			"running", "true", "dynamic", "true", "disabled", "false",
		}
		same := &record{}
		same.setAll(constant...)
		differ := []string{".id", "name", "last-link-up-time", "rx-byte", "tx-byte", "rx-packet", "tx-packet"}
		same.alike = &alike{count: len(all), differ: differ, rows: func(yield func(*record) bool) {
			for _, s := range all {
				seconds := max(want.now.Sub(s.since).Seconds(), 0)
				rate := 1000 + float64(hash(s.name)%200_000)
				rec := &record{}
				rec.add(".id", config.FormatID(0xF00000+uint32(s.index)))
				rec.setAll("name", "<pppoe-"+s.name+">", "type", "pppoe-in", "mtu", "1480", "actual-mtu", "1480")
				rec.setAll("last-link-up-time", r.timestamp(s.since), "rx-byte", whole(rate*seconds/8), "tx-byte", whole(rate*seconds),
					"rx-packet", whole(rate*seconds/4000), "tx-packet", whole(rate*seconds/1000))
				rec.setAll(constant...)
				if !yield(rec) {
					return
				}
			}
		}}
		yield(same)
	}
}
