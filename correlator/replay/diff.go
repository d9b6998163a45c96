package replay

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
)

// WriteDifference tells in plain text what comes out otherwise in after than in before: two documents
// of the same timeline, judged with different weights. Incidents are matched by their alerts, since
// weights decide how alerts are grouped.
func WriteDifference(out io.Writer, before, after Document) error {
	var text strings.Builder
	differ, matched := 0, map[string]bool{}
	for _, b := range before.Incidents {
		a, found := counterpart(b, after.Incidents, matched)
		if !found {
			differ++
			fmt.Fprintf(&text, "%s\n  no incident of its own any more\n", b.title())
			continue
		}
		matched[a.ID] = true
		if lines := differences(before, b, after, a); len(lines) > 0 {
			differ++
			fmt.Fprintf(&text, "%s\n  %s\n", b.title(), strings.Join(lines, "\n  "))
		}
	}
	for _, a := range after.Incidents {
		if !matched[a.ID] {
			differ++
			fmt.Fprintf(&text, "%s\n  an incident of its own now: %s\n", a.title(), a.cause())
		}
	}
	fmt.Fprintf(&text, "%d incidents differ; incidents %d → %d, labelled %d → %d, notifications %d → %d\n", differ,
		len(before.Incidents), len(after.Incidents), before.labelled(), after.labelled(), len(before.Notifications), len(after.Notifications))
	if _, err := io.WriteString(out, text.String()); err != nil {
		return fmt.Errorf("writing the difference: %w", err)
	}
	return nil
}

// counterpart is the incident that shares most alerts with another one and was not yet matched.
func counterpart(of outcome, among []outcome, taken map[string]bool) (outcome, bool) {
	mine := map[string]bool{}
	for _, a := range of.Alerts {
		mine[a.key()] = true
	}
	var best outcome
	most := 0
	for _, candidate := range among {
		shared := 0
		for _, a := range candidate.Alerts {
			if mine[a.key()] {
				shared++
			}
		}
		if shared > most && !taken[candidate.ID] {
			best, most = candidate, shared
		}
	}
	return best, most > 0
}

func (a alert) key() string { return a.Fingerprint + a.StartsAt.Format(time.RFC3339Nano) }

// worthSaying is the least difference of confidence that is told.
const worthSaying = 0.01

func differences(old Document, before outcome, fresh Document, after outcome) []string {
	var out []string
	say := func(what, from, to string) {
		if from != to {
			out = append(out, fmt.Sprintf("%s: %s → %s", what, from, to))
		}
	}
	say("cause", before.cause(), after.cause())
	say("label", deref(before.Label), deref(after.Label))
	say("change blamed", old.blamedBy(before), fresh.blamedBy(after))
	if from, to := before.confidence(), after.confidence(); math.Abs(from-to) >= worthSaying {
		say("confidence", fmt.Sprintf("%.2f", from), fmt.Sprintf("%.2f", to))
	}
	say("contributing", before.others(), after.others())
	say("alerts", fmt.Sprint(len(before.Alerts)), fmt.Sprint(len(after.Alerts)))
	return out
}

func deref(s *string) string {
	if s == nil {
		return "none"
	}
	return *s
}

// title names an incident by its first alert.
func (o outcome) title() string {
	first := slices.MinFunc(o.Alerts, func(a, b alert) int {
		return cmp.Or(a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	return fmt.Sprintf("%s: %s %s since %s", o.Tenant, first.AlertName, first.Device, first.StartsAt.Format(time.RFC3339))
}

func (o outcome) cause() string {
	if len(o.Candidates) == 0 {
		return "none"
	}
	return string(o.Candidates[0].Kind) + "/" + o.Candidates[0].Name
}

func (o outcome) confidence() float64 {
	if len(o.Candidates) == 0 {
		return 0
	}
	return o.Candidates[0].Confidence
}

// blamedBy is the change, as "device category", whose evidence weighs most for the first candidate.
func (d Document) blamedBy(o outcome) string {
	if len(o.Candidates) == 0 {
		return "none"
	}
	for _, e := range o.Candidates[0].Evidence { // best first
		for _, c := range d.ConfigChanges {
			if e.ConfigChangeID != nil && c.ID == *e.ConfigChangeID {
				return c.Device + " " + c.Category
			}
		}
	}
	return "none"
}

func (o outcome) others() string {
	var names []string
	for _, c := range o.Candidates[min(1, len(o.Candidates)):] {
		names = append(names, string(c.Kind)+"/"+c.Name)
	}
	return cmp.Or(strings.Join(names, ", "), "none")
}

func (d Document) labelled() int {
	n := 0
	for _, o := range d.Incidents {
		if o.Label != nil {
			n++
		}
	}
	return n
}
