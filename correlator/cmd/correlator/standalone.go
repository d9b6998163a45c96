package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/exporter-toolkit/web"
	"github.com/prometheus/exporter-toolkit/web/kingpinflag"
	"gopkg.in/yaml.v3"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/authn"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres/cluster"
)

const (
	// clusterStart and clusterStop bound how long the private PostgreSQL may take; recovery after a power
	// cut is part of a start.
	clusterStart = 5 * time.Minute
	clusterStop  = time.Minute
)

// standalone runs the service with a PostgreSQL of its own.
type standalone struct {
	dataDir    string
	configFile string
	check      bool
	web        *web.FlagConfig
}

func newStandalone(app *kingpin.Application) command {
	s := &standalone{}
	clause := app.Command("standalone", "Run the service with a private PostgreSQL, for one machine.")
	clause.Flag("data-dir", "Where all state is kept.").Required().StringVar(&s.dataDir)
	clause.Flag("config.file", "Configuration file (default: correlator.yaml in the data directory, made at the first start).").StringVar(&s.configFile)
	clause.Flag("config.check", "Check the configuration and exit.").BoolVar(&s.check)
	s.web = kingpinflag.AddFlags(clause, "127.0.0.1:9480")
	return command{clause, s.run}
}

func (s *standalone) run(ctx context.Context, env environment) (err error) {
	hangups, stop := catchHangups()
	defer stop()
	// What can be checked is checked before anything is started.
	if s.configFile != "" || s.check {
		if _, err := s.load(env); err != nil {
			return err
		}
	}
	if err := checkWeb(s.web); err != nil {
		return err
	}
	if s.check {
		fmt.Fprintf(env.stdout, "%s is a valid configuration\n", s.file())
		return nil
	}
	logger := promslog.New(env.log)
	private, err := s.startCluster(ctx, logger)
	if err != nil {
		return err
	}
	defer func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), clusterStop)
		defer cancel()
		err = errors.Join(err, private.Stop(stopping))
	}()
	if err := s.firstConfiguration(logger); err != nil {
		return err
	}
	cfg, err := s.load(env)
	if err != nil {
		return err
	}
	svc, err := newService(ctx, serviceOptions{
		load: func() (*config.Config, error) { return s.load(env) }, config: cfg, hangups: hangups, web: s.web, logger: logger,
		databaseURL: config.Secret(private.URL()), ownerURL: config.Secret(private.OwnerURL()), cluster: private,
	})
	if err != nil {
		return err
	}
	return svc.run(ctx)
}

func (s *standalone) startCluster(ctx context.Context, logger *slog.Logger) (*cluster.Cluster, error) {
	ctx, cancel := context.WithTimeout(ctx, clusterStart)
	defer cancel()
	private, err := cluster.Start(ctx, cluster.Options{DataDir: s.dataDir, Logger: logger.With(slog.String("component", "postgresql"))})
	if err != nil {
		return nil, err
	}
	// There is no password in it: the socket lets in whom the operating system knows.
	logger.InfoContext(ctx, "The private PostgreSQL runs", slog.String("url", private.URL()))
	return private, nil
}

func (s *standalone) file() string {
	if s.configFile != "" {
		return s.configFile
	}
	return filepath.Join(s.dataDir, "correlator.yaml")
}

// load reads the configuration. Its database is not for us: the data directory has one.
func (s *standalone) load(env environment) (*config.Config, error) {
	cfg, err := config.Load(s.file(), func(name string) string {
		if name == config.DatabaseURLVariable {
			return ""
		}
		return env.getenv(name)
	})
	if err != nil {
		return nil, err
	}
	if cfg.Database.URL != "" {
		return nil, fmt.Errorf("%s: database: standalone keeps its state in --data-dir: remove the URL, or use `correlator serve`", s.file())
	}
	return cfg, nil
}

// firstTokens are what a first configuration accepts: one for each side of the pipeline.
var firstTokens = []config.Token{
	{Name: "admin", Role: string(authn.Admin)},
	{Name: "agent", Role: string(authn.Agent)},
	{Name: "alertmanager", Role: string(authn.Alertmanager)},
	{Name: "grafana", Role: string(authn.Operator), Plugin: true},
}

// firstConfiguration makes a configuration with one tenant and its tokens, unless there is one.
func (s *standalone) firstConfiguration(logger *slog.Logger) error {
	if s.configFile != "" {
		return nil
	}
	if _, err := os.Stat(s.file()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	first := struct {
		Tenants []map[string]string `yaml:"tenants"`
		Auth    config.Auth         `yaml:"auth"`
	}{Tenants: []map[string]string{{"id": "default"}}}
	for _, token := range firstTokens {
		token.TokenFile = token.Name + ".token"
		if err := writeSecret(filepath.Join(s.dataDir, token.TokenFile), authn.NewTokenText()); err != nil {
			return err
		}
		first.Auth.Tokens = append(first.Auth.Tokens, token)
	}
	text, err := yaml.Marshal(first)
	if err != nil {
		return err
	}
	const head = "# Made at the first start; yours to edit (docs/correlator.md). SIGHUP reads it again.\n"
	// The configuration comes last: what an interrupted start left is made anew.
	if err := os.WriteFile(s.file(), append([]byte(head), text...), 0o600); err != nil {
		return err
	}
	logger.Info("Made a first configuration; the tokens are beside it", slog.String("file", s.file()))
	return nil
}

// writeSecret writes a secret for its owner alone. A file that an interrupted first start left is
// replaced: nothing uses it yet.
func writeSecret(path, text string) error {
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		return err
	}
	return os.Chmod(path, 0o600)
}
