package routersim_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/go-routeros/routeros/v3"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/wire"
)

// raw is a connection on which a test writes and reads sentences itself.
type raw struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func dialRaw(t *testing.T, r *routersim.Router) *raw {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", listen(t, r).String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	return &raw{t, conn, bufio.NewReader(conn)}
}

func (c *raw) write(words ...string) {
	c.t.Helper()
	_, err := c.conn.Write(wire.AppendSentence(nil, words...))
	require.NoError(c.t, err)
}

// read returns the next sentence, its words joined by blanks.
func (c *raw) read() string {
	c.t.Helper()
	words, err := wire.ReadSentence(c.in, wire.Limits{Word: 1 << 24, Words: 1 << 12, Sentence: 1 << 25})
	require.NoError(c.t, err)
	return strings.Join(words, " ")
}

// ask writes a sentence and returns everything up to its !done or !fatal.
func (c *raw) ask(words ...string) []string {
	c.t.Helper()
	c.write(words...)
	var out []string
	for {
		sentence := c.read()
		out = append(out, sentence)
		if strings.HasPrefix(sentence, "!done") || strings.HasPrefix(sentence, "!fatal") {
			return out
		}
	}
}

func (c *raw) login(user, password string) {
	c.t.Helper()
	require.Equal(c.t, []string{"!done"}, c.ask("/login", "=name="+user, "=password="+password))
}

// TestReplies: what the router says, word for word.
func TestReplies(t *testing.T) {
	t.Parallel()
	r := newRouter(t, fixture(t, "edge1.rsc"), routersim.Options{
		Name: "R", Users: []routersim.User{{Name: "admin"}, {Name: "look", Password: "x", Policies: []string{"read", "api"}}},
	})
	c := dialRaw(t, r)
	c.login("admin", "")
	for _, tc := range []struct {
		name string
		ask  []string
		want []string
	}{
		{"single item", []string{"/system/identity/print"}, []string{"!re =name=EDGE1", "!done"}},
		{"tag comes back", []string{"/system/identity/print", ".tag=a b"}, []string{"!re =name=EDGE1 .tag=a b", "!done .tag=a b"}},
		{"getall", []string{"/system/identity/getall"}, []string{"!re =name=EDGE1", "!done"}},
		{"proplist leaves out unknown names", []string{"/interface/vlan/print", "=.proplist=.id,name,vlan-id,nonsense"}, []string{"!re =.id=*6 =name=vlan100 =vlan-id=100", "!done"}},
		{"row without any of the properties", []string{"/interface/vlan/print", "=.proplist=nonsense"}, []string{"!re", "!done"}},
		{"count", []string{"/ip/address/print", "=count-only="}, []string{"!done =ret=5"}},
		{"count of what a query finds", []string{"/ip/address/print", "=count-only=", "?interface=ether2"}, []string{"!done =ret=1"}},
		{"no rows", []string{"/ip/pool/print"}, []string{"!done"}},
		{"property of a row", []string{"/interface/get", "=number=vlan100", "=value-name=type"}, []string{"!done =ret=vlan"}},
		{"unknown menu", []string{"/no/such/print"}, []string{"!trap =category=0 =message=no such command prefix", "!done"}},
		{"menu of the other major version", []string{"/routing/bgp/peer/print"}, []string{"!trap =category=0 =message=no such command prefix", "!done"}},
		{"unknown command", []string{"/interface/explode"}, []string{"!trap =category=0 =message=no such command", "!done"}},
		{"find exists in the console alone", []string{"/interface/find"}, []string{"!trap =category=0 =message=no such command", "!done"}},
		{"unknown argument", []string{"/interface/print", "=nonsense=1"}, []string{"!trap =category=0 =message=unknown parameter", "!done"}},
		{"unknown property", []string{"/ip/address/set", "=.id=*1", "=nonsense=1"}, []string{"!trap =category=0 =message=unknown parameter", "!done"}},
		{"counters cannot be set", []string{"/interface/set", "=.id=ether1", "=rx-byte=0"}, []string{"!trap =category=0 =message=unknown parameter", "!done"}},
		{"no such row", []string{"/ip/address/set", "=.id=*FF", "=comment=x"}, []string{"!trap =category=0 =message=no such item", "!done"}},
		{"no such interface", []string{"/ip/address/add", "=address=10.9.9.1/24", "=interface=nowhere"}, []string{"!trap =category=1 =message=input does not match any value of interface", "!done"}},
		{"address taken", []string{"/ip/address/add", "=address=10.0.1.1/30", "=interface=ether2"}, []string{"!trap =category=4 =message=failure: already have such address", "!done"}},
		{"name taken", []string{"/interface/vlan/add", "=name=ether1", "=interface=ether2", "=vlan-id=7"}, []string{"!trap =category=4 =message=failure: already have interface with such name", "!done"}},
		{"entry taken", []string{"/ip/firewall/address-list/add", "=list=our-networks", "=address=203.0.113.0/24"}, []string{"!trap =category=4 =message=failure: already have such entry", "!done"}},
		{"argument missing", []string{"/ip/address/add", "=interface=ether2"}, []string{"!trap =category=1 =message=missing value(s) of argument(s) address", "!done"}},
		{"interfaces are added in the menu of their type", []string{"/interface/add", "=name=x"}, []string{"!trap =category=0 =message=no such command", "!done"}},
		{"one of several interfaces is missing", []string{"/interface/disable", "=numbers=ether1,nowhere"}, []string{"!trap =category=0 =message=no such item", "!done"}},
		{"nothing can be added", []string{"/system/identity/add"}, []string{"!trap =category=0 =message=no such command", "!done"}},
		{"order that does not exist", []string{"/ip/address/move", "=numbers=*1", "=destination=*2"}, []string{"!trap =category=0 =message=no such command", "!done"}},
		{"query that cannot be read", []string{"/interface/print", "?#x"}, []string{`!trap =category=5 =message=cannot parse query: "?#x"`, "!done"}},
		{"port monitored", []string{"/interface/ethernet/monitor", "=numbers=ether1", "=once="}, []string{"!re =name=ether1 =status=link-ok =auto-negotiation=done =rate=10Gbps =full-duplex=true", "!done"}},
		{"cancel of nothing", []string{"/cancel", "=tag=zz", ".tag=c"}, []string{"!done .tag=c"}},
		{"quit", []string{"/quit"}, []string{"!fatal session terminated on request"}},
	} {
		require.Equal(t, tc.want, c.ask(tc.ask...), tc.name)
	}
	_, err := c.in.ReadByte()
	require.Error(t, err, "after !fatal the router closes")
}

func TestEmptyReply(t *testing.T) {
	t.Parallel()
	for version, want := range map[string][]string{"7.16": {"!done"}, "7.18": {"!empty", "!done"}, "7.21.1": {"!empty", "!done"}} {
		c := dialRaw(t, newRouter(t, "", routersim.Options{Version: version}))
		c.login("admin", "")
		require.Equal(t, want, c.ask("/ip/pool/print"), version)
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	users := []routersim.User{{Name: "admin", Password: "s3:cret"}, {Name: "web", Password: "x", Policies: []string{"read", "web"}}}
	challenge := "an answer to a challenge"
	for _, tc := range []struct {
		name, version, user, password string
		want                          string // of the plain login
	}{
		{"right", "7.16", "admin", "s3:cret", "!done"},
		{"wrong password", "7.16", "admin", "guess", "!trap =message=invalid user name or password (6)"},
		{"nobody", "7.16", "nobody", "", "!trap =message=invalid user name or password (6)"},
		{"no policy api", "7.16", "web", "x", "!trap =message=invalid user name or password (6)"},
		{"version with both ways", "6.44", "admin", "s3:cret", "!done"},
		{"version before the plain way", "6.42.12", "admin", "s3:cret", challenge},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := dialRaw(t, newRouter(t, "", routersim.Options{Version: tc.version, Users: users}))
			got := c.ask("/login", "=name="+tc.user, "=password="+tc.password)
			if tc.want == challenge {
				require.Regexp(t, `^!done =ret=[0-9a-f]{32}$`, got[0])
				return
			}
			require.Equal(t, tc.want, got[0])
			if tc.want == "!done" {
				require.Len(t, c.ask("/system/identity/print"), 2)
			} else {
				require.Equal(t, []string{"!fatal not logged in"}, c.ask("/system/identity/print"))
			}
		})
	}
}

// TestChallengeLogin: go-routeros answers the challenge of old versions.
func TestChallengeLogin(t *testing.T) {
	t.Parallel()
	o := routersim.Options{Version: "6.42.12", Users: []routersim.User{{Name: "admin", Password: "pässword"}}}
	c := client(t, newRouter(t, "", o), "admin", "pässword")
	require.Equal(t, "6.42.12 (stable)", rowsOf(t, c, "/system/resource/print")[0]["version"])

	_, err := routeros.DialTimeout(listen(t, newRouter(t, "", o)).String(), "admin", "wrong", 10*time.Second)
	require.ErrorContains(t, err, "cannot log in")
}

func TestStrangersAreBounded(t *testing.T) {
	t.Parallel()
	r := newRouter(t, "", routersim.Options{})
	for name, sentence := range map[string][]string{
		"long word":  {"/login", "=name=" + strings.Repeat("x", 2000)},
		"many words": strings.Split(strings.Repeat("=a=b ", 40), " "),
	} {
		c := dialRaw(t, r)
		c.write(sentence...)
		_, err := c.in.ReadByte()
		require.Error(t, err, name)
	}
	c := dialRaw(t, r)
	require.Equal(t, []string{"!fatal not logged in"}, c.ask("/interface/print"))
}

func TestMaxSessions(t *testing.T) {
	t.Parallel()
	r := newRouter(t, "/ip service\nset api max-sessions=1\n", routersim.Options{})
	first := dialRaw(t, r)
	first.login("admin", "")
	second := dialRaw(t, r)
	require.NotEqual(t, "!done", second.ask("/login", "=name=admin", "=password=")[0])
	first.ask("/quit")
	require.Eventually(t, func() bool {
		return dialRaw(t, r).ask("/login", "=name=admin", "=password=")[0] == "!done"
	}, 10*time.Second, 10*time.Millisecond, "a place is free again")
}

func TestTLS(t *testing.T) {
	t.Parallel()
	r := newRouter(t, "", routersim.Options{Name: "SECURE"})
	addr, err := r.ListenTLS(context.Background(), "127.0.0.1:0", nil)
	require.NoError(t, err)
	c, err := routeros.DialTLSTimeout(addr.String(), "admin", "", &tls.Config{InsecureSkipVerify: true}, 10*time.Second) //nolint:gosec // the certificate is the simulator's own
	require.NoError(t, err)
	defer c.Close() //nolint:errcheck // the test is over
	require.Equal(t, "SECURE", rowsOf(t, c, "/system/identity/print")[0]["name"])
	require.Equal(t, "api-ssl", rowsOf(t, c, "/ip/service/print", "?connection=true")[0]["name"])
}

// TestPipelining: many tagged commands at once take one round trip, not one
// each.
func TestPipelining(t *testing.T) {
	t.Parallel()
	r := newRouter(t, "", routersim.Options{Latency: 200 * time.Millisecond})
	c := dialRaw(t, r)
	c.login("admin", "")
	started := time.Now()
	const commands = 50
	for range commands {
		c.write("/system/identity/print", ".tag=x")
	}
	for done := 0; done < commands; {
		if strings.HasPrefix(c.read(), "!done") {
			done++
		}
	}
	took := time.Since(started)
	require.GreaterOrEqual(t, took, 200*time.Millisecond)
	require.Less(t, took, commands*200*time.Millisecond/4)
}

func TestCancel(t *testing.T) {
	t.Parallel()
	c := dialRaw(t, newRouter(t, "", routersim.Options{}))
	c.login("admin", "")
	c.write("/interface/listen", ".tag=l")
	c.write("/interface/listen", ".tag=m")
	c.write("/cancel", "=tag=l", ".tag=c")
	got := []string{c.read(), c.read(), c.read()}
	require.ElementsMatch(t, []string{"!trap =category=2 =message=interrupted .tag=l", "!done .tag=l", "!done .tag=c"}, got)
	require.Equal(t, []string{"!re =name=MikroTik", "!done"}, c.ask("/system/identity/print"), "the connection goes on")
}

func TestListen(t *testing.T) {
	t.Parallel()
	r := newRouter(t, "", routersim.Options{})
	watcher := dialRaw(t, r)
	watcher.login("admin", "")
	watcher.write("/ip/pool/listen", "=.proplist=.id,name", ".tag=l")
	watcher.write("/interface/listen", "=.proplist=name,running", "?name=ether1", ".tag=i")
	require.Equal(t, []string{"!re =name=MikroTik", "!done"}, watcher.ask("/system/identity/print"))
	changer := client(t, r, "admin", "")
	// The watcher may not have taken its first look yet, so the change is
	// made anew until it is heard of.
	run(t, changer, "/ip/pool/add", "=name=p", "=ranges=10.0.0.2-10.0.0.9")
	stop := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = changer.Run("/ip/pool/set", "=numbers=p", "=name=q")
				_, _ = changer.Run("/ip/pool/set", "=numbers=q", "=name=p")
			}
		}
	}()
	require.Regexp(t, `^!re =\.id=\*1 =name=[pq] \.tag=l$`, watcher.read())
	close(stop)
	<-stopped
	run(t, changer, "/ip/pool/remove", "=numbers=p")
	for {
		if sentence := watcher.read(); sentence == "!re =.id=*1 =.dead=yes .tag=l" {
			break
		}
	}
	require.NoError(t, r.Cut("ether1"))
	require.Equal(t, "!re =name=ether1 =running=false .tag=i", watcher.read())
}
