package postgres

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

const (
	defaultPage = 200
	maxPage     = 1000
)

// pageSize is how many rows a page has.
func pageSize(p engine.Page) int {
	if p.Size <= 0 {
		return defaultPage
	}
	return min(p.Size, maxPage)
}

// cursor is the last row of a page: the next page begins behind it. Lists are ordered by a time and
// then by the id, both descending.
type cursor struct {
	at time.Time
	id string
}

// token writes a cursor down for the client. list names the kind of list, so that a token cannot go
// astray.
func (c cursor) token(list string) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s %d %s", list, c.at.UnixMicro(), c.id))
}

// parseCursor reads a token; no token is the beginning.
func parseCursor(list, token string) (c cursor, ok bool, err error) {
	if token == "" {
		return cursor{}, false, nil
	}
	data, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return cursor{}, false, engine.ErrPageToken
	}
	parts := strings.SplitN(string(data), " ", 3)
	if len(parts) != 3 || parts[0] != list || clean(parts[2]) != parts[2] {
		return cursor{}, false, engine.ErrPageToken
	}
	us, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return cursor{}, false, engine.ErrPageToken
	}
	return cursor{at: time.UnixMicro(us).UTC(), id: parts[2]}, true, nil
}

// conditions gathers what a query asks for, and the arguments of that.
type conditions struct {
	sql  []string
	args []any
}

// arg adds an argument and returns its placeholder.
func (c *conditions) arg(v any) string {
	c.args = append(c.args, v)
	return "$" + strconv.Itoa(len(c.args))
}

// and adds a condition; each ? in it stands for the next of the values.
func (c *conditions) and(sql string, values ...any) {
	for _, v := range values {
		sql = strings.Replace(sql, "?", c.arg(v), 1)
	}
	c.sql = append(c.sql, sql)
}

// where is all of it, joined by AND; "true" when there is nothing.
func (c *conditions) where() string {
	if len(c.sql) == 0 {
		return "true"
	}
	return strings.Join(c.sql, " AND ")
}
