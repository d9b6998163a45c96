package routersim

import (
	"fmt"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
)

// poolUsedRows shows the addresses of pools that somebody has.
func poolUsedRows(r *Router, _ *config.Table, _ ask) rows {
	type use struct{ address, owner, info string }
	used := map[string][]use{}
	var order []string
	note := func(pool string, u use) {
		if pool == "" {
			return
		}
		if used[pool] == nil {
			order = append(order, pool)
		}
		used[pool] = append(used[pool], u)
	}
	for _, s := range r.subscribers() {
		note(s.pool, use{s.address, "PPP", s.name})
	}
	for _, l := range r.leases() {
		note(l.pool, use{l.address, "DHCP", l.mac})
	}
	return func(yield func(*record) bool) {
		id := uint32(0)
		for _, pool := range order {
			all := used[pool]
			same := &record{}
			same.set("pool", pool)
			same.alike = &alike{count: len(all), differ: []string{".id", "address", "owner", "info"}, rows: func(yield func(*record) bool) {
				for _, u := range all {
					id++
					rec := &record{}
					rec.setAll(".id", config.FormatID(id), "pool", pool, "address", u.address, "owner", u.owner, "info", u.info)
					if !yield(rec) {
						return
					}
				}
			}}
			if !yield(same) {
				return
			}
		}
	}
}

// lease is an address that a client has from a DHCP server.
type lease struct {
	server, pool, address, mac, host string
	index                            int
}

// leases returns those that nobody configured: as many as the options ask for
// at each server that serves.
func (r *Router) leases() []lease {
	var out []lease
	t := r.store.Table("/ip/dhcp-server")
	for _, row := range t.Rows {
		name := row.Props["name"]
		if t.Disabled(row) || !r.state().Running[row.Props["interface"]] {
			continue
		}
		pool := r.pool(t.Value(row, "address-pool"))
		for i := range r.opts.Leases {
			h := hash(fmt.Sprint(r.opts.Name, name, i))
			l := lease{server: name, mac: fmt.Sprintf("02:11:%02X:%02X:%02X:%02X", byte(h>>24), byte(h>>16), byte(h>>8), byte(h)), host: fmt.Sprintf("client-%d", i+1), index: len(out)}
			if l.address, l.pool = pool.next(i); l.pool == "" {
				break // the pool is exhausted
			}
			out = append(out, l)
		}
	}
	return out
}

// leaseRows shows /ip/dhcp-server/lease: static leases, bound while their
// server serves, and the others.
func leaseRows(r *Router, t *config.Table, want ask) rows {
	serves := map[string]bool{}
	servers := r.store.Table("/ip/dhcp-server")
	for _, row := range servers.Rows {
		up := !servers.Disabled(row) && r.state().Running[row.Props["interface"]]
		serves[row.Props["name"]] = up
		serves["all"] = serves["all"] || up
	}
	return func(yield func(*record) bool) {
		for _, row := range t.Rows {
			rec := stored(t, row, want)
			if server := t.Value(row, "server"); serves[server] && !t.Disabled(row) {
				rec.setAll("status", "bound", "active-address", row.Props["address"], "active-mac-address", row.Props["mac-address"],
					"active-server", server, "expires-after", "7m12s", "last-seen", "2m48s")
			} else {
				rec.setAll("status", "waiting", "last-seen", "never")
			}
			rec.setAll("radius", "false", "blocked", "false")
			rec.setBool("dynamic", row.Is("dynamic"))
			if !yield(rec) {
				return
			}
		}
		all := r.leases()
		for start := 0; start < len(all); {
			end := start
			for end < len(all) && all[end].server == all[start].server {
				end++
			}
			if !yield(leasesOf(all[start:end])) {
				return
			}
			start = end
		}
	}
}

// leasesOf is a record for the leases of one server.
func leasesOf(leases []lease) *record {
	constant := []string{
		"address-lists", "", "server", leases[0].server, "dhcp-option", "", "status", "bound", "active-server", leases[0].server,
		"radius", "false", "dynamic", "true", "blocked", "false", "disabled", "false",
	}
	same := &record{}
	same.setAll(constant...)
	differ := []string{
		".id", "address", "mac-address", "client-id", "expires-after", "last-seen", "active-address", "active-mac-address", "active-client-id", "host-name",
	}
	same.alike = &alike{count: len(leases), differ: differ, rows: func(yield func(*record) bool) {
		for _, l := range leases {
			rec := &record{}
			rec.setAll(".id", config.FormatID(0x10000+uint32(l.index)), "address", l.address, "mac-address", l.mac, "client-id", "1:"+l.mac,
				"expires-after", "21m3s", "last-seen", "8m57s", "active-address", l.address, "active-mac-address", l.mac,
				"active-client-id", "1:"+l.mac, "host-name", l.host)
			rec.setAll(constant...)
			if !yield(rec) {
				return
			}
		}
	}}
	return same
}
