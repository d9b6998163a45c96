package alertmanager

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/authn"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// inbox remembers what was committed for whom, and can be down or refuse.
type inbox struct {
	mu  sync.Mutex
	got map[string][]engine.Input
	err error
}

func (i *inbox) Submit(_ context.Context, tenant string, in engine.Input) ([]engine.Effect, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.err != nil {
		return nil, i.err
	}
	if i.got == nil {
		i.got = make(map[string][]engine.Input)
	}
	i.got[tenant] = append(i.got[tenant], in)
	return nil, nil
}

func (i *inbox) inputs(tenant string) []engine.Input {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]engine.Input(nil), i.got[tenant]...)
}

var tokens = []authn.Token{
	{Name: "am", Tenant: "acme", Role: authn.Alertmanager, Hash: authn.HashToken("acme-alertmanager-token")},
	{Name: "am2", Tenant: "globex", Role: authn.Alertmanager, Hash: authn.HashToken("globex-alertmanager-token")},
	{Name: "viewer", Tenant: "acme", Role: authn.Viewer, Hash: authn.HashToken("acme-viewer-token")},
}

// newWebhook puts a Webhook behind a guard, as the service does.
func newWebhook(t *testing.T, inbox *inbox) (http.Handler, *Webhook, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	logger, reg := slog.New(slog.NewTextHandler(&log, nil)), prometheus.NewPedanticRegistry()
	w, err := NewWebhook(WebhookOptions{Submitter: inbox, Logger: logger, Registerer: reg})
	require.NoError(t, err)
	t.Cleanup(func() {
		problems, err := testutil.GatherAndLint(reg)
		require.NoError(t, err)
		require.Empty(t, problems)
	})
	return authn.NewGuard(authn.New(tokens), logger, reg).Handler(authn.PostAlerts, w, WriteError), w, &log
}

func post(t *testing.T, h http.Handler, token string, body io.Reader) *http.Response {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, WebhookPath, body)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func answer(t *testing.T, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	if len(body) == 0 {
		return ""
	}
	var e struct{ Code, Message string }
	require.NoError(t, json.Unmarshal(body, &e))
	return e.Code + ": " + e.Message
}

// recorded is a call in the shape that Alertmanager 0.25 sends, with one alert firing and one over.
const recorded = `{
  "receiver": "ispvm", "status": "firing", "version": "4", "groupKey": "{}:{device=\"EDGE1\"}", "truncatedAlerts": 3,
  "groupLabels": {"device": "EDGE1"}, "commonLabels": {"device": "EDGE1"}, "commonAnnotations": {}, "externalURL": "http://am:9093",
  "alerts": [
    {"status": "firing", "labels": {"alertname": "BGPSessionDown", "device": "EDGE1", "peer": "upstream-a", "severity": "critical"},
     "annotations": {"onset_lag": "45s"}, "startsAt": "2026-11-01T12:00:00.5+01:00", "endsAt": "0001-01-01T00:00:00Z",
     "generatorURL": "http://prom/graph", "fingerprint": "a1b2c3d4e5f60718"},
    {"status": "resolved", "labels": {"alertname": "InterfaceDown", "device": "EDGE1"}, "annotations": {},
     "startsAt": "2026-11-01T11:00:00Z", "endsAt": "2026-11-01T11:05:00Z", "generatorURL": "", "fingerprint": ""}
  ]
}`

func TestWebhookCommits(t *testing.T) {
	t.Parallel()
	inbox := &inbox{}
	handler, webhook, _ := newWebhook(t, inbox)
	resp := post(t, handler, "acme-alertmanager-token", strings.NewReader(recorded))
	require.Equal(t, http.StatusNoContent, resp.StatusCode)
	require.Empty(t, answer(t, resp))

	ends := time.Date(2026, 11, 1, 11, 5, 0, 0, time.UTC)
	require.Equal(t, []engine.Input{engine.AlertsInput{Truncated: 3, Alerts: []engine.Alert{
		{
			Fingerprint: "a1b2c3d4e5f60718",
			Labels:      map[string]string{"alertname": "BGPSessionDown", "device": "EDGE1", "peer": "upstream-a", "severity": "critical"},
			Annotations: map[string]string{"onset_lag": "45s"},
			StartsAt:    time.Date(2026, 11, 1, 11, 0, 0, 5e8, time.UTC),
		},
		{
			Fingerprint: model.LabelSet{"alertname": "InterfaceDown", "device": "EDGE1"}.Fingerprint().String(),
			Labels:      map[string]string{"alertname": "InterfaceDown", "device": "EDGE1"}, Annotations: map[string]string{},
			StartsAt: time.Date(2026, 11, 1, 11, 0, 0, 0, time.UTC), EndsAt: &ends,
		},
	}}}, inbox.inputs("acme"))
	require.Empty(t, inbox.inputs("globex"))
	require.InDelta(t, 2, testutil.ToFloat64(webhook.alerts), 0)
	require.InDelta(t, 3, testutil.ToFloat64(webhook.truncated), 0)
}

// TestTenantComesFromTheToken shows that what the body says of a tenant opens nothing.
func TestTenantComesFromTheToken(t *testing.T) {
	t.Parallel()
	inbox := &inbox{}
	handler, _, _ := newWebhook(t, inbox)
	body := strings.ReplaceAll(recorded, `"device": "EDGE1"`, `"device": "EDGE1", "tenant": "acme"`)
	resp := post(t, handler, "globex-alertmanager-token", strings.NewReader(body))
	require.Empty(t, answer(t, resp))
	require.Empty(t, inbox.inputs("acme"))
	require.Len(t, inbox.inputs("globex"), 1)
}

func TestWebhookRefuses(t *testing.T) {
	t.Parallel()
	const good = "acme-alertmanager-token"
	alert := func(fields string) string { return `{"version": "4", "alerts": [{` + fields + `}]}` }
	for name, c := range map[string]struct {
		token, body string
		broken      bool
		err         error
		status      int
		want        string
		outcome     string
		retryAfter  string
	}{
		"no token":    {token: "", body: recorded, status: 401, want: "unauthenticated: " + authn.ErrNoToken.Error()},
		"wrong token": {token: "guessed", body: recorded, status: 401, want: "unauthenticated: " + authn.ErrWrongToken.Error()},
		"a viewer's token": {
			token: "acme-viewer-token", body: recorded, status: 403,
			want: `permission_denied: token "viewer" has the role viewer, which may not post alerts: use a token with the role alertmanager`,
		},
		"empty":    {token: good, body: "", status: 400, want: "invalid_argument: the body is not JSON: it ends too early", outcome: outcomeMalformed},
		"not JSON": {token: good, body: "alert=1", status: 400, want: "invalid_argument: the body is not JSON as Alertmanager sends it: invalid character 'a' looking for beginning of value", outcome: outcomeMalformed},
		"cut off":  {token: good, body: recorded[:200], status: 400, want: "invalid_argument: the body is not JSON: it ends too early", outcome: outcomeMalformed},
		"two values": {
			token: good, body: recorded + "{}", status: 400,
			want: "invalid_argument: the body is not JSON as Alertmanager sends it: there is more after the first value", outcome: outcomeMalformed,
		},
		"another shape": {
			token: good, body: `{"version": "4", "alerts": 3}`, status: 400,
			want: "invalid_argument: the body is not JSON as Alertmanager sends it: alerts is a JSON number", outcome: outcomeMalformed,
		},
		"version 3": {
			token: good, body: strings.ReplaceAll(recorded, `"version": "4"`, `"version": "3"`), status: 400,
			want: `invalid_argument: webhook version "3" is not understood, only "4": Alertmanager sends it since 0.6; if something else posts here, let it send that version`, outcome: outcomeVersion,
		},
		"version 3 of another shape": {
			token: good, body: `{"alerts": {"firing": []}, "version": "3"}`, status: 400,
			want: `invalid_argument: webhook version "3" is not understood, only "4": Alertmanager sends it since 0.6; if something else posts here, let it send that version`, outcome: outcomeVersion,
		},
		"no version": {
			token: good, body: `{"alerts": []}`, status: 400,
			want: `invalid_argument: webhook version "" is not understood, only "4": Alertmanager sends it since 0.6; if something else posts here, let it send that version`, outcome: outcomeVersion,
		},
		"no labels":    {token: good, body: alert(`"status": "firing", "startsAt": "2026-11-01T11:00:00Z"`), status: 400, want: "invalid_argument: alerts[0]: it has no labels", outcome: outcomeMalformed},
		"no startsAt":  {token: good, body: alert(`"status": "firing", "labels": {"a": "b"}`), status: 400, want: "invalid_argument: alerts[0]: it has no startsAt", outcome: outcomeMalformed},
		"odd status":   {token: good, body: alert(`"status": "maybe", "labels": {"a": "b"}, "startsAt": "2026-11-01T11:00:00Z"`), status: 400, want: `invalid_argument: alerts[0]: status is "maybe", not firing or resolved`, outcome: outcomeMalformed},
		"no end":       {token: good, body: alert(`"status": "resolved", "labels": {"a": "b"}, "startsAt": "2026-11-01T11:00:00Z"`), status: 400, want: "invalid_argument: alerts[0]: it is resolved and has no endsAt", outcome: outcomeMalformed},
		"negative cut": {token: good, body: `{"version": "4", "truncatedAlerts": -1}`, status: 400, want: "invalid_argument: truncatedAlerts must not be negative", outcome: outcomeMalformed},
		"50 MB": {
			token: good, body: `{"version": "4", "pad": "` + strings.Repeat("x", 50<<20) + `"}`, status: 413,
			want: "resource_exhausted: the body has more than 10485760 bytes: lower max_alerts or group alerts more finely in Alertmanager, or raise limits.webhook_body of the correlator", outcome: outcomeTooLarge,
		},
		"broken off": {token: good, broken: true, status: 503, want: "unavailable: the body broke off: send it again", outcome: outcomeAborted, retryAfter: "5"},
		"refused": {
			token: good, body: recorded, err: fmt.Errorf("apply: %w", &engine.Refusal{Kind: engine.Conflict, What: "it makes no sense", Hint: "send something else"}), status: 400,
			want: "invalid_argument: it makes no sense: send something else", outcome: outcomeRefused,
		},
		"database down": {
			token: good, body: recorded, err: errors.New("connect to secret-host: refused"), status: 503,
			want: "unavailable: the correlator cannot commit this at the moment (its log says why): try again", outcome: outcomeFailed, retryAfter: "5",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inbox := &inbox{err: c.err}
			handler, webhook, log := newWebhook(t, inbox)
			var body io.Reader = strings.NewReader(c.body)
			if c.broken {
				body = io.MultiReader(strings.NewReader(recorded[:100]), iotest.ErrReader(io.ErrUnexpectedEOF))
			}
			resp := post(t, handler, c.token, body)
			require.Equal(t, c.want, answer(t, resp))
			require.Equal(t, c.status, resp.StatusCode)
			require.Equal(t, c.retryAfter, resp.Header.Get("Retry-After"))
			require.Empty(t, inbox.inputs("acme"))
			if c.outcome != "" {
				require.InDelta(t, 1, testutil.ToFloat64(webhook.requests.WithLabelValues(c.outcome)), 0)
				require.Contains(t, log.String(), "outcome="+c.outcome)
			}
		})
	}
}

func TestWebhookMethod(t *testing.T) {
	t.Parallel()
	_, webhook, _ := newWebhook(t, &inbox{})
	w := httptest.NewRecorder()
	webhook.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, WebhookPath, nil))
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
	require.Equal(t, http.MethodPost, w.Header().Get("Allow"))
}

func TestDecodeList(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	// Two elements as Alertmanager 0.25 answers them, the first one silenced, and one that has ended.
	alerts, err := DecodeList([]byte(`[
	  {"annotations": {}, "endsAt": "2026-11-01T12:04:00.000Z", "fingerprint": "0123456789abcdef", "receivers": [{"name": "ispvm"}],
	   "startsAt": "2026-11-01T11:59:00.000Z", "status": {"inhibitedBy": [], "silencedBy": ["7e6d"], "state": "suppressed"},
	   "updatedAt": "2026-11-01T12:00:00.000Z", "generatorURL": "", "labels": {"alertname": "LinkSaturated", "device": "EDGE1"}},
	  {"endsAt": "2026-11-01T12:04:00.000Z", "fingerprint": "1", "startsAt": "2026-11-01T11:59:00.000Z", "status": {"inhibitedBy": ["x"], "silencedBy": []}, "labels": {"a": "b"}},
	  {"endsAt": "2026-11-01T12:00:00.000Z", "fingerprint": "2", "startsAt": "2026-11-01T11:59:00.000Z", "status": {"inhibitedBy": [], "silencedBy": []}, "labels": {"a": "c"}}
	]`), now)
	require.NoError(t, err)
	require.Len(t, alerts, 3)
	require.True(t, alerts[0].Silenced)
	require.Nil(t, alerts[0].EndsAt, "an end in the future means firing")
	require.Equal(t, "0123456789abcdef", alerts[0].Fingerprint)
	require.True(t, alerts[1].Silenced, "inhibited")
	require.False(t, alerts[2].Silenced)
	require.Equal(t, now, *alerts[2].EndsAt, "what ends now has ended")

	_, err = DecodeList([]byte(`[{"labels": {}}]`), now)
	require.EqualError(t, err, "alerts[0]: it has no labels")
	_, err = DecodeList([]byte(`<html>`), now)
	require.ErrorContains(t, err, "the body is not JSON as Alertmanager sends it")
}

func FuzzDecodeWebhook(f *testing.F) {
	f.Add([]byte(recorded))
	f.Add([]byte(`{"version": "3"}`))
	f.Add([]byte(`{"version": "4", "alerts": [null]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		in, err := DecodeWebhook(body)
		if err != nil {
			require.Empty(t, in.Alerts, "what is refused is refused as a whole")
			return
		}
		for _, a := range in.Alerts {
			require.NotEmpty(t, a.Fingerprint)
			require.NotEmpty(t, a.Labels)
			require.False(t, a.StartsAt.IsZero())
			require.False(t, a.Silenced, "only the list can say that")
		}
	})
}

func FuzzDecodeList(f *testing.F) {
	f.Add([]byte(`[{"labels": {"a": "b"}, "startsAt": "2026-11-01T11:59:00.000Z", "endsAt": "2026-11-01T12:04:00.000Z", "status": {"silencedBy": ["x"]}}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
		alerts, err := DecodeList(body, now)
		if err != nil {
			require.Empty(t, alerts)
			return
		}
		for _, a := range alerts {
			require.True(t, a.EndsAt == nil || !a.EndsAt.After(now), "an end in the future is no end")
		}
	})
}
