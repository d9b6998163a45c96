package control_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/control"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type fake struct{}

func (fake) Break(_ context.Context, what string) (string, error) {
	if what == "nothing" {
		return "", errors.New(`there is no "nothing" to break`)
	}
	return "broke " + what, nil
}
func (fake) Mend(context.Context) (string, error) { return "mended", nil }
func (fake) List(context.Context) (string, error) { return "a\nb", nil }

// serve runs a lab on a socket of its own and answers the socket's path.
func serve(t *testing.T) string {
	t.Helper()
	// Not t.TempDir: the name of a test can make a path longer than a socket's may be.
	dir, err := os.MkdirTemp("", "control")
	require.NoError(t, err)
	path := filepath.Join(dir, "lab", "control.sock")
	listener, err := control.Listen(t.Context(), path)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- control.Serve(ctx, listener, fake{}) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
		require.NoFileExists(t, path, "the socket goes with the lab")
		require.NoError(t, os.RemoveAll(dir))
	})
	return path
}

func TestAsk(t *testing.T) {
	t.Parallel()
	path := serve(t)
	for _, test := range []struct{ verb, what, want string }{
		{"break", "cut:AGG1:ether3", "broke cut:AGG1:ether3"},
		{"break", "a&b c", "broke a&b c"},
		{"mend", "", "mended"},
		{"list", "", "a\nb"},
	} {
		text, err := control.Ask(t.Context(), path, test.verb, test.what)
		require.NoError(t, err, test.verb)
		require.Equal(t, test.want, text)
	}
	_, err := control.Ask(t.Context(), path, "break", "nothing")
	require.EqualError(t, err, `there is no "nothing" to break`)
}

func TestAskWithoutALab(t *testing.T) {
	t.Parallel()
	_, err := control.Ask(t.Context(), filepath.Join(t.TempDir(), "none"), "break", "")
	require.ErrorContains(t, err, "make run")
}

func TestOneLabAtATime(t *testing.T) {
	t.Parallel()
	path := serve(t)
	_, err := control.Listen(t.Context(), path)
	require.ErrorIs(t, err, control.ErrRunning)
}

func TestAFolderThatOthersCanEnterIsRefused(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "open")
	require.NoError(t, os.Mkdir(dir, 0o755))
	_, err := control.Listen(t.Context(), filepath.Join(dir, "control.sock"))
	require.ErrorContains(t, err, "not a folder of this user alone")
}
