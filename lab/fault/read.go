package fault

import (
	"net/netip"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/engineer"
)

// The menus, which differ between RouterOS 6 and 7. A menu that is missing answers no rows, so both are
// asked and one answers.
const (
	filterV6   = "/routing/filter"
	filterV7   = "/routing/filter/rule"
	peerV6     = "/routing/bgp/peer"
	peerV7     = "/routing/bgp/connection"
	networkV6  = "/routing/ospf/network"
	templateV7 = "/routing/ospf/interface-template"
)

// read surveys one router.
func read(s *engineer.Session) (*router, error) {
	r := &router{running: map[string]bool{}, rules: map[string]string{}}
	for _, step := range []func(*engineer.Session) error{
		r.readInterfaces, r.readAddresses, r.readPeersV6, r.readPeersV7, r.readFilters, r.readOSPF, r.readNeighbors,
	} {
		if err := step(s); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *router) readInterfaces(s *engineer.Session) error {
	rows, err := s.Print("/interface", "name", "running", "disabled")
	for _, row := range rows {
		r.running[row["name"]] = yes(row["running"]) && !yes(row["disabled"])
	}
	return err
}

func (r *router) readAddresses(s *engineer.Session) error {
	rows, err := s.Print("/ip/address", "address", "interface", "disabled")
	for _, row := range rows {
		if prefix, err := netip.ParsePrefix(row["address"]); err == nil && !yes(row["disabled"]) {
			r.addresses = append(r.addresses, address{row["interface"], prefix})
		}
	}
	return err
}

func (r *router) readPeersV6(s *engineer.Session) error {
	instances, err := s.Print("/routing/bgp/instance", "name", "as")
	if err != nil {
		return err
	}
	own := map[string]string{}
	for _, instance := range instances {
		own[instance["name"]] = instance["as"]
	}
	rows, err := s.Print(peerV6, "name", "instance", "remote-address", "remote-as", "in-filter", "state", "prefix-count", "disabled")
	for _, row := range rows {
		r.peers = append(r.peers, peer{
			external: row["remote-as"] != own[row["instance"]],
			menu:     peerV6, id: row[".id"], name: row["name"], chain: row["in-filter"], remote: host(row["remote-address"]),
			established: row["state"] == "established" && !yes(row["disabled"]), prefixes: some(row["prefix-count"]),
		})
	}
	return err
}

func (r *router) readPeersV7(s *engineer.Session) error {
	sessions, err := s.Print("/routing/bgp/session", "name", "established", "prefix-count", "remote.as", "local.as")
	if err != nil {
		return err
	}
	rows, err := s.Print(peerV7, "name", "remote.address", "input.filter", "disabled")
	for _, row := range rows {
		p := peer{menu: peerV7, id: row[".id"], name: row["name"], chain: row["input.filter"], remote: host(row["remote.address"])}
		for _, session := range sessions {
			// A session is named after its connection, with a number.
			if strings.HasPrefix(session["name"], p.name+"-") && yes(session["established"]) && !yes(row["disabled"]) {
				p.established = true
				p.external = session["remote.as"] != session["local.as"]
				p.prefixes = some(session["prefix-count"])
			}
		}
		r.peers = append(r.peers, p)
	}
	return err
}

// some says whether a count is there and is not zero.
func some(count string) bool { return count != "" && count != "0" }

func (r *router) readFilters(s *engineer.Session) error {
	for _, menu := range []string{filterV7, filterV6} {
		rows, err := s.Print(menu, "chain")
		if err != nil {
			return err
		}
		for _, row := range rows {
			r.filterMenu = menu
			if r.rules[row["chain"]] == "" {
				r.rules[row["chain"]] = row[".id"]
			}
		}
	}
	return nil
}

func (r *router) readOSPF(s *engineer.Session) error {
	areas, err := s.Print("/routing/ospf/area", "name")
	if err != nil {
		return err
	}
	for _, area := range areas {
		r.areaNames = append(r.areaNames, area["name"])
	}
	templates, err := s.Print(templateV7, "interfaces", "area", "disabled")
	if err != nil {
		return err
	}
	for _, row := range templates {
		if !yes(row["disabled"]) && !strings.Contains(row["interfaces"], ",") {
			r.ospf = append(r.ospf, adjacency{templateV7, row[".id"], row["interfaces"], row["area"]})
		}
	}
	networks, err := s.Print(networkV6, "network", "area")
	for _, row := range networks {
		if prefix, err := netip.ParsePrefix(row["network"]); err == nil {
			r.ospf = append(r.ospf, adjacency{networkV6, row[".id"], r.within(prefix), row["area"]})
		}
	}
	return err
}

// within is the interface whose address lies in a network.
func (r *router) within(network netip.Prefix) string {
	for _, own := range r.addresses {
		if network.Contains(own.prefix.Addr()) {
			return own.iface
		}
	}
	return ""
}

func (r *router) readNeighbors(s *engineer.Session) error {
	rows, err := s.Print("/routing/ospf/neighbor", "address", "state")
	for _, row := range rows {
		if a := host(row["address"]); a.IsValid() && strings.HasPrefix(row["state"], "Full") {
			r.neighbors = append(r.neighbors, a)
		}
	}
	return err
}
