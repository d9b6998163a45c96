package datasource

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/correlator"
)

// skewWorthSaying: below it a difference of clocks is of no consequence to annotations.
const skewWorthSaying = 2 * time.Second

// CheckHealth asks the correlator who we are to it, and says what an operator wants to know after
// pressing 'Save & test': reachable, the token's tenant and role, version, clocks, what there is.
func (d *Datasource) CheckHealth(ctx context.Context, _ *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	ctx, cancel := context.WithTimeout(ctx, d.settings.Timeout)
	defer cancel()

	asked := d.now()

	status, err := d.correlator.GetStatus(ctx, &apiv1.GetStatusRequest{})
	if err != nil {
		return unhealthy(correlator.Explain(err)), nil
	}

	if d.settings.Tenant != "" && status.GetTenant() != d.settings.Tenant {
		return unhealthy(fmt.Sprintf("The token belongs to tenant %q, this data source expects %q: "+
			"enter a token of that tenant, or correct the tenant.", status.GetTenant(), d.settings.Tenant)), nil
	}

	return healthy(status, skew(status, asked, d.now()))
}

func unhealthy(text string) *backend.CheckHealthResult {
	return &backend.CheckHealthResult{Status: backend.HealthStatusError, Message: text}
}

func healthy(status *apiv1.GetStatusResponse, skew time.Duration) (*backend.CheckHealthResult, error) {
	text := []string{fmt.Sprintf("Correlator %s answers as tenant %s, role %s: %d devices, %d open incidents.",
		cmp.Or(status.GetVersion(), "(of no known version)"), status.GetTenant(), status.GetRole(),
		status.GetDevices(), status.GetOpenIncidents())}

	if !mayWrite(status.GetRole()) {
		text = append(text, "With this role changes can be seen and not made: give the token the role operator for that.")
	}

	if skew.Abs() >= skewWorthSaying {
		text = append(text, fmt.Sprintf("Its clock is %s that of Grafana: check NTP on both.", aheadOrBehind(skew)))
	}

	if status.GetLastObservationAt() == nil {
		text = append(text, "No device was ever observed: check the exporter and the correlator's Prometheus source.")
	}

	details, err := json.Marshal(map[string]any{
		"version": status.GetVersion(), "tenant": status.GetTenant(), "role": status.GetRole(), "token": status.GetName(),
		"clockSkewSeconds": skew.Seconds(), "devices": status.GetDevices(), "openIncidents": status.GetOpenIncidents(),
		"lastObservationAt": instant(status.GetLastObservationAt()),
	})
	if err != nil {
		return nil, fmt.Errorf("health details: %w", err)
	}

	return &backend.CheckHealthResult{
		Status: backend.HealthStatusOk, Message: strings.Join(text, " "), JSONDetails: details,
	}, nil
}

// mayWrite tells whether the correlator lets a token of this role plan changes.
func mayWrite(role string) bool {
	return role == "operator" || role == "admin"
}

// skew is by how much the correlator's clock is ahead of ours, its answer taken as given half-way
// between question and arrival.
func skew(status *apiv1.GetStatusResponse, asked, answered time.Time) time.Duration {
	if status.GetNow() == nil {
		return 0
	}

	return status.GetNow().AsTime().Sub(asked.Add(answered.Sub(asked) / 2))
}

func aheadOrBehind(skew time.Duration) string {
	if skew < 0 {
		return skew.Abs().Round(time.Second).String() + " behind"
	}

	return skew.Round(time.Second).String() + " ahead of"
}
