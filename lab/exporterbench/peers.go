package exporterbench

import (
	"fmt"
	"net"
	"path/filepath"
)

// What is known of other exporters: how each is configured to read one router,
// with as much of what our default module reads as it has and the simulated
// routers can answer.

// nshttpd is github.com/nshttpd/mikrotik-exporter. One menu that a router does
// not have ends its scrape of that router, so BGP, which it reads where
// RouterOS 6 had it, PoE and wireless stay off. So does health: a sensor whose
// name it does not know, a fan for instance, ends the program.
func nshttpd(_ Contender, p place) (launch, error) {
	host, port, err := net.SplitHostPort(p.router)
	if err != nil {
		return launch{}, err
	}
	file, err := p.write("nshttpd.yaml", fmt.Sprintf(`devices:
  - {name: router, address: %s, port: %q, user: %s, password: %s}
features: {conntrack: true, firmware: true, dhcp: true, routes: true, pools: true, optics: true, netwatch: true}
`, host, port, reader.username, reader.password))
	return launch{
		args:    []string{"-config-file", file, "-port", p.listen},
		ready:   "http://" + p.listen + "/healthz",
		scrape:  "http://" + p.listen + "/metrics",
		success: []string{"mikrotik_scrape_collector_success"},
	}, err
}

// swoga is github.com/swoga/mikrotik-exporter. Its modules are files that come
// with it: they are looked for in the folder "modules" beside the program.
func swoga(c Contender, p place) (launch, error) {
	path, err := filepath.Abs(c.Path)
	if err != nil {
		return launch{}, err
	}
	file, err := p.write("swoga.yaml", fmt.Sprintf(`listen: %q
config_files: [%q]
targets:
  - name: router
    address: %q
    username: %s
    password: %s
    timeout: 60
    modules: [interface, resource, health-v7, ospf, bgp-v7]
`, p.listen, filepath.Join(filepath.Dir(path), "modules", "*.yml"), p.router, reader.username, reader.password))
	return launch{
		args:    []string{"--config.file=" + file},
		ready:   "http://" + p.listen + "/metrics",
		scrape:  "http://" + p.listen + "/probe?target=router",
		success: []string{"mikrotik_probe_success"},
	}, err
}

// mktxp is github.com/akpw/mktxp. It keeps its connection between scrapes. Its
// default is a cache of five seconds, which would answer instead of a router.
// What our default module does not read row by row, though mktxp does unless
// told otherwise, is switched off: rules, queues, leases.
func mktxp(_ Contender, p place) (launch, error) {
	host, port, err := net.SplitHostPort(p.router)
	if err != nil {
		return launch{}, err
	}
	if _, err := p.write("_mktxp.conf", fmt.Sprintf(`[MKTXP]
    listen = '%s'
    socket_timeout = 60
    minimal_collect_interval = 0
`, p.listen)); err != nil {
		return launch{}, err
	}
	_, err = p.write("mktxp.conf", fmt.Sprintf(`[router]
    hostname = %s
[default]
    enabled = True
    module_only = False
    port = %s
    username = %s
    password = %s
    plaintext_login = True
    use_ssl = False
    bgp = True
    bridge_vlan = True
    capsman = False
    capsman_clients = False
    certificate = True
    connections = True
    dhcp = True
    dhcp_lease = False
    firewall = False
    health = True
    installed_packages = True
    interface = True
    ipv6_route = True
    monitor = True
    neighbor = True
    netwatch = True
    poe = False
    pool = True
    public_ip = False
    queue = False
    route = True
    routerboard = True
    user = False
    wireless = False
    wireless_clients = False
`, host, port, reader.username, reader.password))
	return launch{
		args:   []string{"--cfg-dir", p.dir, "export"},
		ready:  "http://" + p.listen + "/",
		scrape: "http://" + p.listen + "/metrics",
	}, err
}
