// Package calendar holds planned work: change records, maintenance windows and blackout windows,
// their life cycle, and the one answer to "when was this active". Pure: the time always comes in.
package calendar

import (
	"errors"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// Kind tells the three sorts of window apart.
type Kind string

// The kinds of window.
const (
	Change      Kind = "change"      // planned work; suppresses and explains
	Maintenance Kind = "maintenance" // suppresses only
	Blackout    Kind = "blackout"    // no changes should happen
)

// Status is where a window is in its life: planned → in_progress → completed | canceled.
type Status string

// The states of a window.
const (
	Planned    Status = "planned"
	InProgress Status = "in_progress"
	Completed  Status = "completed"
	Canceled   Status = "canceled"
)

// Window is one entry of the calendar.
type Window struct {
	ID             string         `json:"id"`
	Kind           Kind           `json:"kind"`
	Title          string         `json:"title"`
	Description    string         `json:"description,omitempty"`
	Owner          string         `json:"owner,omitempty"`
	StartsAt       time.Time      `json:"starts_at"` // as planned
	EndsAt         time.Time      `json:"ends_at"`   // as planned
	Scope          topology.Scope `json:"scope"`
	NotifyCritical bool           `json:"notify_critical,omitempty"`
	Status         Status         `json:"status"`
	StartedAt      *time.Time     `json:"started_at,omitempty"` // when it really began
	EndedAt        *time.Time     `json:"ended_at,omitempty"`   // when it really ended, completed or canceled
	Revision       int64          `json:"revision"`
}

// Validate reports what makes a window unusable.
func (w Window) Validate() error {
	var errs []error
	if w.ID == "" {
		errs = append(errs, errors.New("id is missing"))
	}
	if w.StartsAt.IsZero() || w.EndsAt.IsZero() {
		errs = append(errs, errors.New("starts_at and ends_at are both needed"))
	} else if !w.EndsAt.After(w.StartsAt) {
		errs = append(errs, errors.New("ends_at must be after starts_at"))
	}
	return errors.Join(errs...)
}

// Interval is the half-open stretch [from, to) in which the window is, was or will be active. A
// window that was canceled before it began has none.
func (w Window) Interval() (from, to time.Time, ok bool) {
	from, to = w.StartsAt, w.EndsAt
	if w.StartedAt != nil {
		from = *w.StartedAt
	}
	if w.EndedAt != nil {
		to = *w.EndedAt
	}
	if w.Status == Canceled && w.StartedAt == nil {
		return from, to, false
	}
	return from, to, to.After(from)
}

// Active says whether the instant lies in the window's interval: its start does, its end does not.
func (w Window) Active(at time.Time) bool {
	from, to, ok := w.Interval()
	return ok && !at.Before(from) && at.Before(to)
}

// Overlaps says whether the window's interval shares any moment with (notBefore, notAfter], the
// form that the intervals of configuration changes have.
func (w Window) Overlaps(notBefore, notAfter time.Time) bool {
	from, to, ok := w.Interval()
	return ok && !notAfter.Before(from) && notBefore.Before(to)
}

// Advance returns the window as it stands at an instant when nobody touched it: it begins by
// itself at StartsAt and ends by itself at EndsAt.
func (w Window) Advance(at time.Time) Window {
	if w.Status == Planned && !at.Before(w.StartsAt) {
		w = w.Start(w.StartsAt)
	}
	if w.Status == InProgress && !at.Before(w.EndsAt) {
		w = w.end(w.EndsAt, Completed)
	}
	return w
}

// Start begins a planned window at an instant; on any other it changes nothing.
func (w Window) Start(at time.Time) Window {
	if w.Status == Planned {
		w.Status, w.StartedAt = InProgress, &at
		w.Revision++
	}
	return w
}

// Complete ends a window that is planned or in progress; on one that is over it changes nothing.
// One that never began is completed without ever having been active.
func (w Window) Complete(at time.Time) Window { return w.end(at, Completed) }

// Cancel ends a window early, or takes it off the calendar when it had not begun.
func (w Window) Cancel(at time.Time) Window { return w.end(at, Canceled) }

func (w Window) end(at time.Time, status Status) Window {
	if w.Status != Planned && w.Status != InProgress {
		return w
	}
	if w.StartedAt == nil && status == Completed {
		w.StartedAt = &at
	}
	w.Status, w.EndedAt = status, &at
	w.Revision++
	return w
}
