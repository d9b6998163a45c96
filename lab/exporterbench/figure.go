package exporterbench

import (
	"encoding/json"
	"io"
)

// Figure is one number, as every benchmark of this project ends with.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	// Better is "lower" or "higher".
	Better string `json:"better"`
	// Budget is the value allowed, Peer the same of whom it is compared with,
	// and Ratio how many times the peer's is ours. Nil where there is none.
	Budget *float64 `json:"budget"`
	Peer   *float64 `json:"peer"`
	Ratio  *float64 `json:"ratio"`
}

// Missed says whether there is a budget and the value is not within it.
func (f Figure) Missed() bool {
	if f.Budget == nil {
		return false
	}
	if f.Better == "higher" {
		return f.Value < *f.Budget
	}
	return f.Value > *f.Budget
}

// WriteFigures writes one line for each figure.
func WriteFigures(out io.Writer, figures []Figure) error {
	encoder := json.NewEncoder(out)
	for _, f := range figures {
		if err := encoder.Encode(f); err != nil {
			return err
		}
	}
	return nil
}

func some(v float64) *float64 { return &v }

// against is a figure beside a peer's.
func (f Figure) against(peer float64) Figure {
	f.Peer = &peer
	if f.Value != 0 {
		f.Ratio = some(peer / f.Value)
	}
	return f
}
