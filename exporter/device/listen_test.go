package device

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-routeros/routeros/v3"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros/routerostest"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

// pipes is a network in memory with one address, so that time can be simulated.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once

	mu   sync.Mutex
	sent bytes.Buffer // by those who dialled through Dial
	open []net.Conn
}

func newPipes() *pipes { return &pipes{accepted: make(chan net.Conn), closed: make(chan struct{})} }

// Accept, Close and Addr implement net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case nc := <-p.accepted:
		return nc, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (*pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 8728} }

// from connects somebody with an address of his own.
func (p *pipes) from(ip net.IP) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.accepted <- pipeEnd{far, p.Addr(), &net.TCPAddr{IP: ip, Port: 50000}}:
		return near, nil
	case <-p.closed:
		return nil, io.ErrClosedPipe
	}
}

// Dial connects the device, whose commands are recorded.
func (p *pipes) Dial(context.Context, string, string) (net.Conn, error) {
	nc, err := p.from(net.IPv4(192, 0, 2, 100))
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open = append(p.open, nc)
	return recorded{nc, p}, nil
}

// asked returns how often the device has sent a command.
func (p *pipes) asked(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Count(p.sent.Bytes(), []byte(path))
}

// cut breaks the device's connections.
func (p *pipes) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, nc := range p.open {
		_ = nc.Close()
	}
}

type pipeEnd struct {
	net.Conn
	local, remote net.Addr
}

func (e pipeEnd) LocalAddr() net.Addr  { return e.local }
func (e pipeEnd) RemoteAddr() net.Addr { return e.remote }

type recorded struct {
	net.Conn
	p *pipes
}

func (r recorded) Write(b []byte) (int, error) {
	r.p.mu.Lock()
	r.p.sent.Write(b)
	r.p.mu.Unlock()
	return r.Conn.Write(b)
}

// watched is a simulated router that a device watches.
type watched struct {
	t         *testing.T
	network   *pipes
	router    *routersim.Router
	device    *Device
	log       *safeBuffer
	mu        sync.Mutex
	sightings []Sighting
}

const watchedConfig = `/system clock set time-zone-name=Asia/Kolkata
/interface ethernet set [ find default-name=ether1 ] name=uplink
/ip address add address=192.0.2.1/24 interface=uplink
/routing bgp connection add name=upstream-a as=64500 remote.address=192.0.2.9 remote.as=64501 local.role=ebgp
/ip firewall filter add chain=input action=accept protocol=icmp
/ip firewall filter add chain=forward action=drop protocol=tcp
/ppp secret add name=customer password=one
/ip dhcp-server add name=d1 interface=uplink address-pool=static-only
/queue simple add name=q1 target=198.51.100.1/32 max-limit=1M/1M
`

// watch starts a router that is 20 ms away and a device that listens to it and
// polls once in a minute, and waits for the first reading. It is for tests in
// simulated time.
func watch(t *testing.T, change func(*Options)) *watched {
	t.Helper()
	w := &watched{t: t, network: newPipes()}
	var err error
	w.router, err = routersim.New(routersim.Options{
		Name: "EDGE1", Latency: 20 * time.Millisecond, ClockOffset: 90 * time.Second,
		Users: []routersim.User{
			{Name: "u", Password: "p", Policies: []string{"read", "api"}}, {Name: "ann", Password: "a"}, {Name: "bob", Password: "b"},
		},
	})
	require.NoError(t, err)
	_, err = w.router.Load(strings.NewReader(watchedConfig))
	require.NoError(t, err)
	require.NoError(t, w.router.Serve(w.network))
	t.Cleanup(w.router.Close)
	// History is not known to be complete as long as it is empty.
	require.NoError(t, w.as("bob", "b", "/system/note/set", "=note=x"))
	w.pass(time.Hour)

	o, log := options(t, "192.0.2.1:8728")
	o.Listen, o.Dial, w.log = true, w.network.Dial, log
	o.Observe = func(s Sighting) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.sightings = append(w.sightings, s)
	}
	if change != nil {
		change(&o)
	}
	w.device, err = New(o)
	require.NoError(t, err)
	t.Cleanup(w.device.Close)
	w.device.Watch()
	w.pass(longestStart + 10*time.Second)
	return w
}

// pass lets simulated time pass.
func (w *watched) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// as runs a command as a user who logs in for it and out again.
func (w *watched) as(user, password string, sentence ...string) error {
	c := w.login(user, password)
	defer c.Close()
	_, err := c.Run(sentence...)
	return err
}

// login is somebody at work, with a client that is not ours.
func (w *watched) login(user, password string) *routeros.Client {
	nc, err := w.network.from(net.IPv4(192, 0, 2, 7))
	require.NoError(w.t, err)
	c, err := routeros.NewClient(nc)
	require.NoError(w.t, err)
	require.NoError(w.t, c.Login(user, password))
	return c
}

// of returns the sightings of a category since the last call for any, for all
// of them.
func (w *watched) of(category string) []Sighting {
	w.mu.Lock()
	defer w.mu.Unlock()
	got := of(w.sightings, category)
	w.sightings = nil
	return got
}

func (w *watched) series() map[string]string {
	return series(w.t, append(w.device.ledger.metrics(), w.device.connectionMetrics()...))
}

// The whole way: a command on the router, and within a second a sighting of
// what it changed, in an interval of some seconds, with who did it.
func TestAChangeIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	for category, command := range map[string][]string{
		"interfaces": {"/interface/ethernet/disable", "=numbers=uplink"},
		"addressing": {"/ip/address/disable", "=numbers=*1"},
		"bgp":        {"/routing/bgp/connection/set", "=numbers=upstream-a", "=input.filter=nothing"},
		"firewall":   {"/ip/firewall/filter/add", "=chain=forward", "=action=drop", "=place-before=*1"},
		// Without listeners of their own, by the history:
		"queues":   {"/queue/simple/set", "=numbers=q1", "=max-limit=9M/9M"},
		"routing":  {"/ip/route/add", "=dst-address=203.0.113.0/24", "=gateway=192.0.2.254"},
		"services": {"/ip/dns/set", "=servers=192.0.2.53"},
	} {
		t.Run(category, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := watch(t, nil)
				require.Equal(t, "8", w.series()["routeros_config_listeners"])
				first := w.of(category)
				require.Len(t, first, 1)
				ann := w.login("ann", "a")
				defer ann.Close()
				w.pass(25 * time.Second) // in between two polls

				moment := time.Now()
				_, err := ann.Run(command...)
				require.NoError(t, err)
				w.pass(time.Second)
				got := w.of(category)
				require.Len(t, got, 2, "the former state, and the new one")
				former, changed := got[0], got[1]

				require.Equal(t, first[0].Fingerprint, former.Fingerprint)
				require.Nil(t, former.Actor)
				require.True(t, former.ObservedAt.Before(moment))
				require.NotEqual(t, former.Fingerprint, changed.Fingerprint)
				require.False(t, changed.ObservedAt.Before(moment))
				require.Less(t, changed.ObservedAt.Sub(former.ObservedAt), 5*time.Second)
				t.Logf("seen after %v, in an interval of %v", changed.ObservedAt.Sub(moment), changed.ObservedAt.Sub(former.ObservedAt))

				require.Equal(t, "ann", changed.Actor.User)
				require.Equal(t, "192.0.2.7", changed.Actor.Address)
				require.Equal(t, "api", changed.Actor.Via)
				require.WithinDuration(t, moment, changed.Actor.At, 2*time.Second)
				require.Regexp(t, `msg="configuration changed" .*category=`+category+` .*actor=ann address=192.0.2.7 via=api`, w.log)
				require.Equal(t, "1", w.series()[`routeros_config_changes_total{category="`+category+`"}`])
				require.Equal(t, "1", w.series()[`routeros_config_changes_total{category="all"}`])

				// Afterwards all is quiet: the polls show no more.
				w.pass(3 * time.Minute)
				require.Equal(t, "0", w.series()["routeros_config_hidden_changes_total"])
				for _, s := range w.of(category) {
					require.Equal(t, changed.Fingerprint, s.Fingerprint)
					require.Nil(t, s.Actor)
				}
			})
		})
	}
}

// One command can change many categories, and only one of them is heard of:
// the others are read soon after.
func TestWhatAChangeDragsAlongIsSeenSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, nil)
		first := w.of("access")[0]
		w.pass(10 * time.Second)
		moment := time.Now()
		require.NoError(t, w.as("ann", "a", "/interface/ethernet/set", "=numbers=uplink", "=name=wan"))
		w.pass(followUp + 2*time.Second)
		got := w.of("access")
		require.Len(t, got, 2)
		former, changed := got[0], got[1]
		require.Equal(t, first.Fingerprint, former.Fingerprint)
		require.True(t, former.ObservedAt.Before(moment))
		require.NotEqual(t, former.Fingerprint, changed.Fingerprint)
		require.Equal(t, "ann", changed.Actor.User, "the DHCP server names the port")

		// And what follows has a narrow interval again.
		w.pass(5 * time.Second)
		moment = time.Now()
		require.NoError(t, w.as("ann", "a", "/ip/address/disable", "=numbers=*1"))
		w.pass(time.Second)
		got = w.of("addressing")
		require.True(t, got[0].ObservedAt.Before(moment))
		require.Less(t, got[1].ObservedAt.Sub(got[0].ObservedAt), 5*time.Second)
	})
}

// What a firewall rule put into a list for good has no entry in the history,
// and is not laid at the door of whoever did something else meanwhile.
func TestWhatTheRouterDidItselfHasNoActor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, func(o *Options) { o.Listen = false })
		first := w.of("address_lists")
		w.pass(10 * time.Second)
		moment := time.Now()
		_, err := w.router.Load(strings.NewReader("/ip firewall address-list add list=attackers address=198.51.100.7\n"))
		require.NoError(t, err)
		w.pass(20 * time.Second)
		require.NoError(t, w.as("ann", "a", "/ip/firewall/filter/set", "=numbers=*1", "=action=drop"))
		w.pass(time.Minute)
		actor := map[string]string{}
		for _, s := range w.sightings {
			if s.Actor != nil {
				actor[s.Category] = s.Actor.User
			}
		}
		require.Equal(t, map[string]string{"firewall": "ann"}, actor)
		for _, s := range w.of("address_lists") {
			if s.ObservedAt.After(moment) {
				require.NotEqual(t, first[0].Fingerprint, s.Fingerprint, "the former state is not said to have lasted until %v", s.ObservedAt.Sub(moment))
			}
		}
		require.Regexp(t, `msg="configuration changed" [^\n]*category=address_lists`, w.log)
		require.NotRegexp(t, `msg="configuration changed" [^\n]*category=address_lists[^\n]*actor=`, w.log)
	})
}

// Subscribers who come and go are no reason to read anything.
func TestSubscribersAreNotListenedTo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, func(o *Options) { o.FingerprintInterval = 10 * time.Minute })
		_, err := w.router.Load(strings.NewReader(`/ip pool add name=subscribers ranges=100.64.0.10-100.64.3.250
/ppp profile add local-address=100.64.0.1 name=home remote-address=subscribers
/interface pppoe-server server add default-profile=home disabled=no interface=uplink service-name=internet
`))
		require.NoError(t, err)
		w.router.SetSubscribers(20)
		w.pass(20 * time.Minute)
		ann := w.login("ann", "a")
		defer ann.Close()
		addresses := func() int {
			reply, err := ann.Run("/ip/address/print", "?dynamic=true")
			require.NoError(t, err)
			return len(reply.Re)
		}
		before := w.series()["routeros_config_early_readings_total"]
		most := addresses()
		require.Greater(t, most, 20)
		for i := range 8 {
			w.router.SetSubscribers(19 - i)
			w.pass(time.Second)
		}
		require.Equal(t, most-8, addresses())
		w.router.SetSubscribers(20)
		w.pass(time.Minute)
		require.Equal(t, before, w.series()["routeros_config_early_readings_total"])
		require.Equal(t, "8", w.series()["routeros_config_listeners"])
	})
}

// A script that changes one thing ten times a second is followed at a pace
// that a router can bear, and its last word is not missed.
func TestAScriptCannotMakeUsHammerTheRouter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, nil)
		ann := w.login("ann", "a")
		defer ann.Close()
		before := w.network.asked("/ip/firewall/filter/print")
		for i := range 1000 {
			_, err := ann.Run("/ip/firewall/filter/set", "=numbers=*1", fmt.Sprintf("=src-address=198.51.100.%d", i%250+1))
			require.NoError(t, err)
			time.Sleep(80 * time.Millisecond) // and 20 ms for the answer
		}
		took := 100 * time.Second
		w.pass(time.Second)
		reads := w.network.asked("/ip/firewall/filter/print") - before
		t.Logf("%d readings for 1,000 changes in %v", reads, took)
		polls := 2 * (int(took/time.Minute) + 1)
		require.LessOrEqual(t, reads, earlyBurst+int(took/earlyEvery)+polls)
		require.GreaterOrEqual(t, reads, earlyBurst)

		w.pass(earlyEvery + time.Second)
		last := w.device.ledger.entries[5].hash
		changes := w.series()[`routeros_config_changes_total{category="firewall"}`]
		w.pass(3 * time.Minute)
		require.Equal(t, last, w.device.ledger.entries[5].hash, "the last of them was seen within half a minute")
		require.Equal(t, changes, w.series()[`routeros_config_changes_total{category="firewall"}`])
		require.Equal(t, "8", w.series()["routeros_config_listeners"], "who reports real changes is not given up")
	})
}

// What no fingerprint can show is in the history: a change of nothing but a
// secret, and one that was undone before anybody looked.
func TestChangesThatNoFingerprintShows(t *testing.T) {
	t.Parallel()
	for name, commands := range map[string][][]string{
		"a secret": {{"/ppp/secret/set", "=numbers=customer", "=password=S3CRET-two"}},
		"there and back": {
			{"/ip/firewall/filter/set", "=numbers=*1", "=action=drop"},
			{"/ip/firewall/filter/set", "=numbers=*1", "=action=accept"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := watch(t, nil)
				before := w.series()
				w.of("")
				w.pass(5 * time.Second)
				for _, c := range commands {
					require.NoError(t, w.as("ann", "a", c...))
				}
				w.pass(time.Second)
				now := w.series()
				require.Greater(t, now["routeros_config_history_last_timestamp_seconds"], before["routeros_config_history_last_timestamp_seconds"], "at once")
				w.pass(time.Minute)
				now = w.series()
				require.Equal(t, fmt.Sprint(len(commands)), now["routeros_config_hidden_changes_total"])
				require.Contains(t, w.log.String(), `msg="changes that no fingerprint shows`)
				require.Contains(t, w.log.String(), `by=[ann]`)
				require.NotContains(t, w.log.String(), "S3CRET")
				for _, c := range w.device.opts.Allowlist.Names() {
					require.Equal(t, "0", now[`routeros_config_changes_total{category="`+c+`"}`], c)
				}
				w.pass(5 * time.Minute)
				require.Equal(t, fmt.Sprint(len(commands)), w.series()["routeros_config_hidden_changes_total"], "each is counted once")
			})
		})
	}
}

// Two users at work on different things are told apart.
func TestEachChangeHasItsActor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, func(o *Options) { o.Listen = false })
		w.of("")
		require.NoError(t, w.as("ann", "a", "/ip/firewall/filter/set", "=numbers=*1", "=action=drop"))
		require.NoError(t, w.as("bob", "b", "/queue/simple/set", "=numbers=q1", "=max-limit=2M/2M"))
		w.pass(time.Minute)
		actors := map[string]string{}
		for _, s := range w.sightings {
			if s.Actor != nil {
				actors[s.Category] = s.Actor.User
				require.Empty(t, s.Actor.Via, "logged out since")
			}
		}
		require.Equal(t, map[string]string{"firewall": "ann", "queues": "bob"}, actors)
	})
}

// A menu that keeps reporting what is no change is left alone for an hour.
func TestANoisyListenerIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, func(o *Options) { o.FingerprintInterval = 10 * time.Minute })
		ann := w.login("ann", "a")
		defer ann.Close()
		for range 2 * noiseBurst {
			for _, action := range []string{"drop", "accept"} {
				_, err := ann.Run("/ip/firewall/filter/set", "=numbers=*1", "=action="+action)
				require.NoError(t, err)
			}
			w.pass(earlyEvery)
		}
		require.Equal(t, "7", w.series()["routeros_config_listeners"])
		require.Equal(t, 1, strings.Count(w.log.String(), "the router does not report all changes by itself"))
		require.Contains(t, w.log.String(), "/ip/firewall/filter/listen: it reports what is no change of the configuration")
		require.Equal(t, 1, w.network.asked("/cancel"))
		w.pass(deaf + 10*time.Minute)
		require.Equal(t, "8", w.series()["routeros_config_listeners"])
	})
}

// A new connection is listened to like the first, and changes made while there
// was none have an interval that begins before it was lost.
func TestListenersComeBackWithTheConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, nil)
		first := w.of("addressing")
		w.network.cut()
		w.pass(time.Second)
		require.Equal(t, "0", w.series()["routeros_config_listeners"])
		require.NoError(t, w.as("ann", "a", "/ip/address/disable", "=numbers=*1"))
		w.pass(2 * time.Minute)
		require.Equal(t, "8", w.series()["routeros_config_listeners"])
		got := slices.DeleteFunc(w.of("addressing"), func(s Sighting) bool { return s.Failure != "" })
		require.NotEqual(t, first[0].Fingerprint, got[0].Fingerprint, "no sighting of the former state: the router may have been restarted")
		require.Equal(t, "ann", got[0].Actor.User)

		require.NoError(t, w.as("ann", "a", "/ip/address/enable", "=numbers=*1"))
		w.pass(time.Second)
		require.Equal(t, first[0].Fingerprint, w.of("addressing")[1].Fingerprint)
	})
}

// A router that knows no listening is polled, with one line in the log.
func TestARouterThatReportsNothingIsPolled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := far(20 * time.Millisecond)
		o, log := options(t, "192.0.2.1:8728")
		o.Listen = true
		o.Dial = func(context.Context, string, string) (net.Conn, error) { return serveOverPipe(r), nil }
		d, err := New(o)
		require.NoError(t, err)
		defer d.Close()
		d.Watch()
		time.Sleep(longestStart + time.Second)
		r.Set("/ip/firewall/filter", []string{"chain=input", "action=accept"})
		time.Sleep(time.Minute)
		synctest.Wait()
		got := series(t, append(d.ledger.metrics(), d.connectionMetrics()...))
		require.Equal(t, "1", got[`routeros_config_changes_total{category="firewall"}`])
		require.Equal(t, "0", got["routeros_config_listeners"])
		require.Equal(t, "0", got["routeros_config_early_readings_total"])
		time.Sleep(deaf + 10*time.Minute) // it is asked again, and nothing is said again
		synctest.Wait()
		require.Equal(t, 1, strings.Count(log.String(), "the router does not report all changes by itself"), log)
		require.Equal(t, 1, r.Logins())
	})
}

// serveOverPipe connects to a scripted router.
func serveOverPipe(r *routerostest.Router) net.Conn {
	ours, theirs := net.Pipe()
	go func() {
		defer theirs.Close()
		r.Serve(theirs)
	}()
	return ours
}

// What is listened to is in the allowlist, and asks for no more than it.
func TestListenedMenusAreAllowlisted(t *testing.T) {
	t.Parallel()
	d := newDevice(t, small(), nil)
	for _, name := range listened {
		_, section := d.section(name)
		require.NotNil(t, section, name)
	}
	for _, c := range topics {
		if c.category != "" {
			require.True(t, d.opts.Allowlist.Has(c.category), c.word)
		}
	}
}

// A router is never given more at once than it was seen to bear.
func TestCommandsAtOnceAreBounded(t *testing.T) {
	t.Parallel()
	for inFlight := 1; inFlight <= mostCommands; inFlight++ {
		o, _ := options(t, "192.0.2.1:8728")
		o.MaxInFlight, o.Listen = inFlight, true
		o, err := o.withDefaults()
		require.NoError(t, err)
		require.LessOrEqual(t, o.MaxInFlight+o.lane()+o.listeners()+probing, mostCommands)
		require.Positive(t, o.lane())
		require.Equal(t, min(inFlight, 22), o.MaxInFlight)
		o.Listen = false
		require.Zero(t, o.listeners())
	}
	require.Equal(t, 8, Options{MaxInFlight: 8, Listen: true}.listeners())
	require.Zero(t, Options{MaxInFlight: 24, Listen: true}.listeners())
}
