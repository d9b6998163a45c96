package device_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/bits"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-routeros/routeros/v3"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/fingerprint"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
)

// wire is a TCP connection between two programs that keeps every byte.
type wire struct {
	listener net.Listener
	target   string
	wg       sync.WaitGroup

	mu               sync.Mutex
	toRouter, toUs   bytes.Buffer
	connections      int
	closeConnections []func()
}

func tap(t *testing.T, target string) *wire {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{listener: l, target: target}
	w.wg.Go(w.accept)
	t.Cleanup(func() {
		_ = l.Close()
		w.mu.Lock()
		for _, closeBoth := range w.closeConnections {
			closeBoth()
		}
		w.mu.Unlock()
		w.wg.Wait()
	})
	return w
}

func (w *wire) accept() {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		far, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", w.target)
		if err != nil {
			_ = near.Close()
			continue
		}
		w.mu.Lock()
		w.connections++
		w.closeConnections = append(w.closeConnections, func() { _, _ = near.Close(), far.Close() })
		w.mu.Unlock()
		w.wg.Go(func() { w.carry(far, near, &w.toRouter) })
		w.wg.Go(func() { w.carry(near, far, &w.toUs) })
	}
}

// carry passes bytes on when they are noted, so that none is missing.
func (w *wire) carry(to, from net.Conn, note *bytes.Buffer) {
	defer to.Close()
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		w.mu.Lock()
		note.Write(buf[:n])
		w.mu.Unlock()
		if _, writeErr := to.Write(buf[:n]); err != nil || writeErr != nil {
			return
		}
	}
}

func (w *wire) bytes() (toRouter, toUs []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return bytes.Clone(w.toRouter.Bytes()), bytes.Clone(w.toUs.Bytes())
}

// sentences takes a stream of the API apart. It shares nothing with the
// exporter's decoder.
func sentences(t *testing.T, stream []byte) (out [][]string) {
	t.Helper()
	var words []string
	for r := bytes.NewReader(stream); r.Len() > 0; {
		first, err := r.ReadByte()
		require.NoError(t, err)
		// The number of leading ones is how many bytes of length follow.
		following := bits.LeadingZeros8(^first)
		length := int(first & (0xff >> following))
		for range following {
			b, err := r.ReadByte()
			require.NoError(t, err)
			length = length<<8 | int(b)
		}
		if length == 0 {
			out, words = append(out, words), nil
			continue
		}
		word := make([]byte, length)
		_, err = io.ReadFull(r, word)
		require.NoError(t, err)
		words = append(words, string(word))
	}
	return out
}

// hidden is where secrets were planted.
type hidden struct {
	value, menu, property string
}

// plant returns a configuration that has a secret of its own in every place
// where RouterOS keeps one.
func plant(t *testing.T) (text string, planted []hidden) {
	t.Helper()
	places, err := os.ReadFile("testdata/secrets.txt")
	require.NoError(t, err)
	var b strings.Builder
	for line := range strings.Lines(string(places)) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		menu := words[0]
		fmt.Fprintf(&b, "%s\nadd", strings.ReplaceAll("/"+strings.ReplaceAll(menu[1:], "/", " "), "  ", " "))
		if !slices.Contains(words[1:], "name") {
			fmt.Fprintf(&b, " name=planted%d", len(planted))
		}
		for _, property := range words[1:] {
			h := hidden{fmt.Sprintf("S3CRET-%04d", len(planted)), menu, property}
			fmt.Fprintf(&b, " %s=%s", property, h.value)
			planted = append(planted, h)
		}
		b.WriteByte('\n')
	}
	return b.String(), planted
}

// unseen are the secrets that the simulated router shows to nobody: passwords
// of users, as a real one, and what its version has not in that menu.
var unseen = []string{
	"/user password", "/ip/hotspot/user otp-secret", "/ip/ipsec/profile ppk", "/routing/ospf/interface auth-key", "/routing/ospf/interface authentication-key",
}

// Whatever the exporter is asked to do, no secret of any menu of RouterOS
// leaves the router, and none is asked for by name. The user who reads may see
// secrets: it is the exporter that does not want them.
func TestNoSecretOfAnyMenuCrossesTheWire(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"6.49.18", "7.15", "7.19", "7.22"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			text, planted := plant(t)
			router := secretive(t, version, text)
			seen := shownTo(t, router, planted)
			for _, h := range planted {
				require.True(t, seen[h.value] || slices.Contains(unseen, h.menu+" "+h.property), "%s %s is not there to be found", h.menu, h.property)
			}

			between := tap(t, router)
			log, sightings := &syncBuffer{}, make(chan device.Sighting, 1000)
			allowlist, err := fingerprint.Builtin()
			require.NoError(t, err)
			d, err := device.New(device.Options{
				Name: "R", Address: between.listener.Addr().String(), Username: monitor,
				Password:  func() (string, error) { return monitorPassword, nil },
				Allowlist: allowlist, Keep: allowlist.Names(), Observe: func(s device.Sighting) { sightings <- s },
				FingerprintInterval: 500 * time.Millisecond, Listen: true, Logger: slog.New(slog.NewTextHandler(log, nil)),
			})
			require.NoError(t, err)
			t.Cleanup(d.Close)
			everything, err := device.NewModule("everything", []string{"all"}, true)
			require.NoError(t, err)
			scrape := func() string {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				return written(t, d.Collect(ctx, everything))
			}

			// A scrape, all categories, a change that the history describes with
			// a secret in it and who made it, and a scrape after that.
			metrics := scrape()
			require.Contains(t, metrics, "routeros_up")
			d.Watch()
			var said strings.Builder
			await(t, sightings, &said, allowlist.Names(), func(s device.Sighting) bool { return s.Fingerprint != (fingerprint.Fingerprint{}) })
			c := client(t, router, admin, adminPassword)
			for _, command := range [][]string{
				{"/ppp/secret/set", "=numbers=planted-user", "=password=S3CRET-changed"},
				{"/ip/firewall/filter/add", "=chain=input", "=action=drop", "=comment=a remark is no secret"},
			} {
				_, err := c.RunArgs(command)
				require.NoError(t, err, "%v", command)
			}
			history, err := c.Run("/system/history/print")
			require.NoError(t, err)
			require.Contains(t, history.String(), "S3CRET-changed", "the history has it, for those who ask")
			await(t, sightings, &said, []string{"firewall"}, func(s device.Sighting) bool { return s.Actor != nil })
			metrics += scrape()

			toRouter, toUs := between.bytes()
			require.Contains(t, string(toUs), "!re")
			for _, text := range []string{string(toUs), metrics, said.String(), log.String()} {
				for _, h := range planted {
					require.NotContains(t, text, h.value, "%s %s", h.menu, h.property)
				}
				require.NotContains(t, text, "S3CRET")
			}
			requireNoneAskedFor(t, sentences(t, toRouter), planted)
		})
	}
}

// requireNoneAskedFor fails where a command asks for a secret, or for whatever
// there is.
func requireNoneAskedFor(t *testing.T, commands [][]string, planted []hidden) {
	t.Helper()
	ambiguous := []string{"name", "key", "value", "identity", "source"} // secret in some menus, harmless in others
	prints := 0
	for _, command := range commands {
		menu, verb := command[0], ""
		if at := strings.LastIndexByte(menu, '/'); at >= 0 {
			menu, verb = menu[:at], menu[at+1:]
		}
		var asked []string
		bounded := false
		for _, word := range command[1:] {
			if list, ok := strings.CutPrefix(word, "=.proplist="); ok {
				asked, bounded = strings.Split(list, ","), true
			}
			bounded = bounded || strings.HasPrefix(word, "=count-only")
		}
		switch verb {
		case "login", "cancel":
			continue
		case "print", "listen":
			prints++
			require.True(t, bounded, "%v asks for whatever there is", command)
		}
		for _, h := range planted {
			if h.menu == menu || !slices.Contains(ambiguous, h.property) {
				require.NotContains(t, asked, h.property, "%v", command)
			}
		}
	}
	require.Greater(t, prints, 50)
}

// secretive starts a router with secrets and returns its address.
func secretive(t *testing.T, version, text string) string {
	t.Helper()
	r, err := routersim.New(routersim.Options{Name: "R", Version: version, Subscribers: 3, Users: []routersim.User{
		{Name: monitor, Password: monitorPassword, Policies: []string{"read", "api", "test", "sensitive"}},
		{Name: admin, Password: adminPassword},
	}})
	require.NoError(t, err)
	t.Cleanup(r.Close)
	isp, err := os.ReadFile("testdata/isp.rsc")
	require.NoError(t, err)
	_, err = r.Load(strings.NewReader(string(isp) + text + "/ppp secret\nadd name=planted-user password=S3CRET-before\n"))
	require.NoError(t, err)
	addr, err := r.Listen(t.Context(), "127.0.0.1:0")
	require.NoError(t, err)
	return addr.String()
}

// shownTo returns which secrets the router shows to the exporter's user, if he
// asks: the test proves something only if they are there to be seen.
func shownTo(t *testing.T, router string, planted []hidden) map[string]bool {
	t.Helper()
	c := client(t, router, monitor, monitorPassword)
	seen := map[string]bool{}
	var shown string
	for i, h := range planted {
		if i == 0 || planted[i-1].menu != h.menu {
			reply, err := c.Run(h.menu + "/print")
			var trap *routeros.DeviceError
			if err != nil {
				require.ErrorAs(t, err, &trap, h.menu)
			}
			shown = ""
			if reply != nil {
				shown = reply.String()
			}
		}
		seen[h.value] = strings.Contains(shown, h.value)
	}
	return seen
}

// await reads sightings until each of the categories has had one that fits,
// and notes all that they say.
func await(t *testing.T, sightings <-chan device.Sighting, said io.StringWriter, categories []string, fits func(device.Sighting) bool) {
	t.Helper()
	missing := slices.Clone(categories)
	deadline := time.After(30 * time.Second)
	for len(missing) > 0 {
		select {
		case s := <-sightings:
			require.Empty(t, s.Failure, s.Category)
			_, err := said.WriteString(fmt.Sprintf("%s %+v\n", s.Sections, s.Actor))
			require.NoError(t, err)
			if i := slices.Index(missing, s.Category); i >= 0 && fits(s) {
				missing = slices.Delete(missing, i, i+1)
			}
		case <-deadline:
			require.Empty(t, missing, "no sighting of these")
		}
	}
}

// written returns metrics as text.
func written(t *testing.T, metrics []prometheus.Metric) string {
	t.Helper()
	var b strings.Builder
	for _, m := range metrics {
		var out dto.Metric
		require.NoError(t, m.Write(&out))
		b.WriteString(m.Desc().String() + " " + out.String() + "\n")
	}
	return b.String()
}

// syncBuffer is a log that tests can read.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// BenchmarkFingerprint100kRulesOverTheWire reads the firewall of a router with
// 100,000 rules and hashes it, of which the budget is one second, and beside
// it lets the same router send the same to somebody who looks at none of it:
// what the router in this process costs is no cost of the exporter.
func BenchmarkFingerprint100kRulesOverTheWire(b *testing.B) {
	const rules = 100_000
	var text strings.Builder
	text.WriteString("# by RouterOS 7.20\n/ip firewall filter\n")
	for i := range rules {
		fmt.Fprintf(&text, "add action=accept chain=c%d connection-state=established,related dst-port=80,443 protocol=tcp src-address=10.%d.%d.%d\n", i%50, i>>16, i>>8&255, i&255)
	}
	router, err := routersim.New(routersim.Options{Name: "R", Users: []routersim.User{{Name: monitor, Password: monitorPassword, Policies: []string{"read", "api"}}}})
	require.NoError(b, err)
	defer router.Close()
	_, err = router.Load(strings.NewReader(text.String()))
	require.NoError(b, err)
	addr, err := router.Listen(b.Context(), "127.0.0.1:0")
	require.NoError(b, err)
	allowlist, err := fingerprint.Builtin()
	require.NoError(b, err)
	firewall := allowlist.Categories[slices.Index(allowlist.Names(), "firewall")]

	b.Run("read and hashed", func(b *testing.B) {
		d, err := device.New(device.Options{
			Name: "R", Address: addr.String(), Username: monitor, Password: func() (string, error) { return monitorPassword, nil },
			Allowlist: allowlist, Logger: slog.New(slog.DiscardHandler), CategoryTimeout: time.Minute,
		})
		require.NoError(b, err)
		defer d.Close()
		b.ReportAllocs()
		before := cpuTime(b)
		for b.Loop() {
			document, err := d.Document(b.Context(), firewall)
			require.NoError(b, err)
			_, err = document.Fingerprint()
			require.NoError(b, err)
		}
		b.ReportMetric(float64((cpuTime(b)-before).Milliseconds())/float64(b.N), "cpu-ms/op")
	})
	b.Run("sent by the router alone", func(b *testing.B) {
		nc, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", addr.String())
		require.NoError(b, err)
		defer nc.Close()
		speak(b, nc, "/login", "=name="+monitor, "=password="+monitorPassword)
		section := firewall.Sections[0]
		before := cpuTime(b)
		for b.Loop() {
			speak(b, nc, slices.Concat([]string{section.Name + "/print", "=.proplist=" + strings.Join(section.Proplist(), ",")}, section.Query())...)
		}
		b.ReportMetric(float64((cpuTime(b)-before).Milliseconds())/float64(b.N), "cpu-ms/op")
	})
}

// speak sends one command and throws the answer away, as it comes.
func speak(b *testing.B, nc net.Conn, words ...string) {
	b.Helper()
	var sentence []byte
	for _, w := range words {
		if len(w) >= 0x80 {
			sentence = append(sentence, 0x80|byte(len(w)>>8))
		}
		sentence = append(append(sentence, byte(len(w))), w...)
	}
	_, err := nc.Write(append(sentence, 0))
	require.NoError(b, err)
	done := []byte("\x05!done\x00")
	buf := make([]byte, 64<<10)
	for kept := 0; ; {
		n, err := nc.Read(buf[kept:])
		require.NoError(b, err)
		if bytes.HasSuffix(buf[:kept+n], done) {
			return
		}
		kept = copy(buf, buf[max(0, kept+n-len(done)):kept+n])
	}
}

// cpuTime is what this process has used of the processors.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
