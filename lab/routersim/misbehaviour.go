package routersim

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Misbehaviour is what is wrong with a router, or on the way to it. The zero
// value is a router that is well.
type Misbehaviour struct {
	// Latency is added to the round trip of each command, and Jitter is the
	// most that chance adds to that.
	Latency, Jitter time.Duration
	// Loss is the share, 0 to 1, of the segments to the client that are lost.
	// TCP sends them again after Retransmit (default: 200 ms, Linux's shortest
	// time), then after twice that, and nothing overtakes them meanwhile.
	Loss       float64
	Retransmit time.Duration
	// Silent takes connections and commands, and answers none of them until it
	// is taken back.
	Silent bool
	// Vanished is a router that is gone without a word: connections stay open
	// and nobody is at their other end. When it is taken back the router knows
	// nothing of them and resets them.
	Vanished bool
	// NoCertificate is an api-ssl service without one: no handshake succeeds.
	NoCertificate bool
	// RefuseLogins refuses every user name and password.
	RefuseLogins bool
	// Cancel is what becomes of /cancel.
	Cancel Cancel
	// Menus is what is wrong with commands, by the path of their menu or of
	// the command itself ("/ip/route", "/ip/route/print"). Path [EveryMenu]
	// stands for all that are not named.
	Menus map[string]Trouble
}

// EveryMenu is the path that stands for all menus in [Misbehaviour].
const EveryMenu = "*"

// Trouble is what is wrong with the commands of one menu, or with one of them.
type Trouble struct {
	// Delay is the time before the first row, PerRow that before each other.
	Delay, PerRow time.Duration
	// HangAfter, if not zero, is after how many rows, or all if there are
	// fewer, nothing more comes until the command is cancelled. Other commands
	// go on.
	HangAfter int
	// Refuse, if not empty, is the message of the !trap that answers instead.
	Refuse string
	// Fault is what happens in the middle of the answer.
	Fault Fault
}

// Cancel is what a router does with /cancel.
type Cancel string

// What a router does with /cancel.
const (
	Obeyed  Cancel = ""       // it ends the command, as it should
	Ignored Cancel = "ignore" // it does not answer, and the command goes on
	Refused Cancel = "refuse" // it answers with a !trap, and the command goes on
)

// Fault is what happens in the middle of an answer, and with it to all that is
// on the connection.
type Fault string

// What happens in the middle of an answer.
const (
	NoFault        Fault = ""
	FaultHang      Fault = "hang"      // half of a word, and then nothing until it is taken back
	FaultReset     Fault = "reset"     // half of a word, and the connection is reset
	FaultClose     Fault = "close"     // half of a word, and the connection is closed
	FaultFatal     Fault = "fatal"     // !fatal, and the connection is closed
	FaultGarbage   Fault = "garbage"   // bytes by chance between two sentences
	FaultReserved  Fault = "reserved"  // a word's length whose first byte the protocol reserves
	FaultOversized Fault = "oversized" // a word's length of 200 MB
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Cancel) UnmarshalText(text []byte) error {
	*c = Cancel(text)
	return oneOf(*c, Obeyed, Ignored, Refused)
}

// MarshalText implements encoding.TextMarshaler.
func (c Cancel) MarshalText() ([]byte, error) { return []byte(c), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (f *Fault) UnmarshalText(text []byte) error {
	*f = Fault(text)
	return oneOf(*f, NoFault, FaultHang, FaultReset, FaultClose, FaultFatal, FaultGarbage, FaultReserved, FaultOversized)
}

// MarshalText implements encoding.TextMarshaler.
func (f Fault) MarshalText() ([]byte, error) { return []byte(f), nil }

func oneOf[T ~string](value T, known ...T) error {
	if slices.Contains(known, value) {
		return nil
	}
	return fmt.Errorf("want one of %q", known[1:])
}

// ParseMisbehaviour reads the form that people type: knobs with their values,
// separated by semicolons or line ends, those of a menu after its path.
//
//	latency=200ms; loss=0.05; silent; /ip/route delay=5s; * fault=garbage
//
// Nothing at all is a router that is well.
func ParseMisbehaviour(text string) (Misbehaviour, error) {
	m := Misbehaviour{}
	for item := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ';' || r == '\n' }) {
		item = strings.TrimSpace(item)
		path, knob, ofMenu := strings.Cut(item, " ")
		var err error
		switch ofMenu = ofMenu && (path == EveryMenu || strings.HasPrefix(path, "/")); {
		case item == "":
		case ofMenu:
			trouble := m.Menus[path]
			if err = setKnob(trouble.knobs(), knob); err == nil {
				if m.Menus == nil {
					m.Menus = map[string]Trouble{}
				}
				m.Menus[path] = trouble
			}
		default:
			err = setKnob(m.knobs(), item)
		}
		if err != nil {
			return Misbehaviour{}, fmt.Errorf("misbehaviour %q: %w", item, err)
		}
	}
	return m, m.validate()
}

func (m Misbehaviour) validate() error {
	durations := []time.Duration{m.Latency, m.Jitter, m.Retransmit}
	for _, t := range m.Menus {
		durations = append(durations, t.Delay, t.PerRow, time.Duration(t.HangAfter))
	}
	if slices.Min(durations) < 0 || !(m.Loss >= 0 && m.Loss <= 1) {
		return errors.New("misbehaviour: times and counts cannot be negative, and loss is a share from 0 to 1")
	}
	return nil
}

// String writes the form that [ParseMisbehaviour] reads.
func (m Misbehaviour) String() string {
	items := knobsSet("", m.knobs())
	for _, path := range slices.Sorted(maps.Keys(m.Menus)) {
		trouble := m.Menus[path]
		items = append(items, knobsSet(path+" ", trouble.knobs())...)
	}
	return strings.Join(items, "; ")
}

// knobs names the fields as people type them.
func (m *Misbehaviour) knobs() *flag.FlagSet {
	set := newKnobs()
	set.DurationVar(&m.Latency, "latency", m.Latency, "")
	set.DurationVar(&m.Jitter, "jitter", m.Jitter, "")
	set.Float64Var(&m.Loss, "loss", m.Loss, "")
	set.DurationVar(&m.Retransmit, "retransmit", m.Retransmit, "")
	set.BoolVar(&m.Silent, "silent", m.Silent, "")
	set.BoolVar(&m.Vanished, "vanished", m.Vanished, "")
	set.BoolVar(&m.NoCertificate, "no-certificate", m.NoCertificate, "")
	set.BoolVar(&m.RefuseLogins, "refuse-logins", m.RefuseLogins, "")
	set.TextVar(&m.Cancel, "cancel", m.Cancel, "")
	return set
}

func (t *Trouble) knobs() *flag.FlagSet {
	set := newKnobs()
	set.DurationVar(&t.Delay, "delay", t.Delay, "")
	set.DurationVar(&t.PerRow, "per-row", t.PerRow, "")
	set.IntVar(&t.HangAfter, "hang-after", t.HangAfter, "")
	set.StringVar(&t.Refuse, "refuse", t.Refuse, "")
	set.TextVar(&t.Fault, "fault", t.Fault, "")
	return set
}

func newKnobs() *flag.FlagSet {
	set := flag.NewFlagSet("", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	return set
}

// setKnob sets one from "name=value", or from the bare name of one that is
// only on or off.
func setKnob(set *flag.FlagSet, text string) error {
	name, value, given := strings.Cut(text, "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if !given {
		value = "true"
	}
	if set.Lookup(name) == nil {
		var known []string
		set.VisitAll(func(f *flag.Flag) { known = append(known, f.Name) })
		return fmt.Errorf("no knob %q, known are %s", name, strings.Join(known, ", "))
	}
	return set.Set(name, value)
}

// knobsSet lists those that differ from the zero value.
func knobsSet(prefix string, set *flag.FlagSet) []string {
	var out []string
	set.VisitAll(func(f *flag.Flag) {
		switch value := f.Value.String(); value {
		case "", "0", "0s", "false":
		case "true":
			out = append(out, prefix+f.Name)
		default:
			out = append(out, prefix+f.Name+"="+value)
		}
	})
	return out
}

// Misbehave makes the router do what it should not, from now on and also on
// connections that are open; it replaces what was wrong before, and the zero
// value makes the router well again. Commands that were held by what was wrong
// go on.
func (r *Router) Misbehave(m Misbehaviour) error {
	if err := m.validate(); err != nil {
		return fmt.Errorf("router %s: %w", r.opts.Name, err)
	}
	m.Menus = maps.Clone(m.Menus)
	if before := r.wrongs.replace(m); before.Vanished && !m.Vanished {
		r.server.resetAll() // the router that is back has not heard of them
	}
	return nil
}

// Misbehaviour returns what is wrong with the router now.
func (r *Router) Misbehaviour() Misbehaviour {
	m, _ := r.wrongs.now()
	m.Menus = maps.Clone(m.Menus)
	return m
}
