package config

import "github.com/prometheus/common/model"

// Retention says how long the past is kept. What an incident, a change or a config change knows is not
// part of it: that stays.
type Retention struct {
	// Journal is how long received inputs are kept, from which `export-timeline` writes, and the runs of
	// fingerprints behind the config changes (at least 48h of these). Default 90d; 0s keeps them for ever.
	Journal *model.Duration `yaml:"journal,omitempty"`
}

func (r *Retention) resolve() {
	if r.Journal == nil {
		journal := DefaultJournal
		r.Journal = &journal
	}
}
