package config

// Trap is a refusal as the router words it. Category is the number that the
// API sends with it: 0 missing item or command, 1 argument value, 2 interrupted,
// 4 general failure, 5 API failure, -1 for none.
//
// Source: MikroTik's manual, "API", "Command description", `!trap`.
type Trap struct {
	Category int
	Message  string
}

func (t *Trap) Error() string { return t.Message }

// The refusals that more than one command has.
var (
	ErrNoSuchItem       = &Trap{0, "no such item"}
	ErrUnknownParameter = &Trap{0, "unknown parameter"}
)
