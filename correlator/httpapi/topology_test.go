package httpapi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/api/v1/apiv1connect"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

const (
	listProposals    = apiv1connect.TopologyServiceListTopologyProposalsProcedure
	acceptProposals  = apiv1connect.TopologyServiceAcceptTopologyProposalsProcedure
	dismissProposals = apiv1connect.TopologyServiceDismissTopologyProposalsProcedure
)

// Survey tells that EDGE1, CORE1 and a radio see each other, in a row.
func (w *world) Survey(_ context.Context, tenant string) (topology.Sightings, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return topology.Sightings{}, w.err
	}
	if tenant != "acme" {
		return topology.Sightings{}, &engine.Refusal{Kind: engine.NotFound, What: "this tenant has no Prometheus"}
	}
	seen := topology.Seen{Since: noon.Add(-time.Hour), Last: noon}
	return topology.Sightings{
		Identities: []topology.Identity{{Seen: seen, Device: "EDGE1", Name: "EDGE1"}, {Seen: seen, Device: "CORE1", Site: "HQ", Name: "CORE1"}},
		Neighbors: []topology.Neighbor{
			{Seen: seen, Device: "EDGE1", Interface: "e1", Identity: "CORE1", RemoteInterface: "e2"},
			{Seen: seen, Device: "CORE1", Interface: "e2", Identity: "EDGE1", RemoteInterface: "e1"},
			{Seen: seen, Device: "CORE1", Interface: "e3", Identity: "radio", RemoteInterface: "eth0"},
		},
	}, nil
}

func (w *world) DismissedTopology(_ context.Context, tenant string) ([]string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.dismissed[tenant]), w.err
}

func (w *world) DismissTopology(_ context.Context, tenant string, ids []string, by, reason string, at time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = fmt.Sprintf("%s %s %s", by, reason, at.Format(time.TimeOnly))
	w.dismissed[tenant] = append(w.dismissed[tenant], ids...)
	return w.err
}

func (w *world) RestoreTopology(_ context.Context, tenant string, ids []string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dismissed[tenant] = slices.DeleteFunc(w.dismissed[tenant], func(id string) bool { return slices.Contains(ids, id) })
	return w.err
}

// proposed lists what is proposed, by id.
func (f *fixture) proposed(t *testing.T, message string) (ids []string, revision string) {
	t.Helper()
	got := f.json(t, "acme-operator-token", listProposals, message)
	require.Empty(t, got.message)
	proposals, _ := got.body["proposals"].([]any)
	for _, p := range proposals {
		ids = append(ids, p.(map[string]any)["id"].(string))
	}
	revision, _ = got.body["inventoryRevision"].(string)
	return ids, revision
}

const (
	newCore  = "device:CORE1"
	newEdge  = "device:EDGE1"
	newRadio = "device:radio"
	newLink  = "link:CORE1:e2<->EDGE1:e1"
	toRadio  = "link:CORE1:e3<->radio:eth0"
)

func TestProposalsOverJSON(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ids, revision := f.proposed(t, "{}")
	require.Equal(t, []string{newCore, newEdge, newRadio, newLink, toRadio}, ids)
	require.Empty(t, revision, "there is no inventory yet")
	ids, _ = f.proposed(t, `{"kinds": ["link"]}`)
	require.Equal(t, []string{newLink, toRadio}, ids)

	// Pages, of which the first ends within the devices.
	page := f.json(t, "acme-operator-token", listProposals, `{"pageSize": 2}`)
	require.Len(t, page.body["proposals"], 2)
	ids, _ = f.proposed(t, fmt.Sprintf(`{"pageSize": 3, "pageToken": %q}`, page.body["nextPageToken"]))
	require.Equal(t, []string{newRadio, newLink, toRadio}, ids)

	got := f.json(t, "acme-operator-token", listProposals, "{}")
	require.JSONEq(t, `{"id": "link:CORE1:e2<->EDGE1:e1", "kind": "link", "confidence": "high",
		"link": {"a": {"device": "CORE1", "interface": "e2"}, "b": {"device": "EDGE1", "interface": "e1"}},
		"evidence": [
			{"device": "CORE1", "source": "neighbor", "text": "CORE1 sees EDGE1 on e2, there e1, by neighbour discovery since 2026-11-01 11:00:00", "since": "2026-11-01T11:00:00Z", "lastSeen": "2026-11-01T12:00:00Z"},
			{"device": "EDGE1", "source": "neighbor", "text": "EDGE1 sees CORE1 on e1, there e2, by neighbour discovery since 2026-11-01 11:00:00", "since": "2026-11-01T11:00:00Z", "lastSeen": "2026-11-01T12:00:00Z"}]}`,
		toJSON(t, got.body["proposals"].([]any)[3]))

	// Dismissed: it is gone, with what rests on it, until somebody accepts it after all.
	require.Empty(t, f.json(t, "acme-operator-token", dismissProposals, fmt.Sprintf(`{"ids": [%q], "reason": "on loan"}`, newRadio)).message)
	require.Equal(t, "grafana on loan 12:00:00", f.asked)
	ids, _ = f.proposed(t, "{}")
	require.Equal(t, []string{newCore, newEdge, newLink}, ids)
	require.Contains(t, f.log.String(), `msg="Dismissed proposals for the inventory" tenant=acme by=grafana proposals=1 reason="on loan"`)

	accept := func(revision int, ids ...string) answer {
		return f.json(t, "acme-admin-token", acceptProposals, fmt.Sprintf(`{"inventoryRevision": %d, "ids": %s}`, revision, toJSON(t, ids)))
	}
	require.Equal(t, `link:CORE1:e2<->EDGE1:e1 needs device "CORE1", which is not listed: accept "device:CORE1" as well`, accept(0, newLink).message)
	require.Empty(t, f.submitted["acme"], "all or none")

	first := accept(0, newLink, newCore, newEdge)
	require.Equal(t, "1", first.body["inventoryRevision"], first.message)
	zero := int64(0)
	require.Equal(t, []engine.Input{engine.InventoryInput{IfRevision: &zero, Inventory: topology.Inventory{
		Sites: []topology.Site{{Name: "HQ"}}, Devices: []topology.Device{{Name: "CORE1", Site: "HQ"}, {Name: "EDGE1"}},
		Links: []topology.Link{{A: topology.End{Device: "CORE1", Interface: "e2"}, B: topology.End{Device: "EDGE1", Interface: "e1"}}},
	}}}, f.submitted["acme"])
	require.Contains(t, f.log.String(), `msg="Accepted proposals for the inventory" tenant=acme by=admin proposals=3 revision=1`)

	again := accept(0, newLink, newCore, newEdge)
	require.Equal(t, "1", again.body["inventoryRevision"], "the same again changes nothing")
	require.Len(t, f.submitted["acme"], 1)

	stale := accept(0, newRadio, toRadio)
	require.Equal(t, 409, stale.status)
	require.Equal(t, "the inventory has moved on since these proposals were listed: list them again and decide anew", stale.message)
	require.Equal(t, "2", accept(1, newRadio, toRadio).body["inventoryRevision"], "what was dismissed can be accepted by its id")
	require.Empty(t, f.dismissed["acme"])
	ids, revision = f.proposed(t, "{}")
	require.Empty(t, ids)
	require.Equal(t, "2", revision)

	gone := accept(2, "device:ghost")
	require.Equal(t, 404, gone.status)
	require.Equal(t, "there is no proposal device:ghost: list them again: the routers no longer see it, or what it rests on was dismissed", gone.message)
}

func TestProposalsAreNotForEverybody(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ids := `{"ids": ["device:CORE1"]}`
	require.Equal(t, "permission_denied", f.json(t, "acme-agent-token", listProposals, "{}").code)
	require.Equal(t, "permission_denied", f.json(t, "acme-viewer-token", dismissProposals, ids).code)
	require.Equal(t, "permission_denied", f.json(t, "acme-operator-token", acceptProposals, ids).code)
	require.Equal(t, "invalid_argument", f.json(t, "acme-admin-token", acceptProposals, "{}").code)
	require.Equal(t, "not_found", f.json(t, "globex-admin-token", listProposals, "{}").code)
	f.setErr(errors.New("dial http://prometheus.internal"))
	got := f.json(t, "acme-operator-token", listProposals, "{}")
	require.Equal(t, 503, got.status)
	require.NotContains(t, got.message, "prometheus.internal")
}
