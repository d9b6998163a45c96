// Command smoke breaks the lab at random, three times by a change and once without one, and checks what
// the product says of it. It is what `make smoke` runs.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/version"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/smoke"
)

func main() { os.Exit(start(os.Args[1:], os.Stdout, os.Stderr)) }

func start(args []string, stdout, stderr io.Writer) int {
	app := kingpin.New("smoke", "Breaks the lab at random and checks what the product says of it.").UsageWriter(stderr).ErrorWriter(stderr)
	app.Version(version.Print("smoke"))
	app.HelpFlag.Short('h')
	seed := app.Flag("seed", "Where the draw begins; the same seed draws the same (default: random).").Uint64()
	runs := app.Flag("runs", "How many outages by a change.").Default("3").Int()
	controls := app.Flag("controls", "How many outages without one.").Default("1").Int()
	bin := app.Flag("bin", "Folder of the programs (default: the one of this program).").PlaceHolder("DIR").ExistingDir()
	plugin := app.Flag("plugin", "The plugin's executable (default: where `make build` leaves it).").PlaceHolder("FILE").String()
	keep := app.Flag("keep", "Keep the run directories.").Bool()
	verbose := app.Flag("verbose", "Tell each step.").Short('v').Bool()
	if _, err := app.Parse(args); err != nil {
		fmt.Fprintf(stderr, "smoke: %v; see smoke --help\n", err)
		return 2
	}
	o := smoke.Options{PluginExecutable: *plugin, Keep: *keep, Log: slog.New(slog.DiscardHandler)}
	if *verbose {
		o.Log = slog.New(slog.NewTextHandler(stderr, nil))
	}
	var err error
	if o.Bin, _, err = lab.Programs(*bin, ""); err != nil {
		fmt.Fprintf(stderr, "smoke: %v\n", err)
		return 2
	}
	if o.PluginExecutable == "" {
		o.PluginExecutable = filepath.Join(filepath.Dir(o.Bin), "grafana-plugin", "dist", "datasource",
			fmt.Sprintf("gpx_ispvisualmonitor_%s_%s", runtime.GOOS, runtime.GOARCH))
	}
	if *seed == 0 {
		*seed = rand.Uint64N(1_000_000) + 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	fmt.Fprintf(stdout, "seed %d (draw the same again: --seed=%d)\n", *seed, *seed)

	var outcomes []smoke.Outcome
	for i := range *runs + *controls {
		if ctx.Err() != nil {
			break
		}
		control := i >= *runs
		fmt.Fprintf(stdout, "run %d of %d: %s\n", i+1, *runs+*controls, kind(control))
		outcome := smoke.Run(ctx, o, *seed+uint64(i), control)
		fmt.Fprintf(stdout, "  %s\n", outcome.Scenario)
		outcomes = append(outcomes, outcome)
	}
	failed := smoke.Report(stdout, outcomes)
	if errors.Is(ctx.Err(), context.Canceled) {
		fmt.Fprintln(stderr, "smoke: interrupted")
		return 1
	}
	if failed > 0 {
		return 1
	}
	return 0
}

func kind(control bool) string {
	if control {
		return "an outage that nobody causes"
	}
	return "an outage by a change"
}
