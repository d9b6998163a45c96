package exporterbench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/process"
)

// FleetOptions say how many routers are scraped, how often and for how long.
type FleetOptions struct {
	// Program simulates the routers, Exporter is the program that is measured.
	Program, Exporter string
	// Kind is what all routers are, RoundTrip how far away.
	Kind      Kind
	RoundTrip time.Duration
	// Routers is how many there are.
	Routers int
	// Interval is the time between two scrapes of a router, For how long they
	// go on.
	Interval, For time.Duration
	// Report is called at the end of each minute.
	Report func(Minute)
	// Log is told what happens.
	Log *slog.Logger
}

// Minute is what was seen in one minute; the last one may be shorter.
type Minute struct {
	// Number counts from 1.
	Number int
	// Cores is the CPU time of the exporter by the time that passed,
	// RouterCores that of the simulated routers.
	Cores, RouterCores float64
	// Resident is its memory at the end, in bytes, Goroutines and Files what
	// it had then.
	Resident          uint64
	Goroutines, Files int
	// Scrapes is how many ended, Failed how many of them brought no answer or
	// one that says that it is not complete.
	Scrapes, Failed int
	// Median and P99 are of how long they took.
	Median, P99 time.Duration
	// Wire is what crossed the lines of all routers.
	Wire Traffic
}

// FleetResult is what a run came to.
type FleetResult struct {
	Minutes []Minute
	// Whole is the run as a whole, PeakMemory the most that the exporter held.
	Whole      Minute
	PeakMemory uint64
	Routers    int
	// Failures are what went wrong first, a few of them.
	Failures []string
}

// Fleet scrapes many routers through one exporter, as one Prometheus would.
func Fleet(ctx context.Context, o FleetOptions) (result FleetResult, err error) {
	result.Routers = o.Routers
	dir, err := os.MkdirTemp("", "exporterbench-*")
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	o.Log.Info("simulating", slog.Int("routers", o.Routers))
	routers, err := simulate(ctx, o.Program, o.Kind, o.Routers)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, routers.stop()) }()
	var lines []*Line
	defer func() {
		for _, l := range lines {
			l.Close()
		}
	}()
	for _, address := range routers.addresses {
		l, err := NewLine(ctx, address, o.RoundTrip)
		if err != nil {
			return result, err
		}
		lines = append(lines, l)
	}
	listen, err := freeAddress(ctx)
	if err != nil {
		return result, err
	}
	file, err := place{dir: dir}.write("exporter.yaml", fleetConfig(lines))
	if err != nil {
		return result, err
	}
	exporter, err := process.Start(process.Spec{
		Name: Ours, Path: o.Exporter, LogDir: dir, Args: []string{"--config.file=" + file, "--web.listen-address=" + listen},
	})
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, exporter.Stop()) }()
	if err := exporter.AwaitReady(ctx, "http://"+listen+"/-/ready"); err != nil {
		return result, err
	}
	run := &fleetRun{o: o, lines: lines, routers: routers, exporter: exporter, url: "http://" + listen, client: manyConnections(o.Routers)}
	if err := run.scrape(ctx, &result); err != nil {
		return result, fmt.Errorf("%w; the end of the exporter's log:\n%s", err, exporter.Tail(5))
	}
	return result, nil
}

// fleetConfig is the configuration of an exporter that reads all routers.
func fleetConfig(lines []*Line) string {
	var b strings.Builder
	b.WriteString("modules: {default: {}}\ndevices:\n")
	for i, l := range lines {
		fmt.Fprintf(&b, "  - {name: %s, address: %q, username: %s, password: %s}\n", deviceName(i), l.Address(), reader.username, reader.password)
	}
	return b.String()
}

func deviceName(i int) string { return fmt.Sprintf("ROUTER%04d", i+1) }

// manyConnections is a client that keeps as many connections as Prometheus
// would, so that none is opened for a scrape.
func manyConnections(n int) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = n, n
	return &http.Client{Transport: transport}
}

// fleetRun is a run under way.
type fleetRun struct {
	o        FleetOptions
	lines    []*Line
	routers  *simulated
	exporter *process.Process
	url      string
	client   *http.Client

	mu       sync.Mutex
	walls    []time.Duration // since the last minute's end
	failed   int
	failures []string
}

// scrape scrapes until the time is over, and reads the exporter each minute.
func (r *fleetRun) scrape(ctx context.Context, result *FleetResult) error {
	ctx, cancel := context.WithCancel(ctx)
	var scrapers sync.WaitGroup
	defer scrapers.Wait()
	defer cancel()
	began := time.Now()
	first, err := r.reading(ctx, began)
	if err != nil {
		return err
	}
	first.wire = Traffic{} // the exporter reads configurations already, and has logged in for that
	for i := range r.lines {
		// Spread over the interval, as Prometheus spreads its targets.
		offset := r.o.Interval * time.Duration(i) / time.Duration(len(r.lines))
		scrapers.Go(func() { r.keepScraping(ctx, deviceName(i), offset) })
	}
	end := began.Add(r.o.For)
	var all []time.Duration
	for last := first; last.at.Before(end); {
		next := last.at.Add(time.Minute)
		if next.After(end) {
			next = end
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.exporter.Done():
			return r.exporter.Err()
		case <-time.After(time.Until(next)):
		}
		now, err := r.reading(ctx, time.Now())
		if err != nil {
			return err
		}
		walls, failed := r.take()
		all = append(all, walls...)
		result.Whole.Failed += failed
		m := between(last, now, walls, failed)
		m.Number = len(result.Minutes) + 1
		result.Minutes = append(result.Minutes, m)
		r.o.Report(m)
		last = now
		result.Whole = between(first, now, all, result.Whole.Failed)
		result.PeakMemory = now.peak
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	result.Failures = r.failures
	return nil
}

// keepScraping scrapes one router again and again.
func (r *fleetRun) keepScraping(ctx context.Context, device string, offset time.Duration) {
	timer := time.NewTimer(offset)
	defer timer.Stop()
	for due := time.Now().Add(offset); ; {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		before := time.Now()
		body, err := fetch(ctx, r.client, r.url+"/probe?target="+device)
		if ctx.Err() != nil {
			return
		}
		if err == nil && !complete(body, []string{"routeros_up", "routeros_collector_success"}) {
			err = fmt.Errorf("%s: %s", device, complaint(body))
		}
		r.note(time.Since(before), err)
		due = due.Add(r.o.Interval)
		timer.Reset(time.Until(due))
	}
}

// complaint is the first line that says that something was not read.
func complaint(body []byte) string {
	for line := range lines(body) {
		if !complete([]byte(line), []string{"routeros_up", "routeros_collector_success"}) {
			return line
		}
	}
	return ""
}

// fewFailures is how many failures are kept.
const fewFailures = 10

func (r *fleetRun) note(wall time.Duration, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.walls = append(r.walls, wall)
	if err == nil {
		return
	}
	r.failed++
	if len(r.failures) < fewFailures {
		r.failures = append(r.failures, err.Error())
	}
}

// take returns what was noted since it was last called.
func (r *fleetRun) take() (walls []time.Duration, failed int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	walls, failed = r.walls, r.failed
	r.walls, r.failed = nil, 0
	return walls, failed
}

// reading is what the exporter has used and what the lines have carried.
type reading struct {
	usage
	routerCPU  time.Duration
	at         time.Time
	goroutines int
	wire       Traffic
}

func (r *fleetRun) reading(ctx context.Context, at time.Time) (reading, error) {
	used, err := usageOf(r.exporter.PID())
	if err != nil {
		return reading{}, err
	}
	routers, err := usageOf(r.routers.process.PID())
	if err != nil {
		return reading{}, err
	}
	now := reading{usage: used, routerCPU: routers.cpu, at: at}
	for _, l := range r.lines {
		t := l.Traffic()
		now.wire = now.wire.minus(Traffic{-t.Connections, -t.Logins, -t.Commands, -t.Sent, -t.Received})
	}
	body, err := fetch(ctx, r.client, r.url+"/metrics")
	if err != nil {
		return reading{}, err
	}
	_, after, found := bytes.Cut(body, []byte("\ngo_goroutines "))
	text, _, _ := bytes.Cut(after, []byte("\n"))
	if now.goroutines, err = strconv.Atoi(string(text)); err != nil || !found {
		return reading{}, errors.New("the exporter's metrics do not say how many goroutines it has")
	}
	return now, nil
}

// between is what happened between two readings.
func between(a, b reading, walls []time.Duration, failed int) Minute {
	slices.Sort(walls)
	return Minute{
		Cores:       (b.cpu - a.cpu).Seconds() / b.at.Sub(a.at).Seconds(),
		RouterCores: (b.routerCPU - a.routerCPU).Seconds() / b.at.Sub(a.at).Seconds(),
		Resident:    b.resident, Goroutines: b.goroutines, Files: b.files,
		Scrapes: len(walls), Failed: failed,
		Median: quantile(walls, 0.5), P99: quantile(walls, 0.99),
		Wire: b.wire.minus(a.wire),
	}
}

// The budgets of a thousand routers that are scraped every 15 s.
const (
	budgetCores  = 1
	budgetMemory = 400e6
	budgetLogins = 1 // of a router and a process
)

// Figures are what the run comes to. Growth is from the second minute, when
// everything has been read once, to the last.
func (f FleetResult) Figures() []Figure {
	at := fmt.Sprintf("/%d", f.Routers)
	out := []Figure{
		{Name: "fleet_cpu_cores" + at, Value: f.Whole.Cores, Unit: "cores", Better: "lower", Budget: some(budgetCores)},
		{Name: "fleet_peak_memory_bytes" + at, Value: float64(f.PeakMemory), Unit: "bytes", Better: "lower", Budget: some(budgetMemory)},
		{Name: "fleet_logins_per_router" + at, Value: float64(f.Whole.Wire.Logins) / float64(f.Routers), Unit: "logins", Better: "lower", Budget: some(budgetLogins)},
		{Name: "fleet_failed_scrapes" + at, Value: float64(f.Whole.Failed), Unit: "scrapes", Better: "lower"},
		{Name: "fleet_scrape_median_seconds" + at, Value: f.Whole.Median.Seconds(), Unit: "seconds", Better: "lower"},
		{Name: "fleet_scrape_p99_seconds" + at, Value: f.Whole.P99.Seconds(), Unit: "seconds", Better: "lower"},
		{Name: "fleet_commands_per_scrape" + at, Value: float64(f.Whole.Wire.Commands) / float64(max(1, f.Whole.Scrapes)), Unit: "commands", Better: "lower"},
	}
	if len(f.Minutes) < 3 {
		return out
	}
	early, late := f.Minutes[1], f.Minutes[len(f.Minutes)-1]
	for _, g := range []struct {
		name, unit string
		growth     float64
	}{
		{"cpu_cores", "cores", late.Cores - early.Cores},
		{"resident_memory_bytes", "bytes", float64(late.Resident) - float64(early.Resident)},
		{"goroutines", "goroutines", float64(late.Goroutines - early.Goroutines)},
		{"open_files", "files", float64(late.Files - early.Files)},
	} {
		out = append(out, Figure{Name: "fleet_growth_" + g.name + at, Value: g.growth, Unit: g.unit, Better: "lower"})
	}
	return out
}
