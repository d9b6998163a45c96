package exporterbench

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// The budgets of a scrape.
const (
	budgetRoundTrips = 3                     // on a warm connection
	budgetSpeed      = 5                     // times as fast as any peer,
	budgetDistance   = 20 * time.Millisecond // at this distance
)

// Median is the time of a scrape in the middle of all.
func (r Round) Median() time.Duration { return quantile(r.Walls, 0.5) }

// quantile returns the smallest of sorted values that is not below a share of them.
func quantile(sorted []time.Duration, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}

// perScrape is a part of what all scrapes took.
func (r Round) perScrape(total float64) float64 { return total / float64(max(1, len(r.Walls))) }

// key says which rounds can be compared.
type key struct {
	router    string
	roundTrip time.Duration
}

// WriteTables writes a table for each router and distance, and how many times
// what ours takes the others take.
func WriteTables(out io.Writer, rounds []Round) error {
	for _, group := range grouped(rounds) {
		kind, err := KindNamed(group[0].Router)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(out, "\n%s, %v away: %s\n", kind.Name, group[0].RoundTrip, kind.About); err != nil {
			return err
		}
		if err := writeTable(out, group); err != nil {
			return err
		}
	}
	return nil
}

func grouped(rounds []Round) [][]Round {
	var keys []key
	groups := map[key][]Round{}
	for _, r := range rounds {
		k := key{r.Router, r.RoundTrip}
		if _, ok := groups[k]; !ok {
			keys = append(keys, k)
		}
		groups[k] = append(groups[k], r)
	}
	var out [][]Round
	for _, k := range keys {
		out = append(out, groups[k])
	}
	return out
}

func writeTable(out io.Writer, group []Round) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "per scrape\tscrapes\tmedian\tp95\tCPU\trouter CPU\tcommands\tlogins\tsent\treceived\tpeak memory\tmetrics\tsamples\tincomplete\t")
	for _, r := range group {
		if r.Missing != nil {
			continue
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\t%.1f\t%.2f\t%s\t%s\t%s\t%d\t%d\t%d\t\n", r.Scraper, len(r.Walls),
			short(r.Median()), short(quantile(r.Walls, 0.95)), short(time.Duration(r.perScrape(float64(r.All.CPU)))),
			short(time.Duration(r.perScrape(float64(r.All.RouterCPU)))),
			r.perScrape(float64(r.All.Wire.Commands)), r.perScrape(float64(r.All.Wire.Logins)),
			size(r.perScrape(float64(r.All.Wire.Sent))), size(r.perScrape(float64(r.All.Wire.Received))), size(float64(r.PeakMemory)),
			r.Metrics, r.Samples, r.Failed)
		once := func(what string, c Cost) {
			fmt.Fprintf(w, "%s\t\t%s\t\t%s\t%s\t%d\t%d\t%s\t%s\t\t\t\t\t\n", what, short(c.Wall), short(c.CPU), short(c.RouterCPU),
				c.Wire.Commands, c.Wire.Logins, size(float64(c.Wire.Sent)), size(float64(c.Wire.Received)))
		}
		once("its first scrape", r.First)
		if r.OwnReading.Wire.Commands > 0 {
			once("its reading of the configuration", r.OwnReading)
		}
	}
	for _, c := range comparisons(group) {
		fmt.Fprint(w, c.row())
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, r := range group {
		if r.Missing != nil {
			if _, err := fmt.Fprintf(out, "missing: %s: %v\n", r.Scraper, r.Missing); err != nil {
				return err
			}
		}
	}
	return writeUnasked(out, group)
}

// comparison is a peer beside our exporter.
type comparison struct{ our, peer Round }

// comparisons are all of a group. Where there are subscribers, peers that show
// each of them are beside ours when it does so too.
func comparisons(group []Round) []comparison {
	var out []comparison
	for _, name := range []string{Ours, OursWithSubscribers} {
		our, ok := find(group, name)
		if !ok {
			continue
		}
		for _, r := range group {
			fair := name == Ours || r.Samples >= our.Samples/2
			if r.Scraper != Ours && r.Scraper != OursWithSubscribers && r.Missing == nil && fair {
				out = append(out, comparison{our, r})
			}
		}
	}
	return out
}

// row says how many times ours the peer takes.
func (c comparison) row() string {
	times := func(theirs, ours float64) string {
		if ours == 0 {
			return ""
		}
		return fmt.Sprintf("%.1f×", theirs/ours)
	}
	part := func(of func(Round) float64) string {
		return times(c.peer.perScrape(of(c.peer)), c.our.perScrape(of(c.our)))
	}
	return fmt.Sprintf("%s / %s\t\t%s\t%s\t%s\t%s\t%s\t\t%s\t%s\t%s\t\t\t\t\n", c.peer.Scraper, c.our.Scraper,
		times(float64(c.peer.Median()), float64(c.our.Median())),
		times(float64(quantile(c.peer.Walls, 0.95)), float64(quantile(c.our.Walls, 0.95))),
		part(func(r Round) float64 { return float64(r.All.CPU) }),
		part(func(r Round) float64 { return float64(r.All.RouterCPU) }),
		part(func(r Round) float64 { return float64(r.All.Wire.Commands) }),
		part(func(r Round) float64 { return float64(r.All.Wire.Sent) }),
		part(func(r Round) float64 { return float64(r.All.Wire.Received) }),
		times(float64(c.peer.PeakMemory), float64(c.our.PeakMemory)))
}

// find returns the round of a scraper, if it has a result.
func find(group []Round, scraper string) (Round, bool) {
	i := slices.IndexFunc(group, func(r Round) bool { return r.Scraper == scraper && r.Missing == nil })
	if i < 0 {
		return Round{}, false
	}
	return group[i], true
}

// writeUnasked says which commands only one of ours and the sequential scraper
// sends: they should be few, or the two do not do the same.
func writeUnasked(out io.Writer, group []Round) error {
	our, ok := find(group, Ours)
	peer, ok2 := find(group, Sequential)
	if !ok || !ok2 {
		return nil
	}
	var alone []string
	for path := range peer.Asked {
		if our.Asked[path] == 0 {
			alone = append(alone, path)
		}
	}
	if len(alone) == 0 {
		return nil
	}
	slices.Sort(alone)
	_, err := fmt.Fprintf(out, "only the sequential scraper sends %s\n", strings.Join(alone, ", "))
	return err
}

// Figures are what a comparison comes to.
func Figures(rounds []Round) []Figure {
	var out []Figure
	for _, group := range grouped(rounds) {
		if our, ok := find(group, Ours); ok && our.RoundTrip > 0 {
			f := Figure{
				Name: fmt.Sprintf("scrape_round_trips/%s/%v", our.Router, our.RoundTrip), Unit: "round trips", Better: "lower",
				Value: float64(our.Median()) / float64(our.RoundTrip),
			}
			if our.RoundTrip == budgetDistance {
				f.Budget = some(budgetRoundTrips)
			}
			out = append(out, f)
		}
		for _, c := range comparisons(group) {
			out = append(out, c.figures()...)
		}
	}
	return out
}

// figures are those of a comparison, each with the peer's.
func (c comparison) figures() []Figure {
	of := fmt.Sprintf("/%s/%v/%s", c.our.Router, c.our.RoundTrip, c.peer.Scraper)
	if c.our.Scraper == OursWithSubscribers {
		of += "+subscribers"
	}
	figure := func(name, unit string, of func(Round) float64) Figure {
		return Figure{Name: name, Value: of(c.our), Unit: unit, Better: "lower"}.against(of(c.peer))
	}
	seconds := figure("scrape_seconds"+of, "seconds", func(r Round) float64 { return r.Median().Seconds() })
	if c.our.RoundTrip == budgetDistance {
		seconds.Budget = some(*seconds.Peer / budgetSpeed)
	}
	return []Figure{
		seconds,
		figure("scrape_cpu_seconds"+of, "seconds", func(r Round) float64 { return r.perScrape(r.All.CPU.Seconds()) }),
		figure("scrape_router_cpu_seconds"+of, "seconds", func(r Round) float64 { return r.perScrape(r.All.RouterCPU.Seconds()) }),
		figure("scrape_commands"+of, "commands", func(r Round) float64 { return r.perScrape(float64(r.All.Wire.Commands)) }),
		figure("scrape_wire_bytes"+of, "bytes", func(r Round) float64 { return r.perScrape(float64(r.All.Wire.Sent + r.All.Wire.Received)) }),
		figure("scrape_logins"+of, "logins", func(r Round) float64 { return r.perScrape(float64(r.All.Wire.Logins)) }),
		figure("peak_memory_bytes"+of, "bytes", func(r Round) float64 { return float64(r.PeakMemory) }),
	}
}

// short is a duration with three digits that matter.
func short(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	default:
		return d.Round(10 * time.Microsecond).String()
	}
}

// size is a number of bytes for people.
func size(b float64) string {
	switch {
	case b >= 10e6:
		return fmt.Sprintf("%.0f MB", b/1e6)
	case b >= 1e6:
		return fmt.Sprintf("%.1f MB", b/1e6)
	case b >= 1e3:
		return fmt.Sprintf("%.1f kB", b/1e3)
	default:
		return fmt.Sprintf("%.0f B", b)
	}
}
