package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/exporter-toolkit/web"
	"github.com/prometheus/exporter-toolkit/web/kingpinflag"
	"gopkg.in/yaml.v3"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/config"
)

// errNoDatabase is why `serve` refuses to start: a database started by accident would be a hazard.
var errNoDatabase = fmt.Errorf("no database URL: give database.url_file (or url) in the configuration or the environment variable %s, "+
	"such as postgres://ispvm@db:5432/ispvm?sslmode=verify-full; for one machine without a PostgreSQL of yours use `correlator standalone --data-dir=DIR`",
	config.DatabaseURLVariable)

// serve runs the service on a PostgreSQL of the operator's.
type serve struct {
	configFile string
	check      bool
	web        *web.FlagConfig
}

func newServe(app *kingpin.Application) command {
	s := &serve{}
	clause := app.Command("serve", "Run the service on a PostgreSQL of yours.")
	clause.Flag("config.file", "Configuration file (docs/correlator.md).").Required().StringVar(&s.configFile)
	clause.Flag("config.check", "Check the configuration and exit.").BoolVar(&s.check)
	s.web = kingpinflag.AddFlags(clause, ":9480")
	return command{clause, s.run}
}

func (s *serve) run(ctx context.Context, env environment) error {
	hangups, stop := catchHangups()
	defer stop()
	load := func() (*config.Config, error) { return config.Load(s.configFile, env.getenv) }
	cfg, err := load()
	if err == nil && cfg.Database.URL == "" {
		err = errNoDatabase
	}
	if err == nil {
		err = checkWeb(s.web)
	}
	if err != nil {
		return err
	}
	if s.check {
		fmt.Fprintf(env.stdout, "%s is a valid configuration\n", s.configFile)
		return nil
	}
	svc, err := newService(ctx, serviceOptions{
		load: load, config: cfg, hangups: hangups, web: s.web, logger: promslog.New(env.log),
		databaseURL: cfg.Database.URL, ownerURL: cfg.Database.Owner(),
	})
	if err != nil {
		return err
	}
	return svc.run(ctx)
}

// checkWeb checks the flags of the listener, and the file that gives it TLS.
func checkWeb(flags *web.FlagConfig) error {
	if err := web.Validate(*flags.WebConfigFile); err != nil {
		return fmt.Errorf("web.config.file: %w", err)
	}
	if err := refuseBasicAuth(*flags.WebConfigFile); err != nil {
		return fmt.Errorf("web.config.file: %w", err)
	}
	if len(*flags.WebListenAddresses) == 0 {
		return errors.New("web.listen-address: give at least one address")
	}
	return nil
}

// refuseBasicAuth refuses users in a file that is otherwise right: with them every call of ours would be
// answered 401, whatever its token.
func refuseBasicAuth(file string) error {
	if file == "" {
		return nil
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var given struct {
		Users yaml.Node `yaml:"basic_auth_users"`
	}
	if err := yaml.Unmarshal(raw, &given); err != nil {
		return err
	}
	if len(given.Users.Content) > 0 {
		return fmt.Errorf("%s has basic_auth_users: they need the header in which the callers' bearer tokens travel: "+
			"remove them, and give each caller a token (`correlator admin token create`)", file)
	}
	return nil
}
