package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

const key = "a-key-of-more-than-16-bytes"

// receiver is somebody else's ticket system.
type receiver struct {
	mu     sync.Mutex
	status int
	got    []delivery
}

type delivery struct {
	header http.Header
	body   []byte
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, delivery{req.Header, body})
	w.WriteHeader(r.status)
}

type reader struct {
	view engine.IncidentView
	err  error
}

func (r *reader) Incident(_ context.Context, tenant, id string) (engine.IncidentView, error) {
	if tenant != "acme" || id != "i1" {
		return engine.IncidentView{}, fmt.Errorf("asked for %s of %s", id, tenant)
	}
	return r.view, r.err
}

var view = engine.IncidentView{
	ID: "i1", State: "open", Label: incident.Label, Explanation: "EDGE1 probably caused it.", Severity: "critical",
	OnsetNotBefore: noon, OpenedAt: noon.Add(time.Minute), DuringChangeID: "c9",
	Acknowledged: &engine.AcknowledgementView{By: "jane", At: noon.Add(2 * time.Minute)},
	Candidates: []engine.CandidateView{{Kind: "device", Name: "EDGE1", Role: "primary", Confidence: 0.8, Evidence: []engine.EvidenceView{
		{Text: "1"}, {Text: "2"}, {Text: "3"}, {Text: "4"}, {Text: "5"}, {Text: "6"},
	}}},
}

func setup(t *testing.T, events ...string) (*Publisher, *receiver, *reader) {
	t.Helper()
	peer, reader := &receiver{status: http.StatusAccepted}, &reader{view: view}
	server := httptest.NewServer(peer)
	t.Cleanup(server.Close)
	p, err := New(Options{
		Reader: reader, Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewPedanticRegistry(), Now: func() time.Time { return noon.Add(time.Hour) },
	})
	require.NoError(t, err)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	p.Replace([]Receiver{{
		Tenant: "acme", TenantName: "Acme Fibre", Name: "tickets", URL: server.URL + "/planted-secret-path", Events: events,
		IncidentURL: "https://grafana.example/incidents/{id}", Sign: NewSigner([]byte(key)), Client: &http.Client{Transport: transport},
	}})
	return p, peer, reader
}

func event(eventType engine.EventType) Event {
	return Event{Tenant: "acme", Key: "incident.opened/i1/1", Type: eventType, Incident: incident.Incident{
		ID: "i1", State: incident.Open, Judgement: incident.Judgement{Impact: incident.Impact{Sites: 1, Devices: 3, Services: 2, Subscribers: 1264}},
	}}
}

func TestDelivery(t *testing.T) {
	t.Parallel()
	p, peer, _ := setup(t, "incident.opened")
	require.NoError(t, p.Publish(t.Context(), event(engine.IncidentOpened)))
	require.Len(t, peer.got, 1)
	got := peer.got[0]
	require.Equal(t, "application/json", got.header.Get("Content-Type"))
	require.Equal(t, "incident.opened", got.header.Get("X-ISPVM-Event-Type"))
	require.Equal(t, "acme", got.header.Get("X-ISPVM-Tenant-ID"))
	require.NotEmpty(t, got.header.Get("X-ISPVM-Delivery-ID"))
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(got.body)
	require.Equal(t, "sha256="+hex.EncodeToString(mac.Sum(nil)), got.header.Get("X-ISPVM-Signature"), "over the raw body")
	require.JSONEq(t, `{
	  "event_id": "incident.opened/i1/1", "event_type": "incident.opened", "sent_at": "2026-11-01T13:00:00Z",
	  "tenant": {"id": "acme", "name": "Acme Fibre"},
	  "incident": {
	    "id": "i1", "title": "Possible change-related outage: device EDGE1", "status": "open", "severity": "critical",
	    "explanation": "EDGE1 probably caused it.", "starts_at": "2026-11-01T12:00:00Z", "ends_at": null,
	    "url": "https://grafana.example/incidents/i1", "ack": {"acked_by": "jane", "acked_at": "2026-11-01T12:02:00Z"},
	    "root_causes": [{"entity_type": "device", "entity_id": "EDGE1", "name": "EDGE1", "role": "primary", "confidence": 0.8}],
	    "impact": {"sites_affected": 1, "devices_affected": 3, "services_affected": 2, "estimated_subscribers_affected": 1264},
	    "evidence_top": ["1", "2", "3", "4", "5"],
	    "labels": {"label": "Possible change-related outage", "during_change_id": "c9"}
	  }}`, string(got.body))
}

// TestSignatureVector is the first test case of RFC 4231.
func TestSignatureVector(t *testing.T) {
	t.Parallel()
	secret, err := hex.DecodeString("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b")
	require.NoError(t, err)
	require.Equal(t, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", NewSigner(secret)([]byte("Hi There")))
}

func TestWhichEventsGoWhere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wants     []string
		eventType engine.EventType
		tenant    string
		delivered string
	}{
		"opened":                {[]string{"incident.opened"}, engine.IncidentOpened, "acme", "incident.opened"},
		"reopened is an update": {[]string{"incident.updated"}, engine.IncidentReopened, "acme", "incident.updated"},
		"acknowledged":          {[]string{"incident.acked"}, engine.IncidentAcknowledged, "acme", "incident.acked"},
		"nobody has it now":     {[]string{"incident.unacked"}, engine.IncidentUnacknowledged, "acme", "incident.unacked"},
		"merged closes it":      {[]string{"incident.closed"}, engine.IncidentMerged, "acme", "incident.closed"},
		"not wanted":            {[]string{"incident.closed"}, engine.IncidentOpened, "acme", ""},
		"not of an incident":    {[]string{"incident.opened"}, engine.ConfigChangeDetected, "acme", ""},
		"of another tenant":     {[]string{"incident.opened"}, engine.IncidentOpened, "globex", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, peer, _ := setup(t, c.wants...)
			e := event(c.eventType)
			e.Tenant = c.tenant
			require.NoError(t, p.Publish(t.Context(), e))
			if c.delivered == "" {
				require.Empty(t, peer.got)
				return
			}
			require.Len(t, peer.got, 1)
			require.Equal(t, c.delivered, peer.got[0].header.Get(HeaderEventType))
		})
	}
}

func TestFailureIsTriedAgain(t *testing.T) {
	t.Parallel()
	p, peer, reader := setup(t, "incident.opened")
	peer.status = http.StatusInternalServerError
	require.EqualError(t, p.Publish(t.Context(), event(engine.IncidentOpened)), "webhook tickets: the receiver answered 500 Internal Server Error")
	peer.status = http.StatusOK
	require.NoError(t, p.Publish(t.Context(), event(engine.IncidentOpened)))
	require.NotEqual(t, peer.got[0].header.Get(HeaderDeliveryID), peer.got[1].header.Get(HeaderDeliveryID), "each attempt has an id of its own")
	require.InDelta(t, 1, testutil.ToFloat64(p.deliveries.WithLabelValues("acme", "tickets", outcomeFailed)), 0)
	require.InDelta(t, 1, testutil.ToFloat64(p.deliveries.WithLabelValues("acme", "tickets", outcomeDelivered)), 0)

	reader.err = errors.New("database down")
	require.EqualError(t, p.Publish(t.Context(), event(engine.IncidentOpened)), "read incident i1: database down")
	require.Len(t, peer.got, 2)
}

func TestUnreachableReceiverDoesNotTellItsURL(t *testing.T) {
	t.Parallel()
	p, _, _ := setup(t, "incident.opened")
	receivers := *p.receivers.Load()
	receivers[0].URL = "http://127.0.0.1:1/planted-secret-path"
	p.Replace(receivers)
	err := p.Publish(t.Context(), event(engine.IncidentOpened))
	require.ErrorContains(t, err, "connection refused")
	require.NotContains(t, err.Error(), "planted-secret-path")
}

// TestMergedIncident is told by the event itself, because it cannot be read any more.
func TestMergedIncident(t *testing.T) {
	t.Parallel()
	p, peer, reader := setup(t, "incident.closed")
	reader.view, reader.err = engine.IncidentView{}, engine.ErrNotFound
	e := event(engine.IncidentMerged)
	closed := noon.Add(5 * time.Minute)
	e.Incident.State, e.Incident.MergedInto, e.Incident.ClosedAt = incident.Merged, "i0", &closed
	require.NoError(t, p.Publish(t.Context(), e))
	var m message
	require.NoError(t, json.Unmarshal(peer.got[0].body, &m))
	require.Equal(t, "merged", m.Incident.Status)
	require.Equal(t, "i0", m.Incident.MergedInto)
	require.Equal(t, closed, *m.Incident.EndsAt)
}
