package replay

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// Options of a replay.
type Options struct {
	// DecodeWebhook and DecodeAlerts read what Alertmanager sends: the decoders that the service uses.
	DecodeWebhook func(body []byte) (engine.AlertsInput, error)
	DecodeAlerts  func(body []byte, now time.Time) ([]engine.Alert, error)
	// Weights is a weights document laid over the built-in one and over those that the timeline sets for
	// a tenant. Nil: none.
	Weights []byte
	// Logger hears of inputs that the engine refused in the state it was in. Nil: nobody does.
	Logger *slog.Logger
}

// InputError says which line of the timeline cannot be replayed, and why.
type InputError struct {
	Line int // from 1
	Err  error
}

// Error implements error.
func (e *InputError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap gives the reason.
func (e *InputError) Unwrap() error { return e.Err }

// Write replays the timeline in and writes the document to out as indented JSON. Nothing is written
// when there is an error: an *InputError when the timeline is to blame.
func Write(ctx context.Context, in io.Reader, out io.Writer, o Options) error {
	doc, err := Run(ctx, in, o)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(doc); err != nil {
		return fmt.Errorf("encoding the document: %w", err)
	}
	if _, err := out.Write(buf.Bytes()); err != nil {
		return fmt.Errorf("writing the document: %w", err)
	}
	return nil
}

// Run replays a timeline and gives the document. The error is an *InputError when the timeline is to
// blame.
func Run(ctx context.Context, in io.Reader, o Options) (Document, error) {
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	e, err := engine.New(engine.Options{Weights: o.Weights, Logger: o.Logger})
	if err != nil {
		return Document{}, err
	}
	r := &replayer{options: o, engine: e, stores: map[string]*Store{}, ids: &Sequence{}}
	lines := bufio.NewReaderSize(in, 1<<16)
	for n := 1; ; n++ {
		raw, err := lines.ReadBytes('\n')
		if text := bytes.TrimSpace(raw); len(text) > 0 {
			if err := r.line(ctx, n, text); err != nil {
				return Document{}, err
			}
		}
		if errors.Is(err, io.EOF) {
			if err := r.settle(ctx); err != nil {
				return Document{}, err
			}
			return r.document(), nil
		}
		if err != nil {
			return Document{}, fmt.Errorf("reading line %d: %w", n, err)
		}
	}
}

// replayer is one replay under way.
type replayer struct {
	options       Options
	engine        *engine.Engine
	ids           *Sequence
	stores        map[string]*Store // by tenant
	at            time.Time
	batch         batch
	notifications []notification
}

// line replays one line: time passes for every tenant, then the input arrives at its own.
func (r *replayer) line(ctx context.Context, n int, raw []byte) error {
	l, err := r.options.parseLine(raw)
	if err != nil {
		return &InputError{Line: n, Err: err}
	}
	if l.at.Before(r.at) {
		return &InputError{Line: n, Err: fmt.Errorf("time runs backwards: at is %s, the line before had %s",
			l.at.Format(time.RFC3339Nano), r.at.Format(time.RFC3339Nano))}
	}
	if r.batch.takes(l) {
		r.batch.add(l)
		return nil
	}
	if err := r.deliverBatch(ctx); err != nil {
		return err
	}
	r.at = l.at
	if l.tenant != "" && r.stores[l.tenant] == nil {
		r.stores[l.tenant] = NewStore(l.tenant, r.ids)
	}
	for _, tenant := range slices.Sorted(maps.Keys(r.stores)) {
		if err := r.apply(ctx, r.stores[tenant], engine.Tick{}); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	if _, tick := l.input.(engine.Tick); tick {
		return nil
	}
	if r.batch.begins(n, l) {
		return nil
	}
	return r.deliver(ctx, n, l.tenant, l.input)
}

// deliver lets an input arrive at its tenant. Line n is to blame when it makes no sense.
func (r *replayer) deliver(ctx context.Context, n int, tenant string, in engine.Input) error {
	err := r.apply(ctx, r.stores[tenant], in)
	refusal, refused := engine.AsRefusal(err)
	switch {
	case !refused && err != nil:
		return fmt.Errorf("line %d: %w", n, err)
	case refused && refusal.Kind == engine.Invalid:
		return &InputError{Line: n, Err: refusal}
	case refused: // right in form, but there was nothing that it could apply to
		r.options.Logger.WarnContext(ctx, "input refused", "line", n, "reason", refusal.Error())
	}
	return nil
}

// deliverBatch lets the batch at hand arrive, if there is one.
func (r *replayer) deliverBatch(ctx context.Context) error {
	b := r.batch
	r.batch = batch{}
	if len(b.in.Observations) == 0 {
		return nil
	}
	return r.deliver(ctx, b.line, b.tenant, b.in)
}

// settle judges what is still resting when the timeline ends.
func (r *replayer) settle(ctx context.Context) error {
	if err := r.deliverBatch(ctx); err != nil {
		return err
	}
	for _, tenant := range slices.Sorted(maps.Keys(r.stores)) {
		effects, err := r.engine.Settle(ctx, r.stores[tenant], r.at)
		if err != nil {
			return fmt.Errorf("after the last line: %w", err)
		}
		r.note(effects)
	}
	return nil
}

func (r *replayer) apply(ctx context.Context, s *Store, in engine.Input) error {
	effects, err := r.engine.Apply(ctx, s, r.at, in)
	r.note(effects)
	return err
}

// note keeps the notifications among the effects; the document shows everything else from the state.
func (r *replayer) note(effects []engine.Effect) {
	for _, e := range effects {
		if n := e.Notification; n != nil {
			r.notifications = append(r.notifications, notification{At: n.At.UTC(), IncidentID: n.IncidentID, Kind: n.Kind})
		}
	}
}
