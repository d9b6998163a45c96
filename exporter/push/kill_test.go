package push

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// killVariable, when set, makes the test binary a process that is to be
// killed: its value is the number of the observation to begin with.
const killVariable = "PUSH_TEST_BEGIN_WITH"

func TestMain(m *testing.M) {
	if begin, err := strconv.Atoi(os.Getenv(killVariable)); err == nil {
		offerForEver(begin, os.Args[1], os.Args[2])
	}
	goleak.VerifyTestMain(m)
}

// numbered is an observation that cannot be taken for another.
func numbered(n int) Observation {
	return Observation{
		Device: fmt.Sprintf("R%d", n%3), Category: "bgp", ObservedAt: base.Add(time.Duration(n) * time.Second),
		SHA256: fmt.Sprintf("%064x", n), AllowlistVersion: 1,
	}
}

// offerForEver offers numbered observations and prints the number of the last
// one that is on disk, again and again until somebody kills it.
func offerForEver(n int, url, dir string) {
	p, err := New(Options{
		URL: url, Token: func() (string, error) { return "right", nil }, Exporter: "x1", SpoolDir: dir,
		MaxBackoff: 5 * time.Millisecond, Registry: prometheus.NewRegistry(), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	go func() { _ = p.sender.run(context.Background(), p.written) }()
	for ; ; n++ {
		for range rand.N(5) {
			p.Offer(numbered(n))
			n++
		}
		p.Offer(numbered(n))
		if err := p.flush(); err != nil {
			panic(err)
		}
		fmt.Println(n)
	}
}

// unreliable puts a network in front of a correlator that loses questions and,
// worse, answers to questions that were committed.
func unreliable(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch rand.N(4) {
		case 0:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 1:
			next.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// Killed with SIGKILL again and again, while it writes and while it sends over
// a network that loses answers: whatever was on disk arrives, in order.
func TestKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	c := nearCorrelator()
	server := httptest.NewServer(unreliable(c.handler))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	onDisk := 0
	for range 25 {
		onDisk = max(onDisk, killed(t, onDisk+1, server.URL, filepath.Join(dir, "spool")))
	}
	require.Greater(t, onDisk, 25)

	b := newBench(t, server.URL, dir, nil)
	b.start(t)
	eventually(t, func() bool { return b.metric(t, "spool_observations") == 0 })
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := map[string]bool{}
	var firsts []string
	for _, o := range c.took {
		if !seen[o.GetSha256()] {
			seen[o.GetSha256()] = true
			firsts = append(firsts, o.GetSha256())
		}
	}
	require.IsIncreasing(t, firsts)
	for n := 1; n <= onDisk; n++ {
		require.True(t, seen[fmt.Sprintf("%064x", n)], "observation %d was on disk and did not arrive", n)
	}
	t.Logf("%d observations on disk, %d arrivals of %d", onDisk, len(c.took), len(firsts))
}

// killed runs a process until it is killed, and returns the number of the last
// observation that it said was on disk.
func killed(t *testing.T, begin int, url, dir string) (onDisk int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], url, dir)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", killVariable, begin))
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan(), "it writes something before it is killed")
	kill := time.AfterFunc(rand.N(150*time.Millisecond), func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	for {
		// The last line may be torn.
		if n, err := strconv.Atoi(lines.Text()); err == nil {
			onDisk = max(onDisk, n)
		}
		if !lines.Scan() {
			break
		}
	}
	require.ErrorContains(t, cmd.Wait(), "killed")
	return onDisk
}
