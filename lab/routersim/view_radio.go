package routersim

import (
	"fmt"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
)

// registrationRows shows the clients of radios that run, in the menu of each
// driver: some, depending on the radio's name.
func registrationRows(r *Router, t *config.Table, want ask) rows {
	radios := r.store.Table(strings.TrimSuffix(t.Menu.Path, "/registration-table"))
	capsman := strings.HasPrefix(t.Menu.Path, "/caps-man")
	if capsman {
		radios = r.store.Table("/caps-man/interface")
	}
	return func(yield func(*record) bool) {
		for _, row := range radios.Rows {
			name := row.Props["name"]
			if radios.Disabled(row) || !capsman && !r.state().Running[name] || !accessPoint(row) {
				continue
			}
			for i := range hash(r.opts.Name+name)%5 + 1 {
				if !yield(registration(r, t.Menu.Path, row, i, want)) {
					return
				}
			}
		}
	}
}

// accessPoint says whether others register with a radio: wireless is a station
// unless set otherwise, the newer drivers are access points.
func accessPoint(row *config.Row) bool {
	mode := row.Props["configuration.mode"]
	if kind, ok := row.Props["mode"]; ok {
		mode = kind
	}
	return !strings.HasPrefix(mode, "station")
}

func registration(r *Router, menu string, row *config.Row, i uint32, want ask) *record {
	name := row.Props["name"]
	h := hash(fmt.Sprint(r.opts.Name, name, i))
	mac := fmt.Sprintf("02:00:%02X:%02X:%02X:%02X", byte(h>>24), byte(h>>16), byte(h>>8), byte(h))
	up := want.now.Sub(r.live.bootedAt)
	bytes := fmt.Sprintf("%s,%s", whole(up.Seconds()*float64(h%9000)), whole(up.Seconds()*float64(h%900)))
	rec := &record{}
	rec.setAll(".id", config.FormatID(r.live.id("station\x00"+menu+mac, 0x100)), "interface", name)
	switch {
	case strings.HasPrefix(menu, "/interface/wireless"):
		rec.setAll("mac-address", mac, "ap", "false", "wds", "false", "rx-rate", "65Mbps-20MHz/1S", "tx-rate", "65Mbps-20MHz/1S",
			"packets", bytes, "bytes", bytes, "uptime", duration(up), "last-activity", "10ms",
			"signal-strength", fmt.Sprintf("-%d@6Mbps", 45+h%30), "signal-to-noise", fmt.Sprint(30+h%20), "tx-ccq", fmt.Sprint(60+h%40))
	case strings.HasPrefix(menu, "/caps-man"):
		rec.setAll("ssid", row.Props["configuration.ssid"], "mac-address", mac, "tx-rate", "65Mbps-20MHz/1S", "rx-rate", "65Mbps-20MHz/1S",
			"rx-signal", fmt.Sprintf("-%d", 45+h%30), "uptime", duration(up), "packets", bytes, "bytes", bytes)
	default:
		rec.setAll("ssid", row.Props["configuration.ssid"], "mac-address", mac, "uptime", duration(up), "last-activity", "0ms",
			"signal", fmt.Sprintf("-%d", 45+h%30), "auth-type", "wpa2-psk", "band", "5ghz-ax", "tx-rate", "573.5Mbps-80MHz/1S/0.8us",
			"rx-rate", "573.5Mbps-80MHz/1S/0.8us", "packets", bytes, "bytes", bytes, "authorized", "true")
	}
	return rec
}
