package datasource_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/correlatortest"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/settings"
)

func TestHealth(t *testing.T) {
	t.Parallel()

	const seen = "Correlator 0.0.0-test answers as tenant example-isp, role operator: 7 devices, 1 open incidents."

	for name, test := range map[string]struct {
		change func(*settings.Settings)
		skew   time.Duration
		status backend.HealthStatus
		want   string
	}{
		"well":         {status: backend.HealthStatusOk, want: seen},
		"right tenant": {change: func(s *settings.Settings) { s.Tenant = "example-isp" }, status: backend.HealthStatusOk, want: seen},
		"wrong tenant": {
			change: func(s *settings.Settings) { s.Tenant = "acme" }, status: backend.HealthStatusError,
			want: `The token belongs to tenant "example-isp", this data source expects "acme": enter a token of that tenant, or correct the tenant.`,
		},
		"viewer": {
			change: func(s *settings.Settings) { s.Token = correlatortest.ViewerToken }, status: backend.HealthStatusOk,
			want: "Correlator 0.0.0-test answers as tenant example-isp, role viewer: 7 devices, 1 open incidents. " +
				"With this role changes can be seen and not made: give the token the role operator for that.",
		},
		"ahead": {
			skew: 90 * time.Second, status: backend.HealthStatusOk,
			want: seen + " Its clock is 1m30s ahead of that of Grafana: check NTP on both.",
		},
		"behind": {
			skew: -3 * time.Second, status: backend.HealthStatusOk,
			want: seen + " Its clock is 3s behind that of Grafana: check NTP on both.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			stand := correlatortest.New(correlatortest.Example(now), func() time.Time { return now.Add(test.skew) })

			var changes []func(*settings.Settings)
			if test.change != nil {
				changes = append(changes, test.change)
			}

			health, err := sourceFor(t, stand.Handler(), &clock{now: now}, changes...).CheckHealth(t.Context(), &backend.CheckHealthRequest{})
			require.NoError(t, err)
			require.Equal(t, test.want, health.Message)
			require.Equal(t, test.status, health.Status)

			if test.status == backend.HealthStatusOk {
				var details map[string]any
				require.NoError(t, json.Unmarshal(health.JSONDetails, &details))
				require.InDelta(t, test.skew.Seconds(), details["clockSkewSeconds"], 0.001)
			}
		})
	}
}
