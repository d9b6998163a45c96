package rsc

import "strings"

// token is one blank-separated piece of a statement.
type token struct {
	name   string // what stands before the operator, or the whole bare word
	op     string // "", "=", "!=", "~", "<" or ">"
	text   string // the decoded value, or the raw text of a group
	quoted bool   // a word that began with a quote
	group  byte   // '[', '{' or '(' when the value is such a group, else 0
}

// lexer cuts source text into statements and these into tokens.
type lexer struct {
	src    string
	pos    int
	line   int
	broken int // statements that were never closed
}

// maxBroken is how many statements may be looked for to the end of the text in
// vain. After that, quotes and brackets have to close on their own line: else
// a text of nothing but brackets would take the square of its length.
const maxBroken = 100

// stray says whether a line that ends inside a quote or bracket ends it.
func (l *lexer) stray() bool { return l.broken > maxBroken }

// next returns the tokens of the next statement and the line where it begins;
// ok is false at the end of the text. Comments are handed to onComment. A
// statement whose quote or bracket is never closed comes back with broken set:
// the lexer then goes on behind its first line, so that one stray quote does
// not swallow the rest of a file.
func (l *lexer) next(onComment func(string)) (tokens []token, line int, broken, ok bool) {
	l.skipToStatement(onComment)
	if l.pos >= len(l.src) {
		return nil, 0, false, false
	}
	start, line := l.pos, l.line
	for {
		l.skipBlanks()
		if l.pos >= len(l.src) {
			return tokens, line, false, true
		}
		switch l.src[l.pos] {
		case '#': // people write remarks behind commands, routers do not
			l.skipLine()
			return tokens, line, false, true
		case '\n', '\r', ';':
			return tokens, line, false, true
		}
		tok, closed := l.token()
		if !closed {
			l.broken++
			l.pos, l.line = start, line
			l.skipLine()
			return nil, line, true, true
		}
		tokens = append(tokens, tok)
	}
}

func (l *lexer) skipToStatement(onComment func(string)) {
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; {
		case c == '#':
			start := l.pos
			l.skipLine()
			onComment(strings.TrimSpace(l.src[start:l.pos]))
		case c == '\n':
			l.line++
			l.pos++
		case c == ' ' || c == '\t' || c == '\r' || c == ';':
			l.pos++
		case l.continuation():
		default:
			return
		}
	}
}

func (l *lexer) skipLine() {
	for l.pos < len(l.src) && l.src[l.pos] != '\n' {
		l.pos++
	}
}

func (l *lexer) skipBlanks() {
	for l.pos < len(l.src) {
		if c := l.src[l.pos]; c == ' ' || c == '\t' || c == '\r' && l.pos+1 < len(l.src) && l.src[l.pos+1] != '\n' {
			l.pos++
		} else if !l.continuation() {
			return
		}
	}
}

// continuation steps over a backslash that ends a line and over the blanks
// that begin the next one.
func (l *lexer) continuation() bool {
	rest := l.src[l.pos:]
	var n int
	switch {
	case strings.HasPrefix(rest, "\\\n"):
		n = 2
	case strings.HasPrefix(rest, "\\\r\n"):
		n = 3
	default:
		return false
	}
	l.pos += n
	l.line++
	for l.pos < len(l.src) && (l.src[l.pos] == ' ' || l.src[l.pos] == '\t') {
		l.pos++
	}
	return true
}

// token reads one token; closed is false when a quote or group never ends.
func (l *lexer) token() (tok token, closed bool) {
	switch c := l.src[l.pos]; c {
	case '"':
		text, ok := l.quoted()
		return token{text: text, quoted: true}, ok
	case '[', '{', '(':
		text, ok := l.group()
		return token{text: text, group: c}, ok
	}
	var name strings.Builder
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; {
		case endsWord(c):
			return token{name: name.String()}, true
		case c == '=' || c == '~' || c == '<' || c == '>' ||
			c == '!' && l.pos+1 < len(l.src) && l.src[l.pos+1] == '=':
			tok.op = string(c)
			if c == '!' {
				tok.op = "!="
				l.pos++
			}
			l.pos++
			tok.name = name.String()
			return tok, l.value(&tok)
		case c == '\\' && l.continuation():
		default:
			name.WriteByte(c)
			l.pos++
		}
	}
	return token{name: name.String()}, true
}

func endsWord(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ';'
}

// value reads what follows the operator.
func (l *lexer) value(tok *token) (closed bool) {
	var text strings.Builder
	first := true
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		switch {
		case c == '\\' && l.continuation():
			continue
		case endsWord(c):
			tok.text = text.String()
			return true
		case c == '"':
			part, ok := l.quoted()
			if !ok {
				return false
			}
			text.WriteString(part)
			tok.quoted = true
		case first && (c == '[' || c == '{' || c == '('):
			part, ok := l.group()
			if !ok {
				return false
			}
			text.WriteString(part)
			tok.group = c
		default:
			text.WriteByte(c)
			l.pos++
		}
		first = false
	}
	tok.text = text.String()
	return true
}

// group reads a bracketed group, nested groups and strings included, and
// returns what stands between the outer brackets.
func (l *lexer) group() (text string, closed bool) {
	closing := map[byte]byte{'[': ']', '{': '}', '(': ')'}
	stack := []byte{closing[l.src[l.pos]]}
	l.pos++
	start := l.pos
	for l.pos < len(l.src) {
		switch c := l.src[l.pos]; {
		case c == '"':
			if _, ok := l.quoted(); !ok {
				return "", false
			}
			continue
		case c == '\n':
			if l.stray() {
				return "", false
			}
			l.line++
		case c == '\\' && l.pos+1 < len(l.src):
			if l.src[l.pos+1] == '\n' {
				l.line++
			}
			l.pos++
		case c == stack[len(stack)-1]:
			if stack = stack[:len(stack)-1]; len(stack) == 0 {
				text = l.src[start:l.pos]
				l.pos++
				return text, true
			}
		case closing[c] != 0:
			stack = append(stack, closing[c])
		}
		l.pos++
	}
	return "", false
}

// quoted reads a quoted string and decodes its escapes.
func (l *lexer) quoted() (text string, closed bool) {
	var b strings.Builder
	l.pos++
	for l.pos < len(l.src) {
		c := l.src[l.pos]
		switch {
		case c == '"':
			l.pos++
			return b.String(), true
		case c == '\\' && l.continuation():
		case c == '\\' && l.pos+1 < len(l.src):
			l.escape(&b)
		default:
			if c == '\n' {
				if l.stray() {
					return "", false
				}
				l.line++
			}
			b.WriteByte(c)
			l.pos++
		}
	}
	return "", false
}

// escape decodes one escape: a control letter, two upper-case hex digits, or
// the character itself. Source: MikroTik's manual, "Scripting", "Constant
// Escape Sequences".
func (l *lexer) escape(b *strings.Builder) {
	const upperHex = "0123456789ABCDEF"
	c := l.src[l.pos+1]
	if hi := strings.IndexByte(upperHex, c); hi >= 0 && l.pos+2 < len(l.src) {
		if lo := strings.IndexByte(upperHex, l.src[l.pos+2]); lo >= 0 {
			b.WriteByte(byte(hi<<4 | lo))
			l.pos += 3
			return
		}
	}
	switch c {
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case 't':
		b.WriteByte('\t')
	case 'a':
		b.WriteByte('\a')
	case 'b':
		b.WriteByte('\b')
	case 'f':
		b.WriteByte('\f')
	case 'v':
		b.WriteByte('\v')
	case '_':
		b.WriteByte(' ')
	case '"', '\\', '$', '?':
		b.WriteByte(c)
	default:
		b.WriteByte('\\')
		b.WriteByte(c)
	}
	l.pos += 2
}
