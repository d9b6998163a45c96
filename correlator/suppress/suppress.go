// Package suppress holds the one decision about who is told of an alert: whoever pages, Alertmanager
// through silences or the correlator itself, asks here, so that nobody is told twice and nothing
// suppressed leaks through the other.
package suppress

import (
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// Critical is the severity that a window with NotifyCritical lets through.
const Critical = "critical"

// Alert is what the decision needs of an alert.
type Alert struct {
	Device   string // may be empty
	Site     string // what an alert without a device stands for
	Severity string
	// SilencedElsewhere: Alertmanager silenced or inhibited it.
	SilencedElsewhere bool
}

// Decision is the answer.
type Decision struct {
	Suppressed bool
	// By is the window that suppresses; nil when Alertmanager does, or nobody.
	By *calendar.Window
}

// Decide says whether on-call is told of an alert at an instant. Of the windows (in the order given)
// the first that is active, covers the alert and does not let it through suppresses it. Blackouts
// suppress nothing: they are about changes, not about alerts.
func Decide(a Alert, windows []calendar.Window, g *topology.Graph, at time.Time) Decision {
	if a.SilencedElsewhere {
		return Decision{Suppressed: true}
	}
	for _, w := range windows {
		if w.Kind == calendar.Blackout || w.Status != calendar.InProgress || !w.Active(at) {
			continue
		}
		if w.NotifyCritical && a.Severity == Critical {
			continue
		}
		if g.Covers(w.Scope, a.Device, a.Site) {
			return Decision{Suppressed: true, By: &w}
		}
	}
	return Decision{}
}
