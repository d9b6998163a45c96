package process

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// AwaitReady asks url until it answers 200, the child ends, or ctx does.
func (p *Process) AwaitReady(ctx context.Context, url string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-p.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	policy := backoff.NewExponentialBackOff()
	policy.InitialInterval, policy.MaxInterval = 20*time.Millisecond, 250*time.Millisecond
	_, err := backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, get(ctx, url) },
		backoff.WithBackOff(policy), backoff.WithMaxElapsedTime(0))
	if err == nil {
		return nil
	}
	select {
	case <-p.done:
		return p.Err()
	default:
	}
	return fmt.Errorf("%s is not ready: %w; the end of its log:\n%s", p.spec.Name, err, p.Tail(15))
}

func get(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return backoff.Permanent(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	// Read to the end, or the connection cannot be used again.
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, response.Status)
	}
	return nil
}
