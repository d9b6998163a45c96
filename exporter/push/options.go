package push

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Options says where a [Pusher] brings observations, and what it may keep.
type Options struct {
	// URL is the correlator's address: https://correlator.example.net:8443.
	URL string
	// Token returns the bearer token; it is asked at each call, so that a
	// token can be replaced while the exporter runs.
	Token func() (string, error)
	// Transport carries the calls. Default: http.DefaultTransport.
	Transport http.RoundTripper
	// Exporter names this exporter among others, whose clocks differ.
	Exporter string

	// SpoolDir is the folder of the spool; it is made if need be.
	SpoolDir string
	// MaxSpool bounds the observations that wait, in bytes; the file may
	// become three times as large. Default: 256 MiB.
	MaxSpool int64
	// MaxSections bounds the configuration that goes with an observation at
	// level 2, in bytes of JSON; a larger one is left out. Default: 4 MiB.
	MaxSections int

	// CallTimeout bounds a call. Default: 30 s.
	CallTimeout time.Duration
	// MaxBackoff bounds the pause after a failure, which begins with a second
	// and grows, jittered. Default: 1 min.
	MaxBackoff time.Duration
	// FlushInterval is how long observations are gathered before they are
	// written to the spool together. Default: 250 ms.
	FlushInterval time.Duration

	// Registry gets the metrics, Logger what the operator should know.
	Registry prometheus.Registerer
	Logger   *slog.Logger
}

// What a call carries at most, in observations and in bytes before it is
// compressed: well within what a correlator takes (10,000; 20 MiB).
const (
	maxBatch      = 2000
	maxBatchBytes = 4 << 20
)

func (o Options) withDefaults() (Options, error) {
	if o.URL == "" || o.Token == nil || o.SpoolDir == "" || o.Registry == nil || o.Logger == nil {
		return o, errors.New("push: URL, Token, SpoolDir, Registry and Logger are required")
	}
	if u, err := url.Parse(o.URL); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return o, fmt.Errorf("push: url %q is no http or https address", o.URL)
	}
	o.MaxSpool = cmp.Or(o.MaxSpool, 256<<20)
	o.MaxSections = cmp.Or(o.MaxSections, 4<<20)
	o.CallTimeout = cmp.Or(o.CallTimeout, 30*time.Second)
	o.MaxBackoff = cmp.Or(o.MaxBackoff, time.Minute)
	o.FlushInterval = cmp.Or(o.FlushInterval, 250*time.Millisecond)
	if o.Transport == nil {
		o.Transport = http.DefaultTransport
	}
	return o, nil
}
