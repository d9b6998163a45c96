package routersim_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-routeros/routeros/v3"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sharedData returns a folder of other people's configurations that stays
// outside of the repository, "" where it is not at hand: then only our own
// fixtures speak.
func sharedData(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("ISPVM_SHARED_DATA")
	if dir == "" {
		t.Log("ISPVM_SHARED_DATA is not set: configurations of others are not tried, only our own fixtures")
	}
	return dir
}

// newRouter makes a router from text and closes it with the test.
func newRouter(t *testing.T, text string, o routersim.Options) *routersim.Router {
	t.Helper()
	r, err := routersim.New(o)
	require.NoError(t, err)
	t.Cleanup(r.Close)
	if text != "" {
		_, err = r.Load(strings.NewReader(text))
		require.NoError(t, err)
	}
	return r
}

func fixture(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(data)
}

func listen(t *testing.T, r *routersim.Router) net.Addr {
	t.Helper()
	addr, err := r.Listen(context.Background(), "127.0.0.1:0")
	require.NoError(t, err)
	return addr
}

// client logs go-routeros in, an implementation of the protocol that is not
// ours.
func client(t *testing.T, r *routersim.Router, user, password string) *routeros.Client {
	t.Helper()
	c, err := routeros.DialTimeout(listen(t, r).String(), user, password, 10*time.Second)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// rowsOf runs a command and returns its rows.
func rowsOf(t *testing.T, c *routeros.Client, sentence ...string) []map[string]string {
	t.Helper()
	reply, err := c.RunArgs(sentence)
	require.NoError(t, err, sentence)
	out := make([]map[string]string, 0, len(reply.Re))
	for _, re := range reply.Re {
		out = append(out, re.Map)
	}
	return out
}

// clock is a clock that only moves when told to.
type clock struct{ at chan time.Time }

func newClock() *clock {
	c := &clock{make(chan time.Time, 1)}
	c.at <- time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return c
}

func (c *clock) now() time.Time {
	at := <-c.at
	c.at <- at
	return at
}

func (c *clock) advance(d time.Duration) { c.at <- (<-c.at).Add(d) }
