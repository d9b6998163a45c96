package collector

import (
	"context"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// bfd reads the sessions that tell routing protocols of a dead path.
type bfd struct {
	family
	up *Metric
}

func newBFD() Collector {
	c := &bfd{family: family{name: "bfd", about: "BFD sessions."}}
	c.up = c.gauge("session_up", "Whether the BFD session is up.", "remote_address", "interface")
	return c
}

// Collect reads /routing/bfd/session, in RouterOS 6 /routing/bfd/neighbor.
func (c *bfd) Collect(ctx context.Context, r Router, in Input, out *Samples) error {
	menu, properties := "/routing/bfd/session", []string{"remote-address", "interface", "state"}
	if in.Major < 7 {
		menu, properties = "/routing/bfd/neighbor", []string{"address", "interface", "state"}
	}
	sessions := map[[2]string]bool{}
	err := readAll(ctx, r, read{menu, properties, nil, func(row routeros.Row) {
		address, zone, _ := strings.Cut(row.String(properties[0]), "%")
		iface := row.String("interface")
		if iface == "" {
			iface = zone
		}
		key := [2]string{address, iface}
		sessions[key] = sessions[key] || row.String("state") == "up"
	}})
	for key, up := range sessions {
		out.add(c.up, truth(up), key[0], key[1])
	}
	return err
}
