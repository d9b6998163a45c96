// Command eval runs the correlator over the corpus of scenarios with known truth and says how often
// it is right, how well its confidence can be trusted, and where it fails. It is what `make eval` runs.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/version"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/corpus"
)

func main() { os.Exit(start(os.Args[1:], os.Stdout, os.Stderr)) }

func start(args []string, stdout, stderr io.Writer) int {
	app := kingpin.New("eval", "Measures the correlator's judgement on scenarios whose truth is known.").UsageWriter(stderr).ErrorWriter(stderr)
	app.Version(version.Print("eval"))
	app.HelpFlag.Short('h')
	seed := app.Flag("seed", "Where the draw of the generated scenarios begins; another seed draws scenarios that nobody has looked at.").Default(fmt.Sprint(corpus.Seed)).Uint64()
	each := app.Flag("each", "How many scenarios of every kind to draw.").Default("8").Int()
	weights := app.Flag("weights", "Weights (YAML) to lay over the built-in ones.").ExistingFile()
	dump := app.Flag("dump", "Print the timeline of the scenario of this name and stop.").PlaceHolder("NAME").String()
	if _, err := app.Parse(args); err != nil {
		fmt.Fprintf(stderr, "eval: %v; see eval --help\n", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, stdout, *seed, *each, *weights, *dump); err != nil {
		fmt.Fprintf(stderr, "eval: %v\n", err)
		return 1
	}
	return 0
}

func run(ctx context.Context, stdout io.Writer, seed uint64, each int, weightsFile, dump string) error {
	written, err := corpus.Written()
	if err != nil {
		return err
	}
	scenarios := append(written, corpus.Generated(seed, each)...)
	if dump != "" {
		return dumped(stdout, append(scenarios, corpus.Controls(seed, each)...), dump)
	}
	var weights []byte
	if weightsFile != "" {
		if weights, err = os.ReadFile(weightsFile); err != nil {
			return err
		}
	}
	results, err := evaluate(ctx, scenarios, weights)
	if err != nil {
		return err
	}
	controls, err := evaluate(ctx, corpus.Controls(seed, each), weights)
	if err != nil {
		return err
	}
	return report(stdout, results, controls)
}

func dumped(stdout io.Writer, scenarios []corpus.Scenario, name string) error {
	for _, s := range scenarios {
		if s.Name != name {
			continue
		}
		timeline, err := s.Timeline()
		if err != nil {
			return err
		}
		_, err = stdout.Write(timeline)
		return err
	}
	return errors.New("no scenario is called " + name)
}
