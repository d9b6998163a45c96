// Command routersim serves the RouterOS API of one simulated router, loaded
// from export text, until SIGINT or SIGTERM.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"
	promslogflag "github.com/prometheus/common/promslog/flag"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

func main() { os.Exit(run(os.Args[1:])) }

// flags are the command line.
type flags struct {
	rsc         string
	listen      string
	tlsListen   string
	version     string
	users       []string
	latency     time.Duration
	subscribers int
	prefixes    int
	leases      int
	misbehave   string
	control     string
	log         promslog.Config
}

func run(args []string) int {
	var f flags
	app := kingpin.New("routersim", "A simulated MikroTik router that speaks the RouterOS API.")
	app.Flag("rsc", "Export text (.rsc) to load, of RouterOS 6 or 7. Without it the router is as it leaves the factory.").PlaceHolder("FILE").StringVar(&f.rsc)
	app.Flag("listen", "Address to serve the API on; port 0 takes a free one.").Default("127.0.0.1:8728").PlaceHolder("ADDR").StringVar(&f.listen)
	app.Flag("tls-listen", "Address to serve the API over TLS on, with a self-signed certificate.").PlaceHolder("ADDR").StringVar(&f.tlsListen)
	app.Flag("version", "RouterOS version to be. Default: the one in the file's header, else 7.16.").PlaceHolder("7.16").StringVar(&f.version)
	app.Flag("user", "A login, may be repeated: NAME:PASSWORD:POLICY[,POLICY…]; full stands for every policy. Default: admin with an empty password.").PlaceHolder("USER").StringsVar(&f.users)
	app.Flag("latency", "Round-trip time to the router.").Default("0s").DurationVar(&f.latency)
	app.Flag("subscribers", "Customers dialled in at each PPPoE server, beside those in /ppp/secret.").Default("0").IntVar(&f.subscribers)
	app.Flag("prefixes", "Prefixes that each BGP peer announces.").Default("1000").IntVar(&f.prefixes)
	app.Flag("leases", "Clients that have an address from each DHCP server, beside static leases.").Default("0").IntVar(&f.leases)
	app.Flag("misbehave", `What is wrong with the router from the start: "latency=200ms; loss=0.05; /ip/route delay=5s".`).PlaceHolder("TEXT").StringVar(&f.misbehave)
	app.Flag("control", "Loopback address to make it misbehave over HTTP: PUT and DELETE /misbehaviour, GET /traffic.").PlaceHolder("ADDR").StringVar(&f.control)
	promslogflag.AddFlags(app, &f.log)
	app.HelpFlag.Short('h')
	if _, err := app.Parse(args); err != nil {
		app.Errorf("%s, try --help", err)
		return 2
	}
	if err := serve(f); err != nil {
		app.Errorf("%s", err)
		return 1
	}
	return 0
}

func serve(f flags) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	users, err := parseUsers(f.users)
	if err != nil {
		return err
	}
	wrong, err := routersim.ParseMisbehaviour(f.misbehave)
	if err != nil {
		return fmt.Errorf("--misbehave: %w", err)
	}
	router, err := routersim.NewNetwork(routersim.NetworkOptions{Prefixes: f.prefixes}).Add(routersim.Options{
		Version: f.version, Users: users, Latency: f.latency, Subscribers: f.subscribers, Leases: f.leases, Logger: promslog.New(&f.log),
	})
	if err != nil {
		return err
	}
	defer router.Close()
	if err := router.Misbehave(wrong); err != nil {
		return err
	}
	if f.rsc != "" {
		if err := load(router, f.rsc); err != nil {
			return err
		}
	}
	addr, err := router.Listen(ctx, f.listen)
	if err != nil {
		return err
	}
	fmt.Printf("api %s\n", addr)
	if f.tlsListen != "" {
		if addr, err = router.ListenTLS(ctx, f.tlsListen, nil); err != nil {
			return err
		}
		fmt.Printf("api-ssl %s\n", addr)
	}
	if f.control != "" {
		addr, stop, err := control(ctx, f.control, router)
		if err != nil {
			return err
		}
		defer stop()
		fmt.Printf("control %s\n", addr)
	}
	<-ctx.Done()
	return nil
}

func load(router *routersim.Router, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("--rsc: %w", err)
	}
	defer file.Close() //nolint:errcheck // only read from
	_, err = router.Load(file)
	return err
}

// parseUsers reads NAME:PASSWORD:POLICIES; the password may hold colons.
func parseUsers(texts []string) ([]routersim.User, error) {
	var users []routersim.User
	for i, text := range texts {
		first, last := strings.IndexByte(text, ':'), strings.LastIndexByte(text, ':')
		if first <= 0 || first == last || last == len(text)-1 {
			return nil, fmt.Errorf("--user number %d: want NAME:PASSWORD:POLICY[,POLICY…]", i+1)
		}
		users = append(users, routersim.User{
			Name: text[:first], Password: text[first+1 : last], Policies: strings.Split(text[last+1:], ","),
		})
	}
	return users, nil
}
