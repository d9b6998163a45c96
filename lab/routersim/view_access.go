package routersim

import (
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
)

// serviceRows shows /ip/service; version 7 lists the open connections there as
// dynamic rows.
func serviceRows(r *Router, t *config.Table, want ask) rows {
	configured := func(yield func(*record) bool) {
		for _, row := range t.Rows {
			rec := stored(t, row, want)
			rec.set("dynamic", "false")
			if !yield(rec) {
				return
			}
		}
	}
	if r.store.Schema.Version.Major < 7 {
		return configured
	}
	return concat(configured, func(yield func(*record) bool) {
		for _, s := range r.server.loggedIn() {
			rec := &record{}
			rec.set(".id", config.FormatID(r.live.id("connection\x00"+s.remote, 0x1000)))
			rec.setAll("name", s.service, "port", s.localPort, "proto", "tcp", "vrf", "main", "local", s.local, "remote", s.remote,
				"connection", "true", "dynamic", "true", "invalid", "false", "disabled", "false")
			if !yield(rec) {
				return
			}
		}
	})
}

func userRows(r *Router, t *config.Table, want ask) rows {
	return func(yield func(*record) bool) {
		for _, row := range t.Rows {
			rec := stored(t, row, want)
			if at, ok := r.users.lastLogin[row.Props["name"]]; ok {
				rec.set("last-logged-in", r.timestamp(at))
			}
			if !yield(rec) {
				return
			}
		}
	}
}

func userActiveRows(r *Router, _ *config.Table, _ ask) rows {
	return func(yield func(*record) bool) {
		for _, s := range r.server.loggedIn() {
			rec := &record{}
			rec.set(".id", config.FormatID(r.live.id("user\x00"+s.remote, 0x1)))
			rec.setAll("when", r.timestamp(s.since), "name", s.user, "address", s.remoteHost, "via", "api", "group", s.group, "radius", "false")
			if r.store.Schema.Version.Major >= 7 {
				rec.set("by-romon", "false")
			}
			if !yield(rec) {
				return
			}
		}
	}
}
