package routersim

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"

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

// certificateRows shows certificates: those configured, and those that the
// router made for its services.
func certificateRows(r *Router, t *config.Table, want ask) rows {
	return concat(storedRows(r, t, want), func(yield func(*record) bool) {
		for _, p := range r.proofs {
			c := p.certificate
			rec := &record{}
			rec.setAll(".id", config.FormatID(r.live.id("certificate\x00"+p.name, 0x10)), "name", p.name, "common-name", c.Subject.CommonName,
				"key-type", "ec", "key-size", "prime256v1", "days-valid", strconv.Itoa(int(c.NotAfter.Sub(c.NotBefore).Hours()/24)),
				"digest-algorithm", "sha256", "serial-number", strings.ToUpper(c.SerialNumber.Text(16)), "fingerprint", fmt.Sprintf("%x", sha256.Sum256(c.Raw)),
				"invalid-before", r.timestamp(c.NotBefore), "invalid-after", r.timestamp(c.NotAfter), "expires-after", duration(c.NotAfter.Sub(want.now)))
			rec.setAll("private-key", "true", "authority", "true")
			rec.setBool("expired", want.now.After(c.NotAfter))
			rec.set("trusted", "true")
			if !yield(rec) {
				return
			}
		}
	})
}
