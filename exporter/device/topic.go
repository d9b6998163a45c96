package device

import "strings"

// topics are the words in which RouterOS' history says what was changed
// ("filter rule changed", "route 0.0.0.0/0 added"), and the category that has
// it; the particular come before the general. An empty category is for what
// is in none.
//
// They are no contract: MikroTik lists them nowhere and changes them. What is
// not known here may be about anything, and what is mistaken is read by the
// poll.
var topics = []struct{ word, category string }{
	{"ppp secret", ""},
	{"script", ""},
	{"dhcp lease", ""},
	{"static dns", ""},
	{"hotspot", ""},
	{"certificate", ""},
	{"address list", "address_lists"},
	{"bgp", "bgp"},
	{"ospf", "ospf"},
	{"route filter", "routing"},
	{"routing filter", "routing"},
	{"filter rule", "firewall"},
	{"nat rule", "firewall"},
	{"mangle rule", "firewall"},
	{"raw rule", "firewall"},
	{"route", "routing"},
	{"routing", "routing"},
	{"queue", "queues"},
	{"user", "users"},
	{"ip service", "services"},
	{"snmp", "services"},
	{"ntp", "services"},
	{"dns", "services"},
	{"logging", "services"},
	{"ppp profile", "access"},
	{"pool", "access"},
	{"dhcp client", "addressing"},
	{"dhcp-client", "addressing"},
	{"dhcp", "access"},
	{"identity", "system"},
	{"schedule", "system"},
	{"ip address", "addressing"},
	{"ipv6 address", "addressing"},
	{"address", "addressing"},
	{"device", "interfaces"},
	{"interface", "interfaces"},
	{"bridge", "interfaces"},
	{"vlan", "interfaces"},
}

// topicOf returns the category that an entry of the history speaks of, and
// whether that is known.
func topicOf(action string) (category string, known bool) {
	action = strings.ToLower(action)
	for _, t := range topics {
		if strings.Contains(action, t.word) {
			return t.category, true
		}
	}
	return "", false
}

// changesByItself reports whether the router changes a category without an
// entry in its history: firewall rules put addresses into lists for good
// (address-list-timeout=none-static), and it finds out its time zone.
func changesByItself(category string) bool {
	return category == "address_lists" || category == "system"
}

// mayAccountFor reports whether an entry can be that of a change of a category.
// Mostly any can, whatever it speaks of: a port that is renamed changes all
// rows that name it. But of a category that changes by itself, an entry that
// is not about it would give the change a wrong time and a wrong author.
func mayAccountFor(action, category string) bool {
	topic, known := topicOf(action)
	return !changesByItself(category) || known && topic == category
}

// mayConcern reports whether an entry can be about a category.
func mayConcern(action, category string) bool {
	topic, known := topicOf(action)
	return !known || topic == category
}
