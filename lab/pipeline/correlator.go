package pipeline

import (
	"time"

	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/pace"
)

// Tenant is the only tenant of a lab.
const Tenant = "lab"

// correlatorConfig is the correlator's configuration as far as the lab writes one.
type correlatorConfig struct {
	Tenants []correlatorTenant `yaml:"tenants"`
	Auth    struct {
		Tokens []correlatorToken `yaml:"tokens"`
	} `yaml:"auth"`
}

type correlatorTenant struct {
	ID            string             `yaml:"id"`
	Name          string             `yaml:"name"`
	InventoryFile string             `yaml:"inventory_file"`
	Settings      map[string]string  `yaml:"settings"`
	Prometheus    []correlatorSource `yaml:"prometheus"`
	Alertmanagers []correlatorSource `yaml:"alertmanagers"`
}

type correlatorSource struct {
	URL          string `yaml:"url"`
	PollInterval string `yaml:"poll_interval"`
}

type correlatorToken struct {
	Name      string `yaml:"name"`
	Role      string `yaml:"role"`
	Plugin    bool   `yaml:"plugin,omitempty"`
	TokenFile string `yaml:"token_file"`
}

// correlatorFile makes the correlator's configuration. Files are named relative to it.
func correlatorFile(prometheus, alertmanager string, pace pace.Pace) ([]byte, error) {
	text := func(d time.Duration) string { return model.Duration(d).String() }
	config := correlatorConfig{Tenants: []correlatorTenant{{
		ID: Tenant, Name: "Lab ISP", InventoryFile: inventoryName,
		Settings:      map[string]string{"cooldown": text(pace.Cooldown), "join_window": text(pace.Join)},
		Prometheus:    []correlatorSource{{URL: "http://" + prometheus, PollInterval: text(pace.Poll)}},
		Alertmanagers: []correlatorSource{{URL: "http://" + alertmanager, PollInterval: text(pace.Poll)}},
	}}}
	config.Auth.Tokens = []correlatorToken{
		{Name: "alertmanager", Role: "alertmanager", TokenFile: tokenName("alertmanager")},
		{Name: "grafana", Role: "operator", Plugin: true, TokenFile: tokenName("grafana")},
		{Name: "you", Role: "admin", TokenFile: tokenName("you")},
	}
	return yaml.Marshal(config)
}
