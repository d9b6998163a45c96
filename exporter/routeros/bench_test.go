package routeros

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/go-routeros/routeros/v3/proto"
)

// interfaceRow is a row of /interface as a busy router prints it.
func interfaceRow(i int) []string {
	row := []string{"!re", "=name=ether" + strconv.Itoa(i), "=type=ether", "=mtu=1500", "=running=true", "=disabled=false"}
	for _, p := range []string{"rx-byte", "tx-byte", "rx-packet", "tx-packet", "rx-drop", "tx-drop", "rx-error", "tx-error", "link-downs", "fp-rx-byte"} {
		row = append(row, fmt.Sprintf("=%s=%d", p, 123456789*i))
	}
	return append(row, ".tag=7")
}

// loop yields the same bytes for ever.
type loop struct {
	stream []byte
	at     int
}

func (l *loop) Read(p []byte) (int, error) {
	n := copy(p, l.stream[l.at:])
	l.at = (l.at + n) % len(l.stream)
	return n, nil
}

func rowStream() io.Reader {
	var stream bytes.Buffer
	for i := range 64 {
		stream.Write(appendSentence(nil, interfaceRow(i)...))
	}
	return &loop{stream: stream.Bytes()}
}

func BenchmarkDecodeRow(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		d := newDecoder(rowStream(), limits{DefaultMaxWord, DefaultMaxSentence, DefaultMaxWords})
		b.ReportAllocs()
		for b.Loop() {
			s, err := d.next()
			if err != nil {
				b.Fatal(err)
			}
			if _, ok := (Row{s}).Get("rx-byte"); !ok {
				b.Fatal("no rx-byte")
			}
		}
	})
	b.Run("go-routeros", func(b *testing.B) {
		r := proto.NewReader(rowStream())
		defer r.Close()
		b.ReportAllocs()
		for b.Loop() {
			s, err := r.ReadSentence()
			if err != nil {
				b.Fatal(err)
			}
			if s.Map["rx-byte"] == "" {
				b.Fatal("no rx-byte")
			}
		}
	})
}

// BenchmarkIdleListener measures what a listener costs that has nothing to
// report: memory, since it does nothing.
func BenchmarkIdleListener(b *testing.B) {
	const listeners = 1000
	for b.Loop() {
		c, err := dialPeer(b, Options{MaxListeners: listeners}, func(p *peer) {
			p.login()
			for cmd, _ := p.expect(); cmd != nil; cmd, _ = p.expect() {
			}
		})
		if err != nil {
			b.Fatal(err)
		}
		before := inUse()
		var wg sync.WaitGroup
		for range listeners {
			wg.Go(func() { _ = c.Listen(b.Context(), ListenTo("/a", []string{"name"}), ignore) }) // ends with the connection
		}
		for c.Traffic().Commands < listeners {
			time.Sleep(time.Millisecond)
		}
		b.ReportMetric(float64(inUse()-before)/listeners, "B/listener")
		_ = c.Close()
		wg.Wait()
	}
	b.ReportMetric(0, "ns/op")
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
