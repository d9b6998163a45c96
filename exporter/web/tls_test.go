package web_test

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

// A router on api-ssl with a certificate of its own making is known by its
// pin, and nobody else is taken for it.
func TestRouterWithTLS(t *testing.T) {
	t.Parallel()
	r, err := routersim.New(routersim.Options{Name: "EDGE1", Users: []routersim.User{
		{Name: monitorUser, Password: monitorPassword, Policies: []string{"read", "api"}},
	}})
	require.NoError(t, err)
	t.Cleanup(r.Close)
	text, err := os.Open("testdata/edge.rsc")
	require.NoError(t, err)
	defer text.Close()
	_, err = r.Load(text)
	require.NoError(t, err)
	own := httptest.NewUnstartedServer(http.NotFoundHandler()) // for its certificate
	own.StartTLS()
	own.Close()
	addr, err := r.ListenTLS(t.Context(), "127.0.0.1:0", &tls.Config{Certificates: own.TLS.Certificates}) //nolint:gosec // defaults are fine
	require.NoError(t, err)
	pin := sha256.Sum256(own.Certificate().Raw)

	entry := func(name, settings string) string {
		return "  - {name: " + name + ", address: \"" + addr.String() + "\", username: " + monitorUser + ", password: " + monitorPassword + ", tls: {" + settings + "}}\n"
	}
	wire := &tap{}
	e := start(t, "fingerprint: {interval: 1s}\nmodules: {default: {}}\ndevices:\n"+
		entry("PINNED", "pin_sha256: "+hex.EncodeToString(pin[:]))+
		entry("OTHER", "pin_sha256: "+hex.EncodeToString(make([]byte, sha256.Size)))+
		entry("VERIFIED", ""), device.Options{Now: noon, Dial: wire.dial}) // with a clock that stands, nothing is tried twice
	require.Equal(t, "1", e.fingerprinted(t, "PINNED")["routeros_up"])
	for _, name := range []string{"OTHER", "VERIFIED"} {
		got := e.probe(t, name)
		require.Equal(t, "0", got["routeros_up"], name)
		require.Equal(t, "1", got[`routeros_connect_failures_total{reason="dial"}`], name)
	}
	require.Contains(t, logOf(e, "OTHER"), "the router's certificate is not the one that tls.pin_sha256 names")
	sent, _, _ := wire.snapshot()
	require.NotContains(t, sent, monitorPassword, "not in the clear")
}
