package web_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
)

// tap records what passes over the connections that it dials.
type tap struct {
	mu             sync.Mutex
	sent, received bytes.Buffer
	dials          int
}

func (t *tap) dial(ctx context.Context, network, address string) (net.Conn, error) {
	nc, err := (&net.Dialer{}).DialContext(ctx, network, address)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dials++
	return &tappedConn{nc, t}, err
}

type tappedConn struct {
	net.Conn
	tap *tap
}

func (c *tappedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.tap.mu.Lock()
	defer c.tap.mu.Unlock()
	c.tap.received.Write(p[:n])
	return n, err
}

func (c *tappedConn) Write(p []byte) (int, error) {
	c.tap.mu.Lock()
	c.tap.sent.Write(p)
	c.tap.mu.Unlock()
	return c.Conn.Write(p)
}

func (t *tap) snapshot() (sent, received string, dials int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.sent.String(), t.received.String(), t.dials
}

// marker begins every secret that is planted in a router.
const marker = "S3CRET"

// exports are the routers to look at: our own, and those of other people where
// they are at hand.
func exports(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.rsc")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	shared := os.Getenv("ISPVM_SHARED_DATA")
	if shared == "" {
		t.Log("ISPVM_SHARED_DATA is not set: looking at our own routers only")
		return files
	}
	for _, folder := range []string{"routeros", "routeros-world"} {
		more, err := filepath.Glob(filepath.Join(shared, folder, "*.rsc"))
		require.NoError(t, err)
		require.NotEmpty(t, more, folder)
		files = append(files, more...)
	}
	return files
}

func TestNoSecretCrossesTheWire(t *testing.T) {
	t.Parallel()
	for _, file := range exports(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			wire := &tap{}
			_, addresses := simulated(t, time.Now, map[string]string{"R": file})
			e := start(t, devices(addresses), device.Options{Dial: wire.dial})
			first := e.fingerprinted(t, "R")
			require.Equal(t, "1", first["routeros_up"])

			// Read again: the same configuration is the same fingerprint.
			var again map[string]string
			eventually(t, "a second reading", func() bool {
				again = e.probe(t, "R")
				const observed = `routeros_config_observed_timestamp_seconds{category="all"}`
				return again[observed] != first[observed]
			})
			for s, v := range first {
				if strings.HasPrefix(s, "routeros_config_fingerprint") {
					require.Equal(t, v, again[s], s)
				}
			}
			require.Equal(t, "0", again[`routeros_config_changes_total{category="all"}`])

			sent, received, _ := wire.snapshot()
			require.NotContains(t, received, marker)
			require.Contains(t, received, "!re")
			// The one secret that is sent is our own, once, to log in.
			require.Equal(t, 1, strings.Count(sent, marker))
			require.Equal(t, 1, strings.Count(sent, monitorPassword))
			for _, text := range []string{
				e.get(t, "/probe?target=R", http.StatusOK), e.get(t, "/metrics", http.StatusOK), e.get(t, "/sd", http.StatusOK), e.log.String(),
			} {
				require.NotContains(t, text, marker)
			}
		})
	}
}

// The test above proves something only if secrets are there to be seen.
func TestTheSimulatorShowsSecretsToWhoAsks(t *testing.T) {
	t.Parallel()
	_, addresses := simulated(t, time.Now, map[string]string{"R": "testdata/edge.rsc"})
	nc, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addresses["R"])
	require.NoError(t, err)
	rows := ask(t, nc, "/ppp/secret/print")
	require.Contains(t, rows, "S3CRET-edge-ppp")
}
