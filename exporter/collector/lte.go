package collector

import (
	"cmp"
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

func newLTE() limited {
	c := &lte{family: family{name: "lte", about: "Signal of LTE and 5G modems.", every: time.Minute}}
	c.info = c.gauge("info", "What the modem is connected to, always 1.", "interface", "operator", "technology")
	c.measures = []measure{
		{"rssi", c.gauge("rssi_dbm", "Received signal strength.", "interface"), 1},
		{"rsrp", c.gauge("rsrp_dbm", "Received power of the reference signal.", "interface"), 1},
		{"rsrq", c.gauge("rsrq_db", "Received quality of the reference signal.", "interface"), 1},
		{"sinr", c.gauge("sinr_db", "Signal to interference and noise.", "interface"), 1},
		{"nr-rsrp", c.gauge("nr_rsrp_dbm", "Received power of the 5G reference signal.", "interface"), 1},
		{"nr-rsrq", c.gauge("nr_rsrq_db", "Received quality of the 5G reference signal.", "interface"), 1},
		{"nr-sinr", c.gauge("nr_sinr_db", "Signal to interference and noise of 5G.", "interface"), 1},
	}
	return c
}

// Collect asks modem by modem: the answer does not say whose it is. RouterOS 6
// calls the command info and takes one number.
func (c *lte) Collect(ctx context.Context, r Router, in Input, out *Samples) error {
	command, argument := "/interface/lte/monitor", "=numbers="
	if in.Major < 7 {
		command, argument = "/interface/lte/info", "=number="
	}
	var modems []string
	err := readAll(ctx, r, read{"/interface/lte", []string{"name"}, []string{"?disabled=true", "?#!"}, func(row routeros.Row) {
		modems = append(modems, row.String("name"))
	}})
	if err != nil {
		return err
	}
	properties := []string{"current-operator", "access-technology", "data-class"}
	for _, m := range c.measures {
		properties = append(properties, m.property)
	}
	for _, modem := range modems {
		err := once(ctx, r, routeros.Command{command, argument + modem, "=once="}, properties, func(row routeros.Row) {
			// Later versions have data-class for it.
			technology := cmp.Or(row.String("access-technology"), row.String("data-class"))
			out.add(c.info, 1, modem, row.String("current-operator"), technology)
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
