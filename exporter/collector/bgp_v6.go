package collector

import (
	"context"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// readPeersV6 reads /routing/bgp/peer, where RouterOS 6 has configuration and
// session in one row.
func readPeersV6(ctx context.Context, r Router) ([]*peer, error) {
	var peers []*peer
	var instanceOf []string // of each peer
	asOf := map[string]string{}
	err := readAll(ctx, r,
		read{"/routing/bgp/instance", []string{"name", "as"}, nil, func(row routeros.Row) {
			asOf[row.String("name")] = row.String("as")
		}},
		read{"/routing/bgp/peer", []string{
			"name", "instance", "remote-address", "remote-as", "disabled", "established", "state", "prefix-count", "uptime",
		}, nil, func(row routeros.Row) {
			p := &peer{
				name:          row.String("name"),
				remoteAddress: row.String("remote-address"),
				remoteAS:      row.String("remote-as"),
				enabled:       !row.Bool("disabled"),
			}
			if row.Bool("established") || row.String("state") == "established" {
				p.session(row)
			}
			peers = append(peers, p)
			instanceOf = append(instanceOf, row.String("instance"))
		}},
	)
	for i, p := range peers {
		p.localAS = asOf[instanceOf[i]]
	}
	return peers, err
}
