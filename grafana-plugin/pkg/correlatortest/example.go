package correlatortest

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
)

// Example is a small ISP around an instant: an outage that a disabled uplink explains, planned work of
// every status, and names that would break a page which does not escape them.
func Example(now time.Time) State {
	at := func(minutes int) *timestamppb.Timestamp {
		return timestamppb.New(now.Add(time.Duration(minutes) * time.Minute))
	}

	return State{
		Devices: exampleDevices(), Changes: exampleChanges(at),
		ConfigChanges: exampleConfigChanges(at), Incidents: exampleIncidents(at),
	}
}

func exampleDevices() []*apiv1.Device {
	device := func(name, site, role string, uplinks ...string) *apiv1.Device {
		made := &apiv1.Device{Name: name, Site: site, Roles: []string{role}}
		if len(uplinks) > 0 {
			made.DependsOn = []*apiv1.Dependency{{Any: uplinks}}
		}

		return made
	}

	return []*apiv1.Device{
		device("access-south-1", "south", "access", "agg-south"),
		device("agg-north", "north", "aggregation", "core-1", "core-2"),
		device("agg-south", "south", "aggregation", "core-1", "core-2"),
		device("core-1", "east", "core", "edge-1", "edge-2"),
		device("core-2", "west", "core", "edge-1", "edge-2"),
		device("edge-1", "east", "edge"),
		device("edge-2", "west", "edge"),
	}
}

func exampleChanges(at func(int) *timestamppb.Timestamp) []*apiv1.Change {
	return []*apiv1.Change{
		{
			Id: "CHG-1", Title: "Replace the optics of core-2", Description: "Both 10G optics towards the aggregation.",
			StartsAt: at(24 * 60), EndsAt: at(26 * 60), Status: "planned", Owner: "ada", Revision: 1,
			Scope: &apiv1.Scope{Devices: []string{"core-2"}}, Devices: []string{"core-2"},
		},
		{
			Id: "CHG-2", Title: "RouterOS upgrade, site south", Description: "7.15 to 7.20, one router after the other.",
			StartsAt: at(-40), EndsAt: at(80), Status: "in_progress", Owner: "grace", Revision: 2, StartedAt: at(-33),
			Scope: &apiv1.Scope{Sites: []string{"south"}}, Devices: []string{"access-south-1", "agg-south"}, NotifyCritical: true,
		},
		{
			Id: "CHG-3", Title: "Move <b>customer & co</b> to a new VLAN", Description: "As agreed by telephone.",
			StartsAt: at(-26 * 60), EndsAt: at(-25 * 60), Status: "completed", Owner: "ada", Revision: 3,
			StartedAt: at(-26*60 + 4), FinishedAt: at(-25*60 + 35),
			Scope: &apiv1.Scope{Devices: []string{"agg-north"}}, Devices: []string{"agg-north"},
		},
		{
			Id: "CHG-4", Title: "New upstream on edge-2", StartsAt: at(-50 * 60), EndsAt: at(-48 * 60), Status: "canceled",
			Owner: "linus", Revision: 2, FinishedAt: at(-52 * 60),
			Scope: &apiv1.Scope{Devices: []string{"edge-2"}}, Devices: []string{"edge-2"},
		},
		{
			Id: "CHG-5", Title: "Tighten the management firewall", StartsAt: at(-20), EndsAt: at(40), Status: "planned",
			Owner: "linus", Revision: 1, Scope: &apiv1.Scope{Sites: []string{"north"}}, Devices: []string{"agg-north"},
		},
	}
}

func exampleConfigChanges(at func(int) *timestamppb.Timestamp) []*apiv1.ConfigChange {
	return []*apiv1.ConfigChange{
		{
			Id: "cc-1", Device: "edge-1", Site: "east", Category: "interfaces", NotBefore: at(-13), NotAfter: at(-12),
			OldFingerprint: "0f3a55c19e21", NewFingerprint: "b7704d8e0a6c",
			Actor:   &apiv1.Actor{User: "noc", Address: "192.0.2.10", Via: "winbox"},
			Summary: []string{`/interface/ethernet ether1: disabled "no" → "yes"`},
		},
		{
			Id: "cc-2", Device: "agg-south", Site: "south", Category: "system", NotBefore: at(-31), NotAfter: at(-30),
			OldFingerprint: "11aa22bb33cc", NewFingerprint: "44dd55ee66ff", PlannedChangeId: "CHG-2",
		},
	}
}

func exampleIncidents(at func(int) *timestamppb.Timestamp) []*apiv1.Incident {
	return []*apiv1.Incident{
		{
			Id: "inc-1", State: "open", Label: "Possible change-related outage", Severity: "critical",
			Explanation: "The interfaces of edge-1 were changed within the minute before its BGP session to upstream-a went down; " +
				"nothing else explains both alerts.",
			Unknowns:       []string{"agg-north was not observed since 06:00."},
			OnsetNotBefore: at(-12), OnsetNotAfter: at(-11), OpenedAt: at(-11), AlertCount: 2, WeightsVersion: "1", Revision: 3,
			Devices: []string{"core-1", "edge-1"}, Sites: []string{"east"},
			Alerts: []*apiv1.Alert{
				{
					Fingerprint: "a1", Alertname: "BGPSessionDown", Device: "edge-1", Site: "east", Peer: "upstream-a",
					Severity: "critical", Symptom: "bgp_down", Summary: "BGP session to upstream-a is down", StartsAt: at(-11),
				},
				{
					Fingerprint: "a2", Alertname: "InterfaceDown", Device: "edge-1", Site: "east", Interface: "ether1",
					Severity: "warning", Symptom: "interface_down", Summary: "ether1 is down", StartsAt: at(-11),
				},
			},
			Candidates: []*apiv1.Candidate{
				{
					Kind: "device", Name: "edge-1", Devices: []string{"edge-1"}, Role: "primary", Score: 24.6, Confidence: 0.91,
					Explains: []string{"BGPSessionDown edge-1", "InterfaceDown edge-1"},
					Evidence: []*apiv1.Evidence{
						{
							Kind: "config_change", ConfigChangeId: "cc-1", Weight: 7.6,
							Terms: map[string]float64{
								"n": 8, "precedence": 1, "time_decay": 0.95, "category_affinity": 1, "topology_proximity": 1,
							},
							Text: "interfaces of edge-1 changed between 1 and 2 minutes before, by noc from 192.0.2.10: ether1 disabled",
						},
						{
							Kind: "interface_down", Weight: 10, Terms: map[string]float64{"weight": 10},
							Text: "ether1, an uplink, is down",
						},
						{Kind: "bgp_down", Weight: 7, Terms: map[string]float64{"weight": 7}, Text: "BGP to upstream-a is down"},
					},
				},
				{
					Kind: "site", Name: "east", Devices: []string{"core-1", "edge-1"}, Role: "contributing", Score: 2.1,
					Confidence: 0.06, Explains: []string{"InterfaceDown edge-1"},
				},
			},
		},
		{
			Id: "inc-2", State: "closed", Severity: "warning", Explanation: "Packet loss on agg-north, no change before it.",
			OnsetNotBefore: at(-30 * 60), OnsetNotAfter: at(-30*60 + 2), OpenedAt: at(-30 * 60), ClosedAt: at(-29 * 60),
			AlertCount: 1, Devices: []string{"agg-north"}, Sites: []string{"north"}, Revision: 2,
			Acknowledged: &apiv1.Acknowledgement{By: "ada", At: at(-30*60 + 5)},
			Candidates: []*apiv1.Candidate{{
				Kind: "device", Name: "agg-north", Devices: []string{"agg-north"}, Role: "primary", Score: 6, Confidence: 0.4,
				Evidence: []*apiv1.Evidence{{Kind: "loss", Weight: 6, Terms: map[string]float64{"weight": 6}, Text: "loss from two probes"}},
			}},
		},
	}
}
