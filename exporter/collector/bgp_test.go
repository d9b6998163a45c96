package collector

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros/routerostest"
)

func TestBGPv7(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		menus map[string][][]string
		want  []string
	}{
		"a connection without a session is down, not absent": {
			map[string][][]string{
				"/routing/bgp/connection": {{"name=up-a", "remote.address=192.0.2.1/32", "remote.as=64510", "as=64500"}},
				"/routing/bgp/session":    {},
			},
			[]string{
				`routeros_bgp_peer_enabled{peer="up-a"} 1`,
				`routeros_bgp_peer_info{local_as="64500",peer="up-a",remote_address="192.0.2.1",remote_as="64510"} 1`,
				`routeros_bgp_peer_sessions{peer="up-a"} 0`,
				`routeros_bgp_session_up{peer="up-a"} 0`,
			},
		},
		"a session that is not established yet": {
			map[string][][]string{
				"/routing/bgp/connection": {{"name=up-a", "remote.address=192.0.2.1", "disabled=true"}},
				"/routing/bgp/session":    {{"name=up-a-1", "remote.as=64510", "local.as=64500", "prefix-count=9"}},
			},
			[]string{
				`routeros_bgp_peer_enabled{peer="up-a"} 0`,
				`routeros_bgp_peer_info{local_as="64500",peer="up-a",remote_address="192.0.2.1",remote_as="64510"} 1`,
				`routeros_bgp_peer_sessions{peer="up-a"} 0`,
				`routeros_bgp_session_up{peer="up-a"} 0`,
			},
		},
		"the AS comes from template or instance, sessions are added up": {
			map[string][][]string{
				"/routing/bgp/connection": {
					{"name=rr-1", "remote.address=10.0.0.0/24", "templates=none,ibgp"},
					{"name=rr", "remote.address=10.1.0.1", "instance=main", "remote.as=64500"},
				},
				"/routing/bgp/session": {
					{"name=rr-1-1", "established=true", "prefix-count=5", "uptime=1m"},
					{"name=rr-1-2", "established=true", "prefix-count=7", "uptime=1h"},
					{"name=rr-1-3"},
					{"name=rr-1", "established=true", "uptime=2s"},
				},
				"/routing/bgp/template": {{"name=none"}, {"name=ibgp", "as=64501"}},
				"/routing/bgp/instance": {{"name=main", "as=64502"}},
			},
			[]string{
				`routeros_bgp_peer_enabled{peer="rr"} 1`,
				`routeros_bgp_peer_enabled{peer="rr-1"} 1`,
				`routeros_bgp_peer_info{local_as="64501",peer="rr-1",remote_address="10.0.0.0/24",remote_as=""} 1`,
				`routeros_bgp_peer_info{local_as="64502",peer="rr",remote_address="10.1.0.1",remote_as="64500"} 1`,
				`routeros_bgp_peer_sessions{peer="rr"} 1`,
				`routeros_bgp_peer_sessions{peer="rr-1"} 2`,
				`routeros_bgp_session_prefixes_received{peer="rr-1"} 12`,
				`routeros_bgp_session_up{peer="rr"} 1`,
				`routeros_bgp_session_up{peer="rr-1"} 1`,
				`routeros_bgp_session_uptime_seconds{peer="rr"} 2`,
				`routeros_bgp_session_uptime_seconds{peer="rr-1"} 3600`,
			},
		},
		"a session of no connection is seen": {
			map[string][][]string{
				"/routing/bgp/connection": {},
				"/routing/bgp/session":    {{"name=vpn-7", "established=true", "remote.address=192.0.2.7", "remote.as=7", "local.as=8"}},
			},
			[]string{
				`routeros_bgp_peer_enabled{peer="vpn-7"} 1`,
				`routeros_bgp_peer_info{local_as="8",peer="vpn-7",remote_address="192.0.2.7",remote_as="7"} 1`,
				`routeros_bgp_peer_sessions{peer="vpn-7"} 1`,
				`routeros_bgp_session_up{peer="vpn-7"} 1`,
			},
		},
		"a connection whose name ends in a number, and a session without one of its own": {
			map[string][][]string{
				"/routing/bgp/connection": {{"name=as-65001", "remote.as=65001"}},
				"/routing/bgp/session":    {{"name=as-65001", "established=true"}},
			},
			[]string{
				`routeros_bgp_peer_enabled{peer="as-65001"} 1`,
				`routeros_bgp_peer_info{local_as="",peer="as-65001",remote_address="",remote_as="65001"} 1`,
				`routeros_bgp_peer_sessions{peer="as-65001"} 1`,
				`routeros_bgp_session_up{peer="as-65001"} 1`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := collect(t, "bgp", 7, &routerostest.Router{Menus: c.menus})
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestBGPv6(t *testing.T) {
	t.Parallel()
	got, err := collect(t, "bgp", 6, &routerostest.Router{Menus: map[string][][]string{
		"/routing/bgp/instance": {{"name=default", "as=65534"}},
		"/routing/bgp/peer": {
			// The shape of a recorded reply.
			{
				"name=A Peer", "instance=default", "remote-address=10.0.0.2", "remote-as=65535", "disabled=false", "established=true",
				"state=established", "prefix-count=1", "uptime=19w4d13h22m21s",
			},
			{"name=B", "instance=gone", "remote-address=10.0.0.6", "remote-as=65533", "disabled=true", "state=idle"},
			{"name=B", "instance=default", "remote-address=10.0.0.7", "remote-as=65532", "state=active"},
			// One is down, and does not hide behind the other of its name.
			{"name=B", "instance=default", "remote-address=10.0.0.8", "state=established", "prefix-count=3"},
			// One is up, and the other is not meant to be.
			{"name=C", "instance=default", "remote-address=10.0.0.9", "remote-as=65531", "state=established", "prefix-count=4"},
			{"name=C", "instance=default", "remote-address=10.0.0.10", "disabled=true"},
		},
	}})
	require.NoError(t, err)
	require.Equal(t, []string{
		`routeros_bgp_peer_enabled{peer="A Peer"} 1`,
		`routeros_bgp_peer_enabled{peer="B"} 1`,
		`routeros_bgp_peer_enabled{peer="C"} 1`,
		`routeros_bgp_peer_info{local_as="",peer="B",remote_address="10.0.0.6",remote_as="65533"} 1`,
		`routeros_bgp_peer_info{local_as="65534",peer="A Peer",remote_address="10.0.0.2",remote_as="65535"} 1`,
		`routeros_bgp_peer_info{local_as="65534",peer="C",remote_address="10.0.0.9",remote_as="65531"} 1`,
		`routeros_bgp_peer_sessions{peer="A Peer"} 1`,
		`routeros_bgp_peer_sessions{peer="B"} 1`,
		`routeros_bgp_peer_sessions{peer="C"} 1`,
		`routeros_bgp_session_prefixes_received{peer="A Peer"} 1`,
		`routeros_bgp_session_prefixes_received{peer="B"} 3`,
		`routeros_bgp_session_prefixes_received{peer="C"} 4`,
		`routeros_bgp_session_up{peer="A Peer"} 1`,
		`routeros_bgp_session_up{peer="B"} 0`,
		`routeros_bgp_session_up{peer="C"} 1`,
		`routeros_bgp_session_uptime_seconds{peer="A Peer"} 1.1884941e+07`,
	}, got)
}
