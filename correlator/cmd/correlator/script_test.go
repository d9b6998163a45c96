package main

import (
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres/pgtest"
)

// TestMain makes the test binary the program itself when it is called by that name, so that scripts
// run what was just compiled.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "correlator" {
		main()
	}
	pgtest.VerifyTestMain(m)
}

// TestScripts runs the program as an operator does.
func TestScripts(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	require.NoError(t, err)
	bin := t.TempDir()
	require.NoError(t, os.Symlink(self, filepath.Join(bin, "correlator")))
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin+string(os.PathListSeparator)+env.Getenv("PATH"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status, "join": join, "mode": mode, "datadir": dataDir, "freeport": freePort, "ready": ready, "processes": processes,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// status N COMMAND… runs a command that must exit with status N.
func status(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit := new(exec.ExitError); err != nil {
		if !asExit(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s exited with %d, not %d", args[1], got, want)
	}
}

func asExit(err error, target **exec.ExitError) bool {
	exit, ok := err.(*exec.ExitError) //nolint:errorlint // testscript hands it on as it is
	*target = exit
	return ok
}

// join DST SRC… writes the files one after the other into DST, indenting none.
func join(ts *testscript.TestScript, _ bool, args []string) {
	var all strings.Builder
	for _, name := range args[1:] {
		all.WriteString(ts.ReadFile(name))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(all.String()), 0o600))
}

// mode OCTAL FILE checks a file's permissions.
func mode(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.ParseUint(args[0], 8, 32)
	ts.Check(err)
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if info.Mode().Perm() != fs.FileMode(want) {
		ts.Fatalf("%s has mode %o, not %o", args[1], info.Mode().Perm(), want)
	}
}

// datadir VAR makes a place that the user of a private PostgreSQL can pass through.
func dataDir(ts *testscript.TestScript, _ bool, args []string) {
	dir, err := os.MkdirTemp("", "ispvm-cli-")
	ts.Check(err)
	ts.Check(os.Chmod(dir, 0o755))
	ts.Defer(func() { _ = os.RemoveAll(dir) })
	ts.Setenv(args[0], filepath.Join(dir, "d"))
}

// freeport VAR finds a free address on loopback.
func freePort(ts *testscript.TestScript, _ bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], l.Addr().String())
	ts.Check(l.Close())
}

// ready URL waits until the URL answers 200.
func ready(ts *testscript.TestScript, _ bool, args []string) {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 5 * time.Second}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); <-tick.C {
		resp, err := client.Get(args[0])
		if err != nil {
			continue
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			return
		}
	}
	ts.Fatalf("%s did not become ready", args[0])
}

// processes N TEXT counts processes whose command line has TEXT in it.
func processes(ts *testscript.TestScript, _ bool, args []string) {
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	ts.Check(err)
	var found []string
	for _, path := range lines {
		// A process may end while it is looked at.
		if line, err := os.ReadFile(path); err == nil && strings.Contains(string(line), args[1]) {
			found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	if strconv.Itoa(len(found)) != args[0] {
		ts.Fatalf("%d processes, not %s: %v", len(found), args[0], found)
	}
}
