package routersim

import (
	"maps"
	"slices"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
)

// change runs a command that changes the configuration, and notes who did it.
func (s *session) change(who *identity, cmd *command, reply *reply) error {
	r := s.router
	r.net.mu.Lock()
	defer r.net.mu.Unlock()
	if !r.has(cmd.menu) {
		return errNoSuchPrefix
	}
	needed := "write"
	if cmd.menu == "/user" || strings.HasPrefix(cmd.menu, "/user/") {
		needed = "policy"
	}
	if !who.policies["write"] || !who.policies[needed] {
		return errNotPermitted
	}
	r.expire(r.now(), false)
	var err error
	if cmd.menu == "/interface" {
		err = r.changeInterfaces(cmd)
	} else {
		reply.ret, err = r.apply(cmd.menu, cmd)
	}
	if err != nil {
		return err
	}
	if cmd.menu == "/user" {
		for _, row := range r.store.Table(cmd.menu).Rows {
			r.users.take(row)
		}
	}
	r.cached = nil
	now := r.now()
	r.noteLapses(cmd, reply.ret, now)
	r.history.add(r.describe(who, cmd, needed))
	r.journal.add(now, "system,info", actionOf(cmd.menu, cmd.verb)+" by api:"+who.user+"@"+who.remoteHost)
	r.net.update(r)
	return nil
}

// changeInterfaces runs a command of /interface, which stands for the menus of
// all types: the rows are found there, all of them before any is changed.
func (r *Router) changeInterfaces(cmd *command) error {
	if !slices.Contains([]string{"set", "enable", "disable", "comment"}, cmd.verb) {
		return errNoSuchCommand
	}
	numbers, _ := cmd.numbers()
	parts := map[string]string{} // id: menu
	for _, number := range strings.Split(numbers, ",") {
		found := false
		for _, t := range r.store.InterfaceTables() {
			for _, row := range t.Rows {
				if row.Props["name"] == number || config.FormatID(row.ID) == number {
					parts[config.FormatID(row.ID)], found = t.Menu.Path, true
				}
			}
		}
		if !found {
			return config.ErrNoSuchItem
		}
	}
	for _, id := range slices.Sorted(maps.Keys(parts)) {
		part := *cmd
		part.args = maps.Clone(cmd.args)
		delete(part.args, ".id")
		part.args["numbers"] = id
		if _, err := r.apply(parts[id], &part); err != nil {
			return err
		}
	}
	return nil
}

// apply changes the rows and returns what !done carries.
func (r *Router) apply(menu string, cmd *command) (ret string, err error) {
	props := maps.Clone(cmd.args)
	for _, name := range []string{"numbers", ".id", "place-before", "destination", "value-name", "copy-from"} {
		if name != "numbers" || cmd.verb != "add" {
			delete(props, name)
		}
	}
	if cmd.verb == "add" {
		if source, ok := cmd.args["copy-from"]; ok {
			rows, err := r.store.Table(menu).Select(source)
			if err != nil {
				return "", err
			}
			original := maps.Clone(rows[0].Props)
			maps.Copy(original, props)
			props = original
		}
		row, err := r.store.Add(menu, props, cmd.args["place-before"])
		if err != nil {
			return "", err
		}
		return config.FormatID(row.ID), nil
	}
	numbers, ok := cmd.numbers()
	if !ok && !r.store.Table(menu).Menu.Single {
		return "", &config.Trap{Category: 1, Message: "missing value(s) of argument(s) numbers"}
	}
	switch cmd.verb {
	case "set", "comment":
		_, err = r.store.Set(menu, numbers, props)
	case "enable":
		_, err = r.store.Set(menu, numbers, map[string]string{"disabled": "false"})
	case "disable":
		_, err = r.store.Set(menu, numbers, map[string]string{"disabled": "true"})
	case "unset":
		_, err = r.store.Unset(menu, numbers, strings.Split(cmd.args["value-name"], ","))
	case "remove":
		_, err = r.store.Remove(menu, numbers)
	case "move":
		_, err = r.store.Move(menu, numbers, cmd.args["destination"])
	}
	return "", err
}

// describe makes the entry of /system/history.
func (r *Router) describe(who *identity, cmd *command, policy string) historyEntry {
	var redo strings.Builder
	redo.WriteString(strings.ReplaceAll(cmd.path, "/", " ")[1:])
	for _, name := range slices.Sorted(maps.Keys(cmd.args)) {
		redo.WriteString(" " + name + "=" + cmd.args[name])
	}
	return historyEntry{
		at: r.now(), action: actionOf(cmd.menu, cmd.verb), by: who.user, policy: policy, redo: "/" + redo.String(),
	}
}

// actionOf words a change as RouterOS's history does: "filter rule changed".
func actionOf(menu, verb string) string {
	noun, ok := map[string]string{
		"/interface": "device", "/interface/ethernet": "device", "/ip/address": "address", "/ipv6/address": "address",
		"/ip/route": "route", "/ipv6/route": "route", "/ip/firewall/filter": "filter rule", "/ipv6/firewall/filter": "filter rule",
		"/ip/firewall/nat": "nat rule", "/ip/firewall/mangle": "mangle rule", "/ip/firewall/raw": "raw rule",
		"/ip/firewall/address-list": "address list entry", "/routing/bgp/peer": "bgp peer", "/routing/bgp/connection": "bgp connection",
		"/routing/filter/rule": "route filter rule", "/routing/filter": "route filter", "/routing/ospf/interface-template": "ospf interface template",
		"/routing/ospf/area": "ospf area", "/user": "user", "/user/group": "user group", "/ppp/secret": "ppp secret", "/ppp/profile": "ppp profile",
		"/queue/simple": "queue", "/ip/service": "ip service", "/system/script": "script", "/system/scheduler": "schedule",
	}[menu]
	if !ok {
		noun = strings.ReplaceAll(menu[strings.LastIndexByte(menu, '/')+1:], "-", " ")
	}
	past, ok := map[string]string{"add": "added", "remove": "removed", "move": "moved"}[verb]
	if !ok {
		past = "changed"
	}
	return noun + " " + past
}
