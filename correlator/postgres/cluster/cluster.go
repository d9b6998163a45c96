package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"time"
)

// pollEvery is how often a condition outside this process is looked at again.
const pollEvery = 20 * time.Millisecond

// errStopped is why a server ended that ended in good order without our asking.
var errStopped = errors.New("somebody stopped it")

// Options says where the private cluster lives and how it runs.
type Options struct {
	// DataDir is made when it is missing; it is either empty or a data directory of before.
	DataDir string
	// BinDir is where the server's programs are; the newest installed ones when empty.
	BinDir string
	// Settings are server settings by name, on top of the defaults of this package.
	Settings map[string]string
	// Logger takes the server's log; slog.Default() when nil.
	Logger *slog.Logger
}

// Cluster is a running private PostgreSQL.
type Cluster struct {
	lock   *os.File
	server *server
	rundir string
}

// Start brings the cluster up, creating it in an empty data directory, and returns when it takes
// connections and has its roles and its database. ctx bounds the start alone.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	c, err := start(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("private PostgreSQL: %w", err)
	}
	return c, nil
}

func start(ctx context.Context, o Options) (_ *Cluster, err error) {
	if o.DataDir == "" {
		return nil, errors.New("no data directory given")
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	dir, err := filepath.Abs(o.DataDir)
	if err != nil {
		return nil, err
	}
	acct, err := serverAccount()
	if err != nil {
		return nil, err
	}
	if err := prepareDir(dir, acct); err != nil {
		return nil, err
	}
	c := &Cluster{rundir: filepath.Join(dir, "run")}
	if c.lock, err = lockDir(dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = c.Stop(context.WithoutCancel(ctx)) // err says what went wrong; this only cleans up
		}
	}()

	pgdata := filepath.Join(dir, "postgres")
	if err := awaitOrphan(ctx, pgdata, o.Logger); err != nil {
		return nil, err
	}
	inst, err := create(ctx, o.BinDir, pgdata, acct)
	if err != nil {
		return nil, err
	}
	if err := acct.own(c.rundir); err != nil {
		return nil, fmt.Errorf("make the socket's directory: %w", err)
	}
	if err := writeAuthentication(pgdata, acct); err != nil {
		return nil, err
	}
	settings := defaultSettings()
	maps.Copy(settings, o.Settings)
	if c.server, err = startServer(inst, acct, pgdata, c.rundir, settings, o.Logger); err != nil {
		return nil, err
	}
	if err := c.bootstrap(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// Done is closed when the server has ended, whoever ended it.
func (c *Cluster) Done() <-chan struct{} { return c.server.done }

// Err says why the server ended by itself, with the last lines of its log. Valid after Done.
func (c *Cluster) Err() error {
	return fmt.Errorf("private PostgreSQL ended: %w: %s", cmp.Or(c.server.err, errStopped), &c.server.tail)
}

// Stop ends the server and gives the data directory free. Repeated calls are harmless. When ctx ends
// first, the server is stopped the hard way, which loses nothing.
func (c *Cluster) Stop(ctx context.Context) error {
	var err error
	if c.server != nil {
		err = c.server.stop(ctx)
	}
	if cerr := c.lock.Close(); cerr != nil && !errors.Is(cerr, os.ErrClosed) {
		err = errors.Join(err, cerr)
	}
	return err
}
