// Command exporterbench measures the exporter beside other scrapers, and under
// the load of many routers. `make bench-exporter` runs its comparison.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/version"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/exporterbench"
)

func main() { os.Exit(start(os.Args[1:], os.Stdout, os.Stderr)) }

// flags are the command line.
type flags struct {
	exporter string
	verbose  bool

	peers      string
	kinds      []string
	roundTrips []time.Duration
	scrapes    int
	limit      time.Duration

	routers       int
	interval, dur time.Duration
	roundTrip     time.Duration

	kind      string
	count     int
	addresses string

	router, listen string
}

func start(args []string, stdout, stderr io.Writer) int {
	var f flags
	app := kingpin.New("exporterbench", "Measures the RouterOS exporter beside other scrapers and under load.").UsageWriter(stderr).ErrorWriter(stderr)
	app.Version(version.Print("exporterbench"))
	app.HelpFlag.Short('h')
	app.Flag("exporter", "The exporter (default: routeros_exporter beside this program).").PlaceHolder("FILE").StringVar(&f.exporter)
	app.Flag("verbose", "Tell each step.").Short('v').BoolVar(&f.verbose)

	compare := app.Command("compare", "Compare scrapers of the same simulated routers.").Default()
	compare.Flag("peers", "Other exporters: NAME=PROGRAM[,NAME=PROGRAM…]; known are nshttpd, swoga and mktxp.").StringVar(&f.peers)
	compare.Flag("router", "Routers to simulate: cpe, concentrator, edge; may be repeated. Default: all.").StringsVar(&f.kinds)
	compare.Flag("round-trip", "Round-trip times to the routers; may be repeated.").Default("0s", "20ms", "100ms").DurationListVar(&f.roundTrips)
	compare.Flag("scrapes", "Scrapes of each router at each distance by each scraper.").Default("20").IntVar(&f.scrapes)
	compare.Flag("limit", "Time after which a scraper need not scrape a router again.").Default("15s").DurationVar(&f.limit)

	fleet := app.Command("fleet", "Scrape many routers through one exporter.")
	fleet.Flag("routers", "How many.").Default("1000").IntVar(&f.routers)
	fleet.Flag("kind", "What they are: cpe, concentrator, edge.").Default("cpe").StringVar(&f.kind)
	fleet.Flag("interval", "Time between two scrapes of a router.").Default("15s").DurationVar(&f.interval)
	fleet.Flag("for", "How long.").Default("10m").DurationVar(&f.dur)
	fleet.Flag("round-trip", "Round-trip time to the routers.").Default("20ms").DurationVar(&f.roundTrip)

	// What follows is for this program itself: its parts are processes of their own.
	routers := app.Command("routers", "Simulate routers.").Hidden()
	routers.Flag("kind", "What they are.").Required().StringVar(&f.kind)
	routers.Flag("count", "How many.").Default("1").IntVar(&f.count)
	routers.Flag("addresses", "File to write their addresses to.").Required().StringVar(&f.addresses)
	sequential := app.Command("sequential", "Be the scraper that does one thing after the other.").Hidden()
	sequential.Flag("router", "Address of the router.").Required().StringVar(&f.router)
	sequential.Flag("listen", "Address to serve on.").Required().StringVar(&f.listen)

	command, err := app.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "exporterbench: %v; see exporterbench --help\n", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	logger := slog.New(slog.DiscardHandler)
	if f.verbose {
		logger = slog.New(slog.NewTextHandler(stderr, nil))
	}
	switch command {
	case compare.FullCommand():
		err = runComparison(ctx, f, logger, stdout, stderr)
	case fleet.FullCommand():
		err = runFleet(ctx, f, logger, stdout)
	case routers.FullCommand():
		err = serveRouters(ctx, f)
	case sequential.FullCommand():
		err = exporterbench.ServeSequential(ctx, f.router, f.listen)
	}
	if err != nil {
		fmt.Fprintf(stderr, "exporterbench: %v\n", err)
		return 1
	}
	return 0
}

// programs answers this program and the exporter.
func programs(f flags) (self, exporter string, err error) {
	if self, err = os.Executable(); err != nil {
		return "", "", err
	}
	exporter = f.exporter
	if exporter == "" {
		exporter = filepath.Join(filepath.Dir(self), exporterbench.Ours)
	}
	if _, err = os.Stat(exporter); err != nil {
		return "", "", fmt.Errorf("%w: `make build` makes it, or say where it is with --exporter", err)
	}
	return self, exporter, nil
}

func runComparison(ctx context.Context, f flags, logger *slog.Logger, stdout, stderr io.Writer) error {
	self, exporter, err := programs(f)
	if err != nil {
		return err
	}
	o := exporterbench.CompareOptions{
		Program: self, RoundTrips: f.roundTrips, Scrapes: f.scrapes, Limit: f.limit, Log: logger, Kinds: exporterbench.Kinds,
		Contenders: []exporterbench.Contender{
			{Name: exporterbench.Ours, Path: exporter},
			{Name: exporterbench.OursWithSubscribers, Path: exporter},
			{Name: exporterbench.Sequential, Path: self},
		},
	}
	if len(f.kinds) > 0 {
		o.Kinds = nil
	}
	for _, name := range f.kinds {
		kind, err := exporterbench.KindNamed(name)
		if err != nil {
			return err
		}
		o.Kinds = append(o.Kinds, kind)
	}
	peers, missing, err := parsePeers(f.peers)
	if err != nil {
		return err
	}
	for _, err := range missing {
		fmt.Fprintf(stdout, "missing: %v\n", err)
	}
	o.Contenders = append(o.Contenders, peers...)
	fmt.Fprintf(stderr, "%d scrapers, %d routers, %d distances: some minutes\n", len(o.Contenders), len(o.Kinds), len(o.RoundTrips))
	rounds, err := exporterbench.Compare(ctx, o)
	// What was measured before something went wrong is worth seeing.
	return errors.Join(err, exporterbench.WriteTables(stdout, rounds), writeFigures(stdout, exporterbench.Figures(rounds)))
}

// parsePeers reads NAME=PROGRAM,…; who cannot be measured is missing.
func parsePeers(text string) (peers []exporterbench.Contender, missing []error, err error) {
	for word := range strings.SplitSeq(text, ",") {
		if word == "" {
			continue
		}
		name, path, ok := strings.Cut(word, "=")
		if !ok {
			return nil, nil, fmt.Errorf("--peers: %q: want NAME=PROGRAM", word)
		}
		peer := exporterbench.Contender{Name: name, Path: path}
		if err := peer.Known(); err != nil {
			missing = append(missing, err)
			continue
		}
		peers = append(peers, peer)
	}
	return peers, missing, nil
}

func runFleet(ctx context.Context, f flags, logger *slog.Logger, stdout io.Writer) error {
	self, exporter, err := programs(f)
	if err != nil {
		return err
	}
	kind, err := exporterbench.KindNamed(f.kind)
	if err != nil {
		return err
	}
	const row = "%6s %6s %8s %9s %10s %6s %8s %6s %9s %9s %9s %7s\n"
	fmt.Fprintf(stdout, row, "minute", "cores", "routers'", "memory", "goroutines", "files", "scrapes", "failed", "median", "p99", "commands", "logins")
	result, err := exporterbench.Fleet(ctx, exporterbench.FleetOptions{
		Program: self, Exporter: exporter, Kind: kind, RoundTrip: f.roundTrip,
		Routers: f.routers, Interval: f.interval, For: f.dur, Log: logger,
		Report: func(m exporterbench.Minute) {
			fmt.Fprintf(stdout, row, fmt.Sprint(m.Number), fmt.Sprintf("%.3f", m.Cores), fmt.Sprintf("%.3f", m.RouterCores), fmt.Sprintf("%.0f MB", float64(m.Resident)/1e6),
				fmt.Sprint(m.Goroutines), fmt.Sprint(m.Files), fmt.Sprint(m.Scrapes), fmt.Sprint(m.Failed),
				m.Median.Round(100*time.Microsecond).String(), m.P99.Round(100*time.Microsecond).String(), fmt.Sprint(m.Wire.Commands), fmt.Sprint(m.Wire.Logins))
		},
	})
	if err != nil {
		return err
	}
	for _, failure := range result.Failures {
		fmt.Fprintf(stdout, "failed: %s\n", failure)
	}
	return writeFigures(stdout, result.Figures())
}

// writeFigures ends a report: what misses its budget, then all figures.
func writeFigures(stdout io.Writer, figures []exporterbench.Figure) error {
	fmt.Fprintln(stdout)
	for _, f := range figures {
		if f.Missed() {
			fmt.Fprintf(stdout, "budget missed: %s is %.3g %s, allowed are %.3g\n", f.Name, f.Value, f.Unit, *f.Budget)
		}
	}
	return exporterbench.WriteFigures(stdout, figures)
}

func serveRouters(ctx context.Context, f flags) error {
	kind, err := exporterbench.KindNamed(f.kind)
	if err != nil {
		return err
	}
	return exporterbench.Serve(ctx, exporterbench.ServeOptions{Kind: kind, Count: f.count, AddressFile: f.addresses})
}
