// Pluginhost shows the built Grafana plugin without a Grafana, on loopback, for the lab and for tests.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kingpin/v2"

	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/host"
	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/settings"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pluginhost:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	app := kingpin.New("pluginhost", "Shows the built Grafana plugin without a Grafana. There is no login: loopback only.")
	listen := app.Flag("listen", "Loopback address to listen on.").Default("127.0.0.1:3001").String()
	correlatorURL := app.Flag("correlator-url", "Where the correlator listens.").Required().String()
	tokenFile := app.Flag("token-file", "File with the correlator's token for the plugin.").Required().String()
	pluginDir := app.Flag("plugin-dir", "The folder grafana-plugin, built.").Default("grafana-plugin").String()

	if _, err := app.Parse(args); err != nil {
		return err
	}

	token, err := os.ReadFile(*tokenFile)
	if err != nil {
		return fmt.Errorf("token file: %w", err)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	made, err := host.New(ctx, host.Options{
		Listen: *listen, CorrelatorURL: *correlatorURL, Token: settings.Secret(strings.TrimSpace(string(token))),
		PluginDir: *pluginDir, Log: os.Stderr,
	})
	if err != nil {
		return err
	}

	fmt.Println("plugin host on", made.URL())

	return made.Serve(ctx)
}
