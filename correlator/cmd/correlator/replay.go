package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/alertmanager"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/replay"
)

// replayCommand runs the engine over a recorded timeline. It needs no database, network or clock.
type replayCommand struct {
	file, weightsFile string
	diff              bool
}

func newReplay(app *kingpin.Application) command {
	r := &replayCommand{}
	clause := app.Command("replay", "Run the engine over a recorded timeline and print what it says, as one JSON document.")
	clause.Arg("FILE", "The timeline, one JSON object a line.").Required().StringVar(&r.file)
	clause.Flag("weights", "Weights (YAML) to lay over the built-in ones.").StringVar(&r.weightsFile)
	clause.Flag("diff", "With --weights: say in plain text what comes out otherwise than with the built-in weights, instead of the document.").BoolVar(&r.diff)
	clause.Validate(func(*kingpin.CmdClause) error {
		if r.diff && r.weightsFile == "" {
			return errors.New("--diff needs the weights to compare with: add --weights=FILE")
		}
		return nil
	})
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
	answer := replay.Write
	if r.diff {
		answer = difference
	}
	if err := answer(ctx, timeline, env.stdout, options); err != nil {
		return fmt.Errorf("%s: %w", r.file, err)
	}
	return nil
}

// difference replays a timeline twice, with the built-in weights and with those of the options, and
// writes what differs.
func difference(ctx context.Context, timeline io.Reader, out io.Writer, o replay.Options) error {
	recorded, err := io.ReadAll(timeline)
	if err != nil {
		return err
	}
	after, err := replay.Run(ctx, bytes.NewReader(recorded), o)
	if err != nil {
		return err
	}
	o.Weights = nil
	before, err := replay.Run(ctx, bytes.NewReader(recorded), o)
	if err != nil {
		return err
	}
	return replay.WriteDifference(out, before, after)
}
