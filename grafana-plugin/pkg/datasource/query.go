package datasource

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// What a query asks for (queryType).
const (
	typeAnnotations = "annotations"
	typeTable       = "table"
	typeCount       = "count"
)

// What a query is about (subject); the first three are the classes of annotations.
const (
	subjectChange       = "change"
	subjectConfigChange = "config_change"
	subjectIncident     = "incident"
	subjectDevice       = "device"
)

// Limits of one answer.
const (
	maxAnnotations = 500
	defaultRows    = 1000
	maxRows        = 10000
)

// query is one query as the editor writes it.
type query struct {
	// QueryType: annotations, table or count.
	QueryType string `json:"queryType"`
	// Subject: change, config_change, incident or device; empty for annotations of every class.
	Subject string `json:"subject"`
	// Devices, Sites: a union; empty for all.
	Devices []string `json:"devices"`
	Sites   []string `json:"sites"`
	// Categories: of config changes; empty for all.
	Categories []string `json:"categories"`
	// Statuses: of changes (planned, in_progress, completed, canceled) or incidents (open, closed).
	Statuses []string `json:"statuses"`
	// UnplannedOnly: only config changes outside every change record.
	UnplannedOnly bool `json:"unplannedOnly"`
	// Limit: how many rows or annotations at most. Default 1000 rows, 500 annotations.
	Limit int `json:"limit"`
}

// parseQuery reads and checks one query; what is wrong is for the user of the editor.
func parseQuery(asked backend.DataQuery) (query, error) {
	var q query
	if err := json.Unmarshal(asked.JSON, &q); err != nil {
		return query{}, fmt.Errorf("the query is not valid: %w", err)
	}

	if q.QueryType == "" {
		q.QueryType = typeTable
	}

	if !asked.TimeRange.From.Before(asked.TimeRange.To) {
		return query{}, errors.New("the range ends before it begins")
	}

	return q.bounded()
}

func (q query) bounded() (query, error) {
	subjects := []string{subjectChange, subjectConfigChange, subjectIncident}
	limit := maxRows

	switch q.QueryType {
	case typeAnnotations:
		subjects = append(subjects, "")
		limit = maxAnnotations
		q.Limit = orDefault(q.Limit, maxAnnotations)
	case typeTable:
		subjects = append(subjects, subjectDevice)
		q.Limit = orDefault(q.Limit, defaultRows)
	case typeCount:
		subjects = append(subjects, subjectDevice)
		q.Limit = maxRows
	default:
		return query{}, fmt.Errorf("unknown query type %q: use annotations, table or count", q.QueryType)
	}

	if !slices.Contains(subjects, q.Subject) {
		return query{}, fmt.Errorf("a query of type %s cannot be about %q: choose one of %q", q.QueryType, q.Subject, subjects)
	}

	if q.Limit < 0 || q.Limit > limit {
		return query{}, fmt.Errorf("a limit of %d is not between 1 and %d", q.Limit, limit)
	}

	return q, nil
}

func orDefault(value, otherwise int) int {
	if value == 0 {
		return otherwise
	}

	return value
}

// classes are the classes of annotations that the query asks for; none means all.
func (q query) classes() []string {
	if q.Subject == "" {
		return nil
	}

	return []string{q.Subject}
}
