package httpapi

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// toTime turns a timestamp that may be unset into a time that may be zero.
func toTime(ts *timestamppb.Timestamp) time.Time {
	if ts == nil {
		return time.Time{}
	}
	return ts.AsTime()
}

// fromTime turns a time that may be zero into a timestamp that may be unset.
func fromTime(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
