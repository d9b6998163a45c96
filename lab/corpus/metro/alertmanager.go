package metro

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/corpus"
)

// firing is an alert as one Alertmanager holds it.
type firing struct {
	labels      map[string]string
	fingerprint string
	lag         string
	starts      time.Time // by Prometheus' clock
	ends        time.Time
	from, until time.Time // when Alertmanager knows of its beginning and end
}

// silence mutes the alerts of some nodes.
type silence struct {
	from, until time.Time
	nodes       []string
}

func (s silence) mutes(labels map[string]string, at time.Time) bool {
	return !at.Before(s.from) && at.Before(s.until) && slices.Contains(s.nodes, labels["device"])
}

// alertmanager is one server.
type alertmanager struct {
	groupBy             []string
	wait, every, repeat time.Duration
	most                int // max_alerts; 0: all
	silences            []silence
	started             time.Time
}

func fingerprintOf(labels map[string]string) string {
	var pairs []string
	for name, value := range labels {
		pairs = append(pairs, name+"\xff"+value)
	}
	slices.Sort(pairs)
	return digest(strings.Join(pairs, "\xfe"))[:16]
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// hold turns the occurrences that one server is sent into its alerts: those of the two Prometheus that
// overlap are one, with the earlier start.
func hold(sent []occurrence, skew time.Duration) []firing {
	sent = slices.Clone(sent)
	slices.SortStableFunc(sent, func(a, b occurrence) int { return a.fired.Compare(b.fired) })
	var out []firing
	latest := map[string]int{}
	for _, o := range sent {
		id := fingerprintOf(o.labels)
		f := firing{
			labels: o.labels, fingerprint: id, lag: o.lag,
			starts: o.fired.Add(skew), ends: o.ended.Add(skew), from: o.fired.Add(time.Second), until: o.ended.Add(max(skew, 0) + time.Second),
		}
		if i, known := latest[id]; known && !out[i].until.Before(f.from) {
			if f.until.After(out[i].until) {
				out[i].until, out[i].ends = f.until, f.ends
			}
			continue
		}
		latest[id] = len(out)
		out = append(out, f)
	}
	return out
}

// notify is what the server posts: every group after group_wait, and at each group_interval if an
// alert came or went, or after repeat_interval in any case.
func (m alertmanager) notify(r *rand.Rand, alerts []firing, end time.Time) []corpus.Line {
	groups := map[string][]firing{}
	var order []string
	for _, a := range alerts {
		var key []string
		for _, label := range m.groupBy {
			key = append(key, label+"="+a.labels[label])
		}
		k := strings.Join(key, ",")
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], a)
	}
	var out []corpus.Line
	for _, k := range order {
		out = append(out, m.flushes(r, k, groups[k], end)...)
	}
	return out
}

func (m alertmanager) flushes(r *rand.Rand, key string, alerts []firing, end time.Time) []corpus.Line {
	var out []corpus.Line
	var last struct {
		at               time.Time
		firing, resolved map[string]bool
	}
	told := map[int]bool{} // ends that the group no longer holds
	for at := alerts[0].from.Add(m.wait); at.Before(end); {
		var batch []firing
		firing, resolved := map[string]bool{}, map[string]bool{}
		held := false
		for i, a := range alerts {
			if a.from.After(at) || told[i] {
				continue
			}
			over := !a.until.After(at)
			if over {
				told[i] = true
			}
			if superseded(alerts[i+1:], a, at) {
				continue
			}
			held = held || !over
			if slices.ContainsFunc(m.silences, func(s silence) bool { return s.mutes(a.labels, at) }) {
				continue
			}
			batch = append(batch, a)
			if over {
				resolved[a.fingerprint] = true
			} else {
				firing[a.fingerprint] = true
			}
		}
		fresh := !subset(firing, last.firing) || !subset(resolved, last.resolved) && len(last.firing) > 0
		again := len(firing) > 0 && at.Sub(last.at) >= m.repeat
		if len(batch) > 0 && (fresh || again) {
			last.at, last.firing, last.resolved = at, firing, resolved
			out = append(out, m.post(r, key, batch, at)...)
		}
		at = m.following(alerts, at, held)
	}
	return out
}

// superseded: the same alert came again by then.
func superseded(later []firing, a firing, at time.Time) bool {
	return slices.ContainsFunc(later, func(b firing) bool { return b.fingerprint == a.fingerprint && !b.from.After(at) })
}

// following is when a group is looked at next. One that holds nothing more is forgotten, and begins
// again with group_wait.
func (m alertmanager) following(alerts []firing, at time.Time, held bool) time.Time {
	if !held {
		for _, a := range alerts {
			if a.from.After(at) {
				return a.from.Add(m.wait)
			}
		}
	}
	return at.Add(m.every)
}

func subset(a, b map[string]bool) bool {
	for k := range a {
		if !b[k] {
			return false
		}
	}
	return true
}

// post is a notification, and now and then the same one again because the answer was lost.
func (m alertmanager) post(r *rand.Rand, key string, batch []firing, at time.Time) []corpus.Line {
	status, cut := "resolved", 0
	slices.SortStableFunc(batch, func(a, b firing) int { return strings.Compare(a.fingerprint, b.fingerprint) })
	for _, a := range batch {
		if a.until.After(at) {
			status = "firing"
		}
	}
	if m.most > 0 && len(batch) > m.most {
		cut = len(batch) - m.most
		batch = batch[:m.most]
	}
	payloads := make([]any, 0, len(batch))
	for _, a := range batch {
		payloads = append(payloads, a.payload(at))
	}
	l := corpus.Line{At: at.Add(time.Duration(r.IntN(3000)) * time.Millisecond), Kind: "webhook", Fields: map[string]any{"body": map[string]any{
		"version": "4", "groupKey": "{}:{" + key + "}", "truncatedAlerts": cut, "status": status, "receiver": "correlator",
		"groupLabels": map[string]string{}, "commonLabels": map[string]string{}, "commonAnnotations": map[string]string{},
		"externalURL": "http://alertmanager.example", "alerts": payloads,
	}}}
	if chance(r, 0.03) {
		again := l
		again.At = again.At.Add(10 * time.Second)
		return []corpus.Line{l, again}
	}
	return []corpus.Line{l}
}

func (a firing) annotations() map[string]string {
	out := map[string]string{"summary": a.labels["alertname"]}
	if a.lag != "" {
		out["onset_lag"] = a.lag
	}
	return out
}

func (a firing) payload(at time.Time) map[string]any {
	p := map[string]any{
		"status": "firing", "labels": a.labels, "annotations": a.annotations(), "startsAt": a.starts,
		"endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://prometheus.example/graph", "fingerprint": a.fingerprint,
	}
	if !a.until.After(at) {
		p["status"], p["endsAt"] = "resolved", a.ends
	}
	return p
}

// list is what the server answers to who asks for all alerts.
func (m alertmanager) list(alerts []firing, at time.Time) corpus.Line {
	body := []any{}
	for i, a := range alerts {
		if a.from.After(at) || !a.until.After(at) || superseded(alerts[i+1:], a, at) {
			continue
		}
		status := map[string]any{"state": "active", "silencedBy": []string{}, "inhibitedBy": []string{}, "mutedBy": []string{}}
		for _, s := range m.silences {
			if s.mutes(a.labels, at) {
				status["state"], status["silencedBy"] = "suppressed", []string{"11111111-2222-3333-4444-555555555555"}
			}
		}
		body = append(body, map[string]any{
			"annotations": a.annotations(), "labels": a.labels, "fingerprint": a.fingerprint, "startsAt": a.starts,
			"endsAt": at.Add(4 * time.Minute), "updatedAt": at.Add(-20 * time.Second), "status": status,
			"receivers": []any{map[string]string{"name": "correlator"}}, "generatorURL": "http://prometheus.example/graph",
		})
	}
	return corpus.Line{At: at, Kind: "alerts", Fields: map[string]any{"body": body, "am_started_at": m.started}}
}
