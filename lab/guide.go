package lab

import (
	"fmt"
	"strings"
)

// Guide tells somebody who has just started the lab what is there and what to do.
func (l *Lab) Guide() string {
	var text strings.Builder
	fmt.Fprintf(&text, "\nThe lab is ready: %d routers.\n\n", len(l.Inventory.Devices))
	places := [][2]string{
		{"pages", l.PluginURL()},
		{"correlator", l.CorrelatorURL()},
		{"Prometheus", l.PrometheusURL()},
		{"Alertmanager", l.AlertmanagerURL()},
		{"exporter", l.ExporterURL()},
		{"logs", l.LogDir()},
	}
	for _, place := range places {
		if place[1] != "" {
			fmt.Fprintf(&text, "  %-13s %s\n", place[0], place[1])
		}
	}
	if l.Network != nil {
		text.WriteString(`
To break something, in another terminal:

  make break               something that an engineer does
  make break WHAT=list     what there is to choose from
  make break WHAT=cut      a cable, with nobody to blame
  make break WHAT=mend     take all of it back

`)
	} else {
		text.WriteString("\nChange something on a router and watch:\n\n")
	}
	text.WriteString(l.WhereToLook())
	text.WriteString("\nCtrl-C stops everything and leaves nothing behind.\n")
	return text.String()
}

// WhereToLook tells how to see what the product makes of it.
func (l *Lab) WhereToLook() string {
	line := func(method string) string {
		return fmt.Sprintf(`  curl -s -H "Authorization: Bearer $(cat %s)" -H 'Content-Type: application/json' -d '{}' \
    %s/ispvm.v1.%s | python3 -m json.tool
`, l.TokenFile("you"), l.CorrelatorURL(), method)
	}
	text := "Where to look:\n\n"
	if l.PluginURL() != "" {
		text += "  " + l.PluginURL() + " (incidents, change calendar)\n"
	}
	return text + "  " + l.AlertmanagerURL() + "/#/alerts\n" +
		line("IncidentService/ListIncidents") + line("ConfigChangeService/ListConfigChanges")
}
