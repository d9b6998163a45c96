package web_test

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/pem"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

// clock is a clock that a test moves.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time          { return noon().Add(time.Duration(c.offset.Load())) }
func (c *clock) advance(d time.Duration) { c.offset.Add(int64(d)) }

// single starts one simulated router with a login of the exporter's.
func single(t *testing.T) (*routersim.Router, string) {
	t.Helper()
	network, addresses := simulated(t, time.Now, map[string]string{"EDGE1": "testdata/edge.rsc"})
	return network.Router("EDGE1"), addresses["EDGE1"]
}

// A wrong password, probed every minute for a day: the router sees no more
// attempts than somebody would make by hand, whatever locks accounts out does
// not, and the right password is tried as soon as it is there.
func TestAWrongPasswordIsNoStormOfLogins(t *testing.T) {
	t.Parallel()
	r, address := single(t)
	var hands clock
	e := start(t, "modules: {default: {collectors: [system]}}\ndevices: []", device.Options{Now: hands.now})
	password := filepath.Join(filepath.Dir(e.file), "password")
	require.NoError(t, os.WriteFile(password, []byte("mistyped\n"), 0o600))
	e.write(t, "modules: {default: {collectors: [system]}}\ndevices: [{name: EDGE1, address: '"+address+"', username: "+monitorUser+", password_file: password}]")
	require.NoError(t, e.reloader.Reload())
	for range 24 * 60 {
		require.Equal(t, "0", e.probe(t, "EDGE1")["routeros_up"])
		hands.advance(time.Minute)
	}
	traffic := r.Traffic()
	require.Zero(t, traffic.Logins)
	t.Logf("%d attempts in a day", traffic.RefusedLogins)
	require.LessOrEqual(t, traffic.RefusedLogins, uint64(80), "some 50: one each half hour")
	require.GreaterOrEqual(t, traffic.RefusedLogins, uint64(30))
	require.Equal(t, traffic.RefusedLogins, traffic.Connections, "it does not even connect in between")

	require.NoError(t, os.WriteFile(password, []byte(monitorPassword+"\n"), 0o600))
	status, text := e.post(t, "/-/reload")
	require.Equal(t, http.StatusOK, status, text)
	require.Equal(t, "1", e.probe(t, "EDGE1")["routeros_up"])
	require.Equal(t, traffic.RefusedLogins, r.Traffic().RefusedLogins)
}

// However often the configuration is reloaded, a router that it leaves alone
// sees one login; one whose settings change sees one more.
func TestReloadsAreNoLogins(t *testing.T) {
	t.Parallel()
	network, addresses := linked(t, time.Now)
	kept, changed := network.Router("EDGE1"), network.Router("CORE1")
	text := func(round string) string {
		return "modules: {default: {}, m" + round + ": {}}\ndevices:\n" +
			"  - {name: EDGE1, address: '" + addresses["EDGE1"] + "', username: " + monitorUser + ", password: " + monitorPassword + ", labels: {round: r" + round + "}, module: m" + round + "}\n" +
			"  - {name: CORE1, address: '" + addresses["CORE1"] + "', username: " + monitorUser + ", password: " + monitorPassword + ", connect_timeout: " + round + "s}\n"
	}
	e := start(t, text("1"), device.Options{})
	for i, round := range []string{"1", "2", "3", "4"} {
		e.write(t, text(round))
		if i%2 == 0 {
			status, body := e.post(t, "/-/reload")
			require.Equal(t, http.StatusOK, status, body)
		} else {
			require.NoError(t, e.reloader.Reload(), "as a signal does")
		}
		require.Equal(t, "1", e.probe(t, "EDGE1")["routeros_up"])
		require.Equal(t, "1", e.probe(t, "CORE1")["routeros_up"])
		require.Contains(t, e.get(t, "/sd", http.StatusOK), `"round":"r`+round+`"`)
	}
	require.Equal(t, uint64(1), kept.Traffic().Logins)
	require.Equal(t, uint64(1), kept.Traffic().Connections)
	require.LessOrEqual(t, changed.Traffic().Logins, uint64(5))
	require.GreaterOrEqual(t, changed.Traffic().Logins, uint64(4))
}

// Each way of knowing a router on api-ssl, and the one mistake that has a
// reason of its own.
func TestKnowingARouter(t *testing.T) {
	t.Parallel()
	r, _ := single(t)
	own := httptest.NewUnstartedServer(http.NotFoundHandler()) // for its certificate
	own.StartTLS()
	own.Close()
	addr, err := r.ListenTLS(t.Context(), "127.0.0.1:0", &tls.Config{Certificates: own.TLS.Certificates}) //nolint:gosec // defaults are fine
	require.NoError(t, err)
	bare, _ := single(t)
	require.NoError(t, bare.Misbehave(routersim.Misbehaviour{NoCertificate: true}))
	bareAddr, err := bare.ListenTLS(t.Context(), "127.0.0.1:0", nil)
	require.NoError(t, err)
	key := sha256.Sum256(own.Certificate().RawSubjectPublicKeyInfo)

	entry := func(name, address, settings string) string {
		return "  - {name: " + name + ", address: \"" + address + "\", username: " + monitorUser + ", password: " + monitorPassword + ", tls: {" + settings + "}}\n"
	}
	e := start(t, "modules: {default: {}}\ndevices: []", device.Options{Now: noon}) // with a clock that stands, nothing is tried twice
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Certificate().Raw})
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(e.file), "ca.pem"), ca, 0o600))
	e.write(t, "modules: {default: {}}\ndevices:\n"+
		entry("CA", addr.String(), "ca_file: ca.pem")+
		entry("CA-AND-NAME", addr.String(), "ca_file: ca.pem, server_name: example.com")+
		entry("OTHER-NAME", addr.String(), "ca_file: ca.pem, server_name: other.example.org")+
		entry("KEY", addr.String(), "pin_sha256: "+hex.EncodeToString(key[:]))+
		entry("NOT-AT-ALL", addr.String(), "insecure_skip_verify: true")+
		entry("SYSTEM", addr.String(), "")+
		entry("NO-CERTIFICATE", bareAddr.String(), "insecure_skip_verify: true"))
	require.NoError(t, e.reloader.Reload())
	for name, want := range map[string]struct{ reason, says string }{
		"CA": {}, "CA-AND-NAME": {}, "KEY": {}, "NOT-AT-ALL": {},
		"OTHER-NAME":     {"dial", "not other.example.org"},
		"SYSTEM":         {"dial", "give the CA in tls.ca_file, the certificate's name in tls.server_name, or its hash in tls.pin_sha256"},
		"NO-CERTIFICATE": {"tls_no_cert", "the router most likely has no certificate for this service: set one with /ip/service set api-ssl certificate=NAME"},
	} {
		got := e.probe(t, name)
		if want.reason == "" {
			require.Equal(t, "1", got["routeros_up"], name)
			continue
		}
		require.Equal(t, "0", got["routeros_up"], name)
		require.Equal(t, "1", got[`routeros_connect_failures_total{reason="`+want.reason+`"}`], "%s: %v", name, logOf(e, name))
		require.Contains(t, logOf(e, name), want.says, name)
	}
}

func TestIPv6(t *testing.T) {
	t.Parallel()
	if _, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "[::1]:0"); err != nil {
		t.Skip("this machine has no IPv6")
	}
	r, _ := single(t)
	addr, err := r.Listen(t.Context(), "[::1]:0")
	require.NoError(t, err)
	e := start(t, devices(map[string]string{"EDGE1": addr.String()}), device.Options{})
	require.Equal(t, "1", e.probe(t, "EDGE1")["routeros_up"])
}

// What Prometheus makes of /sd and the documented relabelling: the device's
// name as target, its labels, and no address of a router.
func TestDiscoveryShowsNoAddressAndNoSecret(t *testing.T) {
	t.Parallel()
	e := start(t, idle, unreachable())
	text := e.get(t, "/sd", http.StatusOK)
	for _, hidden := range []string{"192.0.2.", "S3CRET", "exporter"} {
		require.NotContains(t, text, hidden)
	}
}

// Every command that reads rows names the properties that it wants, whatever
// the collector: without, a router sends secrets and computes what nobody reads.
func TestEveryPrintHasAProplist(t *testing.T) {
	t.Parallel()
	_, addresses := linked(t, time.Now)
	wire := &tap{}
	e := start(t, strings.Replace(devices(addresses), "{default: {}}", "{default: {collectors: [all]}}", 1), device.Options{Dial: wire.dial})
	for _, name := range slices.Sorted(maps.Keys(addresses)) {
		e.fingerprinted(t, name)
		e.probe(t, name)
	}
	sent, _, _ := wire.snapshot()
	checked := 0
	for _, sentence := range strings.Split(sent, "\x00") {
		if i := strings.Index(sentence, "/print"); i >= 0 && !strings.Contains(sentence, "=count-only=") {
			checked++
			require.Contains(t, sentence, "=.proplist=", "%q", sentence)
		}
	}
	require.Greater(t, checked, 100)
}
