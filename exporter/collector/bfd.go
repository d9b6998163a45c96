package collector

import (
	"cmp"
	"context"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// bfd reads the sessions that tell routing protocols of a dead path.
type bfd struct {
	family
	up, changes *Metric
}

func newBFD() limited {
	c := &bfd{family: family{name: "bfd", about: "BFD sessions.", series: maxSeriesRows}}
	c.up = c.gauge("session_up", "Whether the BFD session is up.", "remote_address", "interface")
	c.changes = c.counter("session_state_changes_total", "How often the session's state changed.", "remote_address", "interface")
	return c
}

// bfdSession is what is known of a pair of ends.
type bfdSession struct {
	up           bool
	changes      float64
	changesKnown bool
}

// Collect reads /routing/bfd/session, in RouterOS 6 /routing/bfd/neighbor.
func (c *bfd) Collect(ctx context.Context, r Router, in Input, out *Samples) error {
	menu, remote := "/routing/bfd/session", "remote-address"
	if in.Major < 7 {
		menu, remote = "/routing/bfd/neighbor", "address"
	}
	// Two sessions with one end, in VRFs, share their series.
	sessions := map[[2]string]bfdSession{}
	err := readAll(ctx, r, read{menu, []string{remote, "interface", "state", "up", "state-changes"}, nil, func(row routeros.Row) {
		address, zone, _ := strings.Cut(row.String(remote), "%")
		key := [2]string{address, cmp.Or(row.String("interface"), zone)}
		s := sessions[key]
		s.up = s.up || row.String("state") == "up" || row.Bool("up")
		if n, ok := number(row, "state-changes"); ok {
			s.changes, s.changesKnown = s.changes+n, true
		}
		sessions[key] = s
	}})
	for key, s := range sessions {
		out.add(c.up, truth(s.up), key[0], key[1])
		if s.changesKnown {
			out.add(c.changes, s.changes, key[0], key[1])
		}
	}
	return err
}
