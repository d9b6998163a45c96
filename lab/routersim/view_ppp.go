package routersim

import (
	"fmt"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
)

// subscriber is a customer who is dialled in.
type subscriber struct {
	name, service, address, caller string
	local                          string // the router's address on the session
	limit                          string // of its rate, "" for none
	pool                           string // that the address is from, "" if none
	since                          time.Time
	index                          int
}

// iface is the name of the session's interface.
func (s subscriber) iface() string { return "<pppoe-" + s.name + ">" }

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
		profile := r.profile(servers.Value(server, "default-profile"))
		add := func(name, address string) {
			h := hash(r.opts.Name + name)
			s := subscriber{
				name: name, service: service, address: address, local: profile.local, limit: profile.limit, since: episode.since.Add(time.Duration(h%30) * time.Second),
				caller: fmt.Sprintf("D4:CA:6D:%02X:%02X:%02X", byte(h>>16), byte(h>>8), byte(h)), index: len(out),
			}
			if address == "" {
				s.address, s.pool = profile.pool.next(len(out))
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
	constant := []string{"service", "pppoe", "encoding", "", "limit-bytes-in", "0", "limit-bytes-out", "0", "radius", "false"}
	differ := []string{".id", "name", "caller-id", "address", "uptime", "session-id"}
	return eachDialled(r.subscribers(), constant, differ, func(rec *record, s subscriber) {
		rec.setAll(".id", config.FormatID(0x80000000+uint32(s.index)), "name", s.name, "service", "pppoe", "caller-id", s.caller,
			"address", s.address, "uptime", duration(want.now.Sub(s.since)), "encoding", "", "session-id", fmt.Sprintf("0x%08x", 0x81000000+s.index))
	})
}

// SetSubscribers changes how many customers are dialled in at each PPPoE
// server, beside those that /ppp/secret names.
func (r *Router) SetSubscribers(n int) {
	r.net.mu.Lock()
	defer r.net.mu.Unlock()
	r.opts.Subscribers = max(n, 0)
	r.net.update(r)
}

// SetLeases changes how many clients have an address from each DHCP server,
// beside those with a static lease.
func (r *Router) SetLeases(n int) {
	r.net.mu.Lock()
	defer r.net.mu.Unlock()
	r.opts.Leases = max(n, 0)
	r.net.update(r)
}
