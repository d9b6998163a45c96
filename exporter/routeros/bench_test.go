package routeros

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"testing"

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
