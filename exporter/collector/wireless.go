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

func newWireless() limited {
	c := &wireless{family: family{name: "wireless", about: "Clients of Wi-Fi radios, counted.", every: time.Minute}}
	c.clients = c.gauge("clients", "Clients registered on an interface; 0 is never left out.", "interface")
	return c
}

// wirelessMenus are the menus of the drivers that RouterOS has had, and of
// CAPsMAN. A router has one or two of them.
var wirelessMenus = []struct{ interfaces, registrations string }{
	{"/interface/wifi", "/interface/wifi/registration-table"},
	{"/interface/wifiwave2", "/interface/wifiwave2/registration-table"},
	{"/interface/wireless", "/interface/wireless/registration-table"},
	{"/caps-man/interface", "/caps-man/registration-table"},
}

func (c *wireless) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	clients := count{}
	var reads []read
	for _, menu := range wirelessMenus {
		reads = append(reads,
			read{menu.interfaces, []string{"name"}, nil, func(row routeros.Row) { clients[row.String("name")] += 0 }},
			read{menu.registrations, []string{"interface"}, nil, func(row routeros.Row) { clients[row.String("interface")]++ }})
	}
	if err := readAll(ctx, r, reads...); err != nil {
		return err // a part of them would be a count that is too low
	}
	clients.emit(c.clients, out)
	return nil
}
