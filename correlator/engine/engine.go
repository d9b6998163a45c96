package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// Options of an Engine.
type Options struct {
	// Weights is a weights document (YAML) laid over the built-in defaults and over a tenant's own: what a
	// backtest tries out. Nil: none.
	Weights []byte
	// Logger hears what operators of the service should know. Nil: nothing is logged.
	Logger *slog.Logger
}

// Engine applies inputs. It is safe for concurrent use by different tenants.
type Engine struct {
	log     *slog.Logger
	weights []byte
	rules   *incident.Rules

	mu     sync.Mutex
	graphs map[string]cachedGraph   // by tenant
	parsed map[string]cachedWeights // by tenant
}

type cachedGraph struct {
	revision    int64 // of the inventory
	subscribers int64 // revision of the measured numbers
	graph       *topology.Graph
}

type cachedWeights struct {
	document string
	weights  incident.Weights
}

// New checks the options and returns an Engine.
func New(o Options) (*Engine, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	rules, err := incident.LoadRules()
	if err != nil {
		return nil, err
	}
	if _, err := incident.LoadWeights(o.Weights); err != nil {
		return nil, err
	}
	return &Engine{
		log: o.Logger, weights: o.Weights, rules: rules,
		graphs: map[string]cachedGraph{}, parsed: map[string]cachedWeights{},
	}, nil
}

// Apply fires every timer that is due by at, applies the input, and fires what that made due. It
// returns what the world must hear. A *Refusal means that the input was not applied and never will
// be (timers that were due have fired all the same, so the caller commits); any other error means
// that nothing may be committed.
func (e *Engine) Apply(ctx context.Context, store Store, at time.Time, in Input) ([]Effect, error) {
	r := &run{engine: e, store: store, works: map[string]*work{}}
	if err := r.fireTimers(ctx, at, func(t Timer) time.Time { return t.Due }); err != nil {
		return nil, fmt.Errorf("firing timers: %w", err)
	}
	r.now = at
	refusal := r.apply(ctx, in)
	if _, refused := AsRefusal(refusal); refusal != nil && !refused {
		return nil, refusal
	}
	if err := r.flush(ctx); err != nil {
		return nil, err
	}
	if err := r.fireTimers(ctx, at, func(Timer) time.Time { return at }); err != nil {
		return nil, fmt.Errorf("firing timers: %w", err)
	}
	return r.effects, refusal
}

// Settle judges every incident with a firing alert as it stands, those too that are resting between
// two judgements in a storm. A replay ends with it; a service has no need of it, since the rest is
// over within a second.
func (e *Engine) Settle(ctx context.Context, store Store, at time.Time) ([]Effect, error) {
	r := &run{engine: e, store: store, now: at, eager: true, works: map[string]*work{}}
	works, err := r.firingWorks(ctx)
	if err != nil {
		return nil, err
	}
	for _, w := range works {
		w.rescore = true
	}
	if err := r.flush(ctx); err != nil {
		return nil, err
	}
	return r.effects, nil
}

// Forget drops what is cached of a tenant. A caller whose transaction came to nothing calls it: inputs that
// were applied in it may have cached what it saved, under revisions that will be given to something else.
func (e *Engine) Forget(tenant string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.graphs, tenant)
}

// run is one Apply: what it has loaded, what it has changed, what it has to tell.
type run struct {
	engine  *Engine
	store   Store
	now     time.Time
	eager   bool // judge at once, whatever the crowd
	effects []Effect

	settings *Settings
	graph    *topology.Graph
	// graphReplaced: this input brought another inventory, so what incidents reach is found anew.
	graphReplaced bool
	weights       *incident.Weights
	works         map[string]*work // incidents in hand, by id
	order         []string         // their ids, in the order in which they were taken up
}

func (r *run) apply(ctx context.Context, in Input) error {
	switch in := in.(type) {
	case ObservationsInput:
		return r.observe(ctx, in.Observations)
	case ObservationFailedInput:
		return r.observationFailed(ctx, in)
	case AlertsInput:
		return r.hear(ctx, in.Alerts, in.Truncated, false)
	case AlertListInput:
		return r.hearList(ctx, in)
	case WindowInput:
		return r.window(ctx, in)
	case OperatorInput:
		return r.operator(ctx, in)
	case InventoryInput:
		return r.inventory(ctx, in)
	case SubscribersInput:
		return r.countSubscribers(ctx, in)
	case SettingsInput:
		return r.changeSettings(ctx, in)
	case Tick:
		return nil
	default:
		return fmt.Errorf("engine: input of unknown type %T", in)
	}
}

// tenantSettings loads the settings once.
func (r *run) tenantSettings(ctx context.Context) (Settings, error) {
	if r.settings == nil {
		s, err := r.store.Settings(ctx)
		if err != nil {
			return Settings{}, fmt.Errorf("loading settings: %w", err)
		}
		r.settings = &s
	}
	return *r.settings, nil
}

// topology gives the indexed inventory, from the engine's cache where the revision is the same.
func (r *run) topology(ctx context.Context) (*topology.Graph, error) {
	if r.graph != nil {
		return r.graph, nil
	}
	revision, err := r.store.InventoryRevision(ctx)
	if err != nil {
		return nil, fmt.Errorf("loading the inventory's revision: %w", err)
	}
	subscribers, err := r.store.SubscribersRevision(ctx)
	if err != nil {
		return nil, fmt.Errorf("loading the revision of the subscribers: %w", err)
	}
	e, tenant := r.engine, r.store.Tenant()
	e.mu.Lock()
	cached, ok := e.graphs[tenant]
	e.mu.Unlock()
	fresh := ok && cached.revision == revision && cached.subscribers == subscribers
	if !ok || cached.revision != revision {
		inv, err := r.store.Inventory(ctx)
		if err != nil {
			return nil, fmt.Errorf("loading the inventory: %w", err)
		}
		cached = cachedGraph{revision: revision, graph: topology.NewGraph(inv)}
	}
	if cached.subscribers != subscribers {
		measured, err := r.store.Subscribers(ctx)
		if err != nil {
			return nil, fmt.Errorf("loading the subscribers: %w", err)
		}
		cached.subscribers, cached.graph = subscribers, cached.graph.WithSubscribers(measured)
	}
	if !fresh {
		e.mu.Lock()
		e.graphs[tenant] = cached
		e.mu.Unlock()
	}
	r.graph = cached.graph
	return r.graph, nil
}

// judge gives the tenant's judge.
func (r *run) judge(ctx context.Context) (incident.Judge, error) {
	g, err := r.topology(ctx)
	if err != nil {
		return incident.Judge{}, err
	}
	settings, err := r.tenantSettings(ctx)
	if err != nil {
		return incident.Judge{}, err
	}
	if r.weights == nil {
		w, err := r.engine.weightsOf(r.store.Tenant(), settings.Weights)
		if err != nil {
			return incident.Judge{}, fmt.Errorf("the tenant's weights: %w", err)
		}
		r.weights = &w
	}
	return incident.Judge{Graph: g, Rules: r.engine.rules, Weights: *r.weights}, nil
}

func (e *Engine) weightsOf(tenant, document string) (incident.Weights, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if cached, ok := e.parsed[tenant]; ok && cached.document == document {
		return cached.weights, nil
	}
	w, err := incident.LoadWeights([]byte(document), e.weights)
	if err == nil {
		e.parsed[tenant] = cachedWeights{document: document, weights: w}
	}
	return w, err
}

func (r *run) emit(effect Effect) {
	effect.At = r.now
	r.effects = append(r.effects, effect)
}
