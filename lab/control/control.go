// Package control is how another terminal talks to the lab that runs: HTTP over a socket that only its
// owner can open. There is one lab a user at a time.
package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Lab is what can be asked of a lab.
type Lab interface {
	// Break breaks something: what names it, as List does, or the beginning of such a name; anything
	// when empty. It answers what was done and where to look.
	Break(ctx context.Context, what string) (string, error)
	// Mend takes back all that Break did.
	Mend(ctx context.Context) (string, error)
	// List names everything that can be broken now.
	List(ctx context.Context) (string, error)
}

// Path is where the socket of this user's lab is.
func Path() string {
	return filepath.Join(os.TempDir(), "ispvm-lab-"+strconv.Itoa(os.Getuid()), "control.sock")
}

// ErrRunning is what Serve answers when there is a lab already.
var ErrRunning = errors.New("a lab is running already: stop it first (Ctrl-C in its terminal)")

// Listen takes the socket at path. Closing it removes it.
func Listen(ctx context.Context, path string) (net.Listener, error) {
	if err := ownFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	if connection, err := new(net.Dialer).DialContext(ctx, "unix", path); err == nil {
		return nil, errors.Join(ErrRunning, connection.Close())
	}
	// What is left there was left by one that was killed.
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return new(net.ListenConfig).Listen(ctx, "unix", path)
}

// ownFolder makes a folder that nobody else can enter, and refuses one that somebody else made.
func ownFolder(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || info.Mode().Perm() != 0o700 || int(stat.Uid) != os.Getuid() {
		return fmt.Errorf("%s is not a folder of this user alone: remove it", dir)
	}
	return nil
}

// Serve answers on listener until ctx ends.
func Serve(ctx context.Context, listener net.Listener, lab Lab) error {
	handler := http.NewServeMux()
	handle := func(pattern string, f func(context.Context, string) (string, error)) {
		handler.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			text, err := f(r.Context(), r.URL.Query().Get("what"))
			answer := reply{Text: text}
			if err != nil {
				answer.Error = err.Error()
			}
			w.Header().Set("Content-Type", "application/json")
			// The caller is gone when this fails.
			_ = json.NewEncoder(w).Encode(answer)
		})
	}
	handle("POST /break", lab.Break)
	handle("POST /mend", func(ctx context.Context, _ string) (string, error) { return lab.Mend(ctx) })
	handle("GET /list", func(ctx context.Context, _ string) (string, error) { return lab.List(ctx) })
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	stopped := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stopped()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("control socket: %w", err)
	}
	return nil
}

type reply struct {
	Text  string `json:"text,omitempty"`
	Error string `json:"error,omitempty"`
}

// Ask sends a request to the lab behind the socket at path: `break`, `mend` or `list`.
func Ask(ctx context.Context, path, verb, what string) (string, error) {
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		},
	}}
	method := http.MethodPost
	if verb == "list" {
		method = http.MethodGet
	}
	request, err := http.NewRequestWithContext(ctx, method, "http://lab/"+verb, http.NoBody)
	if err != nil {
		return "", err
	}
	request.URL.RawQuery = url.Values{"what": {what}}.Encode()
	response, err := client.Do(request)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
			return "", errors.New("no lab is running: start one with `make run` in another terminal")
		}
		return "", err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	var answer reply
	if err := json.NewDecoder(bytes.NewReader(raw)).Decode(&answer); err != nil {
		return "", fmt.Errorf("the lab answers %s: %s", response.Status, raw)
	}
	if answer.Error != "" {
		return answer.Text, errors.New(answer.Error)
	}
	return answer.Text, nil
}
