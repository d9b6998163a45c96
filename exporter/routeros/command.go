package routeros

import "strings"

// Command is one request, as the words that are sent. Its tag is added when
// it is sent.
type Command []string

// Print reads the rows of a menu ("/ip/address"). Only the properties named
// are computed and sent by the router; the queries are given as the protocol
// writes them ("?disabled=false", "?#!"), and their order matters.
func Print(menu string, properties []string, query ...string) Command {
	cmd := Command{menu + "/print", "=.proplist=" + strings.Join(properties, ",")}
	return append(cmd, query...)
}

// ListenTo asks for the rows of a menu that appear, change or go, as they do:
// the command of [Conn.Listen]. The id of a row and, where it has gone, the
// mark ".dead" come with the properties.
func ListenTo(menu string, properties []string) Command {
	return Command{menu + "/listen", "=.proplist=" + strings.Join(append([]string{".id", ".dead"}, properties...), ",")}
}

// countOf asks for the number of rows that a query matches, in place of the
// rows; the router answers with it in !done.
func countOf(menu string, query ...string) Command {
	return append(Command{menu + "/print", "=count-only="}, query...)
}

// NotDynamic is the query for rows that somebody configured. It is true as
// well where a row has no property "dynamic", unlike "?dynamic=false".
func NotDynamic() []string { return []string{"?dynamic=true", "?#!"} }

// ping is a command that every router answers at once, be it with a refusal.
func ping() Command { return Print("/system/identity", []string{"name"}) }

// path is the command without attributes: they may hold what must not be
// repeated in an error.
func (c Command) path() string {
	if len(c) == 0 {
		return ""
	}
	return c[0]
}
