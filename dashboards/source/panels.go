package source

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/stat"
	"github.com/grafana/grafana-foundation-sdk/go/statetimeline"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

// metrics is the Prometheus data source that the viewer chose.
var metrics = common.DataSourceRef{Type: cog.ToPtr("prometheus"), Uid: cog.ToPtr("${datasource}")}

// panel is what every kind of panel here has.
type panel struct {
	// width is in columns of 24.
	width                    uint32
	title, description, unit string
	// queries are PromQL with the legend of each.
	queries [][2]string
}

// query makes the target of one PromQL expression.
func query(ref int, expr, legend string) *prometheus.DataqueryBuilder {
	return prometheus.NewDataqueryBuilder().
		RefId(string(rune('A' + ref))).Expr(expr).LegendFormat(legend).Range()
}

// number shows the newest value, coloured by thresholds.
func (p panel) number(steps ...dashboard.Threshold) *stat.PanelBuilder {
	b := stat.NewPanelBuilder().
		Title(p.title).Description(p.description).Datasource(metrics).Unit(p.unit).Span(p.width).Height(4).
		Thresholds(dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).Steps(steps)).
		ReduceOptions(common.NewReduceDataOptionsBuilder().Calcs([]string{"lastNotNull"})).
		GraphMode(common.BigValueGraphModeNone).ColorMode(common.BigValueColorModeValue)
	for i, q := range p.queries {
		b.WithTarget(query(i, q[0], q[1]))
	}
	return b
}

// graph draws lines over time.
func (p panel) graph() *timeseries.PanelBuilder {
	b := timeseries.NewPanelBuilder().
		Title(p.title).Description(p.description).Datasource(metrics).Unit(p.unit).Span(p.width).Height(8).
		FillOpacity(10).ShowPoints(common.VisibilityModeNever).
		Legend(common.NewVizLegendOptionsBuilder().ShowLegend(true).DisplayMode(common.LegendDisplayModeList).Placement(common.LegendPlacementBottom)).
		Tooltip(common.NewVizTooltipOptionsBuilder().Mode(common.TooltipDisplayModeMulti).Sort(common.SortOrderDescending))
	for i, q := range p.queries {
		b.WithTarget(query(i, q[0], q[1]))
	}
	return b
}

// states shows what was up when.
func (p panel) states() *statetimeline.PanelBuilder {
	down, up := "down", "up"
	b := statetimeline.NewPanelBuilder().
		Title(p.title).Description(p.description).Datasource(metrics).Span(p.width).Height(8).
		ShowValue(common.VisibilityModeNever).
		Thresholds(dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).Steps(goodFrom(1))).
		Mappings([]dashboard.ValueMapping{{ValueMap: &dashboard.ValueMap{
			Type: dashboard.MappingTypeValueToText,
			Options: map[string]dashboard.ValueMappingResult{
				"0": {Text: &down, Color: cog.ToPtr("red")},
				"1": {Text: &up, Color: cog.ToPtr("green")},
			},
		}}})
	for i, q := range p.queries {
		b.WithTarget(query(i, q[0], q[1]))
	}
	return b
}

// goodFrom is red below a value and green from it on.
func goodFrom(value float64) []dashboard.Threshold {
	return []dashboard.Threshold{{Color: "red"}, {Value: &value, Color: "green"}}
}

// badFrom is green below a value and red from it on.
func badFrom(value float64) []dashboard.Threshold {
	return []dashboard.Threshold{{Color: "green"}, {Value: &value, Color: "red"}}
}

// plain has no judgement.
func plain() []dashboard.Threshold { return []dashboard.Threshold{{Color: "text"}} }
