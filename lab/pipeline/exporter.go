package pipeline

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"
)

// Device is a router for the exporter to read.
type Device struct {
	// Name is its inventory name.
	Name string
	// Address is the host:port of its API.
	Address string
	// Username and PasswordFile are the exporter's account there.
	Username, PasswordFile string
	// Site is where it stands; may be empty.
	Site string
}

// exporterConfig is the exporter's configuration as far as the lab writes one.
type exporterConfig struct {
	Fingerprint struct {
		Interval string `yaml:"interval"`
	} `yaml:"fingerprint"`
	Modules map[string]struct{} `yaml:"modules"`
	Devices []exporterDevice    `yaml:"devices"`
}

type exporterDevice struct {
	Name         string            `yaml:"name"`
	Address      string            `yaml:"address"`
	Username     string            `yaml:"username"`
	PasswordFile string            `yaml:"password_file"`
	Labels       map[string]string `yaml:"labels"`
}

// exporterFile makes the exporter's configuration for devices.
func exporterFile(devices []Device, tenant string, every time.Duration) ([]byte, error) {
	config := exporterConfig{Modules: map[string]struct{}{"default": {}}}
	config.Fingerprint.Interval = model.Duration(every).String()
	for _, d := range devices {
		labels := map[string]string{"tenant": tenant}
		if d.Site != "" {
			labels["site"] = d.Site
		}
		config.Devices = append(config.Devices, exporterDevice{d.Name, d.Address, d.Username, d.PasswordFile, labels})
	}
	return yaml.Marshal(config)
}

// DevicesIn answers the names of the devices in an exporter configuration that somebody else wrote.
func DevicesIn(raw []byte) ([]string, error) {
	var config struct {
		Devices []struct {
			Name string `yaml:"name"`
		} `yaml:"devices"`
	}
	if err := yaml.Unmarshal(raw, &config); err != nil {
		return nil, fmt.Errorf("read the exporter configuration: %w", err)
	}
	names := make([]string, len(config.Devices))
	for i, d := range config.Devices {
		names[i] = d.Name
	}
	return names, nil
}
