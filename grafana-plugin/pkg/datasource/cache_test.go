package datasource_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/correlatortest"
)

const allAnnotations = `{"queryType": "annotations"}`

func asked(b testBundle, method string) int {
	n := 0

	for _, call := range b.stand.Calls() {
		if call.Method == method {
			n++
		}
	}

	return n
}

func TestAnnotationsAreAskedOnceForAPanelful(t *testing.T) {
	t.Parallel()

	b := setup(t, correlatortest.Example(now))

	for offset := range 5 {
		// Panels of a dashboard ask within a moment, their ranges a second apart.
		r := backend.TimeRange{From: lastWeek.From.Add(time.Duration(offset) * time.Second), To: lastWeek.To.Add(time.Duration(offset) * time.Second)}
		if offset == 0 {
			r.To = r.To.Add(time.Second)
		}

		require.NoError(t, ask(t, b.source, r, allAnnotations).Error)
	}

	require.Equal(t, 1, asked(b, "ListAnnotations"))

	require.NoError(t, ask(t, b.source, lastWeek, `{"queryType": "annotations", "devices": ["edge-1"]}`).Error)
	require.Equal(t, 2, asked(b, "ListAnnotations"), "another filter is another question")

	b.clock.Advance(10 * time.Second)
	require.NoError(t, ask(t, b.source, lastWeek, `{"queryType": "annotations", "devices": ["edge-1"]}`).Error)
	require.Equal(t, 3, asked(b, "ListAnnotations"), "after ten seconds it is asked again")
}

func TestFiltersThatLookAlikeAreNotMixedUp(t *testing.T) {
	t.Parallel()

	b := setup(t, correlatortest.Example(now))
	require.NoError(t, ask(t, b.source, lastWeek, `{"queryType": "annotations", "devices": ["a","b"]}`).Error)
	require.NoError(t, ask(t, b.source, lastWeek, `{"queryType": "annotations", "devices": ["a\"\"b"]}`).Error)
	require.NoError(t, ask(t, b.source, lastWeek, `{"queryType": "annotations", "sites": ["a","b"]}`).Error)
	require.Equal(t, 3, asked(b, "ListAnnotations"))
}

func TestWhatWasPlannedIsSeenAtOnce(t *testing.T) {
	t.Parallel()

	b := setup(t, correlatortest.Example(now))
	before := askFrame(t, b.source, `{"queryType": "annotations", "subject": "change"}`).Rows()

	status, _ := call(t, b.source, ada, http.MethodPost, "changes", newChange)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, before+1, askFrame(t, b.source, `{"queryType": "annotations", "subject": "change"}`).Rows())
}

// slowStand holds ListAnnotations until it is told to go on.
type slowStand struct {
	*correlatortest.Server

	entered chan struct{}
	release chan struct{}
}

func TestWhoLeavesDoesNotTakeTheAnswerFromTheOthers(t *testing.T) {
	t.Parallel()

	slow := &slowStand{
		Server:  correlatortest.New(correlatortest.Example(now), func() time.Time { return now }),
		entered: make(chan struct{}, 1), release: make(chan struct{}),
	}
	source := sourceFor(t, slow.holding(), &clock{now: now})

	first, leave := context.WithCancel(t.Context())
	query := &backend.QueryDataRequest{Queries: []backend.DataQuery{{RefID: "A", TimeRange: lastWeek, JSON: []byte(allAnnotations)}}}

	var waiting sync.WaitGroup

	answers := make([]backend.DataResponse, 2)

	for i, ctx := range []context.Context{first, t.Context()} {
		waiting.Go(func() {
			answer, err := source.QueryData(ctx, query)
			if err == nil {
				answers[i] = answer.Responses["A"]
			}
		})

		if i == 0 {
			<-slow.entered
		}
	}

	leave()
	close(slow.release)
	waiting.Wait()

	require.NoError(t, answers[1].Error)
	require.Equal(t, 9, answers[1].Frames[0].Rows())
	require.Equal(t, 1, asked(testBundle{stand: slow.Server}, "ListAnnotations"), "both had the one answer")
}

// holding wraps the handler: annotations wait.
func (s *slowStand) holding() http.Handler {
	next := s.Handler()

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ispvm.v1.AnnotationService/ListAnnotations" {
			select {
			case s.entered <- struct{}{}:
			default:
			}

			<-s.release
		}

		next.ServeHTTP(w, r)
	})
}
