package replay_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSubscribersInTheDocument(t *testing.T) {
	t.Parallel()
	timeline, err := os.ReadFile("testdata/subscribers.jsonl")
	require.NoError(t, err)
	var document struct {
		Incidents []struct {
			Impact map[string]int `json:"impact"`
		} `json:"incidents"`
	}
	require.NoError(t, json.Unmarshal(run(t, timeline), &document))
	require.Len(t, document.Incidents, 1)
	require.Equal(t, map[string]int{"sites": 2, "devices": 4, "services": 0, "subscribers": 1200 + 64}, document.Incidents[0].Impact)
}
