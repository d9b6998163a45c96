package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // database/sql driver "pgx", for the migrations
	"github.com/prometheus/common/version"
	"golang.org/x/sync/errgroup"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/notify"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/postgres"
	"github.com/ispvisualmonitor/ispvisualmonitor/migrations"
)

const (
	// startAttempt bounds one attempt to bring the database up to date; others may be migrating it.
	startAttempt = 6 * time.Minute
	// startMaxPause bounds the pause between attempts.
	startMaxPause = 15 * time.Second
)

// work brings the database up to date, however long that takes, and then does all that goes on by
// itself: the roads in, the timers, the outbox.
func (s *service) work(ctx context.Context) error {
	if err := s.start(ctx); err != nil {
		return unlessDone(ctx, err)
	}
	s.started.Store(true)
	s.log.InfoContext(ctx, "Ready", slog.String("version", version.Version))
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.relay.Run(ctx) })
	group.Go(func() error { return s.db.RunTimers(ctx) })
	group.Go(func() error { return s.sources.run(ctx) })
	group.Go(func() error { return s.health.watch(ctx) })
	group.Go(func() error { return s.retention.run(ctx) })
	return group.Wait()
}

// unlessDone drops an error that only says that we were told to stop.
func unlessDone(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return nil
}

// start keeps trying: a database that is down when the service starts is an outage like any other,
// and a service that is there when it comes back is worth more than one that gave up.
func (s *service) start(ctx context.Context) error {
	pauses := backoff.NewExponentialBackOff()
	pauses.MaxInterval = startMaxPause
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		ctx, cancel := context.WithTimeout(ctx, startAttempt)
		defer cancel()
		err := s.prepare(ctx)
		if newer := new(newerSchema); errors.As(err, &newer) {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(pauses), backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, pause time.Duration) {
		s.log.ErrorContext(ctx, "Cannot work with the database yet; will try again", slog.Any("err", err), slog.Duration("pause", pause.Round(time.Millisecond)))
	}))
	return err
}

func (s *service) prepare(ctx context.Context) error {
	if err := s.migrate(ctx); err != nil {
		return err
	}
	if err := s.db.Ping(ctx); err != nil {
		return err
	}
	s.applying.Lock()
	defer s.applying.Unlock()
	return s.applyLocked(ctx, s.config) // not the first one, when a reload was quicker
}

// newerSchema says that a newer correlator has migrated the database.
type newerSchema struct{ has, knows int64 }

func (e *newerSchema) Error() string {
	return fmt.Sprintf("the database has schema version %d and this correlator knows %d: install the newer correlator, or take the migrations back with it", e.has, e.knows)
}

// migrate applies the migrations that the database does not have yet. Only that needs its owner.
func (s *service) migrate(ctx context.Context) error {
	owner, err := sql.Open("pgx", s.o.ownerURL.Reveal())
	if err != nil {
		return errors.New("the database URL of the owner cannot be read; it looks like postgres://user@host:5432/database?sslmode=verify-full")
	}
	defer owner.Close() //nolint:errcheck // nothing is pending
	has, knows, err := migrations.Version(ctx, owner)
	switch {
	case err != nil:
		return fmt.Errorf("the database cannot be reached: check that PostgreSQL runs and that the URL is right: %w", err)
	case has > knows:
		return &newerSchema{has, knows}
	case has == knows:
		return nil
	}
	_, err = migrations.Up(ctx, owner, s.log)
	return err
}

// publish adapts the publisher of webhooks to the relay: events of other kinds go nowhere yet.
func publish(publisher *notify.Publisher) postgres.Publisher {
	return func(ctx context.Context, e postgres.Event) error {
		eventType := engine.EventType(e.Type)
		if !publisher.Wants(e.Tenant, eventType) {
			return nil
		}
		var about incident.Incident
		if err := json.Unmarshal(e.Payload, &about); err != nil {
			return fmt.Errorf("read event %s: %w", e.Key, err)
		}
		return publisher.Publish(ctx, notify.Event{Tenant: e.Tenant, Key: e.Key, Type: eventType, Incident: about})
	}
}
