package collector

import (
	"context"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// wireless counts clients on each radio.
type wireless struct {
	family
	clients *Metric
}

func newWireless() Collector {
	c := &wireless{family: family{name: "wireless", about: "Clients of Wi-Fi radios, counted.", every: time.Minute}}
	c.clients = c.gauge("clients", "Clients registered on an interface; absent where there are none.", "interface")
	return c
}

// registrations are the menus of the drivers that RouterOS has had. A router
// has one or two of them.
var registrations = []string{
	"/interface/wifi/registration-table", "/interface/wifiwave2/registration-table",
	"/interface/wireless/registration-table", "/caps-man/registration-table",
}

func (c *wireless) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	clients := count{}
	reads := make([]read, 0, len(registrations))
	for _, menu := range registrations {
		reads = append(reads, read{menu, []string{"interface"}, nil, func(row routeros.Row) { clients[row.String("interface")]++ }})
	}
	err := readAll(ctx, r, reads...)
	clients.emit(c.clients, out)
	return err
}
