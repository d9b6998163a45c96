package device

import (
	"context"
	"net"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A menu that is silent for longer than a router may be costs its category,
// and not the connection: the others are read as ever.
func TestASilentMenuCostsOnlyItsCategory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, r := slow(t, 20*time.Millisecond, "/ip/firewall/filter")
		defer time.Sleep(time.Minute) // for answers that are still on their way
		defer d.Close()
		d.opts.CategoryTimeout = 2 * time.Minute
		begun := time.Now()
		d.readConfiguration()
		require.GreaterOrEqual(t, time.Since(begun), 2*time.Minute)
		got := series(t, d.ledger.metrics())
		for _, category := range d.opts.Allowlist.Names() {
			want := "1"
			if category == "firewall" {
				want = "0"
			}
			require.Equal(t, want, got[`routeros_collector_success{collector="config_`+category+`"}`], category)
		}
		require.Equal(t, 1, r.Logins())
		require.Equal(t, "0", series(t, d.connectionMetrics())[`routeros_connect_failures_total{reason="timeout"}`])
	})
}

// What is kept of earlier readings does not make a router up that vanished.
func TestAVanishedRouterIsNotUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, r := slow(t, 20*time.Millisecond)
		defer time.Sleep(time.Minute)
		defer d.Close()
		m, seldom := module(t), Module{Name: "seldom", Collectors: module(t, "package").Collectors}
		r.Menus["/system/package/update"] = [][]string{{"installed-version=7.16"}}
		for range 3 {
			require.Equal(t, "1", scrapeFor(t, d, m)["routeros_up"])
			require.Equal(t, "1", scrapeFor(t, d, seldom)["routeros_up"], "of which all is kept")
			time.Sleep(15 * time.Second)
		}
		r.Vanish()
		for _, m := range []Module{m, seldom} {
			got := scrapeFor(t, d, m)
			require.Equal(t, "1", got[`routeros_collector_success{collector="package"}`], "it is good for hours")
			require.Equal(t, "0", got["routeros_up"], m.Name)
		}
	})
}

// The impatient do not take from the patient what was not ready for them, and
// the router is asked once for both.
func TestAReadingLastsAsLongAsTheMostPatientWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, r := slow(t, time.Second)
		defer time.Sleep(time.Minute)
		defer d.Close()
		m := module(t, "interface")
		scrapeFor(t, d, m) // connects
		read := func(after, patience time.Duration, got chan map[string]string) {
			time.Sleep(after)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			got <- series(t, d.Collect(ctx, m))
		}
		const success = `routeros_collector_success{collector="interface"}`
		for name, late := range map[string]time.Duration{
			"joined":             100 * time.Millisecond,
			"when it is cut off": 400 * time.Millisecond,
			"begun anew":         401 * time.Millisecond,
		} {
			time.Sleep(time.Minute)
			r.Asked()
			before := time.Now()
			impatient, patient := make(chan map[string]string), make(chan map[string]string)
			go read(0, 400*time.Millisecond, impatient)
			go read(late, 10*time.Second, patient)
			require.Equal(t, "0", (<-impatient)[success], name)
			require.Equal(t, 400*time.Millisecond, time.Since(before), name)
			require.Equal(t, "1", (<-patient)[success], name)
			if name == "joined" {
				asked := r.Asked()
				require.Len(t, asked, 1, "the router is asked once for both")
			}
		}
		require.Equal(t, 1, r.Logins())
	})
}

// Who comes late does not prolong a reading that never ends: it has as much
// time as one of them has.
func TestAReadingIsNotProlongedForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, _ := slow(t, 20*time.Millisecond, "/interface")
		defer time.Sleep(time.Minute)
		defer d.Close()
		scrapeFor(t, d, module(t, "system")) // connects
		m := module(t, "system", "interface")
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		first := d.read(ctx, m)
		for range 9 {
			time.Sleep(time.Second)
			late, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			require.Same(t, first, d.read(late, m))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		select {
		case <-first.done:
		default:
			t.Fatal("the reading goes on after ten seconds")
		}
	})
}

// An account that may log in but not read is as bad as a wrong password: it is
// tried as seldom, and the log says what to do.
func TestAnAccountThatMayNotRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := small()
		r.Refuse("/system/resource", "not enough permissions (9)")
		o, log := options(t, "192.0.2.1:8728")
		o.Dial = func(context.Context, string, string) (net.Conn, error) { return serveOverPipe(r), nil }
		d, err := New(o)
		require.NoError(t, err)
		defer d.Close()
		m := module(t, "interface")
		var got map[string]string
		for begun := time.Now(); time.Since(begun) < 2*time.Hour; time.Sleep(15 * time.Second) {
			got = scrapeFor(t, d, m)
		}
		require.LessOrEqual(t, r.Logins(), 12, "with the back-off of a refused login")
		require.Equal(t, strconv.Itoa(r.Logins()), got["routeros_logins_total"], "the router has seen them")
		require.Equal(t, got["routeros_logins_total"], got[`routeros_connect_failures_total{reason="auth"}`])
		require.Equal(t, "0", got[`routeros_connect_failures_total{reason="trap"}`])
		require.NotEqual(t, "0", got["routeros_api_sent_bytes_total"])
		require.Contains(t, log.String(), "give its group the policy read")
	})
}

// A router that takes logins and drops them fills no log.
func TestAFlappingRouterFillsNoLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := small()
		r.Drop = map[string]bool{"/interface": true}
		o, log := options(t, "192.0.2.1:8728")
		o.Dial = func(context.Context, string, string) (net.Conn, error) { return serveOverPipe(r), nil }
		d, err := New(o)
		require.NoError(t, err)
		m := module(t, "interface")
		for begun := time.Now(); time.Since(begun) < time.Hour; time.Sleep(15 * time.Second) {
			scrapeFor(t, d, m)
		}
		require.Greater(t, r.Logins(), 30)
		lost, back := strings.Count(log.String(), "connection to the router lost"), strings.Count(log.String(), "router answers again")
		require.InDelta(t, 6, lost, 1, "once in ten minutes")
		require.InDelta(t, lost, back, 1)
		require.LessOrEqual(t, strings.Count(log.String(), "\n"), 20)
		d.Close()
	})
}

// That we end a connection is no trouble of the router.
func TestClosingIsNoTrouble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := small()
		r.Hang = map[string]bool{"/system/history": true}
		o, log := options(t, "192.0.2.1:8728")
		o.Dial = func(context.Context, string, string) (net.Conn, error) { return serveOverPipe(r), nil }
		d, err := New(o)
		require.NoError(t, err)
		read := make(chan bool)
		go func() {
			defer close(read)
			d.readConfiguration()
		}()
		time.Sleep(time.Second)
		d.Close()
		<-read
		require.Equal(t, 1, r.Logins())
		require.Equal(t, "0", series(t, d.connectionMetrics())[`routeros_connect_failures_total{reason="fatal"}`])
		require.Empty(t, log.String())
	})
}
