package exporterbench

import (
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-routeros/routeros/v3"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

// cpe starts a small router and opens a line to it.
func cpe(t *testing.T, roundTrip time.Duration) *Line {
	t.Helper()
	network := routersim.NewNetwork(routersim.NetworkOptions{})
	t.Cleanup(network.Close)
	address, err := add(t.Context(), network, Kinds[0], "CPE")
	require.NoError(t, err)
	line, err := NewLine(t.Context(), address, roundTrip)
	require.NoError(t, err)
	t.Cleanup(line.Close)
	return line
}

// counted is a connection that counts for itself.
type counted struct {
	net.Conn
	sent, received atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.received.Add(int64(n))
	return n, err
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.sent.Add(int64(n))
	return n, err
}

// TestLineCounts: what a client has sent and received itself is what the line says.
func TestLineCounts(t *testing.T) {
	t.Parallel()
	line := cpe(t, 0)
	nc, err := net.Dial("tcp", line.Address())
	require.NoError(t, err)
	own := &counted{Conn: nc}
	client, err := routeros.NewClient(own)
	require.NoError(t, err)
	require.NoError(t, client.Login(reader.username, reader.password))
	for range 3 {
		_, err = client.Run("/interface/print")
		require.NoError(t, err)
	}
	_, err = client.Run("/ip/address/print", "=.proplist=address")
	require.NoError(t, err)
	require.Equal(t, Traffic{Connections: 1, Logins: 1, Commands: 4, Sent: own.sent.Load(), Received: own.received.Load()}, line.Traffic())
	require.Equal(t, map[string]int{"/interface/print": 3, "/ip/address/print": 1}, line.Asked())
	require.Zero(t, line.Owed())
	require.NoError(t, client.Close())
}

// TestLineTakesItsTime: a round trip to connect, one for each question. It
// cannot be less; how much more it is depends on the machine.
func TestLineTakesItsTime(t *testing.T) {
	t.Parallel()
	const roundTrip = 30 * time.Millisecond
	line := cpe(t, roundTrip)
	began := time.Now()
	client, err := routeros.Dial(line.Address(), reader.username, reader.password)
	require.NoError(t, err)
	require.GreaterOrEqual(t, time.Since(began), 2*roundTrip)
	began = time.Now()
	_, err = client.Run("/system/identity/print")
	require.NoError(t, err)
	require.GreaterOrEqual(t, time.Since(began), roundTrip)
	require.NoError(t, client.Close())
}

// TestLineToNowhere: a router that is not there ends the connection.
func TestLineToNowhere(t *testing.T) {
	t.Parallel()
	address, err := freeAddress(t.Context())
	require.NoError(t, err)
	line, err := NewLine(t.Context(), address, 0)
	require.NoError(t, err)
	defer line.Close()
	_, err = routeros.Dial(line.Address(), reader.username, reader.password)
	require.Error(t, err)
}
