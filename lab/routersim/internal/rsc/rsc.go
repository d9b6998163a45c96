// Package rsc reads RouterOS script text as `/export` prints it and as people
// write it by hand: header lines, block and one-line form, `/a b c` and
// `/a/b/c` paths, continuations, quoting, `[ find … ]`.
//
// It is a reader of configuration, not an interpreter: what computes
// (`:if`, `:foreach`, variables) is reported as a warning and left out. It
// never refuses a file: every statement is either a Command or a Warning.
package rsc

// Script is what a file says.
type Script struct {
	// Version is the RouterOS version named in the header, "" without one.
	Version string
	// Commands are the configuration commands in file order.
	Commands []Command
	// Warnings are the statements that were left out, with the reason.
	Warnings []Warning
}

// Command is one configuration command.
type Command struct {
	Line int    // first line of the statement, counted from 1
	Menu string // absolute path with slashes: "/ip/address"
	Verb string // add, set, remove, enable, disable, move or unset
	Args []Arg  // in file order
}

// ArgKind tells the forms of an argument apart.
type ArgKind int

// The forms of an argument.
const (
	Value ArgKind = iota // name=value
	Flag                 // a bare word: `fib`, or the item that `set ether1` names
	Unset                // !name
)

// Arg is one argument of a command.
type Arg struct {
	Kind ArgKind
	Name string // property name; "" for a bare `[ find … ]` or a quoted word
	Text string // the value, escapes decoded; of a Flag the word itself
	Find *Find  // set when the value is a `[ find … ]` expression
}

// Find is a `[ find where … ]` expression: rows for which every condition
// holds.
type Find struct {
	Menu       string // "" for the command's own menu
	Conditions []Condition
}

// Condition compares one property. Op is "=", "!=", "~", "<" or ">".
type Condition struct {
	Name, Op, Value string
}

// Warning is a statement that was left out.
type Warning struct {
	Line int
	Text string // what was left out and why; never the statement's values
}
