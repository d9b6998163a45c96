package collector

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// ethernet reads what ports have negotiated.
type ethernet struct {
	family
	speed, fullDuplex *Metric
}

func newEthernet() limited {
	c := &ethernet{family: family{name: "ethernet", about: "What Ethernet ports have negotiated.", every: time.Minute, series: maxSeriesRows}}
	c.speed = c.gauge("speed_bytes", "Speed of the link in bytes per second; absent where there is no link.", "interface")
	c.fullDuplex = c.gauge("full_duplex", "Whether the link is full duplex.", "interface")
	return c
}

func (c *ethernet) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	var ports []string
	err := readAll(ctx, r, read{"/interface/ethernet", []string{"name"}, nil, func(row routeros.Row) {
		ports = append(ports, row.String("name"))
	}})
	if err != nil {
		return err
	}
	return monitored(ctx, r, "/interface/ethernet", ports, []string{"name", "status", "rate", "full-duplex"}, func(row routeros.Row) {
		speed, ok := parseRate(row.String("rate"))
		if !ok || row.String("status") != "link-ok" {
			return
		}
		out.add(c.speed, speed, port(row))
		if _, known := row.Get("full-duplex"); known {
			out.add(c.fullDuplex, truth(row.Bool("full-duplex")), port(row))
		}
	})
}

// parseRate reads the speed of a link ("2.5Gbps") into bytes per second.
func parseRate(s string) (bytesPerSecond float64, ok bool) {
	for _, unit := range []struct {
		name string
		bits float64
	}{{"Gbps", 1e9}, {"Mbps", 1e6}, {"kbps", 1e3}} {
		digits, found := strings.CutSuffix(s, unit.name)
		if !found {
			continue
		}
		v, err := strconv.ParseFloat(digits, 64)
		return v * unit.bits / 8, err == nil && v > 0 && v < 1e6
	}
	return 0, false
}
