package collector

import (
	"context"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// lte reads the signal of modems.
type lte struct {
	family
	info     *Metric
	measures []measure
}

func newLTE() Collector {
	c := &lte{family: family{name: "lte", about: "Signal of LTE and 5G modems.", every: time.Minute}}
	c.info = c.gauge("info", "What the modem is connected to, always 1.", "interface", "operator", "technology")
	c.measures = []measure{
		{"rssi", c.gauge("rssi_dbm", "Received signal strength.", "interface"), 1},
		{"rsrp", c.gauge("rsrp_dbm", "Received power of the reference signal.", "interface"), 1},
		{"rsrq", c.gauge("rsrq_db", "Received quality of the reference signal.", "interface"), 1},
		{"sinr", c.gauge("sinr_db", "Signal to interference and noise.", "interface"), 1},
	}
	return c
}

// Collect asks modem by modem: the answer does not say whose it is.
func (c *lte) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	var modems []string
	err := readAll(ctx, r, read{"/interface/lte", []string{"name"}, []string{"?disabled=false"}, func(row routeros.Row) {
		modems = append(modems, row.String("name"))
	}})
	if err != nil {
		return err
	}
	properties := []string{"current-operator", "access-technology", "rssi", "rsrp", "rsrq", "sinr"}
	for _, modem := range modems {
		err := monitored(ctx, r, "/interface/lte", []string{modem}, properties, func(row routeros.Row) {
			out.add(c.info, 1, modem, row.String("current-operator"), row.String("access-technology"))
			for _, m := range c.measures {
				m.emit(row, out, modem)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
