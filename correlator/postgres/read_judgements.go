package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

const judgementList = "judgements"

// judged is one row of the history of judgements.
type judged struct {
	id        int64
	at        time.Time
	judgement incident.Judgement
}

// Judgements answers how an incident was judged, newest first. One that was merged into another keeps the
// history that it had until then.
func (db *DB) Judgements(ctx context.Context, tenant string, q engine.JudgementQuery) (page engine.JudgementPage, err error) {
	after, some, err := parseCursor(judgementList, q.Page.Token)
	if err != nil {
		return page, err
	}
	before := int64(1<<63 - 1)
	if some {
		if before, err = strconv.ParseInt(after.id, 10, 64); err != nil {
			return page, engine.ErrPageToken
		}
	}
	size := pageSize(q.Page)
	err = db.read(ctx, tenant, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT id, scored_at, judgement FROM scorings WHERE incident_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3`, clean(q.IncidentID), before, size+1)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, scanJudged)
		if err != nil {
			return fmt.Errorf("load judgements: %w", err)
		}
		if len(found) == 0 && !some {
			return fmt.Errorf("incident %q: %w", q.IncidentID, engine.ErrNotFound)
		}
		for i, s := range found[:min(len(found), size)] {
			view := judgementView(s)
			if i+1 < len(found) { // the row beyond the page is what its last one came after
				view.Differences = incident.Differences(found[i+1].judgement, s.judgement)
			}
			page.Judgements = append(page.Judgements, view)
		}
		if len(found) > size {
			page.Next = cursor{at: found[size-1].at, id: strconv.FormatInt(found[size-1].id, 10)}.token(judgementList)
		}
		return nil
	})
	return page, err
}

func scanJudged(row pgx.CollectableRow) (s judged, err error) {
	var document []byte
	if err := row.Scan(&s.id, &s.at, &document); err != nil {
		return s, err
	}
	return s, json.Unmarshal(document, &s.judgement)
}

func judgementView(s judged) engine.JudgementView {
	j := s.judgement
	v := engine.JudgementView{At: s.at, WeightsVersion: j.WeightsVersion, RulesVersion: j.RulesVersion, Label: j.Label, Explanation: j.Explanation}
	for _, c := range j.Candidates {
		v.Candidates = append(v.Candidates, candidateView(c))
	}
	return v
}
