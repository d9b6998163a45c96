package promwatch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// SurveySeries names what the exporter publishes of a router's surroundings, with its own labels.
type SurveySeries struct {
	Identity, Interface, Neighbor    string
	OSPFNeighbor                     string
	BGPPeer, BGPSession, BGPPrefixes string
	// DeviceLabel holds the device.
	DeviceLabel string
}

// The labels of the exporter.
const (
	labelSite            = "site" // a target label, as far as there is one
	labelIdentity        = "identity"
	labelInterface       = "interface"
	labelMAC             = "mac_address"
	labelRemoteIdentity  = "remote_identity"
	labelRemoteInterface = "remote_interface"
	labelRemoteMAC       = "remote_mac_address"
	labelPlatform        = "platform"
	labelRouterID        = "router_id"
	labelPeer            = "peer"
	labelRemoteAS        = "remote_as"
	labelLocalAS         = "local_as"
)

// surveyStep is how finely a survey looks at the last day: it is about all neighbours of all devices.
const surveyStep = 2 * time.Hour

// SurveyOptions of a Surveyor.
type SurveyOptions struct {
	// URL is the root of Prometheus' API.
	URL string
	// Transport logs in.
	Transport http.RoundTripper
	// Matchers narrow the series, such as `job="routeros"`.
	Matchers []string
	Series   SurveySeries
}

// Surveyor asks one Prometheus what the routers see around them: now, or within the last day, since in an
// outage routers see less than there is. It asks when it is told to, and keeps nothing.
type Surveyor struct {
	asker
	o SurveyOptions
}

// NewSurveyor checks the options and makes a Surveyor.
func NewSurveyor(o SurveyOptions) (*Surveyor, error) {
	if o.Transport == nil || o.Series.DeviceLabel == "" {
		return nil, errors.New("promwatch: Transport and Series are required")
	}
	a, err := newAsker(o.URL, o.Transport, o.Matchers)
	return &Surveyor{asker: a, o: o}, err
}

// Survey answers what the routers see.
func (s *Surveyor) Survey(ctx context.Context) (topology.Sightings, error) {
	var out topology.Sightings
	names := s.o.Series
	err := s.each(ctx, s.selector(names.Identity), func(m model.Metric, seen topology.Seen, _ float64) {
		out.Identities = append(out.Identities, topology.Identity{Seen: seen, Device: s.device(m), Site: string(m[labelSite]), Name: string(m[labelIdentity])})
	})
	if err != nil {
		return topology.Sightings{}, err
	}
	err = s.each(ctx, s.selector(names.Neighbor), func(m model.Metric, seen topology.Seen, _ float64) {
		out.Neighbors = append(out.Neighbors, topology.Neighbor{
			Seen: seen, Device: s.device(m), Interface: string(m[labelInterface]), Identity: string(m[labelRemoteIdentity]),
			RemoteInterface: string(m[labelRemoteInterface]), MAC: string(m[labelRemoteMAC]), Platform: string(m[labelPlatform]),
		})
	})
	if err != nil {
		return topology.Sightings{}, err
	}
	err = s.each(ctx, s.selector(names.OSPFNeighbor)+" == 1", func(m model.Metric, seen topology.Seen, _ float64) {
		out.Adjacencies = append(out.Adjacencies, topology.Adjacency{Seen: seen, Device: s.device(m), Interface: string(m[labelInterface]), RouterID: string(m[labelRouterID])})
	})
	if err != nil {
		return topology.Sightings{}, err
	}
	if out.Sessions, err = s.sessions(ctx); err != nil {
		return topology.Sightings{}, err
	}
	if out.Ports, err = s.ports(ctx); err != nil {
		return topology.Sightings{}, err
	}
	return out, nil
}

func (s *Surveyor) device(m model.Metric) string {
	return string(m[model.LabelName(s.o.Series.DeviceLabel)])
}

// each calls f with every series of an expression that was there at one of the looks at the last day, with the
// first and the last look at which it was, and its greatest value.
func (s *Surveyor) each(ctx context.Context, expression string, f func(m model.Metric, seen topology.Seen, greatest float64)) error {
	matrix, err := s.overDay(ctx, expression, surveyStep)
	if err != nil {
		return err
	}
	for _, series := range matrix {
		if s.device(series.Metric) == "" || len(series.Values) == 0 {
			continue
		}
		seen := topology.Seen{Since: lookAt(series.Values[0]), Last: lookAt(series.Values[len(series.Values)-1])}
		greatest := float64(slices.MaxFunc(series.Values, func(a, b model.SamplePair) int { return cmp.Compare(a.Value, b.Value) }).Value)
		f(series.Metric, seen, greatest)
	}
	return nil
}

func lookAt(p model.SamplePair) time.Time { return p.Timestamp.Time().UTC().Truncate(time.Second) }

// sessions are the BGP sessions that were established at some time of the last day, with the most prefixes
// that they brought.
func (s *Surveyor) sessions(ctx context.Context) ([]topology.Session, error) {
	type key struct{ device, peer string }
	keyOf := func(m model.Metric) key { return key{s.device(m), string(m[labelPeer])} }
	prefixes := map[key]float64{}
	err := s.each(ctx, s.selector(s.o.Series.BGPPrefixes), func(m model.Metric, _ topology.Seen, n float64) {
		prefixes[keyOf(m)] = max(prefixes[keyOf(m)], n)
	})
	if err != nil {
		return nil, err
	}
	up := map[key]topology.Seen{}
	err = s.each(ctx, s.selector(s.o.Series.BGPSession)+" == 1", func(m model.Metric, seen topology.Seen, _ float64) { up[keyOf(m)] = seen })
	if err != nil {
		return nil, err
	}
	var out []topology.Session
	err = s.each(ctx, s.selector(s.o.Series.BGPPeer), func(m model.Metric, _ topology.Seen, _ float64) {
		k := keyOf(m)
		seen, established := up[k]
		if !established {
			return
		}
		n := prefixes[k]
		if math.IsNaN(n) || n < 0 || n > math.MaxInt32 {
			n = 0
		}
		out = append(out, topology.Session{
			Seen: seen, Device: k.device, Peer: k.peer, RemoteAS: string(m[labelRemoteAS]), LocalAS: string(m[labelLocalAS]), Prefixes: int(n),
		})
	})
	return out, err
}

// ports are the interfaces whose MAC addresses some neighbour announces. Prometheus picks them out, since
// there are many more.
func (s *Surveyor) ports(ctx context.Context) ([]topology.Port, error) {
	by := strings.Join([]string{s.o.Series.DeviceLabel, labelInterface, labelMAC}, ", ")
	announced := fmt.Sprintf(`max by (%s) (label_replace(%s, %q, "$1", %q, "(.+)"))`, labelMAC, s.selector(s.o.Series.Neighbor), labelMAC, labelRemoteMAC)
	vector, err := s.ask(ctx, fmt.Sprintf("max by (%s) (%s) and on (%s) %s", by, s.selector(s.o.Series.Interface), labelMAC, announced))
	if err != nil {
		return nil, err
	}
	var out []topology.Port
	for _, sample := range vector {
		if mac := string(sample.Metric[labelMAC]); mac != "" && s.device(sample.Metric) != "" {
			out = append(out, topology.Port{Device: s.device(sample.Metric), Interface: string(sample.Metric[labelInterface]), MAC: mac})
		}
	}
	return out, nil
}
