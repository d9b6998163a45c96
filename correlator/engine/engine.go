package engine

import (
	"context"
	"log/slog"
	"time"
)

// Options of an Engine.
type Options struct {
	// Weights is a weights document (YAML) laid over the built-in defaults, beneath a tenant's own.
	// Nil: the built-in weights.
	Weights []byte
	// Logger hears what operators of the service should know. Nil: nothing is logged.
	Logger *slog.Logger
}

// Engine applies inputs. It is safe for concurrent use by different tenants.
type Engine struct {
	log *slog.Logger
}

// New checks the options and returns an Engine.
func New(o Options) (*Engine, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Engine{log: o.Logger}, nil
}

// Apply fires every timer that is due by at, applies the input, and fires what that made due. It
// returns what the world must hear. A *Refusal means that the input was not applied and never will
// be (timers that were due have fired all the same, so the caller commits); any other error means
// that nothing may be committed.
func (e *Engine) Apply(ctx context.Context, store Store, at time.Time, in Input) ([]Effect, error) {
	return nil, nil
}
