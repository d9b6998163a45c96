package promwatch

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/collector"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/fingerprint"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/web"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/fleet"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/network"
)

var surveyNames = SurveySeries{
	Identity: "routeros_system_identity_info", Interface: "routeros_interface_info", Neighbor: "routeros_neighbor_info",
	OSPFNeighbor: "routeros_ospf_neighbor_up", BGPPeer: "routeros_bgp_peer_info", BGPSession: "routeros_bgp_session_up",
	BGPPrefixes: "routeros_bgp_session_prefixes_received", DeviceLabel: "device",
}

// isp runs the lab's ISP, its exporter, and a Prometheus that scrapes all of its routers.
func isp(t *testing.T) (*server, *fleet.Fleet) {
	t.Helper()
	own, err := fleet.Own()
	require.NoError(t, err)
	quiet := slog.New(slog.DiscardHandler)
	routers, err := network.Start(t.Context(), own, quiet)
	require.NoError(t, err)
	t.Cleanup(routers.Close)

	var file strings.Builder
	file.WriteString("modules: {default: {}}\ndevices:\n")
	for _, name := range routers.Devices() {
		fmt.Fprintf(&file, "- {name: %s, address: %q, username: %s, password: %q}\n", name, routers.Address(name), network.Exporter, routers.Password(network.Exporter))
	}
	path := filepath.Join(t.TempDir(), "exporter.yaml")
	require.NoError(t, os.WriteFile(path, []byte(file.String()), 0o600))
	target := httptest.NewServer(exporter(t, path, quiet))
	t.Cleanup(target.Close)

	s := &server{dir: t.TempDir(), addr: freeAddr(t)}
	var scrapes strings.Builder
	scrapes.WriteString("global: {scrape_interval: 2s, scrape_timeout: 2s}\nscrape_configs:\n")
	for _, d := range own.Inventory.Devices {
		fmt.Fprintf(&scrapes, "- {job_name: %s, metrics_path: /probe, params: {target: [%s], module: [default]}, static_configs: [{targets: [%q], labels: {device: %s, site: %s, tenant: acme}}]}\n",
			d.Name, d.Name, target.Listener.Addr(), d.Name, d.Site)
	}
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "prometheus.yml"), []byte(scrapes.String()), 0o600))
	s.start(t)
	t.Cleanup(func() { s.stop(t) })
	return s, own
}

func exporter(t *testing.T, configFile string, quiet *slog.Logger) http.Handler {
	t.Helper()
	allowlist, err := fingerprint.Builtin()
	require.NoError(t, err)
	devices, registry := device.NewFleet(), prometheus.NewRegistry()
	t.Cleanup(devices.Close)
	reloader := web.NewReloader(web.ReloaderOptions{
		Load:  func() (*config.Config, error) { return config.Load(configFile, collector.Names()) },
		Fleet: devices, Base: device.Options{Allowlist: allowlist, Logger: quiet}, Registry: registry, Logger: quiet,
	})
	t.Cleanup(reloader.Close)
	require.NoError(t, reloader.Reload())
	handler, err := web.New(web.Options{Reloader: reloader, Fleet: devices, Registry: registry, Logger: quiet})
	require.NoError(t, err)
	return handler
}

// TestSurveyOfTheISP: from nothing but what Prometheus has scraped and who the edges are, the lab's ISP is
// proposed as somebody wrote it down by hand: all devices, all cables with both of their ports, and all that
// depends on something. And its subscribers are counted.
func TestSurveyOfTheISP(t *testing.T) {
	t.Parallel()
	prom, own := isp(t)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	s, err := NewSurveyor(SurveyOptions{URL: "http://" + prom.addr, Transport: transport, Matchers: []string{`tenant="acme"`}, Series: surveyNames})
	require.NoError(t, err)

	var seen topology.Sightings
	require.EventuallyWithT(t, func(t *assert.CollectT) {
		seen, err = s.Survey(context.Background())
		if err != nil || len(seen.Neighbors) < 2*len(own.Inventory.Links) || len(seen.Identities) < len(own.Routers) ||
			len(seen.Adjacencies) < 2*len(own.Inventory.Links) || !slices.ContainsFunc(seen.Sessions, func(s topology.Session) bool { return s.Prefixes > 100 }) {
			t.Errorf("not yet: %v, %d identities, %d neighbours, %d adjacencies, %v", err, len(seen.Identities), len(seen.Neighbors), len(seen.Adjacencies), seen.Sessions)
		}
	}, 90*time.Second, time.Second)
	for _, n := range seen.Neighbors {
		require.WithinDuration(t, time.Now(), n.Since, 5*time.Minute)
		require.False(t, n.Last.Before(n.Since))
	}
	require.NotEmpty(t, seen.Ports)

	// Which devices lead out of the network is all that the operator states.
	edges := topology.Inventory{Sites: []topology.Site{{Name: "NORTH"}, {Name: "SOUTH"}}, Devices: []topology.Device{
		{Name: "EDGE1", Site: "NORTH", Roles: []string{"edge"}}, {Name: "EDGE2", Site: "SOUTH", Roles: []string{"edge"}},
	}}
	proposals := topology.Propose(edges, seen, nil)
	for _, p := range proposals {
		if p.Kind == topology.ProposeDependency {
			require.Equal(t, topology.Medium, p.Confidence, p.ID)
		} else {
			require.Equal(t, topology.High, p.Confidence, p.ID)
		}
	}
	found, err := edges.Apply(proposals)
	require.NoError(t, err)
	require.Empty(t, found.Warnings())
	require.Equal(t, sketch(*own.Inventory), sketch(found))

	now, into := time.Now(), &register{}
	c := newCensus(t, "http://"+prom.addr, into, &now)
	require.NoError(t, c.count(t.Context()))
	counts := into.take()
	require.Len(t, counts, 1)
	require.Greater(t, counts[0]["BNG1"], 100)
	for device, n := range counts[0] {
		require.Equal(t, device == "BNG1", n > 0, "%s: %d", device, n)
	}
}

// sketch is what proposals can tell of an inventory, a line each.
func sketch(inv topology.Inventory) []string {
	var out []string
	for _, d := range inv.Devices {
		out = append(out, d.Name+" at "+d.Site)
		for _, g := range d.DependsOn {
			members := slices.Sorted(slices.Values(g.Members()))
			out = append(out, fmt.Sprintf("%s depends on %d of %v", d.Name, g.Needs(), members))
		}
	}
	for _, l := range inv.Links {
		out = append(out, l.Name())
	}
	slices.Sort(out)
	return out
}
