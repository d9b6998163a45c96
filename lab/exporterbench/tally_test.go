package exporterbench

import (
	"bytes"
	"strings"
	"testing"

	"github.com/go-routeros/routeros/v3/proto"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

type heard struct {
	first string
	named bool
}

// listenTo collects what a tally tells of bytes that come in pieces.
func listenTo(pieces ...[]byte) []heard {
	var out []heard
	t := tally{sentence: func(first string, named bool) { out = append(out, heard{first, named}) }}
	for _, p := range pieces {
		t.write(p)
	}
	return out
}

// sentence writes words as an API client that is not ours does.
func sentence(b *bytes.Buffer, words ...string) {
	w := proto.NewWriter(b)
	w.BeginSentence()
	for _, word := range words {
		w.WriteWord(word)
	}
	if err := w.EndSentence(); err != nil {
		panic(err)
	}
}

func TestTally(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	sentence(&b, "/login", "=name=monitor", "=password=x")
	sentence(&b, "/system/script/print", "?source="+strings.Repeat("x", 300_000), ".tag=1")
	sentence(&b, "/x", "?about=name=", "."+strings.Repeat("y", 130))
	b.Write([]byte{0, 0}) // empty sentences are none
	sentence(&b, "/quit")
	require.Equal(t, []heard{{"/login", true}, {"/system/script/print", false}, {"/x", false}, {"/quit", false}}, listenTo(b.Bytes()))
}

// TestTallyInPieces: it does not matter how the bytes are cut.
func TestTallyInPieces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var b bytes.Buffer
		var want []heard
		for range rapid.IntRange(0, 5).Draw(t, "sentences") {
			first := rapid.StringMatching(`/[a-z/]{1,100}`).Draw(t, "path")
			length := rapid.SampledFrom([]int{0, 1, 100, 0x7F, 0x80, 0x3FFF, 0x4000}).Draw(t, "length")
			sentence(&b, first, "?"+strings.Repeat("z", length))
			want = append(want, heard{first, false})
		}
		var pieces [][]byte
		for rest := b.Bytes(); len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "cut")
			pieces, rest = append(pieces, rest[:n]), rest[n:]
		}
		require.Equal(t, want, listenTo(pieces...))
	})
}

// FuzzTally: whatever is sent, it is heard the same in one piece and in bytes.
func FuzzTally(f *testing.F) {
	f.Add([]byte("\x06/login\x00"))
	f.Add([]byte{0xF8, 0xF0, 0xFF, 0xFF, 0xFF, 0xFF, 0})
	f.Add([]byte{0x80, 0x01, 'x', 0, 0xC0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		var pieces [][]byte
		for i := range data {
			pieces = append(pieces, data[i:i+1])
		}
		require.Equal(t, listenTo(data), listenTo(pieces...))
	})
}
