package routersim

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
)

// subscriber is a customer who is dialled in.
type subscriber struct {
	name, service, address, caller string
	since                          time.Time
	index                          int
}

// subscribers returns who is dialled in: at each PPPoE server that serves,
// those whom /ppp/secret names and as many more as the options ask for.
func (r *Router) subscribers() []subscriber {
	var out []subscriber
	servers := r.store.Table("/interface/pppoe-server/server")
	secrets := r.store.Table("/ppp/secret")
	for _, server := range servers.Rows {
		service := servers.Value(server, "service-name")
		episode := r.live.servers[service]
		if episode == nil || !episode.up {
			continue
		}
		add := func(name, address string) {
			h := hash(r.opts.Name + name)
			if address == "" {
				var b [4]byte
				binary.BigEndian.PutUint32(b[:], 100<<24+64<<16+uint32(len(out)+2)) // 100.64.0.0/10, RFC 6598
				address = netip.AddrFrom4(b).String()
			}
			out = append(out, subscriber{
				name: name, service: service, address: address, since: episode.since.Add(time.Duration(h%30) * time.Second),
				caller: fmt.Sprintf("D4:CA:6D:%02X:%02X:%02X", byte(h>>16), byte(h>>8), byte(h)), index: len(out),
			})
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

func pppActiveRows(r *Router, _ *config.Table, now time.Time) rows {
	return func(yield func(*record) bool) {
		for _, s := range r.subscribers() {
			rec := &record{}
			rec.set(".id", config.FormatID(0x80000000+uint32(s.index)))
			rec.setAll("name", s.name, "service", "pppoe", "caller-id", s.caller, "address", s.address,
				"uptime", duration(now.Sub(s.since)), "encoding", "", "session-id", fmt.Sprintf("0x%08x", 0x81000000+s.index),
				"limit-bytes-in", "0", "limit-bytes-out", "0", "radius", "false")
			if !yield(rec) {
				return
			}
		}
	}
}

// subscriberInterfaces shows the interface that each subscriber has in
// /interface.
func subscriberInterfaces(r *Router, now time.Time) rows {
	return func(yield func(*record) bool) {
		for _, s := range r.subscribers() {
			seconds := max(now.Sub(s.since).Seconds(), 0)
			rate := 1000 + float64(hash(s.name)%200_000)
			rec := &record{}
			rec.set(".id", config.FormatID(0xF00000+uint32(s.index)))
			rec.setAll("name", "<pppoe-"+s.name+">", "type", "pppoe-in", "mtu", "1480", "actual-mtu", "1480",
				"last-link-up-time", r.timestamp(s.since), "link-downs", "0",
				"rx-byte", whole(rate*seconds/8), "tx-byte", whole(rate*seconds), "rx-packet", whole(rate*seconds/4000), "tx-packet", whole(rate*seconds/1000),
				"rx-drop", "0", "tx-drop", "0", "tx-queue-drop", "0", "rx-error", "0", "tx-error", "0",
				"fp-rx-byte", "0", "fp-tx-byte", "0", "fp-rx-packet", "0", "fp-tx-packet", "0",
				"running", "true", "dynamic", "true", "disabled", "false")
			if !yield(rec) {
				return
			}
		}
	}
}
