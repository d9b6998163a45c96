package incident

import (
	"fmt"
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

// changeText is the text of a piece of change evidence: category, device, interval, and where known
// the actor and the changed properties.
func (j Judge) changeText(w weighed) string {
	c := w.change
	text := j.changeTitle(c) + " " + between(c)
	if c.NotBefore.Before(w.onset.NotAfter) {
		before := "the first alert"
		if w.cameBack {
			before = "it came back at " + clock(w.onset.NotAfter)
		}
		text += fmt.Sprintf(", at most %s before %s", span(w.onset.NotAfter.Sub(c.NotBefore)), before)
	}
	if len(c.Summary) > 0 {
		text += ": " + strings.Join(c.Summary[:min(maxShown, len(c.Summary))], "; ")
		if more := len(c.Summary) - maxShown; more > 0 {
			text += fmt.Sprintf("; and %d more", more)
		}
	}
	return text
}

// stateText names the first alert of a kind and counts the others.
func stateText(s *scene, piece statePiece) string {
	if piece.kind == stateDependents {
		return fmt.Sprintf("deduced: it says nothing, but %s depend on it and alert", listed(s.subjects(piece.alerts)))
	}
	text := s.alerts[piece.alerts[0]].told()
	if more := len(piece.alerts) - 1; more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return text
}

// told is the alert in words.
func (o Occurrence) told() string {
	text := o.AlertName
	if about := o.about(); about != "" {
		text += " on " + about
	}
	return text + " since " + clock(o.began())
}

// about names what an alert is about as exactly as its labels do.
func (o Occurrence) about() string {
	text := o.Device
	if text == "" {
		text = o.Site
	}
	detail := o.Interface
	if detail == "" {
		detail = o.Peer
	}
	if detail != "" && text != "" {
		text += " (" + detail + ")"
	}
	return text
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

func between(c configchange.Change) string {
	from, to := c.NotBefore.UTC(), c.NotAfter.UTC()
	if from.YearDay() == to.YearDay() && from.Year() == to.Year() {
		return "between " + clock(from) + " and " + clock(to)
	}
	return "between " + from.Format(time.DateTime) + " and " + to.Format(time.DateTime)
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
