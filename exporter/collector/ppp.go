package collector

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// pppServices are the kinds of PPP session that RouterOS knows.
var pppServices = []string{"pppoe", "l2tp", "pptp", "sstp", "ovpn"}

// ppp counts subscribers' sessions: a concentrator has thousands of them, so
// the router counts and no row is read.
type ppp struct{ sessions *prometheus.Desc }

func newPPP() Collector {
	return &ppp{sessions: desc("ppp", "active_sessions", "Active PPP sessions.", "service")}
}

func (*ppp) Name() string { return "ppp" }

func (c *ppp) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	counts := make([]int, len(pppServices))
	group, ctx := errgroup.WithContext(ctx)
	for i, service := range pppServices {
		group.Go(func() (err error) {
			counts[i], err = r.Count(ctx, "/ppp/active", "?service="+service)
			return err
		})
	}
	if err := group.Wait(); routeros.IsMissing(err) {
		return nil
	} else if err != nil {
		return err
	}
	for i, service := range pppServices {
		out.gauge(c.sessions, float64(counts[i]), service)
	}
	return nil
}
