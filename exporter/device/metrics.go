package device

import "github.com/prometheus/client_golang/prometheus"

// The series of a probe that are about the reading itself. They carry neither
// device nor site: those are labels of the target.
var (
	descUp       = newDesc("up", "Whether the router could be read: at least one collector succeeded and the router answered to this probe.")
	descDuration = newDesc("collector_duration_seconds", "How long the collector took the last time.", "collector")
	descSuccess  = newDesc("collector_success", "Whether the collector succeeded the last time.", "collector")
	descRead     = newDesc("collector_read_timestamp_seconds", "When the collector last ran: what seldom changes is not read at each scrape.", "collector")

	descFailures = newDesc("connect_failures_total", "Failures to make or to keep the connection to the router.", "reason")
	descLogins   = newDesc("logins_total", "Logins at the router.")
	descCommands = newDesc("api_commands_total", "Commands sent to the router.")
	descSent     = newDesc("api_sent_bytes_total", "Bytes sent to the router.")
	descReceived = newDesc("api_received_bytes_total", "Bytes received from the router.")

	descFingerprint = newDesc("config_fingerprint", "First 48 bits of the SHA-256 over the category's configuration; category \"all\" is over all categories.", "category")
	descAllowlist   = newDesc("config_allowlist_version", "Version of the list of what makes the fingerprints; a new version is a new baseline.")
	descObserved    = newDesc("config_observed_timestamp_seconds", "When the category was last read with success.", "category")
	descLastChange  = newDesc("config_last_change_timestamp_seconds", "When the category was first seen changed; absent until a change was seen.", "category")
	descChanges     = newDesc("config_changes_total", "Changes of the category that were seen.", "category")
	descListeners   = newDesc("config_listeners", "Menus of which the router reports changes by itself; without any, changes are seen when the configuration is next read.")
	descEarly       = newDesc("config_early_readings_total", "Readings of a category before its turn, because the router reported a change.")
	descHidden      = newDesc("config_hidden_changes_total", "Changes noted in the router's history that no fingerprint shows: of secrets, of what is not read, or undone before it was.")
	descHistory     = newDesc("config_history_last_timestamp_seconds", "Time of the last entry in the router's own history of configuration, by the router's clock.")
)

func newDesc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("routeros_"+name, help, labels, nil)
}

func gauge(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func counter(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
}
