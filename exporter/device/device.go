package device

import (
	"context"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// Device is one router in view. Make it with [New], end it with Close.
type Device struct {
	opts    Options
	session *session
	ledger  *ledger

	life context.Context // ends with Close
	end  context.CancelFunc
	wg   sync.WaitGroup

	alarm *alarm // what is to be read before its turn

	// Of the one goroutine that reads the configuration.
	bases    []basis // of the last complete reading of each category
	lastLook look
	hidden   hidden

	mu         sync.Mutex
	readings   map[string]*reading // under way, by module
	complaints complaints
	rows       map[string]int // that sections had when they were last read
}

// New returns a device. It connects when it is first asked for something.
func New(o Options) (*Device, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	d := &Device{
		opts:       o,
		ledger:     newLedger(o.Allowlist),
		alarm:      newAlarm(len(o.Allowlist.Categories) + 1),
		bases:      make([]basis, len(o.Allowlist.Categories)),
		readings:   map[string]*reading{},
		complaints: complaints{},
		rows:       map[string]int{},
	}
	d.life, d.end = context.WithCancel(context.Background())
	d.session = newSession(d.life, &d.wg, o)
	return d, nil
}

// Watch begins to read the configuration on the device's own schedule, until
// Close. It is to be called once.
func (d *Device) Watch() { d.wg.Go(d.watchConfiguration) }

// Close ends the connection and all that the device does, and waits for it.
func (d *Device) Close() {
	// Under both locks, so that nobody who saw the device alive begins
	// something after we have begun to wait.
	d.mu.Lock()
	d.session.mu.Lock()
	d.end()
	d.session.mu.Unlock()
	d.mu.Unlock()
	d.session.close()
	d.wg.Wait()
	d.session.close() // of an attempt that had just succeeded
}

// Collect reads the state of the router and returns it with what is known of
// its configuration. It returns when the context ends at the latest, with what
// there is by then; a router that cannot be read is a series that says so.
func (d *Device) Collect(ctx context.Context, m Module) []prometheus.Metric {
	r := d.read(ctx, m)
	select {
	case <-r.done:
	case <-ctx.Done():
	}
	metrics := r.snapshot(d.opts.Now())
	metrics = append(metrics, d.ledger.metrics()...)
	return append(metrics, d.connectionMetrics()...)
}

func (d *Device) connectionMetrics() []prometheus.Metric {
	logins, failures, traffic := d.session.stats()
	metrics := []prometheus.Metric{
		gauge(descListeners, float64(d.session.listeners())),
		counter(descLogins, float64(logins)),
		counter(descCommands, float64(traffic.Commands)),
		counter(descSent, float64(traffic.SentBytes)),
		counter(descReceived, float64(traffic.ReceivedBytes)),
	}
	for _, reason := range routeros.Reasons() {
		metrics = append(metrics, counter(descFailures, float64(failures[reason]), string(reason)))
	}
	return metrics
}
