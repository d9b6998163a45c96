package postgres

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// zeroTime scans a timestamp into a time.Time, NULL as the zero time.
type zeroTime struct{ to *time.Time }

// ScanTimestamptz implements pgtype.TimestamptzScanner.
func (z zeroTime) ScanTimestamptz(v pgtype.Timestamptz) error {
	if v.InfinityModifier != pgtype.Finite {
		return errors.New("an infinite time where none may be")
	}
	*z.to = v.Time.UTC()
	if !v.Valid {
		*z.to = time.Time{}
	}
	return nil
}

// nullTime is the time, or NULL for the zero time.
func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// openEnd is a time that may not have come yet: nil in Go, infinity in the database, where it compares
// as one wants it to.
type openEnd struct{ to **time.Time }

// ScanTimestamptz implements pgtype.TimestamptzScanner.
func (o openEnd) ScanTimestamptz(v pgtype.Timestamptz) error {
	*o.to = nil
	if v.Valid && v.InfinityModifier == pgtype.Finite {
		t := v.Time.UTC()
		*o.to = &t
	}
	return nil
}

func endOf(t *time.Time) pgtype.Timestamptz {
	if t == nil {
		return pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}
	}
	return pgtype.Timestamptz{Time: *t, Valid: true}
}

// orNull is the text, or NULL when it is empty.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// list is the slice, never nil: an empty array is not NULL.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// jsonText is v as JSON text, NULL when it is the zero of its type.
func jsonText[T any](v *T) (*string, error) {
	if v == nil {
		return nil, nil //nolint:nilnil // NULL is the value
	}
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	text := string(data)
	return &text, nil
}

// encodeTrail writes the sightings of a run in few bytes: the first as microseconds since 1970, the others
// as the distance to the one before, all as varints. A minute apart, that is four bytes each.
func encodeTrail(t []time.Time) []byte {
	out := make([]byte, 0, 4*len(t)+8)
	last := int64(0)
	for _, at := range t {
		us := at.UnixMicro()
		out = binary.AppendVarint(out, us-last)
		last = us
	}
	return out
}

func decodeTrail(data []byte) ([]time.Time, error) {
	var out []time.Time
	last := int64(0)
	for len(data) > 0 {
		step, n := binary.Varint(data)
		if n <= 0 {
			return nil, fmt.Errorf("the trail of a run is damaged at byte %d from its end", len(data))
		}
		last += step
		out = append(out, time.UnixMicro(last).UTC())
		data = data[n:]
	}
	return out, nil
}
