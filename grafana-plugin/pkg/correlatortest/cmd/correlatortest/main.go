// Correlatortest serves the stand-in of the correlator with its example, for the browser test.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/correlatortest"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "correlatortest:", err)
		os.Exit(1)
	}
}

// run serves on a free port of loopback, and says where.
func run() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	var config net.ListenConfig

	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}

	stand := correlatortest.New(correlatortest.Example(time.Now().Truncate(time.Minute)), time.Now)
	server := &http.Server{Handler: stand.Handler(), ReadHeaderTimeout: 10 * time.Second}

	context.AfterFunc(ctx, func() { _ = server.Close() })
	fmt.Println("correlator on http://" + listener.Addr().String())

	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}

	return nil
}
