package routersim

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
)

// gauge shows what the monitor command of a menu tells of one row.
type gauge func(r *Router, t *config.Table, row *config.Row, now time.Time) *record

func gauges() map[string]gauge {
	return map[string]gauge{
		"/interface/ethernet": ethernetGauge,
		config.PoEPorts:       poeGauge,
		"/interface/lte":      lteGauge,
	}
}

// monitorInterval is how often monitor tells, unless once is enough.
const monitorInterval = time.Second

// monitor answers how ports are doing: once, or again and again until it is
// cancelled.
func (s *session) monitor(ctx context.Context, who *identity, cmd *command, reply *reply) error {
	show, ok := gauges()[cmd.menu]
	if !ok {
		return errNoSuchCommand
	}
	numbers, ok := cmd.numbers()
	if !ok {
		return &config.Trap{Category: 1, Message: "missing value(s) of argument(s) numbers"}
	}
	_, once := cmd.args["once"]
	for section := 0; ; section++ {
		if err := s.gaugeAll(who, cmd, show, numbers, reply, section, once); err != nil || once {
			return err
		}
		reply.flush()
		if err := sleep(ctx, monitorInterval); err != nil {
			return err
		}
	}
}

func (s *session) gaugeAll(who *identity, cmd *command, show gauge, numbers string, reply *reply, section int, once bool) error {
	r := s.router
	r.net.mu.Lock()
	defer r.net.mu.Unlock()
	t := r.store.Table(cmd.menu)
	sel, err := newSelection(&command{args: map[string]string{".proplist": cmd.args[".proplist"]}}, t.Menu, who)
	if err != nil {
		return err
	}
	rows, err := t.Select(numbers)
	if err != nil {
		return err
	}
	for _, row := range rows {
		rec := show(r, t, row, r.now())
		if rec == nil {
			return config.ErrNoSuchItem
		}
		if sel.proplist != nil {
			sel.reduce(rec)
		}
		if !once {
			rec.set(".section", strconv.Itoa(section))
		}
		reply.row(rec)
	}
	return nil
}

// ethernetGauge tells of the link and, of a port for transceivers, of the one
// in it: it has light if its cable is whole and the other end sends, and it
// sends unless its own port is disabled.
func ethernetGauge(r *Router, t *config.Table, row *config.Row, now time.Time) *record {
	name := row.Props["name"]
	rec := &record{}
	rec.set("name", name)
	if r.state().Running[name] {
		rec.setAll("status", "link-ok", "auto-negotiation", "done", "rate", "10Gbps", "full-duplex", "true")
	} else {
		rec.setAll("status", "no-link", "auto-negotiation", "incomplete")
	}
	if !strings.Contains(row.Props["default-name"], "sfp") {
		return rec
	}
	wired, lit := r.out.Wired(r.opts.Name, name), r.out.Lit(r.opts.Name, name)
	rec.setBool("sfp-module-present", wired || lit)
	if !wired && !lit {
		return rec
	}
	seed := hash(r.opts.Name + row.Props["default-name"])
	drift := float64(hash(name+now.Truncate(time.Minute).String())%30) / 100 // dB, degrees
	rec.setBool("sfp-rx-loss", !lit)
	rec.setAll("sfp-tx-fault", "false", "sfp-type", "SFP-or-SFP+", "sfp-connector-type", "LC", "sfp-link-length-sm", "10km",
		"sfp-vendor-name", "Example Optics", "sfp-vendor-part-number", "EX-10G-LR", "sfp-vendor-revision", "A",
		"sfp-vendor-serial", fmt.Sprintf("EX%08X", seed), "sfp-manufacturing-date", "24-03-11", "sfp-wavelength", "1310",
		"sfp-temperature", strconv.Itoa(34+int(seed%10)), "sfp-supply-voltage", decimal(3.28+drift/100, 3))
	if t.Disabled(row) {
		rec.setAll("sfp-tx-bias-current", "0", "sfp-tx-power", noLight)
	} else {
		rec.setAll("sfp-tx-bias-current", strconv.Itoa(30+int(seed%8)), "sfp-tx-power", decimal(-2-float64(seed%100)/100, 3))
	}
	if lit {
		rec.set("sfp-rx-power", decimal(-4-float64(seed%500)/100-drift, 3))
	} else {
		rec.set("sfp-rx-power", noLight)
	}
	rec.set("eeprom-checksum", "good")
	return rec
}

// noLight is what transceivers tell of a dark fibre, in dBm.
const noLight = "-40"

func decimal(v float64, digits int) string { return strconv.FormatFloat(v, 'f', digits, 64) }

// hasPoE says whether the board can power what is connected: its
// configuration speaks of it.
func (r *Router) hasPoE() bool {
	for _, row := range r.store.Table(config.PoEPorts).Rows {
		if row.Props["poe-out"] != "" {
			return true
		}
	}
	return false
}

// poeRows shows the ports that can power what is connected.
func poeRows(_ *Router, t *config.Table, _ ask) rows {
	return func(yield func(*record) bool) {
		for _, row := range t.Rows {
			if row.Props["poe-out"] == "" {
				continue
			}
			rec := &record{}
			rec.setAll(".id", config.FormatID(row.ID), "name", row.Props["name"], "poe-out", row.Props["poe-out"], "poe-priority", "10",
				"power-cycle-ping-enabled", "false", "power-cycle-interval", "none")
			rec.setIf("poe-priority", row.Props["poe-priority"])
			if !yield(rec) {
				return
			}
		}
	}
}

// poeGauge: a port powers what is plugged in, also while it is disabled for
// traffic.
func poeGauge(r *Router, _ *config.Table, row *config.Row, _ time.Time) *record {
	name, mode := row.Props["name"], row.Props["poe-out"]
	if mode == "" {
		return nil
	}
	rec := &record{}
	rec.setAll("name", name, "poe-out", mode)
	switch {
	case mode == "off":
		rec.set("poe-out-status", "disabled")
	case mode != "forced-on" && !r.out.Wired(r.opts.Name, name):
		rec.set("poe-out-status", "waiting-for-load")
	default:
		current := 90 + int(hash(r.opts.Name+name)%200)
		if !r.out.Wired(r.opts.Name, name) {
			current = 0
		}
		rec.setAll("poe-out-status", "powered-on", "poe-out-voltage", "24.2", "poe-out-current", strconv.Itoa(current),
			"poe-out-power", decimal(24.2*float64(current)/1000, 1))
	}
	return rec
}

// lteGauge tells of a modem: registered unless its interface is disabled.
func lteGauge(r *Router, t *config.Table, row *config.Row, now time.Time) *record {
	rec := &record{}
	rec.set("pin-status", "ok")
	if t.Disabled(row) {
		rec.setAll("registration-status", "not registered", "functionality", "minimum")
		return rec
	}
	seed := int(hash(r.opts.Name + row.Props["name"]))
	drift := int(hash(now.Truncate(time.Minute).String()) % 5)
	rec.setAll("registration-status", "registered", "functionality", "full", "manufacturer", "Example", "model", "EX12-EA",
		"revision", "EX12EAPAR01A12", "current-operator", "Example Mobile", "current-cellid", strconv.Itoa(30000+seed%9999),
		"enb-id", strconv.Itoa(117+seed%50), "sector-id", "3", "phy-cellid", strconv.Itoa(seed%504),
		"access-technology", "LTE", "session-uptime", duration(now.Sub(r.live.bootedAt)), "primary-band", "B3@20Mhz earfcn: 1300",
		"cqi", "11", "rssi", strconv.Itoa(-60-seed%20-drift), "rsrp", strconv.Itoa(-90-seed%20-drift),
		"rsrq", strconv.Itoa(-9-drift), "sinr", strconv.Itoa(14-drift))
	return rec
}
