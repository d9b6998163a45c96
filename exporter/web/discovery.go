package web

import (
	"encoding/json"
	"maps"
	"net/http"
)

// targetGroup is one entry of Prometheus' HTTP service discovery.
type targetGroup struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

// discovery answers /sd with the configured devices. The target is a device's
// name: its address and its credentials stay here.
func (h *handler) discovery(w http.ResponseWriter, _ *http.Request) {
	groups := []targetGroup{} // not null: Prometheus wants a list
	for _, d := range h.reloader.Current().Config.Devices {
		labels := map[string]string{}
		maps.Copy(labels, d.Labels)
		labels["device"] = d.Name
		labels["__param_module"] = d.Module
		groups = append(groups, targetGroup{Targets: []string{d.Name}, Labels: labels})
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(groups); err != nil {
		h.log.Debug("service discovery not sent", "err", err)
	}
}
