package postgres

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

// listenRetry is how long to wait before a lost connection is made again. What a notification would have
// said meanwhile is found by looking (Poll) all the same.
const listenRetry = 2 * time.Second

// listen sends to wake whenever somebody notifies the channel, until ctx ends. Wake-ups that are not
// taken fall together. It works on a connection of its own: a notification reaches a session, and a
// pooled one is somebody else's a moment later.
func (db *DB) listen(ctx context.Context, channel string, wake chan<- struct{}) {
	for ctx.Err() == nil {
		err := db.listenOnce(ctx, channel, wake)
		if ctx.Err() != nil {
			return
		}
		db.o.Logger.WarnContext(ctx, "Lost the connection that waits for notifications, looking at intervals until it is back",
			slog.String("channel", channel), slog.Any("err", err))
		wait(ctx, listenRetry, nil)
	}
}

func (db *DB) listenOnce(ctx context.Context, channel string, wake chan<- struct{}) error {
	conn, err := pgx.ConnectConfig(ctx, db.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
		defer cancel()
		_ = conn.Close(closing) // it only said goodbye
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
		return err
	}
	signal(wake) // what happened while nobody listened
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
		signal(wake)
	}
}

// signal wakes whoever waits, unless a wake-up is under way already.
func signal(wake chan<- struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}

// wait returns after d, at a wake-up, or when ctx ends.
func wait(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-wake:
	case <-ctx.Done():
	}
}
