package alertmanager

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkDecodeWebhook decodes a call with 100 alerts: the part of a webhook that is not the
// database's.
func BenchmarkDecodeWebhook(b *testing.B) {
	var alerts []string
	for i := range 100 {
		alerts = append(alerts, fmt.Sprintf(`{"status": "firing", "labels": {"alertname": "DeviceUnreachable", "device": "ACC%d", "site": "HQ",
			"severity": "critical", "job": "routeros", "instance": "192.0.2.%d:8728"}, "annotations": {"summary": "ACC%d does not answer",
			"description": "No answer for a minute.", "runbook_url": "https://example.net/runbooks/DeviceUnreachable", "onset_lag": "1m30s"},
			"startsAt": "2026-11-01T12:00:00.123Z", "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://prometheus/graph", "fingerprint": "%016x"}`, i, i, i, i))
	}
	body := []byte(`{"version": "4", "groupKey": "{}", "status": "firing", "receiver": "ispvm", "groupLabels": {}, "commonLabels": {},
		"commonAnnotations": {}, "externalURL": "http://am", "truncatedAlerts": 0, "alerts": [` + strings.Join(alerts, ",") + `]}`)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		in, err := DecodeWebhook(body)
		if err != nil || len(in.Alerts) != 100 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "alerts/s")
}
