package source

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/variants"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/units"
)

// DeviceOverview is one router on one page: does it answer, what has changed in its configuration, what
// do its interfaces, BGP, OSPF and subscribers do, what is full, and how is its hardware. Our annotations
// lie over all of it.
func DeviceOverview() (Board, error) {
	b := newBuilder("Router overview").
		Uid("ispvm-router-overview").
		Description("One router: state, traffic, routing, and what changed in its configuration.").
		Tags([]string{"ispvisualmonitor", "routeros"}).
		Time("now-3h", "now").Refresh("30s").Timezone("browser").
		Tooltip(dashboard.DashboardCursorSyncCrosshair).
		WithVariable(dashboard.NewDatasourceVariableBuilder("datasource").Label("Prometheus").Type("prometheus")).
		WithVariable(dashboard.NewDatasourceVariableBuilder("ispvm").Label("ISP Visual Monitor").Type("ispvisualmonitor-datasource")).
		WithVariable(dashboard.NewQueryVariableBuilder("device").Label("Router").Datasource(metrics).
			Query(dashboard.StringOrMap{String: cog.ToPtr("label_values(routeros_up, device)")}).
			Refresh(dashboard.VariableRefreshOnTimeRangeChanged).Sort(dashboard.VariableSortAlphabeticalAsc))
	for _, a := range annotations() {
		b.Annotation(a)
	}
	health(b)
	configuration(b)
	interfaces(b)
	routing(b)
	capacity(b)
	hardware(b)
	return b.Build()
}

// events is a query of our data source for one class of annotations of the chosen router.
type events struct {
	RefID     string   `json:"refId"`
	QueryType string   `json:"queryType"`
	Subject   string   `json:"subject"`
	Devices   []string `json:"devices"`
}

// ImplementsDataqueryVariant says that it is a query.
func (events) ImplementsDataqueryVariant() {}

// DataqueryType is that of our data source.
func (events) DataqueryType() string { return "ispvisualmonitor-datasource" }

// Equals says whether both ask for the same.
func (e events) Equals(other variants.Dataquery) bool {
	o, ok := other.(events)
	return ok && o.Subject == e.Subject
}

// Validate has nothing to find.
func (events) Validate() error { return nil }

// annotations are one query a class, since an annotation query has one colour.
func annotations() (all []cog.Builder[dashboard.AnnotationQuery]) {
	source := common.DataSourceRef{Type: cog.ToPtr("ispvisualmonitor-datasource"), Uid: cog.ToPtr("${ispvm}")}
	for _, class := range []struct{ name, subject, color string }{
		{"Planned changes", "change", "blue"},
		{"Configuration changes", "config_change", "orange"},
		{"Incidents", "incident", "red"},
	} {
		all = append(all, dashboard.NewAnnotationQueryBuilder().Name(class.name).Datasource(source).Enable(true).IconColor(class.color).
			Target(target{events{RefID: "Anno", QueryType: "annotations", Subject: class.subject, Devices: []string{"$device"}}}))
	}
	return all
}

// target hands a finished query to a builder.
type target struct{ query variants.Dataquery }

// Build answers the query.
func (t target) Build() (variants.Dataquery, error) { return t.query, nil }

func health(b *builder) {
	b.WithRow(dashboard.NewRowBuilder("Health"))
	b.WithPanel(panel{
		4, "Reachable", "1 while the exporter can read the router.", units.NoUnit,
		[][2]string{{`routeros_up{device="$device"}`, ""}},
	}.number(goodFrom(1)...))
	b.WithPanel(panel{
		4, "Uptime", "Time since the router was started.", units.Seconds,
		[][2]string{{`routeros_system_uptime_seconds{device="$device"}`, ""}},
	}.number(plain()...))
	b.WithPanel(panel{
		4, "CPU", "Share of CPU time in use.", units.PercentUnit,
		[][2]string{{`routeros_system_cpu_load_ratio{device="$device"}`, ""}},
	}.number(badFrom(0.9)...))
	b.WithPanel(panel{
		4, "Memory in use", "Share of the router's memory that is not free.", units.PercentUnit,
		[][2]string{{`1 - routeros_system_memory_free_bytes{device="$device"} / routeros_system_memory_total_bytes{device="$device"}`, ""}},
	}.number(badFrom(0.9)...))
	b.WithPanel(panel{
		4, "BGP sessions down", "Peers that are enabled and have no established session.", units.Short,
		[][2]string{{`count(routeros_bgp_session_up{device="$device"} == 0 and on (instance, peer) routeros_bgp_peer_enabled == 1) or vector(0)`, ""}},
	}.number(badFrom(1)...))
	b.WithPanel(panel{
		4, "OSPF neighbours", "Full neighbours on all interfaces.", units.Short,
		[][2]string{{`sum(routeros_ospf_neighbors{device="$device"})`, ""}},
	}.number(plain()...))
}

func configuration(b *builder) {
	b.WithRow(dashboard.NewRowBuilder("Configuration"))
	b.WithPanel(panel{
		12, "Changes", "How often the fingerprint of a category changed. A category that is not there did not change.", units.Short,
		[][2]string{{`changes(routeros_config_fingerprint{device="$device",category!="all"}[$__rate_interval]) > 0`, "{{category}}"}},
	}.graph().DrawStyle(common.GraphDrawStyleBars).ShowPoints(common.VisibilityModeAlways).FillOpacity(80))
	b.WithPanel(panel{
		12, "Age of the last reading", "Time since each category was read. What grows is not seen: a change would be noticed late.", units.Seconds,
		[][2]string{{`time() - routeros_config_observed_timestamp_seconds{device="$device",category!="all"}`, "{{category}}"}},
	}.graph())
}

func interfaces(b *builder) {
	b.WithRow(dashboard.NewRowBuilder("Interfaces"))
	b.WithPanel(panel{
		12, "Traffic", "Bits a second; what is sent is below the line.", units.BitsPerSecondSI,
		[][2]string{
			{`8 * rate(routeros_interface_receive_bytes_total{device="$device"}[$__rate_interval])`, "{{interface}} in"},
			{`-8 * rate(routeros_interface_transmit_bytes_total{device="$device"}[$__rate_interval])`, "{{interface}} out"},
		},
	}.graph())
	b.WithPanel(panel{
		12, "Link state", "Interfaces that are enabled.", units.NoUnit,
		[][2]string{{`routeros_interface_up{device="$device"} and on (instance, interface) routeros_interface_admin_up == 1`, "{{interface}}"}},
	}.states())
	b.WithPanel(panel{
		24, "Errors and drops", "Packets a second that were lost at an interface. Interfaces without any are left out.", units.PacketsPerSecond,
		[][2]string{
			{`rate(routeros_interface_receive_errors_total{device="$device"}[$__rate_interval]) > 0`, "{{interface}} receive errors"},
			{`rate(routeros_interface_transmit_errors_total{device="$device"}[$__rate_interval]) > 0`, "{{interface}} transmit errors"},
			{`rate(routeros_interface_receive_drops_total{device="$device"}[$__rate_interval]) > 0`, "{{interface}} receive drops"},
			{`rate(routeros_interface_transmit_drops_total{device="$device"}[$__rate_interval]) > 0`, "{{interface}} transmit drops"},
		},
	}.graph())
}

func routing(b *builder) {
	b.WithRow(dashboard.NewRowBuilder("Routing and subscribers"))
	b.WithPanel(panel{
		12, "BGP sessions", "Established or not, for each configured peer.", units.NoUnit,
		[][2]string{{`routeros_bgp_session_up{device="$device"}`, "{{peer}}"}},
	}.states())
	b.WithPanel(panel{
		12, "BGP prefixes received", "A fall with the session up is a filter, or the peer's own trouble.", units.Short,
		[][2]string{{`routeros_bgp_session_prefixes_received{device="$device"}`, "{{peer}}"}},
	}.graph())
	b.WithPanel(panel{
		12, "OSPF neighbours by interface", "Full neighbours on each interface that runs OSPF.", units.Short,
		[][2]string{{`routeros_ospf_neighbors{device="$device"}`, "{{interface}}"}},
	}.graph())
	b.WithPanel(panel{
		12, "PPP sessions", "Subscribers that are connected, by service.", units.Short,
		[][2]string{{`routeros_ppp_active_sessions{device="$device"} > 0`, "{{service}}"}},
	}.graph())
}

func capacity(b *builder) {
	b.WithRow(dashboard.NewRowBuilder("Capacity"))
	b.WithPanel(panel{
		8, "Use of links", "Share of the negotiated speed; what is sent is below the line.", units.PercentUnit,
		[][2]string{
			{`rate(routeros_interface_receive_bytes_total{device="$device"}[$__rate_interval]) / routeros_ethernet_speed_bytes`, "{{interface}} in"},
			{`-rate(routeros_interface_transmit_bytes_total{device="$device"}[$__rate_interval]) / routeros_ethernet_speed_bytes`, "{{interface}} out"},
		},
	}.graph())
	b.WithPanel(panel{
		8, "Address pools in use", "Share of the addresses, and of the IPv6 prefixes, that are given out.", units.PercentUnit,
		[][2]string{
			{`routeros_pool_addresses_used{device="$device"} / routeros_pool_addresses`, "{{pool}}"},
			{`routeros_pool_ipv6_prefixes_used{device="$device"} / routeros_pool_ipv6_prefixes`, "{{pool}} (IPv6)"},
		},
	}.graph())
	b.WithPanel(panel{
		8, "Tracked connections", "Share of the connections that can be tracked. Once it is full, new ones are dropped.", units.PercentUnit,
		[][2]string{{`routeros_conntrack_entries{device="$device"} / routeros_conntrack_entries_limit`, "in use"}},
	}.graph())
}

func hardware(b *builder) {
	b.WithRow(dashboard.NewRowBuilder("Hardware"))
	b.WithPanel(panel{
		8, "Temperature", "Of all sensors, those in transceivers included.", units.Celsius,
		[][2]string{
			{`routeros_health_temperature_celsius{device="$device"}`, "{{sensor}}"},
			{`routeros_optics_temperature_celsius{device="$device"}`, "{{interface}}"},
		},
	}.graph())
	b.WithPanel(panel{
		8, "Optical power received", "A slow fall is dirt or age, a sudden one a bent or broken fibre.", "dBm",
		[][2]string{{`routeros_optics_receive_power_dbm{device="$device"}`, "{{interface}}"}},
	}.graph())
	b.WithPanel(panel{
		8, "Power supplies and fans", "Whether each says that it is well.", units.NoUnit,
		[][2]string{{`routeros_health_ok{device="$device"}`, "{{sensor}}"}},
	}.states())
}
