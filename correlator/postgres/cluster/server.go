package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
)

// server is a running postgres process.
type server struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended and its log is read
	err  error         // why it ended; valid after done
	tail tail
}

// startServer runs postgres and returns as soon as the process exists.
func startServer(inst installation, acct account, pgdata, rundir string, settings map[string]string, logger *slog.Logger) (*server, error) {
	args := []string{"-D", pgdata, "-k", rundir}
	for name, value := range settings {
		args = append(args, "-c", name+"="+value)
	}
	// Not exec.CommandContext: the end of a context must not kill -9 a database.
	cmd := exec.Command(inst.path("postgres"), args...) //nolint:noctx // see above
	cmd.Dir = pgdata
	cmd.Env = serverEnv()
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential: acct.credential(),
		// A terminal's Ctrl-C goes to a whole process group; the database has to outlive the draining
		// of whoever uses it.
		Setpgid: true,
		// SIGINT is PostgreSQL's fast shutdown: roll back, checkpoint, end.
		Pdeathsig: syscall.SIGINT,
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	s := &server{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go s.run(stderr, started, logger)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", inst.path("postgres"), err)
	}
	return s, nil
}

// run starts the process and waits for it, all on one thread: Linux sends Pdeathsig when the *thread*
// that forked ends, and the Go runtime ends idle threads as it likes.
func (s *server) run(stderr io.Reader, started chan<- error, logger *slog.Logger) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := s.cmd.Start(); err != nil {
		started <- err
		return
	}
	started <- nil
	defer close(s.done)
	s.copyLog(stderr, logger)
	s.err = s.cmd.Wait()
}

// copyLog passes the server's log lines on to ours, until the server has closed its end.
func (s *server) copyLog(stderr io.Reader, logger *slog.Logger) {
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		level, text := parseLogLine(lines.Text())
		s.tail.add(text)
		logger.Log(context.Background(), level, "PostgreSQL says", slog.String("line", text))
	}
	// A line beyond the buffer stops the scanner; the server must not block on a full pipe for it.
	_, _ = io.Copy(io.Discard, stderr)
}

// stop ends the server by a fast shutdown, and by an immediate one when ctx ends first: that loses
// nothing either, the next start recovers from the log.
func (s *server) stop(ctx context.Context) error {
	s.signal(syscall.SIGINT)
	select {
	case <-s.done:
		return s.err
	case <-ctx.Done():
	}
	s.signal(syscall.SIGQUIT)
	<-s.done
	return fmt.Errorf("PostgreSQL did not stop in time and was stopped at once: %w", context.Cause(ctx))
}

func (s *server) signal(sig syscall.Signal) {
	if err := s.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.tail.add("signal: " + err.Error())
	}
}

// serverEnv is a small environment: none of the caller's PG* variables may steer the server, and none
// of its secrets have business there.
func serverEnv() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
}

// parseLogLine turns "LOG:  text" into a level and a text. PostgreSQL's LOG is chatter to everyone
// but its own administrator.
func parseLogLine(line string) (slog.Level, string) {
	severity, text, ok := strings.Cut(line, ":  ")
	if !ok {
		return slog.LevelDebug, line
	}
	switch severity {
	case "PANIC", "FATAL", "ERROR":
		return slog.LevelError, text
	case "WARNING":
		return slog.LevelWarn, text
	default:
		return slog.LevelDebug, text
	}
}

// tail keeps the last lines that a server said, for the error when it does not come up.
type tail struct {
	mu    sync.Mutex
	lines []string
}

const tailLines = 12

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, line)
	if len(t.lines) > tailLines {
		t.lines = t.lines[1:]
	}
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.lines, "; ")
}
