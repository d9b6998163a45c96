package incident_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// after is an instant some seconds after noon.
func after(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }

// judge is a judge over a network with the default weights.
func judge(tb testing.TB, inv topology.Inventory) incident.Judge {
	tb.Helper()
	require.NoError(tb, inv.Validate())
	rules, err := incident.LoadRules()
	require.NoError(tb, err)
	weights, err := incident.LoadWeights()
	require.NoError(tb, err)
	return incident.Judge{Graph: topology.NewGraph(inv), Rules: rules, Weights: weights}
}

// network reads lines such as "ACC1@pop2: any CORE1 CORE2; all AGG1" and "CORE1:e1 - ACC1:e1".
func network(lines ...string) topology.Inventory {
	var inv topology.Inventory
	for _, line := range lines {
		if a, b, isLink := strings.Cut(line, " - "); isLink {
			inv.Links = append(inv.Links, topology.Link{A: end(a), B: end(b)})
			continue
		}
		name, needs, _ := strings.Cut(line, ":")
		d := topology.Device{}
		d.Name, d.Site, _ = strings.Cut(name, "@")
		for need := range strings.SplitSeq(needs, ";") {
			if words := strings.Fields(need); len(words) > 1 && words[0] == "any" {
				d.DependsOn = append(d.DependsOn, topology.Group{Any: words[1:]})
			} else if len(words) > 1 {
				d.DependsOn = append(d.DependsOn, topology.Group{All: words[1:]})
			}
		}
		inv.Devices = append(inv.Devices, d)
	}
	return inv
}

func end(s string) topology.End {
	device, iface, _ := strings.Cut(s, ":")
	return topology.End{Device: device, Interface: iface}
}

// alert is a firing alert: "symptom DEVICE" or "symptom DEVICE interface", from noon, with no lag.
func alert(spec string) incident.Occurrence {
	words := strings.Fields(spec)
	o := incident.Occurrence{
		ID: spec, Fingerprint: spec, AlertName: words[0], Symptom: words[0], Device: words[1], StartsAt: noon, HeardAt: noon, LastHeardAt: noon,
	}
	if len(words) > 2 {
		o.Interface = words[2]
	}
	return o
}

func alerts(specs ...string) []incident.Occurrence {
	var out []incident.Occurrence
	for _, s := range specs {
		out = append(out, alert(s))
	}
	return out
}

// change is a change of "DEVICE category" within (from, to] seconds after noon.
func change(spec string, from, to int) configchange.Change {
	words := strings.Fields(spec)
	return configchange.Change{ID: spec, Device: words[0], Category: words[1], NotBefore: after(from), NotAfter: after(to)}
}

func facts(occurrences []incident.Occurrence, changes ...configchange.Change) incident.Facts {
	onset, _ := incident.OnsetOf(occurrences)
	return incident.Facts{Occurrences: occurrences, Onset: onset, Lookback: 30 * time.Minute, Changes: changes}
}

// names are the candidates as "kind/name".
func names(j incident.Judgement) []string {
	var out []string
	for _, c := range j.Candidates {
		out = append(out, string(c.Kind)+"/"+c.Name)
	}
	return out
}
