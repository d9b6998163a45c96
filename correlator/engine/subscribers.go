package engine

import (
	"context"
	"fmt"
	"maps"
)

// countSubscribers takes in how many subscribers devices usually serve. Judgements that stand are not made
// anew for it: the next one counts them.
func (r *run) countSubscribers(ctx context.Context, in SubscribersInput) error {
	known, err := r.store.Subscribers(ctx)
	if err != nil {
		return fmt.Errorf("loading the subscribers: %w", err)
	}
	counts := maps.Clone(known)
	if counts == nil {
		counts = make(map[string]int, len(in.Counts))
	}
	for device, n := range in.Counts {
		switch {
		case device == "":
			return refuse(Invalid, "name it", "subscribers of a device without a name")
		case n < 0:
			return refuse(Invalid, "send at least 0", "device %q: %d subscribers", device, n)
		case n == 0:
			delete(counts, device)
		default:
			counts[device] = n
		}
	}
	if maps.Equal(known, counts) {
		return nil
	}
	if err := r.store.SaveSubscribers(ctx, counts); err != nil {
		return fmt.Errorf("saving the subscribers: %w", err)
	}
	return nil
}
