package incident

import (
	"slices"
)

// Judged is an incident on whose cause people have spoken.
type Judged struct {
	IncidentID string
	Judgement  Judgement
	Feedback   []Feedback // oldest first
	// Categories are those of the configuration changes that the evidence speaks of, by id.
	Categories map[string]string
}

// verdict is the last word on the cause; false where there is none.
func (v Judged) verdict() (Feedback, bool) {
	if len(v.Feedback) == 0 {
		return Feedback{}, false
	}
	return v.Feedback[len(v.Feedback)-1], true
}

// Confirms says whether the last word on the incident names what the judgement found first: the device
// itself, or an end of the link, a device of the site or of the roll-out. False, too, where nobody has
// spoken or nothing was found.
func (v Judged) Confirms(j Judgement) bool {
	f, spoken := v.verdict()
	return spoken && f.Device != "" && slices.Contains(j.first().Devices, f.Device)
}

// confirmsChange says whether the last word confirms a change of the first candidate. Who names the device
// alone says nothing about that.
func (v Judged) confirmsChange(changes []Evidence) (right, said bool) {
	f, _ := v.verdict()
	switch {
	case !v.Confirms(v.Judgement):
		return false, true
	case f.Category == "":
		return false, false
	default:
		return slices.ContainsFunc(changes, func(e Evidence) bool { return v.Categories[e.ConfigChangeID] == f.Category }), true
	}
}
