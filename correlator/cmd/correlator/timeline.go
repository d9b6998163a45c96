package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres"
)

// exportTimeline writes a tenant's past in the form that `replay` reads.
type exportTimeline struct {
	configFile string
	tenant     string
	from, to   string
}

func newExportTimeline(app *kingpin.Application) command {
	e := &exportTimeline{}
	clause := app.Command("export-timeline", "Write a tenant's recorded past to standard output, in the form that replay reads.")
	clause.Flag("config.file", "Configuration file that names the database; without one, the environment variable "+config.DatabaseURLVariable+" does.").StringVar(&e.configFile)
	clause.Flag("tenant", "Whose past.").Required().StringVar(&e.tenant)
	clause.Flag("from", "Only what was received at this instant (RFC 3339) or later, after what a replay must know of before: inventory, settings, planned work, what was seen last, and what fired.").StringVar(&e.from)
	clause.Flag("to", "Only what was received before this instant (RFC 3339).").StringVar(&e.to)
	return command{clause, e.run}
}

func (e *exportTimeline) run(ctx context.Context, env environment) error {
	from, err := instant("--from", e.from)
	if err != nil {
		return err
	}
	to, err := instant("--to", e.to)
	if err != nil {
		return err
	}
	url := config.Secret(env.getenv(config.DatabaseURLVariable))
	if e.configFile != "" {
		cfg, err := config.Load(e.configFile, env.getenv)
		if err != nil {
			return err
		}
		url = cfg.Database.URL
	}
	if url == "" {
		return errNoDatabase
	}
	return export(ctx, url, e.tenant, from, to, env.stdout, promslog.New(env.log))
}

func export(ctx context.Context, url config.Secret, tenant string, from, to time.Time, w io.Writer, logger *slog.Logger) error {
	eng, err := engine.New(engine.Options{})
	if err != nil {
		return err
	}
	db, err := postgres.New(ctx, postgres.Options{URL: url.Reveal(), Engine: eng, Logger: logger})
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Ping(ctx); err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	lines := 0
	write := func(line string) error {
		lines++
		_, err := fmt.Fprintln(out, line)
		return err
	}
	if !from.IsZero() {
		if err := db.TimelineStart(ctx, tenant, from, write); err != nil {
			return fmt.Errorf("export the timeline of tenant %s: %w", tenant, err)
		}
		lines = 0 // what was before is none of the range
	}
	if err := db.Timeline(ctx, tenant, from, to, write); err != nil {
		return fmt.Errorf("export the timeline of tenant %s: %w", tenant, err)
	}
	if lines == 0 {
		return fmt.Errorf("tenant %s has nothing recorded in that range: check the tenant's id and the range", tenant)
	}
	return out.Flush()
}

// instant reads the value of a flag that may be left out.
func instant(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, errors.New(flag + `: "` + text + `" is not an instant such as 2026-11-01T12:00:00Z`)
	}
	return t, nil
}
