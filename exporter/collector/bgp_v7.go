package collector

import (
	"cmp"
	"context"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// connectionV7 is a row of /routing/bgp/connection and what it inherits from.
type connectionV7 struct {
	peer
	templates, instance string
}

// readPeersV7 joins /routing/bgp/connection, which is configuration, with
// /routing/bgp/session, which has rows only for sessions that exist.
func readPeersV7(ctx context.Context, r Router) ([]*peer, error) {
	var connections []*connectionV7
	type session struct {
		name, remoteAddress, localAS, remoteAS string
		state                                  peer
	}
	var sessions []session
	templateAS, instanceAS := map[string]string{}, map[string]string{}
	err := readAll(ctx, r,
		read{"/routing/bgp/connection", []string{
			"name", "disabled", "remote.address", "remote.as", "as", "templates", "instance",
		}, nil, func(row routeros.Row) {
			connections = append(connections, &connectionV7{
				peer: peer{
					name:          row.String("name"),
					remoteAddress: strings.TrimSuffix(row.String("remote.address"), "/32"),
					remoteAS:      row.String("remote.as"),
					localAS:       row.String("as"),
					enabled:       !row.Bool("disabled"),
				},
				templates: row.String("templates"),
				instance:  row.String("instance"),
			})
		}},
		read{"/routing/bgp/session", []string{
			"name", "established", "remote.address", "remote.as", "local.as", "prefix-count", "uptime",
		}, nil, func(row routeros.Row) {
			s := session{
				name: row.String("name"), remoteAddress: row.String("remote.address"),
				remoteAS: row.String("remote.as"), localAS: row.String("local.as"),
			}
			if row.Bool("established") {
				s.state.session(row)
			}
			sessions = append(sessions, s)
		}},
		read{"/routing/bgp/template", []string{"name", "as"}, nil, func(row routeros.Row) {
			templateAS[row.String("name")] = row.String("as")
		}},
		read{"/routing/bgp/instance", []string{"name", "as"}, nil, func(row routeros.Row) {
			instanceAS[row.String("name")] = row.String("as")
		}},
	)
	if err != nil {
		return nil, err
	}

	byName := make(map[string]*connectionV7, len(connections))
	peers := make([]*peer, 0, len(connections))
	for _, c := range connections {
		// A connection takes from the instance (7.20 and later) or from its
		// templates, in order, what it does not say itself.
		for _, template := range strings.Split(c.templates, ",") {
			c.localAS = cmp.Or(c.localAS, templateAS[template])
		}
		c.localAS = cmp.Or(c.localAS, instanceAS[c.instance])
		byName[c.name] = c
		peers = append(peers, &c.peer)
	}
	for _, s := range sessions {
		c := byName[connectionOf(s.name)]
		if c == nil {
			c = byName[s.name] // its name ends in a number, and the session's has no other
		}
		if c == nil {
			// Nothing that is up may be invisible, whatever made it.
			c = &connectionV7{peer: peer{name: s.name, remoteAddress: s.remoteAddress, enabled: true}}
			peers = append(peers, &c.peer)
		}
		c.remoteAS = cmp.Or(c.remoteAS, s.remoteAS)
		c.localAS = cmp.Or(c.localAS, s.localAS)
		c.merge(s.state)
	}
	return peers, nil
}

// merge adds the state of one session.
func (p *peer) merge(s peer) {
	p.established += s.established
	p.prefixes += s.prefixes
	p.prefixesKnown = p.prefixesKnown || s.prefixesKnown
	p.uptime = max(p.uptime, s.uptime)
	p.uptimeKnown = p.uptimeKnown || s.uptimeKnown
}

// connectionOf returns the connection that a session belongs to: RouterOS
// names sessions after it, with a number ("upstream-a-1").
func connectionOf(session string) string {
	i := strings.LastIndexByte(session, '-')
	if i < 0 || strings.Trim(session[i+1:], "0123456789") != "" {
		return session
	}
	return session[:i]
}
