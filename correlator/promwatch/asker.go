package promwatch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
)

// maxSeries bounds one answer of a Prometheus that is asked about all devices at once.
const maxSeries = 500_000

var errTooMany = fmt.Errorf("query Prometheus: it answers more than %d series: narrow them with matchers", maxSeries)

// asker asks one Prometheus.
type asker struct {
	api      promv1.API
	matchers string // as they stand in a selector
}

func newAsker(url string, transport http.RoundTripper, matchers []string) (asker, error) {
	client, err := api.NewClient(api.Config{Address: url, RoundTripper: transport})
	if err != nil {
		return asker{}, errors.New("promwatch: the URL cannot be parsed")
	}
	return asker{api: promv1.NewAPI(client), matchers: strings.Join(matchers, ",")}, nil
}

// selector is the selector of a series, narrowed by the matchers.
func (a asker) selector(name string) string { return name + "{" + a.matchers + "}" }

// ask evaluates an expression that gives a vector, at Prometheus' own time.
func (a asker) ask(ctx context.Context, query string) (model.Vector, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	value, _, _, err := a.api.Query(ctx, query, time.Time{})
	if err != nil {
		return nil, fmt.Errorf("query Prometheus: %w", err)
	}
	vector, ok := value.(model.Vector)
	switch {
	case !ok:
		return nil, fmt.Errorf("query Prometheus: the answer is a %s, not a vector", value.Type())
	case len(vector) > maxSeries:
		return nil, errTooMany
	}
	return vector, nil
}

// lookBack is how far questions reach back that must not depend on this very moment: in an outage, what is
// looked for is not there.
const lookBack = 24 * time.Hour

// overDay evaluates an expression at instants of the last day, the last of them now.
func (a asker) overDay(ctx context.Context, expression string, step time.Duration) (model.Matrix, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	now, err := prometheusTime(ctx, a.api)
	if err != nil {
		return nil, fmt.Errorf("ask Prometheus for its time: %w", err)
	}
	value, _, _, err := a.api.QueryRange(ctx, expression, promv1.Range{Start: now.Add(-lookBack), End: now, Step: step})
	if err != nil {
		return nil, fmt.Errorf("query Prometheus: %w", err)
	}
	matrix, ok := value.(model.Matrix)
	switch {
	case !ok:
		return nil, fmt.Errorf("query Prometheus: the answer is a %s, not a matrix", value.Type())
	case len(matrix) > maxSeries:
		return nil, errTooMany
	}
	return matrix, nil
}

// prometheusTime is Prometheus' own time: samples bear it, and by another clock they would be missed.
func prometheusTime(ctx context.Context, client promv1.API) (time.Time, error) {
	value, _, _, err := client.Query(ctx, "time()", time.Time{})
	if err != nil {
		return time.Time{}, err
	}
	scalar, ok := value.(*model.Scalar)
	if !ok {
		return time.Time{}, fmt.Errorf("the answer is a %s, not a scalar", value.Type())
	}
	return scalar.Timestamp.Time(), nil
}
