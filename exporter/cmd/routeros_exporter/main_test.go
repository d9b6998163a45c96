package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres/pgtest"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

// TestMain makes the test binary the program itself when it is called by that
// name, so that tests and scripts run what was just compiled.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == program {
		os.Exit(execute(os.Args[1:]))
	}
	pgtest.VerifyTestMain(m)
}

// folder returns one with the program in it.
func folder(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	bin := t.TempDir()
	require.NoError(t, os.Symlink(self, filepath.Join(bin, program)))
	return bin
}

// simulated starts a router with a little configuration.
func simulated(t testing.TB) string {
	t.Helper()
	r, err := routersim.New(routersim.Options{Name: "EDGE1", Version: "7.16", Users: []routersim.User{
		{Name: "exporter", Password: "S3CRET-login", Policies: []string{"read", "api"}},
	}})
	require.NoError(t, err)
	t.Cleanup(r.Close)
	_, err = r.Load(strings.NewReader(`/ip address
add address=192.0.2.1/24 interface=ether1 comment="S3CRET-comment"
/ppp secret
add name=alice password=S3CRET-ppp
/system identity
set name=EDGE1
`))
	require.NoError(t, err)
	addr, err := r.Listen(context.WithoutCancel(t.Context()), "127.0.0.1:0")
	require.NoError(t, err)
	return addr.String()
}

func TestScripts(t *testing.T) {
	address := simulated(t)
	bin := folder(t)
	docs, err := filepath.Abs("../../../docs")
	require.NoError(t, err)
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", bin+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("ROUTER", address)
			env.Setenv("DOCS", docs)
			config := strings.ReplaceAll(`modules: {default: {}}
devices:
  - {name: EDGE1, address: "ROUTER", username: exporter, password: S3CRET-login}
  - {name: WRONG, address: "ROUTER", username: exporter, password: S3CRET-wrong}
`, "ROUTER", address)
			return os.WriteFile(filepath.Join(env.WorkDir, "exporter.yaml"), []byte(config), 0o600)
		},
	})
}

// running is a served exporter.
type running struct {
	cmd *exec.Cmd
	url string
	log chan string // all of the log, once the process has ended
}

var listening = regexp.MustCompile(`"Listening on" address=(\S+)`)

func serve(t *testing.T, config string, flags ...string) *running {
	t.Helper()
	args := append([]string{"--config.file=" + config, "--web.listen-address=127.0.0.1:0"}, flags...)
	cmd := exec.CommandContext(t.Context(), filepath.Join(folder(t), program), args...)
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	r := &running{cmd: cmd, log: make(chan string, 1)}
	address := make(chan string, 1)
	go func() {
		var all strings.Builder
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			all.WriteString(lines.Text() + "\n")
			if m := listening.FindStringSubmatch(lines.Text()); m != nil {
				address <- m[1]
			}
		}
		r.log <- all.String()
		close(address)
	}()
	a, ok := <-address
	require.True(t, ok, "it ended instead of listening")
	r.url = "http://" + a
	return r
}

func (r *running) get(t *testing.T, path string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+path, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s", body)
	return string(body)
}

func TestServe(t *testing.T) {
	address := simulated(t)
	config := filepath.Join(t.TempDir(), "exporter.yaml")
	one := "modules: {default: {}}\ndevices:\n  - {name: EDGE1, address: \"" + address + "\", username: exporter, password: S3CRET-login}\n"
	require.NoError(t, os.WriteFile(config, []byte(one), 0o600))
	r := serve(t, config)
	require.Contains(t, r.get(t, "/probe?target=EDGE1"), "\nrouteros_up 1\n")
	require.Contains(t, r.get(t, "/metrics"), "routeros_exporter_build_info{")
	require.Contains(t, r.get(t, "/metrics"), "routeros_exporter_config_last_reload_successful 1\n")

	// A device that a reload leaves alone keeps its connection.
	more := one + "  - {name: EDGE2, address: \"" + address + "\", username: exporter, password: S3CRET-login, labels: {site: south}}\n"
	require.NoError(t, os.WriteFile(config, []byte(more), 0o600))
	require.NoError(t, r.cmd.Process.Signal(syscall.SIGHUP))
	require.Eventually(t, func() bool { return strings.Contains(r.get(t, "/sd"), "EDGE2") }, 10*time.Second, 10*time.Millisecond)
	require.Contains(t, r.get(t, "/probe?target=EDGE1"), "\nrouteros_logins_total 1\n")
	require.Contains(t, r.get(t, "/probe?target=EDGE2"), "\nrouteros_up 1\n")

	require.NoError(t, os.WriteFile(config, []byte(strings.ReplaceAll(one, "EDGE1", "EDGE9")), 0o600))
	require.NoError(t, r.cmd.Process.Signal(syscall.SIGHUP))
	require.Eventually(t, func() bool { return strings.Contains(r.get(t, "/sd"), "EDGE9") }, 10*time.Second, 10*time.Millisecond)

	require.NoError(t, os.WriteFile(config, []byte("nonsense: 1"), 0o600))
	require.NoError(t, r.cmd.Process.Signal(syscall.SIGHUP))
	require.Eventually(t, func() bool {
		return strings.Contains(r.get(t, "/metrics"), "routeros_exporter_config_last_reload_successful 0\n")
	}, 10*time.Second, 10*time.Millisecond)
	require.Contains(t, r.get(t, "/probe?target=EDGE9"), "\nrouteros_up 1\n", "the former configuration stays in force")

	require.NoError(t, r.cmd.Process.Signal(syscall.SIGTERM))
	log := <-r.log
	require.NoError(t, r.cmd.Wait())
	require.Contains(t, log, `unknown key \"nonsense\"`)
	require.Contains(t, log, "msg=stopping signal=terminated")
	require.NotContains(t, log, "S3CRET")
}
