package exporterbench

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Traffic is what has crossed a line so far.
type Traffic struct {
	// Connections is how many TCP connections were opened.
	Connections int
	// Logins is how many of them sent a name to log in with.
	Logins int
	// Commands is how many sentences were sent, logins left out.
	Commands int
	// Sent and Received are bytes of the API, as the scraper sees it, without
	// the headers of TCP.
	Sent, Received int64
}

// minus is what has been added since an earlier reading.
func (t Traffic) minus(earlier Traffic) Traffic {
	return Traffic{
		t.Connections - earlier.Connections, t.Logins - earlier.Logins, t.Commands - earlier.Commands,
		t.Sent - earlier.Sent, t.Received - earlier.Received,
	}
}

// Line is the way to a router: a TCP proxy that takes its time and counts what
// crosses it. Its bandwidth is that of the machine.
type Line struct {
	router    string
	roundTrip time.Duration
	listener  net.Listener
	wg        sync.WaitGroup
	closed    chan struct{}

	mu      sync.Mutex
	traffic Traffic
	asked   map[string]int
	owed    int // answers that the router has not completed
}

// NewLine opens a line to the router at an address, with a round-trip time.
func NewLine(ctx context.Context, router string, roundTrip time.Duration) (*Line, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a line to the router at %s: %w", router, err)
	}
	l := &Line{router: router, roundTrip: roundTrip, listener: listener, closed: make(chan struct{}), asked: map[string]int{}}
	l.wg.Go(l.accept)
	return l, nil
}

// Address is where the router can be reached over the line.
func (l *Line) Address() string { return l.listener.Addr().String() }

// Traffic returns what has crossed the line so far.
func (l *Line) Traffic() Traffic {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.traffic
}

// Asked returns how often each command was sent, by its path.
func (l *Line) Asked() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.asked)
}

// Owed is how many commands the router has not answered to the end, those left
// out that stand until they are cancelled.
func (l *Line) Owed() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.owed
}

// Close cuts the line and waits until nothing crosses it.
func (l *Line) Close() {
	close(l.closed)
	_ = l.listener.Close() // closing cannot fail in a way that matters here
	l.wg.Wait()
}

func (l *Line) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.wg.Go(func() { l.connect(near.(*net.TCPConn)) })
	}
}

// connect carries one connection until either end is done with it.
func (l *Line) connect(near *net.TCPConn) {
	opened := time.Now()
	l.mu.Lock()
	l.traffic.Connections++
	l.mu.Unlock()
	defer near.Close()
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).Dial("tcp", l.router)
	if err != nil {
		return // the scraper sees a connection that ends
	}
	far := conn.(*net.TCPConn)
	defer far.Close()
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-done:
		case <-l.closed:
			_, _ = near.Close(), far.Close()
		}
	}()
	asked, answered := tally{sentence: l.command}, tally{sentence: l.reply}
	var both sync.WaitGroup
	// The kernel has opened the near end at once. The round trip that this
	// takes on a real line is taken off the first bytes.
	both.Go(func() {
		l.carry(far, near, opened.Add(l.roundTrip), func(b []byte) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.traffic.Sent += int64(len(b))
			asked.write(b)
		})
	})
	both.Go(func() {
		l.carry(near, far, opened, func(b []byte) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.traffic.Received += int64(len(b))
			answered.write(b)
		})
	})
	both.Wait()
}

// command takes note of a sentence. l.mu is held.
func (l *Line) command(path string, named bool) {
	switch {
	case path == "/login" && named:
		l.traffic.Logins++
	case path == "/login": // asks for a challenge
	default:
		l.traffic.Commands++
		l.asked[path]++
	}
	if !strings.HasSuffix(path, "/listen") {
		l.owed++
	}
}

// reply takes note of what a router sends. l.mu is held.
func (l *Line) reply(word string, _ bool) {
	if word == "!done" {
		l.owed = max(0, l.owed-1) // the end of what stood is owed to nobody
	}
}

// acknowledgeAtOnce keeps the kernel from waiting with its acknowledgement: a
// scraper that sends each word by itself would wait for that, and it is not
// known whether it had to with a real router.
func acknowledgeAtOnce(conn *net.TCPConn) {
	if raw, err := conn.SyscallConn(); err == nil {
		// It is a wish that the kernel may forget, so there is no error to speak of.
		_ = raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1) })
	}
}

// parcel is bytes on their way.
type parcel struct {
	due   time.Time
	bytes []byte
}

// window is how many parcels are on their way at most, in each direction: with
// 32 KiB each it is as wide as a TCP window gets.
const window = 128

// carry takes bytes from one end to the other, half a round trip later and not
// before an instant.
func (l *Line) carry(to, from *net.TCPConn, earliest time.Time, count func([]byte)) {
	way := make(chan parcel, window)
	var delivery sync.WaitGroup
	delivery.Go(func() {
		for p := range way {
			time.Sleep(time.Until(p.due))
			if _, err := to.Write(p.bytes); err != nil {
				_ = from.Close() // there is nobody to read for
			}
		}
		_ = to.CloseWrite() // an end that is gone needs no farewell
	})
	defer delivery.Wait()
	defer close(way)
	buffer := make([]byte, 32<<10)
	for {
		acknowledgeAtOnce(from)
		n, err := from.Read(buffer)
		if n > 0 {
			count(buffer[:n])
			sent := time.Now()
			if sent.Before(earliest) {
				sent = earliest
			}
			way <- parcel{sent.Add(l.roundTrip / 2), bytes.Clone(buffer[:n])}
		}
		if err != nil {
			return
		}
	}
}
