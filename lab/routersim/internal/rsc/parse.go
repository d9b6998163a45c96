package rsc

import (
	"fmt"
	"regexp"
	"strings"
)

// verbs are the commands that change rows, with the abbreviations that the
// console accepts and people write.
var verbs = map[string]string{
	"add": "add", "set": "set", "remove": "remove", "rem": "remove", "del": "remove",
	"enable": "enable", "disable": "disable", "move": "move", "unset": "unset",
}

var headerVersion = regexp.MustCompile(`by RouterOS (\d+\.\d+[\w.]*)`)

// Parse reads script text. known says whether a menu exists (nil: all do); it
// decides whether loose words that stand alone on a line are a relative menu
// path or the remainder of a comment that a terminal wrapped.
func Parse(text string, known func(menu string) bool) Script {
	if known == nil {
		known = func(string) bool { return true }
	}
	p := parser{known: known, menu: "/"}
	lex := lexer{src: strings.TrimPrefix(text, "\ufeff"), line: 1}
	for {
		tokens, line, broken, ok := lex.next(p.comment)
		if !ok {
			return p.script
		}
		switch {
		case broken:
			p.warn(line, "a quote or bracket opened here is never closed: the line is left out")
		case len(tokens) > 0:
			p.statement(line, tokens)
		}
	}
}

type parser struct {
	script Script
	known  func(string) bool
	menu   string // the menu that relative commands speak of
}

func (p *parser) warn(line int, format string, args ...any) {
	p.script.Warnings = append(p.script.Warnings, Warning{Line: line, Text: fmt.Sprintf(format, args...)})
}

func (p *parser) comment(text string) {
	if m := headerVersion.FindStringSubmatch(text); m != nil && p.script.Version == "" {
		p.script.Version = m[1]
	}
}

// statement splits a statement into path, verb and arguments.
func (p *parser) statement(line int, tokens []token) {
	if strings.HasPrefix(tokens[0].name, ":") || tokens[0].group != 0 || tokens[0].quoted {
		p.warn(line, "script code is not run")
		return
	}
	absolute := strings.HasPrefix(tokens[0].name, "/")
	path, verb, rest := splitPath(tokens)
	menu := p.resolve(absolute, path)
	switch {
	case verb != "":
		p.command(line, menu, verb, rest)
	case len(rest) > 0:
		p.warn(line, "%s: not a command that changes rows", menu)
	case absolute || p.known(menu):
		p.menu = menu
	default:
		p.warn(line, "%s: neither a command nor a known menu", menu)
	}
}

// splitPath takes the leading bare words up to a verb as the path.
func splitPath(tokens []token) (path []string, verb string, rest []token) {
	for i, tok := range tokens {
		if tok.op != "" || tok.quoted || tok.group != 0 || strings.HasPrefix(tok.name, "!") {
			return path, "", tokens[i:]
		}
		for _, word := range strings.Split(tok.name, "/") {
			if v, ok := verbs[word]; ok {
				return path, v, tokens[i+1:]
			}
			if word != "" {
				path = append(path, word)
			}
		}
	}
	return path, "", nil
}

func (p *parser) resolve(absolute bool, path []string) string {
	var parts []string
	if !absolute {
		parts = strings.FieldsFunc(p.menu, func(r rune) bool { return r == '/' })
	}
	for _, word := range path {
		if word != ".." {
			parts = append(parts, word)
		} else if len(parts) > 0 {
			parts = parts[:len(parts)-1]
		}
	}
	return "/" + strings.Join(parts, "/")
}

func (p *parser) command(line int, menu, verb string, tokens []token) {
	cmd := Command{Line: line, Menu: menu, Verb: verb}
	prefix := "" // what `.short` names continue
	for _, tok := range tokens {
		arg, err := p.arg(tok)
		if err != nil {
			p.warn(line, "%s %s: %v", menu, verb, err)
			return
		}
		if arg.Kind == Value {
			if strings.HasPrefix(arg.Name, ".") && prefix != "" {
				arg.Name = prefix + arg.Name
			}
			if dot := strings.LastIndexByte(arg.Name, '.'); dot > 0 {
				prefix = arg.Name[:dot]
			}
		}
		cmd.Args = append(cmd.Args, arg)
	}
	p.script.Commands = append(p.script.Commands, cmd)
}

func (p *parser) arg(tok token) (Arg, error) {
	arg := Arg{Kind: Value, Name: tok.name, Text: tok.text}
	switch {
	case tok.op != "" && tok.op != "=":
		return arg, fmt.Errorf("operator %s outside of a find expression", tok.op)
	case tok.op == "" && tok.group == 0 && !tok.quoted && len(tok.name) > 1 && tok.name[0] == '!':
		return Arg{Kind: Unset, Name: tok.name[1:]}, nil
	case tok.op == "" && tok.group == 0:
		arg.Kind = Flag
		if !tok.quoted {
			arg.Text = tok.name
		}
	case tok.op == "":
		arg.Kind = Flag
	}
	if tok.group == '[' {
		find, err := parseFind(tok.text)
		if err != nil {
			return arg, err
		}
		arg.Find, arg.Text = find, ""
	} else if tok.group != 0 && tok.op == "" {
		return arg, fmt.Errorf("an expression cannot be computed")
	}
	return arg, nil
}

// parseFind reads the inside of a `[ find … ]` expression.
func parseFind(text string) (*Find, error) {
	lex := lexer{src: text, line: 1}
	tokens, _, broken, ok := lex.next(func(string) {})
	if !ok || broken || lex.pos < len(lex.src) {
		return nil, fmt.Errorf("an expression that is not a single find")
	}
	find := &Find{}
	var path []string
	for len(tokens) > 0 && tokens[0].op == "" && !tokens[0].quoted && tokens[0].group == 0 {
		word := tokens[0].name
		tokens = tokens[1:]
		parts := strings.FieldsFunc(word, func(r rune) bool { return r == '/' })
		if n := len(parts); n > 0 && parts[n-1] == "find" {
			path = append(path, parts[:n-1]...)
			if len(path) > 0 {
				find.Menu = "/" + strings.Join(path, "/")
			}
			conditions, err := parseConditions(tokens)
			find.Conditions = conditions
			return find, err
		}
		path = append(path, parts...)
	}
	return nil, fmt.Errorf("an expression other than find cannot be computed")
}

func parseConditions(tokens []token) ([]Condition, error) {
	var out []Condition
	for _, tok := range tokens {
		switch {
		case tok.group != 0:
			return nil, fmt.Errorf("a computed find condition")
		case tok.op != "":
			out = append(out, Condition{tok.name, tok.op, tok.text})
		case tok.name == "where" || tok.name == "and" || tok.name == "&&":
		case tok.name == "or" || tok.name == "||" || tok.name == "":
			return nil, fmt.Errorf("a find condition that is not a plain conjunction")
		case strings.HasPrefix(tok.name, "!"):
			out = append(out, Condition{tok.name[1:], "=", "false"})
		default:
			out = append(out, Condition{tok.name, "=", "true"})
		}
	}
	return out, nil
}
