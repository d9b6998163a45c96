package routersim

import (
	"strconv"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/plane"
)

// routeRows shows /ip/route or /ipv6/route: static routes as configured, then
// those that come from interfaces and protocols.
func routeRows(r *Router, t *config.Table, _ ask) rows {
	v4 := strings.HasPrefix(t.Menu.Path, "/ip/")
	v7 := r.store.Schema.Version.Major >= 7
	return func(yield func(*record) bool) {
		near := r.out.NearRoutes(r.opts.Name)
		static := map[uint32]plane.Route{}
		for _, route := range near {
			if route.Dst.Addr().Is4() == v4 && route.Protocol == "static" {
				static[route.Row] = route
			}
		}
		for _, row := range t.Rows {
			if !yield(staticRoute(t, row, static[row.ID], v7)) {
				return
			}
		}
		id := uint32(0x20180000)
		for _, route := range near {
			if route.Dst.Addr().Is4() != v4 || route.Protocol == "static" {
				continue
			}
			id++
			if !yield(dynamicRoute(route, id, v7)) {
				return
			}
		}
		if v4 {
			for rec := range subscriberRoutes(r, id+1, func(route plane.Route, id uint32) *record { return dynamicRoute(route, id, v7) }) {
				id += uint32(rec.alike.count)
				if !yield(rec) {
					return
				}
			}
		}
		for _, feed := range r.out.Feeds(r.opts.Name) {
			if feed.Dst.Addr().Is4() != v4 {
				continue
			}
			rec := feedRecord(feed, id, func(route plane.Route, id uint32) *record { return dynamicRoute(route, id, v7) })
			id += uint32(feed.Count)
			if !yield(rec) {
				return
			}
		}
	}
}

// feedRecord stands for all routes of a feed, whose ids follow one.
func feedRecord(feed plane.Feed, id uint32, show func(plane.Route, uint32) *record) *record {
	rec := show(feed.Route, id+1)
	rec.alike = &alike{count: feed.Count, differ: []string{".id", "dst-address"}, rows: func(yield func(*record) bool) {
		for route := range feed.Routes {
			id++
			if !yield(show(route, id)) {
				return
			}
		}
	}}
	return rec
}

func staticRoute(t *config.Table, row *config.Row, route plane.Route, v7 bool) *record {
	rec := stored(t, row, ask{})
	if _, ok := rec.get("dst-address"); !ok {
		rec.set("dst-address", "0.0.0.0/0")
	}
	for name, value := range map[string]string{"distance": "1", "scope": "30", "target-scope": "10"} {
		if _, ok := rec.get(name); !ok {
			rec.set(name, value)
		}
	}
	if route.Active {
		rec.set("active", "true")
	}
	rec.setAll("static", "true", "dynamic", "false")
	if !v7 {
		if route.Active {
			rec.set("gateway-status", gatewayStatus(route))
		}
		return rec
	}
	if _, ok := rec.get("routing-table"); !ok {
		rec.set("routing-table", "main")
	}
	rec.setBool("inactive", t.Disabled(row))
	if route.Active {
		rec.setIf("immediate-gw", immediate(route))
	}
	return rec
}

func dynamicRoute(route plane.Route, id uint32, v7 bool) *record {
	rec := &record{names: make([]string, 0, 14), values: make([]string, 0, 14)}
	put := func(name, value string) {
		rec.names, rec.values = append(rec.names, name), append(rec.values, value)
	}
	put(".id", config.FormatID(id))
	put("dst-address", route.Dst.String())
	put("gateway", route.Gateway)
	put("distance", strconv.Itoa(route.Distance))
	if route.Active {
		put("active", "true")
	}
	put(route.Protocol, "true")
	put("dynamic", "true")
	scope := map[string]string{"connect": "10", "ospf": "20", "bgp": "40"}[route.Protocol]
	put("scope", scope)
	if !v7 {
		put("gateway-status", gatewayStatus(route))
		put("disabled", "false")
		return rec
	}
	if route.Local.IsValid() {
		put("local-address", route.Local.String()+"%"+route.Interface)
		put("target-scope", "5")
	} else {
		put("target-scope", "10")
	}
	put("routing-table", "main")
	put("immediate-gw", immediate(route))
	put("inactive", "false")
	return rec
}

func immediate(route plane.Route) string {
	if route.Interface == "" || strings.Contains(route.Gateway, "%") || route.Gateway == route.Interface {
		return route.Gateway
	}
	return route.Gateway + "%" + route.Interface
}

func gatewayStatus(route plane.Route) string {
	gateway, _, _ := strings.Cut(route.Gateway, "%")
	if route.Interface == "" || gateway == route.Interface {
		return gateway + " reachable"
	}
	return gateway + " reachable via " + route.Interface
}

// routingRouteRows shows /routing/route of version 7: the routes of both
// families, with the protocol that each belongs to.
func routingRouteRows(r *Router, _ *config.Table, _ ask) rows {
	return func(yield func(*record) bool) {
		id := uint32(0x20200000)
		for _, route := range r.out.NearRoutes(r.opts.Name) {
			id++
			if !yield(ribRoute(route, id)) {
				return
			}
		}
		for rec := range subscriberRoutes(r, id+1, ribRoute) {
			id += uint32(rec.alike.count)
			if !yield(rec) {
				return
			}
		}
		for _, feed := range r.out.Feeds(r.opts.Name) {
			rec := feedRecord(feed, id, ribRoute)
			id += uint32(feed.Count)
			if !yield(rec) {
				return
			}
		}
	}
}

func ribRoute(route plane.Route, id uint32) *record {
	rec := dynamicRoute(route, id, true)
	afi := "ip4"
	if !route.Dst.Addr().Is4() {
		afi = "ip6"
	}
	belongs := map[string]string{"connect": "connected", "static": "static", "ospf": "ospf", "bgp": "bgp-" + afi + "-" + route.From}[route.Protocol]
	rec.setAll("afi", afi, "belongs-to", belongs, "contribution", contribution(route))
	if route.Protocol == "static" {
		rec.set("dynamic", "false")
	}
	return rec
}

func contribution(route plane.Route) string {
	if route.Active {
		return "active"
	}
	return "candidate"
}
