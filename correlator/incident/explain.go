package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
)

// maxShown bounds the changed properties in a sentence.
const maxShown = 3

// changeTitle says who changed what, in words.
func (j Judge) changeTitle(c configchange.Change) string {
	title := j.Rules.Title(c.Category)
	text := upperFirst(title) + " configuration of " + c.Device + " was changed"
	if c.Actor != nil && c.Actor.User != "" {
		text += " by " + c.Actor.User
		if c.Actor.Address != "" {
			text += " from " + c.Actor.Address
		}
		if c.Actor.Via != "" {
			text += " via " + c.Actor.Via
		}
	}
	return text
}

func between(c configchange.Change) string {
	from, to := c.NotBefore.UTC(), c.NotAfter.UTC()
	if from.YearDay() == to.YearDay() && from.Year() == to.Year() {
		return "between " + clock(from) + " and " + clock(to)
	}
	return "between " + from.Format(time.DateTime) + " and " + to.Format(time.DateTime)
}

// changeText is the text of a piece of change evidence: category, device, interval, and where known
// the actor and the changed properties.
func (j Judge) changeText(c configchange.Change, onset Interval) string {
	text := j.changeTitle(c) + " " + between(c)
	if c.NotBefore.Before(onset.NotAfter) {
		text += fmt.Sprintf(", at most %s before the first alert", span(onset.NotAfter.Sub(c.NotBefore)))
	}
	if len(c.Summary) > 0 {
		text += ": " + strings.Join(c.Summary[:min(maxShown, len(c.Summary))], "; ")
		if more := len(c.Summary) - maxShown; more > 0 {
			text += fmt.Sprintf("; and %d more", more)
		}
	}
	return text
}

// explain is the sentence that on-call can read aloud.
func (j Judge) explain(s *scene, picks []pick, out Judgement) string {
	subjects := len(s.bySubject)
	first := s.alerts[0]
	what := fmt.Sprintf("%s on %s since %s", first.AlertName, first.about(), clock(first.StartsAt))
	if first.about() == "" {
		what = fmt.Sprintf("%s since %s", first.AlertName, clock(first.StartsAt))
	}
	if subjects > 1 {
		what = fmt.Sprintf("%d devices or sites alert, the first with %s", subjects, what)
	}
	if len(picks) == 0 {
		return what + "; nothing in the inventory could explain it."
	}
	cause := out.Candidates[0]
	text := what + "; the most likely cause is " + entity(cause)
	if out.Label != "" {
		best := cause.Evidence[slices.IndexFunc(cause.Evidence, func(e Evidence) bool { return e.Kind == EvidenceChange })]
		text += ", because the " + lowerFirst(best.Text)
	} else if len(cause.Evidence) > 0 && cause.Evidence[0].Kind == EvidenceState {
		text += " (" + cause.Evidence[0].Text + "); no configuration change before it explains this"
	} else {
		text += "; no configuration change before it explains this well"
	}
	if n := len(picks) - 1; n > 0 {
		text += fmt.Sprintf("; %d more contributing, first %s", n, entity(out.Candidates[1]))
	}
	if len(out.ProbableFixes) > 0 {
		text += "; probably repaired when the " + lowerFirst(out.ProbableFixes[0].Text)
	}
	return text + "."
}

func entity(c Candidate) string {
	switch c.Kind {
	case KindLink:
		return "the link " + c.Name
	case KindSite:
		return "the site " + c.Name + " as a whole"
	case KindRollout:
		return fmt.Sprintf("the roll-out %s on %d devices", c.Name, len(c.Devices))
	default:
		return c.Name
	}
}

// lowerFirst puts a sentence inside another one; abbreviations such as BGP stay as they are.
func lowerFirst(s string) string {
	if len(s) > 1 && s[1] >= 'A' && s[1] <= 'Z' {
		return s
	}
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(first)) + s[size:]
}

// upperFirst begins a sentence. Categories are opaque names: their first letter may have several bytes.
func upperFirst(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[size:]
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05") }

// span writes a duration as people say it.
func span(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour && d%time.Minute == 0:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	default:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
}
