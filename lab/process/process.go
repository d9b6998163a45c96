// Package process runs the lab's child processes: each with a log of its own, each in a process group of
// its own (so that a Ctrl-C in the terminal reaches the lab alone, which then stops them in order), and
// none that outlives the lab, even one that was killed.
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Spec says what to run.
type Spec struct {
	// Name is for people, and names the log file.
	Name string
	// Path is the executable, looked up in PATH when it has no slash.
	Path string
	// Args are its arguments.
	Args []string
	// Env is added to the lab's own environment.
	Env []string
	// LogDir is the folder that `<name>.log` is written to.
	LogDir string
	// Grace is how long it may take to stop before it is killed (default 10 s).
	Grace time.Duration
}

const defaultGrace = 10 * time.Second

// Process is a child that was started.
type Process struct {
	spec    Spec
	cmd     *exec.Cmd
	logPath string
	done    chan struct{}
	// err is how it ended; read it after done is closed.
	err error
}

// Start starts a child. It runs until it ends by itself or Stop is called.
func Start(spec Spec) (*Process, error) {
	path, err := exec.LookPath(spec.Path)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w (is it built and installed? `make setup build` does both)", spec.Name, err)
	}
	if spec.Grace == 0 {
		spec.Grace = defaultGrace
	}
	logPath := filepath.Join(spec.LogDir, spec.Name+".log")
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	// Ending it is Stop's business alone: a cancelled context would kill it before its turn.
	cmd := exec.CommandContext(context.Background(), path, spec.Args...)
	cmd.Env = append(os.Environ(), spec.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}

	p := &Process{spec: spec, cmd: cmd, logPath: logPath, done: make(chan struct{})}
	started := make(chan error, 1)
	go p.run(log, started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	return p, nil
}

// run starts the child and waits for it, on one thread: the death signal is sent when the thread that
// started the child ends, not when the program does.
func (p *Process) run(log io.Closer, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer log.Close()
	if err := p.cmd.Start(); err != nil {
		started <- err
		return
	}
	started <- nil
	p.err = p.cmd.Wait()
	close(p.done)
}

// Name is the name given in the Spec.
func (p *Process) Name() string { return p.spec.Name }

// PID is the child's process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the child has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err says why a child that should still run has ended, with the end of its log. Call it after Done.
func (p *Process) Err() error {
	reason := "it ended by itself"
	if p.err != nil {
		reason = p.err.Error()
	}
	return fmt.Errorf("%s: %s; the end of its log:\n%s", p.spec.Name, reason, p.Tail(15))
}

// Tail is the last lines of the child's log.
func (p *Process) Tail(lines int) string {
	const enough = 32 << 10
	f, err := os.Open(p.logPath)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > enough {
		if _, err := f.Seek(-enough, io.SeekEnd); err != nil {
			return err.Error()
		}
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// Stop asks the child to end, waits, and kills its process group when its grace is over. It may be
// called again, and after the child has ended.
func (p *Process) Stop() error {
	select {
	case <-p.done:
		return nil
	default:
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.spec.Name, err)
	}
	grace := time.NewTimer(p.spec.Grace)
	defer grace.Stop()
	select {
	case <-p.done:
		return nil
	case <-grace.C:
	}
	// The whole group: what the child itself started would live on.
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("kill %s: %w", p.spec.Name, err)
	}
	<-p.done
	return fmt.Errorf("%s did not stop within %s and was killed", p.spec.Name, p.spec.Grace)
}
