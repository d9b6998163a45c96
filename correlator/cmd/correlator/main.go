// Command correlator detects configuration changes on routers, hears every alert, and says which
// change probably caused which outage.
//
//	correlator serve --config.file=F              the service on a PostgreSQL of yours
//	correlator standalone --data-dir=D            the service with a private PostgreSQL, for one machine
//	correlator replay [--weights=F [--diff]] FILE the same engine over a recorded timeline
//	correlator export-timeline --tenant=T         a tenant's past in that form
//	correlator admin …                            tokens, inventory
//
// Exit status: 0 done, 1 it failed, 2 wrong usage.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"
	promslogflag "github.com/prometheus/common/promslog/flag"
	"github.com/prometheus/common/version"
)

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// environment is what a command has of the world outside.
type environment struct {
	stdout, stderr io.Writer
	getenv         func(string) string
	log            *promslog.Config
}

// command is one subcommand: its flags are on the clause, and run does it.
type command struct {
	clause *kingpin.CmdClause
	run    func(context.Context, environment) error
}

func main() { os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr)) }

func execute(args []string, stdout, stderr io.Writer) int {
	app := kingpin.New("correlator", "Says which configuration change probably caused which outage.")
	app.UsageWriter(stdout)
	app.HelpFlag.Short('h')
	app.Version(version.Print("correlator"))
	env := environment{stdout: stdout, stderr: stderr, getenv: os.Getenv, log: &promslog.Config{Writer: stderr}}
	promslogflag.AddFlags(app, env.log)
	commands := []command{
		newServe(app), newStandalone(app), newReplay(app), newExportTimeline(app),
	}
	commands = append(commands, newAdmin(app)...)

	if len(args) == 0 {
		app.UsageWriter(stderr)
		app.Usage(nil)
		return exitUsage
	}
	selected, err := app.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "correlator: %s; try --help\n", err)
		return exitUsage
	}
	// A second signal ends the program at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	for _, c := range commands {
		if c.clause.FullCommand() != selected {
			continue
		}
		if err := c.run(ctx, env); err != nil {
			fmt.Fprintf(stderr, "correlator: %s\n", err)
			return exitFailed
		}
		return exitDone
	}
	return exitUsage
}
