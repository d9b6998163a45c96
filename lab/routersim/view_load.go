package routersim

import (
	"strconv"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
)

// queueRows shows simple queues with what went through them, upload before
// download.
func queueRows(r *Router, t *config.Table, want ask) rows {
	seconds := want.now.Sub(r.live.bootedAt).Seconds()
	return concat(func(yield func(*record) bool) {
		for _, row := range t.Rows {
			rec := stored(t, row, want)
			up := float64(1000 + hash(r.opts.Name+row.Props["name"])%200_000)
			if t.Disabled(row) {
				up = 0
			}
			pair := func(perSecond float64) string { return whole(perSecond*seconds) + "/" + whole(perSecond*seconds*8) }
			rec.setAll("bytes", pair(up), "packets", pair(up/700), "dropped", pair(up/5e6),
				"rate", whole(up*8)+"/"+whole(up*64), "packet-rate", whole(up/700)+"/"+whole(up/90),
				"queued-bytes", "0/0", "queued-packets", "0/0", "invalid", "false")
			rec.setBool("dynamic", row.Is("dynamic"))
			if !yield(rec) {
				return
			}
		}
	}, subscriberQueues(r, want))
}

// trackedConnections is how many a subscriber has at a time.
const trackedConnections = 25

// trackingRows shows connection tracking with what it tracks.
func trackingRows(r *Router, t *config.Table, want ask) rows {
	rec := stored(t, t.Rows[0], want)
	total := strconv.Itoa(40 + int(hash(r.opts.Name)%100) + trackedConnections*(len(r.subscribers())+len(r.leases())))
	rec.setAll("active-ipv4", "true", "active-ipv6", "true", "max-entries", "1048576", "total-entries", total)
	return list(rec)
}

// netwatchRows shows the hosts watched and since when they are up or down.
func netwatchRows(r *Router, t *config.Table, want ask) rows {
	return func(yield func(*record) bool) {
		for _, row := range t.Rows {
			rec := stored(t, row, want)
			status := "unknown"
			if e := r.live.hosts[row.Props["host"]]; e != nil && !t.Disabled(row) {
				if status = "down"; e.up {
					status = "up"
				}
				rec.set("since", r.timestamp(e.since))
			}
			rec.set("status", status)
			if !yield(rec) {
				return
			}
		}
	}
}
