// Command lab starts a simulated ISP with the whole product around it, on loopback, and breaks it on
// request. It is what `make run` and `make break` run.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/alecthomas/kingpin/v2"
	"github.com/oklog/run"
	"github.com/prometheus/common/version"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/control"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/fleet"
)

func main() { os.Exit(start(os.Args[1:], os.Stdout, os.Stderr)) }

func start(args []string, stdout, stderr io.Writer) int {
	app := kingpin.New("lab", "A simulated ISP with the whole product around it, on loopback.").UsageWriter(stderr).ErrorWriter(stderr)
	app.Version(version.Print("lab"))
	app.HelpFlag.Short('h')
	socket := app.Flag("control", "Socket by which another terminal talks to the lab.").Default(control.Path()).String()

	var o runOptions
	runCommand := app.Command("run", "Start the lab; stop it with Ctrl-C.").Default()
	runCommand.Flag("fleet", "Folder of .rsc exports to simulate instead of our own ISP.").PlaceHolder("DIR").ExistingDirVar(&o.fleet)
	runCommand.Flag("config", "Exporter configuration with real routers: nothing is simulated.").PlaceHolder("FILE").ExistingFileVar(&o.config)
	runCommand.Flag("bin", "Folder of the programs (default: the one of this program).").PlaceHolder("DIR").ExistingDirVar(&o.bin)
	runCommand.Flag("plugin-dir", "The folder grafana-plugin, built (default: the one beside the folder of programs, if it is built).").PlaceHolder("DIR").StringVar(&o.plugin)
	runCommand.Flag("keep", "Keep the run directory, with all logs and data.").BoolVar(&o.keep)

	breakCommand := app.Command("break", "Break something in the running lab.")
	what := breakCommand.Arg("what", "What to break, or the beginning of its name; `list` shows the names, `mend` takes all back.").String()

	command, err := app.Parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "lab: %v; see lab --help\n", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	switch command {
	case runCommand.FullCommand():
		err = serve(ctx, stop, o, *socket, stdout, stderr)
	case breakCommand.FullCommand():
		err = ask(ctx, *socket, *what, stdout)
	}
	if err != nil {
		fmt.Fprintf(stderr, "lab: %v\n", err)
		return 1
	}
	return 0
}

type runOptions struct {
	fleet, config, bin, plugin string
	keep                       bool
}

// lab turns flags into the options of a lab.
func (o runOptions) lab(log *slog.Logger) (lab.Options, error) {
	options := lab.Options{ExporterConfig: o.config, Keep: o.keep, WellKnownPorts: true, Log: log}
	if o.fleet != "" && o.config != "" {
		return options, errors.New("--fleet and --config exclude each other: routers are simulated or real")
	}
	var err error
	switch {
	case o.fleet != "":
		options.Fleet, err = fleet.Load(os.DirFS(o.fleet))
	case o.config == "":
		options.Fleet, err = fleet.Own()
	}
	if err != nil {
		return options, err
	}
	options.Bin, options.PluginDir, err = lab.Programs(o.bin, o.plugin)
	return options, err
}

// serve runs a lab until ctx ends or something in it does.
func serve(ctx context.Context, stop func(), o runOptions, socket string, stdout, stderr io.Writer) (err error) {
	options, err := o.lab(slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{ReplaceAttr: withoutTime})))
	if err != nil {
		return err
	}
	listener, err := control.Listen(ctx, socket)
	if err != nil {
		return err
	}
	// The folder is the lab's own when it is the default one; one that somebody named stays if it has other files.
	defer os.Remove(filepath.Dir(socket))
	defer listener.Close()
	fmt.Fprintln(stdout, "Starting the lab; its own database takes a few seconds.")
	l, err := lab.Start(ctx, options)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	defer func() {
		fmt.Fprintln(stdout, "\nStopping.")
		err = errors.Join(err, l.Close())
		if options.Keep {
			fmt.Fprintln(stdout, "Kept:", l.Dir())
		}
	}()
	fmt.Fprintln(stdout, l.Guide())

	var group run.Group
	serving, cancel := context.WithCancel(ctx)
	defer cancel()
	group.Add(func() error { return control.Serve(serving, listener, l) }, func(error) { cancel() })
	group.Add(func() error {
		select {
		case err := <-l.Died():
			return err
		case <-serving.Done():
			return nil
		}
	}, func(error) { stop(); cancel() })
	return group.Run()
}

// withoutTime leaves out the time, which says nothing to somebody who watches.
func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

// ask passes a wish on to the lab that runs.
func ask(ctx context.Context, socket, what string, stdout io.Writer) error {
	verb := "break"
	if what == "list" || what == "mend" {
		verb, what = what, ""
	}
	text, err := control.Ask(ctx, socket, verb, what)
	fmt.Fprint(stdout, text)
	return err
}
