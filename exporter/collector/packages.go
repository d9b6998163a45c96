package collector

import (
	"cmp"
	"context"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// packages reads what is installed, and what the router last learnt of newer
// versions. It never makes it look for them: that can hang.
type packages struct {
	family
	info, update, license, deadline *Metric
}

func newPackages() limited {
	c := &packages{family: family{name: "package", about: "Packages, a newer version that the router knows of, and the licence.", every: time.Hour, series: maxSeriesRows}}
	c.info = c.gauge("info", "An installed package, always 1.", "name", "version")
	c.update = c.gauge("update_available", "Whether the router knows of another version than the installed one; absent if it has not looked.", "channel", "latest_version")
	c.license = c.gauge("license_info", "The licence, always 1.", "level")
	c.deadline = c.gauge("license_deadline_timestamp_seconds", "Until when a CHR has to have renewed its licence, the router's time taken as UTC.")
	return c
}

func (c *packages) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	return readAll(ctx, r,
		read{"/system/package", []string{"name", "version"}, nil, func(row routeros.Row) {
			if row.String("version") != "" { // else it could be installed, and is not
				out.add(c.info, 1, row.String("name"), row.String("version"))
			}
		}},
		read{"/system/package/update", []string{"channel", "installed-version", "latest-version"}, nil, func(row routeros.Row) {
			if latest := row.String("latest-version"); latest != "" {
				out.add(c.update, truth(latest != row.String("installed-version")), row.String("channel"), latest)
			}
		}},
		read{"/system/license", []string{"level", "nlevel", "deadline-at"}, nil, func(row routeros.Row) {
			out.add(c.license, 1, cmp.Or(row.String("level"), row.String("nlevel")))
			if t, err := parseTimestamp(row.String("deadline-at"), time.UTC); err == nil {
				out.add(c.deadline, float64(t.Unix()))
			}
		}},
	)
}
