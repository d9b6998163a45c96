package datasource

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/correlator"
)

const (
	// cacheFor: every panel of a dashboard asks the same annotations within a moment.
	cacheFor = 10 * time.Second
	// cacheEntries bounds the memory: at 500 annotations each, some tens of megabytes.
	cacheEntries = 128
)

// annotationCache asks the correlator for annotations, once for all who ask the same at the same time.
// Answers are the same for every user of an instance, since its token decides what may be seen.
type annotationCache struct {
	correlator *correlator.Client
	now        func() time.Time
	timeout    time.Duration
	flights    singleflight.Group

	mu      sync.Mutex
	entries map[string]cached
	// generation grows with every write, so that an answer that was under way then is not kept.
	generation int
}

type cached struct {
	answer *apiv1.ListAnnotationsResponse
	until  time.Time
}

func newAnnotationCache(c *correlator.Client, now func() time.Time, timeout time.Duration) *annotationCache {
	return &annotationCache{correlator: c, now: now, timeout: timeout, entries: map[string]cached{}}
}

// list answers the annotations of a range, which is widened to whole multiples of cacheFor so that
// panels whose ranges differ by a second share one answer. The answer must not be changed.
func (c *annotationCache) list(ctx context.Context, q query, r backend.TimeRange) (*apiv1.ListAnnotationsResponse, error) {
	from := r.From.Truncate(cacheFor)
	to := r.To.Add(cacheFor - 1).Truncate(cacheFor)
	key := cacheKey(q, from, to)

	answer, generation := c.get(key)
	if answer != nil {
		return answer, nil
	}

	// The generation is part of the flight: who asks after a write does not board one from before it.
	flight := c.flights.DoChan(strconv.Itoa(generation)+key, func() (any, error) {
		// Whoever asked first may leave; the others still wait. So the call has a time-out of its own.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.timeout)
		defer cancel()

		answer, err := c.correlator.ListAnnotations(ctx, &apiv1.ListAnnotationsRequest{
			From: timestamppb.New(from), To: timestamppb.New(to),
			Devices: q.Devices, Sites: q.Sites, Categories: q.Categories, Classes: q.classes(),
			Limit: int32(q.Limit), //nolint:gosec // bounded by parseQuery
		})
		if err != nil {
			return nil, err
		}

		c.put(key, answer, generation)

		return answer, nil
	})

	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case result := <-flight:
		if result.Err != nil {
			return nil, result.Err
		}

		answer, _ = result.Val.(*apiv1.ListAnnotationsResponse)

		return answer, nil
	}
}

// forget drops everything; called after each write, so that who planned a change sees it at once.
func (c *annotationCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()

	clear(c.entries)
	c.generation++
}

func (c *annotationCache) get(key string) (*apiv1.ListAnnotationsResponse, int) {
	c.mu.Lock()
	defer c.mu.Unlock()

	entry, ok := c.entries[key]
	if !ok || !c.now().Before(entry.until) {
		return nil, c.generation
	}

	return entry.answer, c.generation
}

func (c *annotationCache) put(key string, answer *apiv1.ListAnnotationsResponse, generation int) {
	c.mu.Lock()
	defer c.mu.Unlock()

	if generation != c.generation {
		return
	}

	now := c.now()
	if len(c.entries) >= cacheEntries {
		c.evict(now)
	}

	c.entries[key] = cached{answer: answer, until: now.Add(cacheFor)}
}

// evict makes room: what is out of date goes, and everything when nothing is.
func (c *annotationCache) evict(now time.Time) {
	for key, entry := range c.entries {
		if !now.Before(entry.until) {
			delete(c.entries, key)
		}
	}

	if len(c.entries) >= cacheEntries {
		clear(c.entries)
	}
}

// cacheKey is the same for the same question; names are quoted, as they may hold any character.
func cacheKey(q query, from, to time.Time) string {
	var b strings.Builder

	b.WriteString(strconv.FormatInt(from.Unix(), 10))
	b.WriteByte(' ')
	b.WriteString(strconv.FormatInt(to.Unix(), 10))
	b.WriteByte(' ')
	b.WriteString(strconv.Itoa(q.Limit))

	for _, list := range [][]string{{q.Subject}, q.Devices, q.Sites, q.Categories} {
		b.WriteByte('|')

		for _, name := range list {
			b.WriteString(strconv.Quote(name))
		}
	}

	return b.String()
}
