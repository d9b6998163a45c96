package httpapi

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/api/v1/apiv1connect"
)

// plan asks for a change with this scope.
func (f *fixture) plan(t *testing.T, scope, key string) answer {
	t.Helper()
	return f.json(t, "acme-operator-token", apiv1connect.ChangeServiceCreateChangeProcedure, fmt.Sprintf(
		`{"change": {"title": "Upgrade", "startsAt": "2026-11-01T22:00:00Z", "endsAt": "2026-11-01T23:00:00Z", "scope": %s}, "idempotencyKey": %q}`, scope, key))
}

func (f *fixture) replaceInventory(t *testing.T, inventory string) {
	t.Helper()
	got := f.json(t, "acme-admin-token", apiv1connect.InventoryServiceReplaceInventoryProcedure, `{"inventory": `+inventory+`}`)
	require.Equal(t, http.StatusOK, got.status, got.message)
}

const smallNetwork = `{"sites": [{"name": "HQ"}], "services": [{"name": "transit"}],
	"devices": [{"name": "EDGE1", "site": "NORTH", "tags": ["edge"], "services": ["pppoe"], "dependsOn": [{"all": ["CORE1"]}]}, {"name": "EDGE2"}],
	"links": [{"a": {"device": "EDGE2", "interface": "ether1"}, "b": {"device": "ACC1", "interface": "ether1"}}]}`

func TestScopeOfAChange(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.replaceInventory(t, smallNetwork)
	const end = ": correct the names, or add them to the inventory first"
	for name, c := range map[string]struct{ scope, want string }{
		"all kinds":             {`{"sites": ["HQ"], "devices": ["EDGE1"], "tags": ["edge"], "services": ["transit"]}`, ""},
		"as devices have them":  {`{"sites": ["NORTH"], "services": ["pppoe"]}`, ""},
		"referred to":           {`{"devices": ["CORE1", "ACC1"]}`, ""},
		"observed, not listed":  {`{"devices": ["GHOST"]}`, ""},
		"a typo":                {`{"devices": ["EDGE1", "EGDE2"]}`, `change.scope: there is no device "EGDE2" (alike: EDGE2)` + end},
		"two alike":             {`{"devices": ["EDGE9"]}`, `change.scope: there is no device "EDGE9" (alike: EDGE1, EDGE2)` + end},
		"another case":          {`{"sites": ["hq"]}`, `change.scope: there is no site "hq" (alike: HQ)` + end},
		"nothing alike":         {`{"tags": ["customers-west"]}`, `change.scope: there is no tag "customers-west"` + end},
		"one of another kind":   {`{"sites": ["EDGE1"]}`, `change.scope: there is no site "EDGE1"` + end},
		"several, of each kind": {`{"services": ["transits"], "sites": ["NORHT"]}`, `change.scope: there is no site "NORHT" (alike: NORTH); there is no service "transits" (alike: transit)` + end},
		"more than one can read": {
			`{"tags": ["1", "2", "3", "4", "5", "6"]}`,
			`change.scope: there is no tag "1"; there is no tag "2"; there is no tag "3"; there is no tag "4"; there is no tag "5"; and more` + end,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := f.plan(t, c.scope, name)
			require.Equal(t, c.want, got.message)
			if c.want != "" {
				require.Equal(t, "invalid_argument", got.code)
				require.Equal(t, http.StatusBadRequest, got.status)
			}
		})
	}
}

// TestScopeWithoutInventory shows that a tenant who gave no inventory is believed.
func TestScopeWithoutInventory(t *testing.T) {
	t.Parallel()
	f := setup(t)
	require.Equal(t, http.StatusOK, f.plan(t, `{"devices": ["EDGE1"], "sites": ["HQ"]}`, "1").status)
	f.replaceInventory(t, `{}`)
	require.Equal(t, http.StatusOK, f.plan(t, `{"devices": ["EDGE1"], "sites": ["HQ"]}`, "2").status)
}

// TestScopeIsCheckedOnce shows that a call that is sent again is not refused for what has happened since.
func TestScopeIsCheckedOnce(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.replaceInventory(t, smallNetwork)
	first := f.plan(t, `{"tags": ["edge"]}`, "k")
	require.Equal(t, http.StatusOK, first.status, first.message)
	f.replaceInventory(t, strings.Replace(smallNetwork, `"edge"`, `"border"`, 1))
	again := f.plan(t, `{"tags": ["edge"]}`, "k")
	require.Equal(t, http.StatusOK, again.status, again.message)
	require.Equal(t, first.body["change"].(map[string]any)["id"], again.body["change"].(map[string]any)["id"])
	require.Equal(t, http.StatusBadRequest, f.plan(t, `{"tags": ["edge"]}`, "another").status)
}
