package pipeline

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"gopkg.in/yaml.v3"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
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

// DevicesIn answers the devices in an exporter configuration that somebody else wrote, with the sites that
// their labels name.
func DevicesIn(raw []byte) (topology.Inventory, error) {
	var config struct {
		Devices []struct {
			Name   string            `yaml:"name"`
			Labels map[string]string `yaml:"labels"`
		} `yaml:"devices"`
	}
	var found topology.Inventory
	if err := yaml.Unmarshal(raw, &config); err != nil {
		return found, fmt.Errorf("read the exporter configuration: %w", err)
	}
	for _, d := range config.Devices {
		site := topology.Site{Name: d.Labels["site"]}
		found.Devices = append(found.Devices, topology.Device{Name: d.Name, Site: site.Name})
		if site.Name != "" && !slices.Contains(found.Sites, site) {
			found.Sites = append(found.Sites, site)
		}
	}
	return found, nil
}
