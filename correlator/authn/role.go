package authn

import (
	"fmt"
	"slices"
	"strings"
)

// Role is what a token may do. Viewer, operator and admin are steps of one ladder; the others are
// for machines and auditors and give nothing but their own right.
type Role string

// The roles.
const (
	// Viewer reads everything of its tenant.
	Viewer Role = "viewer"
	// Operator may also plan work and acknowledge incidents.
	Operator Role = "operator"
	// Admin may also replace the inventory.
	Admin Role = "admin"
	// Agent may only send observations.
	Agent Role = "agent"
	// Auditor reads everything, like a viewer, and changes nothing.
	Auditor Role = "auditor"
	// Alertmanager may only post alerts.
	Alertmanager Role = "alertmanager"
)

// Permission is one kind of access.
type Permission string

// The permissions.
const (
	// Identify is to ask who one is and how the service does: every role may.
	Identify Permission = "identify"
	// Read is to read anything but secrets and the audit log.
	Read Permission = "read"
	// Operate is to plan work and to handle incidents.
	Operate Permission = "operate"
	// Administer is to change the inventory.
	Administer Permission = "administer"
	// Observe is to send observations.
	Observe Permission = "observe"
	// PostAlerts is to post an Alertmanager webhook.
	PostAlerts Permission = "post alerts"
)

var granted = map[Role][]Permission{
	Viewer:       {Identify, Read},
	Auditor:      {Identify, Read},
	Operator:     {Identify, Read, Operate},
	Admin:        {Identify, Read, Operate, Administer},
	Agent:        {Identify, Observe},
	Alertmanager: {Identify, PostAlerts},
}

// ParseRole reads a role by its name.
func ParseRole(s string) (Role, error) {
	if _, ok := granted[Role(s)]; !ok {
		return "", fmt.Errorf("unknown role %q: use one of %s", s, strings.Join(RoleNames(), ", "))
	}
	return Role(s), nil
}

// RoleNames lists the roles that exist, for help texts.
func RoleNames() []string {
	names := make([]string, 0, len(granted))
	for r := range granted {
		names = append(names, string(r))
	}
	slices.Sort(names)
	return names
}

// May says whether the role has the permission.
func (r Role) May(p Permission) bool { return slices.Contains(granted[r], p) }

// rolesWith names the roles that have the permission, for the text of a refusal.
func rolesWith(p Permission) string {
	var names []string
	for _, name := range RoleNames() {
		if Role(name).May(p) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " or ")
}

// Forbidden is the refusal of a known caller whose role is not enough.
type Forbidden struct {
	Identity Identity
	Need     Permission
}

func (e *Forbidden) Error() string {
	return fmt.Sprintf("token %q has the role %s, which may not %s: use a token with the role %s",
		e.Identity.Name, e.Identity.Role, e.Need, rolesWith(e.Need))
}

// Require answers a *Forbidden unless id may do p.
func (i Identity) Require(p Permission) error {
	if !i.Role.May(p) {
		return &Forbidden{Identity: i, Need: p}
	}
	return nil
}
