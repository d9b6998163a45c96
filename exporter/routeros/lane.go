package routeros

import "context"

// Lane is a share of a connection with a bound of its own on the commands
// under way: what takes long and can wait goes there, so that all else finds
// the connection free.
type Lane struct {
	conn  *Conn
	slots chan struct{}
}

// Lane returns a new share of the connection, for so many commands at once
// beside those that the connection's own bound allows.
func (c *Conn) Lane(bound int) *Lane {
	return &Lane{conn: c, slots: make(chan struct{}, bound)}
}

// Run is [Conn.Run] within the lane's bound.
func (l *Lane) Run(ctx context.Context, cmd Command, each func(Row) error) error {
	_, err := l.conn.run(ctx, l.slots, cmd, each)
	return err
}

// Count is [Conn.Count] within the lane's bound.
func (l *Lane) Count(ctx context.Context, menu string, query ...string) (int, error) {
	return l.conn.count(ctx, l.slots, menu, query)
}
