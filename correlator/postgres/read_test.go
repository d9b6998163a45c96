package postgres

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/calendar"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// seedChanges puts n config changes straight into the table: one a minute from noon on, over ten devices
// D0 … D9 in turn, every third one of category ospf, every fifth one planned, every seventh one with an
// interval of two days.
func (b *bundle) seedChanges(t testing.TB, n int) {
	t.Helper()
	inv := topology.Inventory{}
	for d := range 10 {
		inv.Devices = append(inv.Devices, topology.Device{Name: fmt.Sprintf("D%d", d), Site: fmt.Sprintf("S%d", d%2)})
	}
	b.submitAt(t, noon, engine.InventoryInput{Inventory: inv})
	b.plan(t)
	_, err := b.admin.Exec(t.Context(), `
		INSERT INTO config_changes (tenant_id, id, device, category, not_before, not_after, old_fingerprint, new_fingerprint,
		       old_hash, new_hash, planned_change_id, summary, detected_at, revision)
		SELECT $1, 'c' || lpad(i::text, 8, '0'), 'D' || i % 10, CASE WHEN i % 3 = 0 THEN 'ospf' ELSE 'bgp' END,
		       $2::timestamptz + i * interval '1 minute' - CASE WHEN i % 7 = 0 THEN interval '2 days' ELSE interval '1 minute' END,
		       $2::timestamptz + i * interval '1 minute',
		       'aaaaaaaaaaaa', 'bbbbbbbbbbbb', '', '', CASE WHEN i % 5 = 0 THEN 'w1' END, '{}', now(), 1
		  FROM generate_series(0, $3 - 1) AS i`, tenant, noon, n)
	require.NoError(t, err)
}

// ids reads all pages and returns what they hold.
func (b *bundle) configChangeIDs(t testing.TB, q engine.ConfigChangeQuery) []string {
	t.Helper()
	var ids []string
	for {
		page, err := b.ConfigChanges(t.Context(), tenant, q)
		require.NoError(t, err)
		for _, c := range page.ConfigChanges {
			ids = append(ids, c.ID)
		}
		if page.Next == "" {
			return ids
		}
		require.Len(t, page.ConfigChanges, q.Page.Size, "only the last page may be short")
		q.Page.Token = page.Next
	}
}

func TestConfigChangesAreFilteredAndPaged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const n = 500
	b.seedChanges(t, n)

	type row struct {
		device, category    string
		notBefore, notAfter time.Time
		planned             bool
	}
	at := func(i int) row {
		r := row{device: fmt.Sprintf("D%d", i%10), category: "bgp", notAfter: noon.Add(time.Duration(i) * time.Minute), planned: i%5 == 0}
		if i%3 == 0 {
			r.category = "ospf"
		}
		r.notBefore = r.notAfter.Add(-time.Minute)
		if i%7 == 0 {
			r.notBefore = r.notAfter.Add(-48 * time.Hour)
		}
		return r
	}
	// Another range begins at 14:00 and ends at 15:00: long intervals that ended later reach into it.
	from, to := noon.Add(2*time.Hour), noon.Add(3*time.Hour)
	meets := func(r row) bool { return !r.notAfter.Before(from) && r.notBefore.Before(to) }
	for name, tc := range map[string]struct {
		query engine.ConfigChangeQuery
		keep  func(row) bool
	}{
		"all":       {engine.ConfigChangeQuery{}, func(row) bool { return true }},
		"range":     {engine.ConfigChangeQuery{From: from, To: to}, meets},
		"from":      {engine.ConfigChangeQuery{From: to}, func(r row) bool { return !r.notAfter.Before(to) }},
		"to":        {engine.ConfigChangeQuery{To: from}, func(r row) bool { return r.notBefore.Before(from) }},
		"category":  {engine.ConfigChangeQuery{Categories: []string{"ospf"}}, func(r row) bool { return r.category == "ospf" }},
		"unplanned": {engine.ConfigChangeQuery{UnplannedOnly: true, From: from, To: to}, func(r row) bool { return !r.planned && meets(r) }},
		"devices":   {engine.ConfigChangeQuery{Devices: []string{"D3", "D4"}}, func(r row) bool { return r.device == "D3" || r.device == "D4" }},
		"site in a range": {engine.ConfigChangeQuery{Sites: []string{"S0"}, From: from, To: to}, func(r row) bool {
			return (r.device[1]-'0')%2 == 0 && meets(r)
		}},
		"many devices": {engine.ConfigChangeQuery{Devices: append(manyNames(eachDevice), "D7"), From: from, To: to}, func(r row) bool { return r.device == "D7" && meets(r) }},
		"no device":    {engine.ConfigChangeQuery{Sites: []string{"nowhere"}}, func(row) bool { return false }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want []string
			for i := n - 1; i >= 0; i-- {
				if tc.keep(at(i)) {
					want = append(want, fmt.Sprintf("c%08d", i))
				}
			}
			for _, size := range []int{7, 1000} {
				tc.query.Page.Size = size
				require.Equal(t, want, b.configChangeIDs(t, tc.query), "pages of %d", size)
			}
		})
	}

	_, err := b.ConfigChanges(t.Context(), tenant, engine.ConfigChangeQuery{Page: engine.Page{Token: "nonsense"}})
	require.ErrorIs(t, err, engine.ErrPageToken)
}

func manyNames(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("X%d", i)
	}
	return out
}

func TestConfigChangeAnnotationsAreMergedWhenTheyAreTooMany(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const n = 2000
	b.seedChanges(t, n)
	q := engine.AnnotationQuery{From: noon, To: noon.Add(n * time.Minute), Classes: []string{"config_change"}}

	few := q
	few.Devices, few.Limit = []string{"D1"}, 500
	one, err := b.Annotations(t.Context(), tenant, few)
	require.NoError(t, err)
	require.EqualValues(t, n/10, one.Total)
	require.Len(t, one.Annotations, n/10)
	require.True(t, slices.IsSortedFunc(one.Annotations, func(x, y engine.AnnotationView) int { return x.Time.Compare(y.Time) }))
	for _, a := range one.Annotations {
		require.Equal(t, 1, a.Count)
		require.Equal(t, []string{"D1"}, a.Devices)
		require.Equal(t, []string{"S1"}, a.Sites)
		require.NotEmpty(t, a.EntityID)
	}

	all, err := b.Annotations(t.Context(), tenant, q)
	require.NoError(t, err)
	require.EqualValues(t, n, all.Total)
	require.LessOrEqual(t, len(all.Annotations), 500)
	sum, seen := 0, map[string]bool{}
	for _, a := range all.Annotations {
		sum += a.Count
		require.False(t, seen[a.ID], "ids are unique: %s", a.ID)
		seen[a.ID] = true
		require.False(t, a.TimeEnd.Before(a.Time))
	}
	require.Equal(t, n, sum, "each event is in exactly one annotation")
}

func TestAnnotationsOfAnOutage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.submitAt(t, noon, network())
	b.submitAt(t, noon, engine.WindowInput{Op: engine.OpCreate, Window: calendar.Window{
		ID: "w1", Kind: calendar.Change, Title: "swap optics", Description: "in the north", StartsAt: noon.Add(time.Hour), EndsAt: noon.Add(2 * time.Hour),
		Scope: topology.Scope{Sites: []string{"NORTH"}},
	}})
	b.submitAt(t, noon, engine.WindowInput{Op: engine.OpCreate, Window: calendar.Window{
		ID: "w2", Kind: calendar.Change, Title: "not done", StartsAt: noon.Add(time.Hour), EndsAt: noon.Add(2 * time.Hour),
		Scope: topology.Scope{Devices: []string{"EDGE1"}},
	}})
	before, err := b.Annotations(t.Context(), tenant, engine.AnnotationQuery{From: noon, To: noon.Add(3 * time.Hour)})
	require.NoError(t, err)
	require.Len(t, before.Annotations, 2)
	for _, a := range before.Annotations {
		require.Equal(t, []string{"change", "planned"}, a.Tags, "the region and the status are one tag where they say the same")
	}
	b.submitAt(t, noon, engine.WindowInput{Op: engine.OpCancel, Window: calendar.Window{ID: "w2", Kind: calendar.Change}})
	b.submitAt(t, noon.Add(30*time.Minute), engine.WindowInput{Op: engine.OpStart, Window: calendar.Window{ID: "w1", Kind: calendar.Change}})
	b.submitAt(t, noon.Add(40*time.Minute), observe(sight("EDGE1", "bgp", printA, noon.Add(39*time.Minute))))
	b.submitAt(t, noon.Add(41*time.Minute), observe(sight("EDGE1", "bgp", printB, noon.Add(40*time.Minute))))
	b.submitAt(t, noon.Add(42*time.Minute), webhook(alert("BGPSessionDown", "EDGE1", noon.Add(41*time.Minute))))

	to := noon.Add(3 * time.Hour)
	got, err := b.Annotations(t.Context(), tenant, engine.AnnotationQuery{From: noon, To: to, Devices: []string{"EDGE1"}})
	require.NoError(t, err)
	require.EqualValues(t, 4, got.Total)
	byID := map[string]engine.AnnotationView{}
	var classes []string
	for _, a := range got.Annotations {
		byID[a.ID] = a
		classes = append(classes, a.Class+"/"+a.Status)
	}
	require.Equal(t, []string{"change/in_progress", "config_change/planned", "incident/open", "change/in_progress"}, classes)
	planned, actual := byID["change:w1:planned"], byID["change:w1:actual"]
	require.Equal(t, noon.Add(time.Hour), planned.Time)
	require.Equal(t, noon.Add(2*time.Hour), planned.TimeEnd)
	require.False(t, planned.Ongoing)
	require.Equal(t, []string{"CORE1", "EDGE1"}, planned.Devices)
	require.Equal(t, []string{"change", "planned", "in_progress"}, planned.Tags)
	require.Equal(t, []string{"change", "actual", "in_progress"}, actual.Tags)
	require.Equal(t, noon.Add(30*time.Minute), actual.Time)
	require.Equal(t, to, actual.TimeEnd, "what goes on ends with the range")
	require.True(t, actual.Ongoing)
	incident := got.Annotations[2]
	require.Equal(t, "Possible change-related outage", incident.Title)
	require.True(t, incident.Ongoing)
	require.Equal(t, []string{"NORTH"}, incident.Sites)

	none, err := b.Annotations(t.Context(), tenant, engine.AnnotationQuery{From: noon, To: to, Devices: []string{"EDGE2"}})
	require.NoError(t, err)
	require.Empty(t, none.Annotations)
	onlyIncidents, err := b.Annotations(t.Context(), tenant, engine.AnnotationQuery{From: noon, To: to, Classes: []string{"incident"}})
	require.NoError(t, err)
	require.Len(t, onlyIncidents.Annotations, 1)
}

func TestIncidentsAreFilteredAndPaged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.submitAt(t, noon, network())
	// Outages an hour apart that have nothing to do with one another; the last one goes on.
	names := []string{"EDGE1", "EDGE2", "EDGE1", "EDGE2", "EDGE1"}
	for i, device := range names {
		at := noon.Add(time.Duration(i+1) * time.Hour)
		a := alert("BGPSessionDown", device, at)
		b.submitAt(t, at, webhook(a))
		if i < len(names)-1 {
			ended := at.Add(10 * time.Minute)
			a.EndsAt = &ended
			b.submitAt(t, ended, webhook(a))
		}
		b.submitAt(t, at.Add(50*time.Minute), engine.Tick{})
	}
	devices := func(q engine.IncidentQuery) (out []string) {
		for {
			page, err := b.Incidents(t.Context(), tenant, q)
			require.NoError(t, err)
			for _, i := range page.Incidents {
				require.Equal(t, "critical", i.Severity)
				require.Equal(t, 1, i.AlertCount)
				require.Len(t, i.Alerts, 1)
				out = append(out, i.Alerts[0].Device)
			}
			if page.Next == "" {
				return out
			}
			q.Page.Token = page.Next
		}
	}
	require.Equal(t, []string{"EDGE1", "EDGE2", "EDGE1", "EDGE2", "EDGE1"}, devices(engine.IncidentQuery{Page: engine.Page{Size: 2}}))
	require.Equal(t, []string{"EDGE1"}, devices(engine.IncidentQuery{States: []string{"open"}}))
	require.Equal(t, []string{"EDGE2", "EDGE2"}, devices(engine.IncidentQuery{Devices: []string{"EDGE2"}}))
	require.Equal(t, []string{"EDGE2", "EDGE2"}, devices(engine.IncidentQuery{Sites: []string{"SOUTH"}}))
	require.Equal(t, []string{"EDGE2"}, devices(engine.IncidentQuery{From: noon.Add(2 * time.Hour), To: noon.Add(3 * time.Hour)}))

	page, err := b.Incidents(t.Context(), tenant, engine.IncidentQuery{Page: engine.Page{Size: 1}})
	require.NoError(t, err)
	one, err := b.Incident(t.Context(), tenant, page.Incidents[0].ID)
	require.NoError(t, err)
	require.Equal(t, page.Incidents[0], one)
	_, err = b.Incident(t.Context(), tenant, "nonesuch\x00")
	require.ErrorIs(t, err, engine.ErrNotFound)
}

func TestChangesAreFilteredAndPaged(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.submitAt(t, noon, network())
	for i := range 9 {
		scope := topology.Scope{Devices: []string{"EDGE2"}}
		if i%3 == 0 {
			scope = topology.Scope{Tags: []string{"edge"}}
		}
		starts := noon.Add(time.Duration(i+1) * time.Hour)
		ends := starts.Add(30 * time.Minute)
		if i == 0 {
			ends = starts.Add(30 * 24 * time.Hour) // a long one
		}
		b.submitAt(t, noon, engine.WindowInput{Op: engine.OpCreate, Window: calendar.Window{
			ID: fmt.Sprintf("w%d", i), Kind: calendar.Change, Title: "work", StartsAt: starts, EndsAt: ends, Scope: scope,
		}})
	}
	b.submitAt(t, noon, engine.WindowInput{Op: engine.OpCancel, Window: calendar.Window{ID: "w4", Kind: calendar.Change}})
	ids := func(q engine.ChangeQuery) (out []string) {
		for {
			page, err := b.Windows(t.Context(), tenant, calendar.Change, q)
			require.NoError(t, err)
			for _, c := range page.Changes {
				out = append(out, c.ID)
			}
			if page.Next == "" {
				return out
			}
			q.Page.Token = page.Next
		}
	}
	require.Equal(t, []string{"w8", "w7", "w6", "w5", "w4", "w3", "w2", "w1", "w0"}, ids(engine.ChangeQuery{Page: engine.Page{Size: 2}}))
	require.Equal(t, []string{"w6", "w3", "w0"}, ids(engine.ChangeQuery{Devices: []string{"EDGE1"}, Page: engine.Page{Size: 2}}))
	require.Equal(t, []string{"w6", "w3", "w0"}, ids(engine.ChangeQuery{Sites: []string{"NORTH"}, Page: engine.Page{Size: 1}}))
	require.Equal(t, []string{"w4"}, ids(engine.ChangeQuery{Statuses: []string{"canceled"}}))
	require.Equal(t, []string{"w3", "w2", "w0"}, ids(engine.ChangeQuery{From: noon.Add(3 * time.Hour), To: noon.Add(5 * time.Hour)}), "the long one reaches into it")

	one, err := b.Window(t.Context(), tenant, calendar.Change, "w0")
	require.NoError(t, err)
	require.Equal(t, []string{"EDGE1", "EDGE2"}, one.Devices)
	require.Equal(t, engine.ScopeView{Tags: []string{"edge"}}, one.Scope)
	_, err = b.Window(t.Context(), tenant, calendar.Change, "nonesuch")
	require.ErrorIs(t, err, engine.ErrNotFound)
}

func TestDevicesWithWhatIsKnownOfThem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.submitAt(t, noon, network())
	b.submitAt(t, noon, observe(sight("EDGE1", "bgp", printA, noon.Add(-time.Hour)), sight("EDGE1", "ospf", printA, noon), sight("STRAY", "bgp", printA, noon)))
	b.submitAt(t, noon, observe(sight("EDGE1", "bgp", printB, noon.Add(-time.Minute))))

	before, err := b.Devices(t.Context(), tenant, engine.DeviceQuery{Devices: []string{"STRAY"}})
	require.NoError(t, err)
	require.Zero(t, before[0].Subscribers)
	b.submitAt(t, noon, engine.SubscribersInput{Counts: map[string]int{"STRAY": 40}})
	all, err := b.Devices(t.Context(), tenant, engine.DeviceQuery{})
	require.NoError(t, err)
	var names []string
	for _, d := range all {
		names = append(names, d.Name)
		require.Equal(t, d.Name == "STRAY", d.Uninventoried)
		require.Equal(t, map[bool]int{true: 40}[d.Name == "STRAY"], d.Subscribers)
	}
	require.Equal(t, []string{"ACC1", "CORE1", "EDGE1", "EDGE2", "STRAY"}, names)
	require.Equal(t, engine.DeviceView{
		Name: "EDGE1", Site: "NORTH", Tags: []string{"edge"},
		Fingerprints: []engine.FingerprintView{
			{Category: "bgp", Fingerprint: printB, FirstSeen: noon.Add(-time.Minute), LastSeen: noon.Add(-time.Minute)},
			{Category: "ospf", Fingerprint: printA, FirstSeen: noon, LastSeen: noon},
		},
		LastObservedAt: noon, LastChangeAt: noon.Add(-time.Minute),
	}, all[2])
	require.Equal(t, []engine.DependencyView{{Any: []string{"EDGE1", "EDGE2"}}}, all[1].DependsOn)

	some, err := b.Devices(t.Context(), tenant, engine.DeviceQuery{Sites: []string{"SOUTH"}, Devices: []string{"STRAY"}})
	require.NoError(t, err)
	require.Len(t, some, 3)

	inv, err := b.Inventory(t.Context(), tenant)
	require.NoError(t, err)
	require.EqualValues(t, 1, inv.Revision)
	require.Contains(t, string(inv.Document), `"depends_on":[{"any":["EDGE1","EDGE2"]}]`)
	status, err := b.Status(t.Context(), tenant)
	require.NoError(t, err)
	require.Equal(t, engine.StatusView{Devices: 5, LastObservationAt: noon}, status)
}
