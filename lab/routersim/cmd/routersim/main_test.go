package main

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-routeros/routeros/v3"
	"github.com/stretchr/testify/require"
)

// runVariable, when set, makes the test binary the program itself.
const runVariable = "ROUTERSIM_TEST_RUN"

func TestMain(m *testing.M) {
	if os.Getenv(runVariable) != "" {
		main()
	}
	os.Exit(m.Run())
}

func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), runVariable+"=1")
	return cmd
}

func TestServesUntilTerminated(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "r.rsc")
	require.NoError(t, os.WriteFile(file, []byte("/system identity set name=FROM-FILE\n"), 0o600))
	cmd := program(t, "--rsc", file, "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", "--version", "7.19.3",
		"--user", "look:pass:word:read,api", "--latency", "5ms", "--misbehave", "latency=1ms", "--control", "127.0.0.1:0")
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(stdout)
	address := func(service string) string {
		require.True(t, lines.Scan(), "the address of %s is printed", service)
		name, addr, ok := strings.Cut(lines.Text(), " ")
		require.True(t, ok)
		require.Equal(t, service, name)
		return addr
	}
	apiAddress := address("api")
	c, err := routeros.DialTimeout(apiAddress, "look", "pass:word", 10*time.Second)
	require.NoError(t, err)
	reply, err := c.Run("/system/identity/print")
	require.NoError(t, err)
	require.Equal(t, "FROM-FILE", reply.Re[0].Map["name"])
	_, err = c.Run("/system/identity/set", "=name=x")
	require.ErrorContains(t, err, "not enough permissions (9)")
	secure, err := routeros.DialTLSTimeout(address("api-ssl"), "look", "pass:word", &tls.Config{InsecureSkipVerify: true}, 10*time.Second) //nolint:gosec // the certificate is the program's own
	require.NoError(t, err)
	reply, err = secure.Run("/system/resource/print")
	require.NoError(t, err)
	require.Equal(t, "7.19.3 (stable)", reply.Re[0].Map["version"])
	control := "http://" + address("control")
	require.Equal(t, "latency=1ms\n", call(t, http.MethodGet, control+"/misbehaviour", "", http.StatusOK))
	require.Contains(t, call(t, http.MethodPut, control+"/misbehaviour", "nonsense=1", http.StatusBadRequest), `no knob "nonsense", known are cancel, jitter`)
	call(t, http.MethodPut, control+"/misbehaviour", "/system/identity refuse=not now; refuse-logins", http.StatusOK)
	_, err = c.Run("/system/identity/print")
	require.EqualError(t, err, "from RouterOS device: not now")
	_, err = routeros.DialTimeout(apiAddress, "look", "pass:word", 10*time.Second)
	require.ErrorContains(t, err, "invalid user name or password")
	call(t, http.MethodDelete, control+"/misbehaviour", "", http.StatusOK)
	_, err = c.Run("/system/identity/print")
	require.NoError(t, err)
	var traffic struct {
		Logins        int `json:"logins"`
		RefusedLogins int `json:"refused_logins"`
	}
	require.NoError(t, json.Unmarshal([]byte(call(t, http.MethodGet, control+"/traffic", "", http.StatusOK)), &traffic))
	require.Equal(t, 2, traffic.Logins)
	require.Equal(t, 1, traffic.RefusedLogins)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, cmd.Wait(), "SIGTERM ends it cleanly")
}

// call sends a request to the control listener and returns its answer.
func call(t *testing.T, method, url, body string, status int) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close() //nolint:errcheck // only read from
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, status, resp.StatusCode, "%s", text)
	return string(text)
}

func TestMistakesAreExplained(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--user", "secret-without-form"}, 1, "--user number 1: want NAME:PASSWORD:POLICY[,POLICY…]"},
		{[]string{"--version", "eight"}, 1, `RouterOS version "eight": want a form like 7.16 or 6.49.4`},
		{[]string{"--rsc", "nowhere.rsc"}, 1, "--rsc: open nowhere.rsc: no such file or directory"},
		{[]string{"--listen", "256.0.0.1:1"}, 1, "router MikroTik: listen on 256.0.0.1:1"},
		{[]string{"--latency=-1s"}, 1, "cannot be negative"},
		{[]string{"--misbehave", "loss=2"}, 1, "loss is a share from 0 to 1"},
		{[]string{"--misbehave", "/ip/route fault=fire"}, 1, `misbehaviour "/ip/route fault=fire": want one of ["hang"`},
		{[]string{"--listen", "127.0.0.1:0", "--control", "0.0.0.0:0"}, 1, "is not of this machine alone"},
		{[]string{"--nonsense"}, 2, "try --help"},
	} {
		out, err := program(t, tc.args...).CombinedOutput()
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
		require.Equal(t, tc.code, exit.ExitCode(), tc.args)
		require.Contains(t, string(out), tc.want)
		require.NotContains(t, string(out), "secret-without-form")
	}
}
