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
	"slices"
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
	which := app.Flag("corpus", "Which scenarios: those of the first generator, of the second, the written ones, or all.").Default("all").Enum("first", "second", "written", "all")
	seed := app.Flag("seed", "Where the draw of the generated scenarios begins; another seed draws scenarios that nobody has looked at.").Default(fmt.Sprint(corpus.Seed)).Uint64()
	each := app.Flag("each", "How many scenarios of every kind of the first generator to draw, and half as many of the second's, which has twice the kinds.").Default("8").Int()
	weights := app.Flag("weights", "Weights (YAML) to lay over the built-in ones.").ExistingFile()
	dump := app.Flag("dump", "Print the timeline of the scenario of this name and stop.").PlaceHolder("NAME").String()
	if _, err := app.Parse(args); err != nil {
		fmt.Fprintf(stderr, "eval: %v; see eval --help\n", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, stdout, selection{*which, *seed, *each}, *weights, *dump); err != nil {
		fmt.Fprintf(stderr, "eval: %v\n", err)
		return 1
	}
	return 0
}

func run(ctx context.Context, stdout io.Writer, sel selection, weightsFile, dump string) error {
	parts, err := sel.parts()
	if err != nil {
		return err
	}
	if dump != "" {
		return dumped(stdout, parts, dump)
	}
	var weights []byte
	if weightsFile != "" {
		if weights, err = os.ReadFile(weightsFile); err != nil {
			return err
		}
	}
	judged := make([]judgement, len(parts))
	for i, p := range parts {
		if judged[i], err = judge(ctx, p, weights); err != nil {
			return err
		}
	}
	return report(stdout, judged)
}

func dumped(stdout io.Writer, parts []part, name string) error {
	for _, p := range parts {
		for _, s := range slices.Concat(p.scenarios, p.controls) {
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
	}
	return errors.New("no scenario is called " + name)
}
