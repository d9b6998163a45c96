package collector

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// pppServices are the kinds of PPP session that RouterOS knows, the one of
// subscribers first.
var pppServices = []string{"pppoe", "l2tp", "pptp", "sstp", "ovpn", "async"}

// ppp counts subscribers' sessions: a concentrator has thousands of them, so
// the router counts and no row is read.
type ppp struct {
	family
	sessions *Metric
}

func newPPP() limited {
	c := &ppp{family: family{name: "ppp", about: "Active PPP sessions, counted by the router."}}
	c.sessions = c.gauge("active_sessions", "Active PPP sessions.", "service")
	return c
}

// Collect asks for all sessions and for those of PPPoE. Most routers have no
// others, and then two commands have told everything.
func (c *ppp) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	counts := make([]int, len(pppServices))
	var all int
	group, within := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		all, err = r.Count(within, "/ppp/active")
		return err
	})
	group.Go(func() (err error) {
		counts[0], err = r.Count(within, "/ppp/active", "?service="+pppServices[0])
		return err
	})
	err := group.Wait()
	if err == nil && all != counts[0] {
		err = c.others(ctx, r, counts)
	}
	if routeros.IsMissing(err) {
		return nil
	} else if err != nil {
		return err
	}
	for i, service := range pppServices {
		out.add(c.sessions, float64(counts[i]), service)
	}
	return nil
}

// others counts the sessions of all services but the first.
func (*ppp) others(ctx context.Context, r Router, counts []int) error {
	group, ctx := errgroup.WithContext(ctx)
	for i := 1; i < len(pppServices); i++ {
		group.Go(func() (err error) {
			counts[i], err = r.Count(ctx, "/ppp/active", "?service="+pppServices[i])
			return err
		})
	}
	return group.Wait()
}
