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

// asker asks one Prometheus for vectors.
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
		return nil, fmt.Errorf("query Prometheus: it answers more than %d series: narrow them with matchers", maxSeries)
	}
	return vector, nil
}

// The look back of questions that must not depend on this very moment: in an outage, what is looked for
// is not there. Between the steps nothing is looked at, so that a day costs as many samples as there are
// steps in it.
const (
	lookBack     = 24 * time.Hour
	lookBackStep = 10 * time.Minute
)

// overDay applies a function, such as "max_over_time(", to what an expression was at the steps of the last
// day; where it has begun after the last step, it gives what it is now.
func overDay(function, expression string) string {
	return fmt.Sprintf("%s(%s)[%s:%s]) or (%s)", function, expression, model.Duration(lookBack), model.Duration(lookBackStep), expression)
}
