package engine

import (
	"slices"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// This file keeps an operator's word: what was split stays split. Two incidents that were split are
// never merged by themselves, whatever either has become part of since, and an alert that was split off
// follows its own incident (rule a) and never joins the other one as a consequence (b) or by a common
// cause (c). Only an operator's merging takes that back.

// parted says whether an operator split one of the incidents from the other, or from something that was
// merged into it.
func parted(a, b *work) bool {
	return isNamed(a.inc.Apart, b.inc) || isNamed(b.inc.Apart, a.inc)
}

func isNamed(ids []string, inc incident.Incident) bool {
	return slices.ContainsFunc(ids, func(id string) bool { return isPart(id, inc) })
}

// isPart says whether an id is the incident's, or that of one that was merged into it.
func isPart(id string, inc incident.Incident) bool {
	return id == inc.ID || slices.Contains(inc.MergedFrom, id)
}

// forgetSplit takes back that two incidents are apart.
func forgetSplit(a, b *work) {
	a.inc.Apart = slices.DeleteFunc(a.inc.Apart, func(id string) bool { return isPart(id, b.inc) })
	b.inc.Apart = slices.DeleteFunc(b.inc.Apart, func(id string) bool { return isPart(id, a.inc) })
}

// splits are what operators have split, as far as it matters to new alerts. Mostly that is nothing.
type splits struct {
	own     map[string]*work // by alert fingerprint: the incident of its newest occurrence, where that is apart from another
	divided []*work          // incidents near by that are apart from others
}

func (r *run) splits(near []*work, newest map[string]incident.Occurrence) splits {
	var s splits
	for fingerprint, o := range newest {
		if w := r.works[o.IncidentID]; w != nil && len(w.inc.Apart) > 0 {
			if s.own == nil {
				s.own = map[string]*work{}
			}
			s.own[fingerprint] = w
		}
	}
	for _, w := range near {
		if len(w.inc.Apart) > 0 {
			s.divided = append(s.divided, w)
		}
	}
	return s
}

// bar says whether a split keeps a new alert out of an incident: its own incident was split from that
// one, or the operator put the other alerts of its device into an incident apart.
func (s splits) bar(o incident.Occurrence, w *work) bool {
	if own := s.own[o.Fingerprint]; own != nil && own != w && parted(own, w) {
		return true
	}
	return len(s.divided) > 0 && !holds(w, o.Subject()) && slices.ContainsFunc(s.divided, func(other *work) bool {
		return other != w && holds(other, o.Subject()) && parted(other, w)
	})
}

func holds(w *work, subject string) bool {
	return slices.ContainsFunc(w.occurrences, func(o incident.Occurrence) bool { return o.Subject() == subject })
}

// home is the incident among several, apart from each other, that an alert may join: the one that has
// alerts of the same device, else the oldest. Nil: none.
func (s splits) home(o incident.Occurrence, among []*work) *work {
	var first *work
	for _, w := range among {
		switch {
		case s.bar(o, w):
		case len(among) > 1 && holds(w, o.Subject()):
			return w
		case first == nil:
			first = w
		}
	}
	return first
}

// inherit keeps apart in a new incident what an operator split before: the incident that an alert opens
// is apart from whatever its last one, or the one of its device near by, was split from.
func (s splits) inherit(w *work, o incident.Occurrence) {
	from := s.own[o.Fingerprint]
	w.keepApart(from)
	for _, other := range s.divided {
		if other != from && holds(other, o.Subject()) {
			w.keepApart(other)
		}
	}
}

// keepApart keeps the incident apart from all that another one is apart from.
func (w *work) keepApart(as *work) {
	if as == nil || as == w {
		return
	}
	for _, id := range as.inc.Apart {
		if !isPart(id, w.inc) && !slices.Contains(w.inc.Apart, id) {
			w.inc.Apart, w.dirty = append(w.inc.Apart, id), true
		}
	}
}
