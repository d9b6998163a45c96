package routersim

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
)

// hardware that every simulated router has: a virtual one.
const (
	totalMemory = 1 << 30
	totalDisk   = 128 << 20
)

func (r *Router) board() string { return "CHR" }

// longVersion is the version with its release channel: 7.16 (stable).
func (r *Router) longVersion() string { return r.store.Schema.Version.Text + " (stable)" }

func resourceRows(r *Router, _ *config.Table, want ask) rows {
	load := 2 + hash(r.opts.Name+want.now.Truncate(30*time.Second).String())%15
	rec := &record{}
	rec.setAll("uptime", duration(want.now.Sub(r.live.bootedAt)), "version", r.longVersion(), "build-time", r.buildTime(),
		"factory-software", r.store.Schema.Version.Text,
		"free-memory", strconv.Itoa(totalMemory*3/4-int(hash(r.opts.Name)%1000)*4096), "total-memory", strconv.Itoa(totalMemory),
		"cpu", "QEMU", "cpu-count", "2", "cpu-frequency", "2400", "cpu-load", strconv.Itoa(int(load)),
		"free-hdd-space", strconv.Itoa(totalDisk/2), "total-hdd-space", strconv.Itoa(totalDisk),
		"write-sect-since-reboot", whole(want.now.Sub(r.live.bootedAt).Minutes()), "write-sect-total", whole(want.now.Sub(r.live.bootedAt).Minutes()+5000),
		"bad-blocks", "0", "architecture-name", "x86_64", "board-name", "CHR QEMU Standard PC (i440FX + PIIX, 1996)", "platform", "MikroTik")
	return list(rec)
}

func (r *Router) buildTime() string {
	if r.store.Schema.Version.AtLeast(7, 10, 0) {
		return "2024-09-20 13:00:27"
	}
	return "Sep/20/2021 13:00:27"
}

func cpuRows(r *Router, _ *config.Table, want ask) rows {
	return func(yield func(*record) bool) {
		for i := range 2 {
			rec := &record{}
			rec.setAll(".id", config.FormatID(uint32(i)), "cpu", "cpu"+strconv.Itoa(i),
				"load", strconv.Itoa(int(hash(fmt.Sprint(r.opts.Name, i, want.now.Unix()/30)))%20), "irq", "0", "disk", "0")
			if !yield(rec) {
				return
			}
		}
	}
}

// routerboardRows: a virtual router is no RouterBOARD and says so.
func routerboardRows(_ *Router, _ *config.Table, _ ask) rows {
	rec := &record{}
	rec.set("routerboard", "false")
	return list(rec)
}

func packageRows(r *Router, _ *config.Table, _ ask) rows {
	names := []string{"routeros"}
	if r.store.Schema.Version.Major == 6 {
		names = []string{"routeros-x86", "system", "routing", "ppp", "mpls", "security", "ipv6"}
	}
	return func(yield func(*record) bool) {
		for i, name := range names {
			rec := &record{}
			rec.setAll(".id", config.FormatID(uint32(i+1)), "name", name, "version", r.store.Schema.Version.Text,
				"build-time", r.buildTime(), "scheduled", "", "disabled", "false")
			if !yield(rec) {
				return
			}
		}
	}
}

// location is the time zone that the router is set to, UTC if it has none or
// one that nobody knows.
func (r *Router) location() *time.Location {
	t := r.store.Table("/system/clock")
	name := t.Value(t.Rows[0], "time-zone-name")
	if r.zone == nil || r.zoneName != name {
		zone, err := time.LoadLocation(name)
		if err != nil {
			zone = time.UTC
		}
		r.zone, r.zoneName = zone, name
	}
	return r.zone
}

func clockRows(r *Router, t *config.Table, want ask) rows {
	rec := stored(t, t.Rows[0], want)
	local := want.now.Add(r.opts.ClockOffset).In(r.location())
	date := local.Format("2006-01-02")
	if !r.store.Schema.Version.AtLeast(7, 10, 0) {
		date = strings.ToLower(local.Format("Jan")) + local.Format("/02/2006")
	}
	rec.setAll("time", local.Format("15:04:05"), "date", date, "gmt-offset", local.Format("-07:00"))
	rec.setBool("dst-active", local.IsDST())
	return list(rec)
}

// healthRows: version 7 has a row for each sensor, version 6 one item.
func healthRows(r *Router, _ *config.Table, want ask) rows {
	temperature := strconv.Itoa(38 + int(hash(r.opts.Name+want.now.Truncate(10*time.Minute).String())%8))
	if r.store.Schema.Version.Major < 7 {
		rec := &record{}
		rec.setAll("voltage", "24.1", "temperature", temperature, "cpu-temperature", temperature, "fan1-speed", "6090", "psu1-state", "ok", "psu2-state", "ok")
		return list(rec)
	}
	sensors := [][4]string{
		{"*D", "voltage", "24.1", "V"},
		{"*E", "temperature", temperature, "C"},
		{"*11", "cpu-temperature", temperature, "C"},
		{"*1B59", "fan1-speed", "6090", "RPM"},
		{"*1CE9", "psu1-state", "ok", ""},
		{"*1CEA", "psu2-state", "ok", ""},
	}
	return func(yield func(*record) bool) {
		for _, s := range sensors {
			rec := &record{}
			rec.setAll(".id", s[0], "name", s[1], "value", s[2], "type", s[3])
			if !yield(rec) {
				return
			}
		}
	}
}

func licenseRows(r *Router, _ *config.Table, _ ask) rows {
	rec := &record{}
	rec.setAll("system-id", fmt.Sprintf("%08xAbCd", hash(r.opts.Name)), "level", "p-unlimited")
	return list(rec)
}

// historyRows shows the last changes, the newest first.
func historyRows(r *Router, _ *config.Table, _ ask) rows {
	return func(yield func(*record) bool) {
		for i := len(r.history.entries) - 1; i >= 0; i-- {
			e := r.history.entries[i]
			rec := &record{}
			rec.setAll(".id", config.FormatID(e.id), "action", e.action, "by", e.by, "policy", e.policy, "time", r.timestamp(e.at))
			rec.setAll("undo", e.undo, "redo", e.redo, "undoable", "true")
			if !yield(rec) {
				return
			}
		}
	}
}

func logRows(r *Router, _ *config.Table, want ask) rows {
	return func(yield func(*record) bool) {
		for _, line := range r.journal.lines {
			rec := &record{}
			at := r.timestamp(line.at)
			if _, hour, ok := strings.Cut(at, " "); ok && want.now.Sub(line.at) < 24*time.Hour && !r.store.Schema.Version.AtLeast(7, 10, 0) {
				at = hour
			}
			rec.setAll(".id", config.FormatID(line.id), "time", at, "topics", line.topics, "message", line.message)
			if !yield(rec) {
				return
			}
		}
	}
}

// packageUpdateRows shows what is installed; what is the latest is known only
// after somebody looked, which needs the internet.
func packageUpdateRows(r *Router, t *config.Table, want ask) rows {
	rec := stored(t, t.Rows[0], want)
	rec.set("installed-version", r.store.Schema.Version.Text)
	return list(rec)
}

// ntpClientRows shows the NTP client: it is synchronized if it is enabled and
// has a server. Both ways of naming servers are told by the version.
func ntpClientRows(r *Router, t *config.Table, want ask) rows {
	row := t.Rows[0]
	rec := stored(t, row, want)
	servers := t.Value(row, "servers")
	if r.store.Schema.Version.Major < 7 {
		servers = t.Value(row, "primary-ntp")
	}
	server, _, _ := strings.Cut(servers, ",")
	synchronized := t.Value(row, "enabled") == "true" && server != "" && server != "0.0.0.0"
	offset := time.Duration(int64(hash(r.opts.Name+want.now.Truncate(15*time.Minute).String())%4000)-2000) * time.Microsecond
	switch {
	case r.store.Schema.Version.Major >= 7 && synchronized:
		rec.setAll("freq-drift", "-3.012 PPM", "status", "synchronized", "synced-server", server, "synced-stratum", "2",
			"system-offset", decimal(float64(offset)/float64(time.Millisecond), 3)+" ms")
	case r.store.Schema.Version.Major >= 7:
		rec.set("status", "stopped")
	case synchronized:
		rec.setAll("poll-interval", "15m", "active-server", server, "last-update-from", server,
			"last-update-before", duration(want.now.Sub(want.now.Truncate(15*time.Minute)))+"740ms", "last-adjustment", microseconds(offset))
	}
	return list(rec)
}

// microseconds prints a short time as RouterOS 6 does: -29ms481us.
func microseconds(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	return fmt.Sprintf("%s%dms%dus", sign, d/time.Millisecond, d%time.Millisecond/time.Microsecond)
}
