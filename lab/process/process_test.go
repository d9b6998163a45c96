package process_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/process"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shell starts a shell script as a child.
func shell(t *testing.T, script string, grace time.Duration) *process.Process {
	t.Helper()
	p, err := process.Start(process.Spec{
		Name: "child", Path: "sh", Args: []string{"-c", script}, LogDir: t.TempDir(), Grace: grace,
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = p.Stop()
		http.DefaultClient.CloseIdleConnections()
	})
	return p
}

// says waits until the child has printed text.
func says(t *testing.T, p *process.Process, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(p.Tail(5), text) }, 10*time.Second, 5*time.Millisecond)
}

func TestStopAsksFirst(t *testing.T) {
	t.Parallel()
	p := shell(t, `trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done`, 10*time.Second)
	says(t, p, "up")
	require.NoError(t, p.Stop())
	<-p.Done()
	require.Contains(t, p.Tail(5), "bye")
	require.NoError(t, p.Stop(), "a second time changes nothing")
}

func TestStopKillsWhatDoesNotListenWithAllThatItStarted(t *testing.T) {
	t.Parallel()
	pidFile := filepath.Join(t.TempDir(), "grandchild")
	p := shell(t, `trap '' TERM; sh -c 'echo $$ > `+pidFile+`; exec sleep 60' & echo up; wait; wait; while :; do sleep 1; done`, 50*time.Millisecond)
	says(t, p, "up")
	var grandchild int
	require.Eventually(t, func() bool {
		text, _ := os.ReadFile(pidFile)
		grandchild, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		return grandchild != 0
	}, 10*time.Second, 5*time.Millisecond)

	require.ErrorContains(t, p.Stop(), "did not stop within 50ms and was killed")
	require.Eventually(t, func() bool { return gone(grandchild) }, 10*time.Second, 5*time.Millisecond)
}

// gone answers whether a process has ended; nobody may have collected it yet.
func gone(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err != nil || strings.Contains(string(stat), ") Z ")
}

func TestErrTellsWhyAChildEnded(t *testing.T) {
	t.Parallel()
	p := shell(t, `echo "bind: address already in use"; exit 3`, 0)
	<-p.Done()
	require.EqualError(t, p.Err(), "child: exit status 3; the end of its log:\nbind: address already in use")
}

func TestStartOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	_, err := process.Start(process.Spec{Name: "exporter", Path: "no-such-program", LogDir: t.TempDir()})
	require.ErrorContains(t, err, "start exporter")
	require.ErrorContains(t, err, "make setup build")
}

func TestAwaitReadyWaitsForTheAnswer(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	p := shell(t, `sleep 60`, time.Second)
	require.NoError(t, p.AwaitReady(t.Context(), server.URL))
	require.EqualValues(t, 3, asked.Load())
}

func TestAwaitReadyEndsWithTheChildAndWithTheContext(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()

	dies := shell(t, `echo "no configuration"; exit 1`, 0)
	require.ErrorContains(t, dies.AwaitReady(t.Context(), server.URL), "no configuration")

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	lives := shell(t, `echo waiting; sleep 60`, time.Second)
	require.ErrorContains(t, lives.AwaitReady(ctx, server.URL), "child is not ready")
}
