package main

import (
	"context"
	"fmt"
	"os"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/alertmanager"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/replay"
)

// replayCommand runs the engine over a recorded timeline. It needs no database, network or clock.
type replayCommand struct {
	file, weightsFile string
}

func newReplay(app *kingpin.Application) command {
	r := &replayCommand{}
	clause := app.Command("replay", "Run the engine over a recorded timeline and print what it says, as one JSON document.")
	clause.Arg("FILE", "The timeline, one JSON object a line.").Required().StringVar(&r.file)
	clause.Flag("weights", "Weights (YAML) to lay over the built-in ones.").StringVar(&r.weightsFile)
	return command{clause, r.run}
}

func (r *replayCommand) run(ctx context.Context, env environment) error {
	options := replay.Options{
		DecodeWebhook: alertmanager.DecodeWebhook, DecodeAlerts: alertmanager.DecodeList, Logger: promslog.New(env.log),
	}
	if r.weightsFile != "" {
		weights, err := os.ReadFile(r.weightsFile)
		if err != nil {
			return fmt.Errorf("weights: %w", err)
		}
		options.Weights = weights
	}
	timeline, err := os.Open(r.file)
	if err != nil {
		return err
	}
	defer timeline.Close() //nolint:errcheck // it was only read
	if err := replay.Write(ctx, timeline, env.stdout, options); err != nil {
		return fmt.Errorf("%s: %w", r.file, err)
	}
	return nil
}
