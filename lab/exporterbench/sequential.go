package exporterbench

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-routeros/routeros/v3"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Sequential is the name of the scraper that is in every comparison. It works
// in the manner of exporters in the field: it logs in for each scrape and
// waits for each answer before it asks the next question, on go-routeros. It
// asks for what the default module of ours shows, no more, with the same
// lists of properties and the same queries, so that a difference is one of
// manner. Wireless, LTE and PoE, which the routers of the comparison do not
// have, are left out, as their operator would leave them out.
const Sequential = "sequential"

// question is one command, or one for each row of another.
type question struct {
	menu, verb string // verb: print unless said otherwise
	properties string
	words      []string // queries and arguments
	count      bool     // ask how many rows there are
	// each asks once for each row of a menu; words then have its name in place of a %s.
	each *question
	// together asks once for all rows of a menu, with their names in the
	// argument numbers, if the rows match.
	together *question
	match    func(map[string]string) bool
}

func (q question) sentence(names string) []string {
	verb := "/print"
	if q.verb != "" {
		verb = "/" + q.verb
	}
	sentence := []string{q.menu + verb}
	if q.properties != "" {
		sentence = append(sentence, "=.proplist="+q.properties)
	}
	if q.count {
		sentence = append(sentence, "=count-only=")
	}
	if q.together != nil {
		sentence = append(sentence, "=once=", "=numbers="+names)
	}
	for _, w := range q.words {
		sentence = append(sentence, strings.ReplaceAll(w, "%s", names))
	}
	return sentence
}

// questions are what the default module reads of RouterOS 7.
func questions() []question {
	var (
		named   = func(menu string) *question { return &question{menu: menu, properties: "name"} }
		ports   = &question{menu: "/interface/ethernet", properties: "name,default-name"}
		dynamic = []string{"?dynamic=true", "?#!"}
	)
	out := []question{
		{menu: "/system/resource", properties: "version,board-name,architecture-name,uptime,cpu-load,cpu-count,free-memory,total-memory,free-hdd-space,total-hdd-space"},
		{menu: "/system/identity", properties: "name"},
		{menu: "/system/routerboard", properties: "routerboard,model,current-firmware,upgrade-firmware"},
		{menu: "/system/clock", properties: "date,time,gmt-offset"},
		{menu: "/interface", properties: "name,type,disabled,running,mtu,actual-mtu,mac-address,comment,rx-byte,tx-byte,rx-packet,tx-packet,rx-error,tx-error,rx-drop,tx-drop,link-downs", words: dynamic},
		{menu: "/routing/bgp/connection", properties: "name,disabled,remote.address,remote.as,as,templates,instance"},
		{menu: "/routing/bgp/session", properties: "name,established,remote.address,remote.as,local.as,prefix-count,uptime"},
		{menu: "/routing/bgp/template", properties: "name,as"},
		{menu: "/routing/ospf/neighbor", properties: "instance,area,router-id,address,interface,state,state-changes"},
		{menu: "/routing/ospf/interface-template", properties: "interfaces,networks,passive,disabled,type"},
		{menu: "/routing/ospf/interface", properties: "address,state,passive"},
		{menu: "/interface/list/member", properties: "list,interface,disabled"},
		{menu: "/ip/address", properties: "address,network,interface,actual-interface,disabled", words: dynamic},
		{menu: "/ppp/active", count: true},
		{menu: "/ppp/active", count: true, words: []string{"?service=pppoe"}},
		{menu: "/routing/bfd/session", properties: "remote-address,interface,state,up"},
		{menu: "/mpls/ldp/neighbor", properties: "transport,operational"},
		{menu: "/tool/netwatch", properties: "host,type,comment,status,disabled"},
		{menu: "/system/health"},
		{
			menu: "/interface/ethernet", verb: "monitor", together: ports,
			properties: "name,sfp-module-present,sfp-vendor-name,sfp-vendor-part-number,sfp-rx-power,sfp-tx-power,sfp-temperature,sfp-supply-voltage,sfp-tx-bias-current",
			match:      func(row map[string]string) bool { return strings.Contains(row["default-name"], "sfp") },
		},
		{menu: "/interface/bridge", properties: "name"},
		{menu: "/interface/bridge/port", properties: "bridge,disabled,inactive", words: dynamic},
		{menu: "/interface/bridge/vlan", properties: "bridge", words: dynamic},
		{menu: "/routing/filter/rule", properties: "chain"},
		{menu: "/ip/firewall/connection/tracking", properties: "total-entries,max-entries"},
		{menu: "/ip/dhcp-server/lease", count: true, words: []string{"?server=%s"}, each: named("/ip/dhcp-server")},
		{menu: "/ip/dhcp-server/lease", count: true, words: []string{"?server=%s", "?status=bound"}, each: named("/ip/dhcp-server")},
		{menu: "/ip/pool/used", count: true, words: []string{"?pool=%s"}, each: &question{menu: "/ip/pool", properties: "name,ranges"}},
		{menu: "/certificate", properties: "name,common-name,expires-after,invalid-after"},
		{menu: "/system/package"},
		{menu: "/system/package/update", properties: "channel,installed-version,latest-version"},
		{menu: "/system/license", properties: "level,nlevel"},
		{menu: "/system/ntp/client", properties: "enabled,status,synced-stratum,system-offset"},
		{menu: "/ip/neighbor", properties: "interface,identity,interface-name,mac-address,platform"},
	}
	for _, family := range []string{"/ip/route", "/ipv6/route"} {
		out = append(out, question{menu: family, count: true, words: []string{"?routing-table=%s"}, each: named("/routing/table")})
		for _, protocol := range []string{"connect", "static", "bgp", "ospf"} {
			out = append(out, question{menu: family, count: true, words: []string{"?" + protocol + "=true"}})
		}
	}
	return out
}

// ServeSequential answers /metrics with the state of the router at an address,
// until the context ends.
func ServeSequential(ctx context.Context, router, listen string) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.CollectorFunc(func(out chan<- prometheus.Metric) { scrapeInTurn(ctx, router, out) }))
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	server := &http.Server{Addr: listen, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// scrapeInTurn is one scrape: a connection, a login, and all questions.
func scrapeInTurn(ctx context.Context, router string, out chan<- prometheus.Metric) {
	err := func() error {
		conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", router)
		if err != nil {
			return err
		}
		client, err := routeros.NewClient(conn)
		if err != nil {
			return err
		}
		defer client.Close()
		if err := client.Login(reader.username, reader.password); err != nil {
			return err
		}
		listed := map[string]*routeros.Reply{}
		for i, q := range questions() {
			if err := q.ask(client, listed, i, out); err != nil {
				return err
			}
		}
		return nil
	}()
	up := 1.0
	if err != nil {
		up = 0
	}
	out <- sample("up", nil, up)
}

// ask asks a question, and first for the rows that it is about, unless they
// were listed already.
func (q question) ask(client *routeros.Client, listed map[string]*routeros.Reply, number int, out chan<- prometheus.Metric) error {
	about := q.each
	if q.together != nil {
		about = q.together
	}
	if about == nil {
		return q.send(client, number, "", out)
	}
	rows, ok := listed[about.menu]
	if !ok {
		var err error
		if rows, err = run(client, about.sentence("")); err != nil {
			return err
		}
		listed[about.menu] = rows
	}
	if rows == nil { // the router does not have them
		return nil
	}
	var names []string
	for _, row := range rows.Re {
		if q.match == nil || q.match(row.Map) {
			names = append(names, row.Map["name"])
		}
	}
	if q.together != nil {
		if len(names) == 0 {
			return nil
		}
		return q.send(client, number, strings.Join(names, ","), out)
	}
	for _, name := range names {
		if err := q.send(client, number, name, out); err != nil {
			return err
		}
	}
	return nil
}

// send sends one command and makes a sample of each number in the answer.
func (q question) send(client *routeros.Client, number int, names string, out chan<- prometheus.Metric) error {
	reply, err := run(client, q.sentence(names))
	if err != nil || reply == nil {
		return err
	}
	labels := prometheus.Labels{"question": strconv.Itoa(number), "row": names}
	if n, err := strconv.ParseFloat(reply.Done.Map["ret"], 64); err == nil {
		out <- sample(metricName(q.menu), labels, n)
	}
	for i, row := range reply.Re {
		labels := prometheus.Labels{"question": strconv.Itoa(number), "row": strconv.Itoa(i), "name": row.Map["name"]}
		for _, pair := range row.List {
			if n, ok := value(pair.Value); ok {
				out <- sample(metricName(q.menu+"/"+pair.Key), labels, n)
			}
		}
	}
	return nil
}

// run runs a command; a router that does not have it answers nothing.
func run(client *routeros.Client, sentence []string) (*routeros.Reply, error) {
	reply, err := client.Run(sentence...)
	var refused *routeros.DeviceError
	if errors.As(err, &refused) {
		return nil, nil
	}
	return reply, err
}

func sample(name string, labels prometheus.Labels, v float64) prometheus.Metric {
	desc := prometheus.NewDesc(Sequential+"_"+name, "What the router says.", nil, labels)
	return prometheus.MustNewConstMetric(desc, prometheus.UntypedValue, v)
}

// metricName makes a menu and a property into a name.
func metricName(path string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, path), "_")
}

// value reads numbers and flags.
func value(text string) (float64, bool) {
	switch text {
	case "true", "yes":
		return 1, true
	case "false", "no":
		return 0, true
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}
