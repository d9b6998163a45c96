// Package query evaluates the query words of the RouterOS API (`?name`,
// `?name=value`, `?#&` …): a stack machine of booleans over a row's properties.
//
// Source: MikroTik's manual, "API", "Queries".
package query

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// ErrSyntax reports a query word that the router would not understand.
var ErrSyntax = errors.New("cannot parse query")

// Query is a parsed list of query words.
type Query struct{ steps []step }

// step is one query word: a test that pushes its outcome, or operators that
// work on the stack.
type step struct {
	op        byte // '?': has, '-': has not, '=', '<', '>', '#': operators
	name      string
	value     string
	operators string
}

// Parse reads query words, each with its leading question mark. No words match
// every row.
func Parse(words []string) (*Query, error) {
	q := &Query{}
	for _, word := range words {
		body, ok := strings.CutPrefix(word, "?")
		if !ok || body == "" {
			return nil, fmt.Errorf("%w: %q", ErrSyntax, word)
		}
		s := step{op: body[0]}
		switch body[0] {
		case '#':
			s.operators = body[1:]
			if strings.Trim(s.operators, "0123456789.!&|") != "" {
				return nil, fmt.Errorf("%w: %q", ErrSyntax, word)
			}
		case '-':
			s.name = body[1:]
		case '=', '<', '>':
			s.name, s.value, ok = strings.Cut(body[1:], "=")
			if !ok {
				return nil, fmt.Errorf("%w: %q", ErrSyntax, word)
			}
		default:
			if name, value, found := strings.Cut(body, "="); found {
				s = step{op: '=', name: name, value: value}
			} else {
				s = step{op: '?', name: body}
			}
		}
		q.steps = append(q.steps, s)
	}
	return q, nil
}

// Names returns the properties that the query looks at.
func (q *Query) Names() []string {
	var names []string
	for _, s := range q.steps {
		if s.op != '#' {
			names = append(names, s.name)
		}
	}
	return names
}

// Matches says whether a row passes: get returns a property and whether the
// row has it. What is left on the stack must all be true.
func (q *Query) Matches(get func(name string) (string, bool)) bool {
	var stack []bool
	for _, s := range q.steps {
		if s.op == '#' {
			stack = operate(stack, s.operators)
			continue
		}
		stack = append(stack, test(s, get))
	}
	for _, v := range stack {
		if !v {
			return false
		}
	}
	return true
}

func test(s step, get func(string) (string, bool)) bool {
	have, ok := get(s.name)
	switch s.op {
	case '?':
		return ok
	case '-':
		return !ok
	case '=':
		return ok && (have == s.value || boolean(have) != "" && boolean(have) == boolean(s.value))
	case '<':
		return ok && compare(have, s.value) < 0
	default:
		return ok && compare(have, s.value) > 0
	}
}

// boolean reads both ways of writing a boolean, "" for anything else.
func boolean(text string) string {
	switch text {
	case "yes", "true":
		return "true"
	case "no", "false":
		return "false"
	}
	return ""
}

// compare orders numbers and addresses by value, all else as text.
func compare(a, b string) int {
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	p, errP := netip.ParseAddr(a)
	q, errQ := netip.ParseAddr(b)
	if errP == nil && errQ == nil {
		return p.Compare(q)
	}
	return strings.Compare(a, b)
}

// operate runs an operator word on the stack. An index before another operator
// pushes a copy of the value at it (0 is the top), at the end of the word it
// replaces the stack by that value; a dot after an operator copies the top. A
// stack too short for an operator counts as false.
func operate(stack []bool, operators string) []bool {
	pop := func() bool {
		if len(stack) == 0 {
			return false
		}
		v := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		return v
	}
	at := func(i int) bool { return i < len(stack) && stack[len(stack)-1-i] }
	for i := 0; i < len(operators); i++ {
		switch operators[i] {
		case '!':
			stack = append(stack, !pop())
		case '&':
			a, b := pop(), pop()
			stack = append(stack, a && b)
		case '|':
			a, b := pop(), pop()
			stack = append(stack, a || b)
		case '.':
			stack = append(stack, at(0))
		default:
			j := i
			for j < len(operators) && operators[j] >= '0' && operators[j] <= '9' {
				j++
			}
			index, err := strconv.Atoi(operators[i:j])
			value := err == nil && at(index)
			if j == len(operators) {
				return []bool{value}
			}
			stack = append(stack, value)
			if operators[j] == '.' { // only separates the index from what follows
				j++
			}
			i = j - 1
		}
	}
	return stack
}
