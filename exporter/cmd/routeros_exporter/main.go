// Command routeros_exporter publishes the state of MikroTik routers and
// fingerprints of their configuration to Prometheus.
package main

import (
	"fmt"
	"os"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"
	promslogflag "github.com/prometheus/common/promslog/flag"
	"github.com/prometheus/common/version"
	"github.com/prometheus/exporter-toolkit/web/kingpinflag"
)

const program = "routeros_exporter"

func main() { os.Exit(execute(os.Args[1:])) }

// execute is the program without the exit.
func execute(args []string) int {
	app := kingpin.New(program, "Prometheus exporter for MikroTik RouterOS: state, and fingerprints of the configuration.")
	app.UsageWriter(os.Stdout)
	app.HelpFlag.Short('h')
	app.Version(version.Print(program))
	configFile := app.Flag("config.file", "Configuration file.").Default("exporter.yaml").String()
	check := app.Flag("config.check", "Check the configuration file and exit.").Bool()
	offset := app.Flag("web.scrape-timeout-offset", "Time to keep back of Prometheus' scrape timeout, for carrying the answer.").Default("500ms").Duration()
	// Flags of the application, not of the command, so that --help shows them.
	toolkitFlags := kingpinflag.AddFlags(app, ":9436")
	logging := &promslog.Config{}
	promslogflag.AddFlags(app, logging)

	app.Command("serve", "Serve probes over HTTP; what happens without a command.").Default()
	show := app.Command("fingerprint", "Print what would be hashed of a device's configuration, and the hashes.")
	name := show.Arg("device", "Name of a device of the configuration file.").Required().String()

	command, err := app.Parse(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v, try --help\n", program, err)
		return 2
	}
	logger := promslog.New(logging)

	switch {
	case *check:
		err = checkConfig(os.Stdout, *configFile, *toolkitFlags.WebConfigFile)
	case command == show.FullCommand():
		err = printFingerprints(os.Stdout, logger, *configFile, *name)
	default:
		err = runServer(logger, serverOptions{configFile: *configFile, web: toolkitFlags, timeoutOffset: *offset})
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", program, err)
		return 1
	}
	return 0
}
