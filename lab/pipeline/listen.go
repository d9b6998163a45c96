package pipeline

import (
	"context"
	"fmt"
	"net"
	"strconv"
)

// The ports that each program is known by, so that bookmarks survive a restart of the lab.
const (
	portExporter     = 9436
	portPrometheus   = 9090
	portAlertmanager = 9093
	portCorrelator   = 9480
	portPlugin       = 3001
)

// loopback answers a free address on loopback: with the preferred port when that is free, else with any.
// The program that is given it has to take it at once, for nothing keeps others away.
func loopback(ctx context.Context, preferred int) (string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(preferred)))
	if err != nil && preferred != 0 {
		listener, err = config.Listen(ctx, "tcp", "127.0.0.1:0")
	}
	if err != nil {
		return "", fmt.Errorf("find a free port on loopback: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}

// addresses picks one for each program, all different ones.
func addresses(ctx context.Context, wellKnown bool) ([]string, error) {
	var picked []string
	for _, port := range []int{portExporter, portPrometheus, portAlertmanager, portCorrelator, portPlugin} {
		if !wellKnown {
			port = 0
		}
		address, err := loopback(ctx, port)
		if err != nil {
			return nil, err
		}
		picked = append(picked, address)
	}
	return picked, nil
}
