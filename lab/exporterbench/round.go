package exporterbench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"
)

// Cost is what something has taken.
type Cost struct {
	// Wall is how long it took, CPU what the scraper's processes worked for it,
	// RouterCPU what the simulated router's did.
	Wall, CPU, RouterCPU time.Duration
	// Wire is what it put on the line.
	Wire Traffic
}

// Round is what one scraper did with one router at one distance.
type Round struct {
	// Scraper, Router and RoundTrip say who read what over which line.
	Scraper, Router string
	RoundTrip       time.Duration
	// Missing says why there is no result; nil if there is one.
	Missing error

	// OwnReading is what it read by itself after its start, its login included:
	// our exporter the configuration, others nothing.
	OwnReading Cost
	// First is its first scrape.
	First Cost
	// Walls is how long each of the scrapes after the first took, in order of
	// length; All is what all of them took together.
	Walls []time.Duration
	All   Cost
	// PeakMemory is the most memory that it ever held resident, in bytes.
	PeakMemory uint64
	// Metrics and Samples are in the last scrape, by name and in all, those
	// about the scraper's own process left out.
	Metrics, Samples int
	// Failed is how many scrapes said of themselves that they are not complete.
	Failed int
	// Asked is how often it sent each command, by path.
	Asked map[string]int
}

// pacing says how often a router is scraped.
type pacing struct {
	scrapes int           // at most
	limit   time.Duration // no further scrape after so long
}

// fewest is how many scrapes there are, however long they take.
const fewest = 3

// measure runs a contender against a router.
func measure(ctx context.Context, c Contender, kind Kind, router *simulated, roundTrip time.Duration, pace pacing) Round {
	r := Round{Scraper: c.Name, Router: kind.Name, RoundTrip: roundTrip}
	r.Missing = r.run(ctx, c, router, pace)
	return r
}

func (r *Round) run(ctx context.Context, c Contender, router *simulated, pace pacing) (err error) {
	dir, err := os.MkdirTemp("", "exporterbench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	line, err := NewLine(ctx, router.addresses[0], r.RoundTrip)
	if err != nil {
		return err
	}
	defer line.Close()
	program, l, err := c.start(ctx, line.Address(), dir)
	if err != nil {
		return err
	}
	defer func() {
		// How it ends is not what is measured.
		_ = program.Stop()
		if err != nil {
			err = fmt.Errorf("%w; the end of its log:\n%s", err, program.Tail(5))
		}
	}()
	m := &meter{line: line, scraper: program.PID(), router: router.process.PID()}
	if l.ownReading {
		if r.OwnReading, err = m.awaitSilence(ctx); err != nil {
			return err
		}
	}
	if r.First, err = m.during(func() error { return r.scrape(ctx, l) }); err != nil {
		return err
	}
	if r.Samples == 0 {
		return errors.New("its answer has no samples")
	}
	r.Failed = 0 // a first scrape may fail while others get ready
	started := time.Now()
	r.All, err = m.during(func() error {
		for i := range pace.scrapes {
			if i >= fewest && time.Since(started) > pace.limit {
				break
			}
			before := time.Now()
			if err := r.scrape(ctx, l); err != nil {
				return err
			}
			r.Walls = append(r.Walls, time.Since(before))
		}
		return nil
	})
	slices.Sort(r.Walls)
	r.Asked = line.Asked()
	used, usageErr := usageOf(program.PID())
	if err == nil {
		err = usageErr
	}
	r.PeakMemory = used.peak
	return err
}

// meter takes readings of what a scraper and a router use, and of the line
// between them.
type meter struct {
	line            *Line
	scraper, router int // process ids
}

// pair is the CPU time of both.
type pair struct{ scraper, router time.Duration }

func (m *meter) cpu() (pair, error) {
	scraper, err := usageOf(m.scraper)
	if err != nil {
		return pair{}, err
	}
	router, err := usageOf(m.router)
	return pair{scraper.cpu, router.cpu}, err
}

// since is the CPU time since an earlier reading.
func (m *meter) since(before pair) (Cost, error) {
	now, err := m.cpu()
	return Cost{CPU: now.scraper - before.scraper, RouterCPU: now.router - before.router}, err
}

// during measures what is done meanwhile, with what follows of it on the line.
func (m *meter) during(do func() error) (Cost, error) {
	before, err := m.cpu()
	if err != nil {
		return Cost{}, err
	}
	wire, began := m.line.Traffic(), time.Now()
	if err := do(); err != nil {
		return Cost{}, err
	}
	wall := time.Since(began)
	time.Sleep(2*m.line.roundTrip + 50*time.Millisecond)
	cost, err := m.since(before)
	cost.Wall, cost.Wire = wall, m.line.Traffic().minus(wire)
	return cost, err
}

const (
	// quiet is how long nothing crosses the line when a reading has ended.
	quiet = 2 * time.Second
	// patience bounds how long a scraper may read by itself.
	patience = 2 * time.Minute
)

// awaitSilence waits until a program that reads by itself has done so.
func (m *meter) awaitSilence(ctx context.Context) (Cost, error) {
	before, err := m.cpu()
	if err != nil {
		return Cost{}, err
	}
	var seen Traffic
	var began, last time.Time
	deadline := time.Now().Add(patience)
	for {
		select {
		case <-ctx.Done():
			return Cost{}, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
		now := time.Now()
		if traffic := m.line.Traffic(); traffic != seen {
			if seen.Connections == 0 {
				began = now
			}
			seen, last = traffic, now
		}
		if seen.Commands > 0 && m.line.Owed() == 0 && now.Sub(last) > quiet {
			cost, err := m.since(before)
			cost.Wall, cost.Wire = last.Sub(began), seen
			return cost, err
		}
		if now.After(deadline) {
			return Cost{}, fmt.Errorf("it has not read its router by itself within %v", patience)
		}
	}
}

// headers are those that Prometheus sends.
var headers = map[string]string{
	"Accept": "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5," +
		"application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3," +
		"text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
	"X-Prometheus-Scrape-Timeout-Seconds": "60",
}

// fetch scrapes a URL as Prometheus does.
func fetch(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	for name, v := range headers {
		request.Header.Set(name, v)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s: %s", url, response.Status, bytes.TrimSpace(body[:min(len(body), 300)]))
	}
	return body, nil
}

func (r *Round) scrape(ctx context.Context, l launch) error {
	body, err := fetch(ctx, http.DefaultClient, l.scrape)
	if err != nil {
		return err
	}
	r.Metrics, r.Samples = contents(body)
	if !complete(body, l.success) {
		r.Failed++
	}
	return nil
}

// about are the beginnings of metrics that speak of the scraper itself.
var about = []string{"go_", "process_", "python_", "promhttp_"}

// contents counts metrics and samples of an exposition in text format.
func contents(body []byte) (metrics, samples int) {
	names := map[string]bool{}
	for line := range lines(body) {
		if strings.HasPrefix(line, "#") || line == "" || slices.ContainsFunc(about, func(p string) bool { return strings.HasPrefix(line, p) }) {
			continue
		}
		samples++
		names[line[:max(0, strings.IndexAny(line, "{ "))]] = true
	}
	return len(names), samples
}

// complete says whether none of the metrics that tell of success is 0.
func complete(body []byte, success []string) bool {
	for line := range lines(body) {
		name, _, _ := strings.Cut(line, " ")
		name, _, _ = strings.Cut(name, "{")
		if slices.Contains(success, name) && (strings.HasSuffix(line, " 0") || strings.HasSuffix(line, " 0.0")) {
			return false
		}
	}
	return true
}

func lines(body []byte) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for s := bufio.NewScanner(bytes.NewReader(body)); s.Scan(); {
			if !yield(s.Text()) {
				return
			}
		}
	}
}
