package routeros

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/go-routeros/routeros/v3/proto"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// testLimits are small enough for tests to reach.
var testLimits = limits{word: 1 << 12, sentence: 1 << 13, words: 16}

func decoderOf(stream []byte) *decoder { return newDecoder(bytes.NewReader(stream), testLimits) }

func words(s sentence) []string {
	var out []string
	for i := range s.len() {
		out = append(out, string(s.word(i)))
	}
	return out
}

// The bytes are those of MikroTik's description of the protocol.
func TestLengthForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n     uint32
		bytes string
	}{
		{0, "\x00"},
		{0x7F, "\x7F"},
		{0x80, "\x80\x80"},
		{0x3FFF, "\xBF\xFF"},
		{0x4000, "\xC0\x40\x00"},
		{0x1FFFFF, "\xDF\xFF\xFF"},
		{0x200000, "\xE0\x20\x00\x00"},
		{0xFFFFFFF, "\xEF\xFF\xFF\xFF"},
		{0x10000000, "\xF0\x10\x00\x00\x00"},
		{0x7FFFFFFF, "\xF0\x7F\xFF\xFF\xFF"},
	} {
		require.Equal(t, c.bytes, string(appendLength(nil, c.n)), "%#x", c.n)
		n, err := readLength(bufio.NewReader(strings.NewReader(c.bytes)))
		require.NoError(t, err)
		require.Equal(t, int(c.n), n, "%#x", c.n)
	}
}

func TestDecoderRefuses(t *testing.T) {
	t.Parallel()
	many := bytes.Repeat([]byte("\x01x"), testLimits.words+1)
	for name, c := range map[string]struct {
		stream string
		want   error
	}{
		"word beyond the limit":         {"\xF0\xFF\xFF\xFF\xFF", ErrTooLarge},
		"sentence beyond the limit":     {strings.Repeat("\x90\x00"+strings.Repeat("x", 1<<12), 3), ErrTooLarge},
		"too many words":                {string(many), ErrTooLarge},
		"reserved length":               {"\xF8", ErrControlByte},
		"text of another protocol":      {"\xFFSSH", ErrControlByte},
		"end before the sentence's":     {"\x03!re", io.ErrUnexpectedEOF},
		"end in a word":                 {"\x05!re", io.ErrUnexpectedEOF},
		"end in a length":               {"\xC0\x01", io.ErrUnexpectedEOF},
		"end between sentences":         {"", io.EOF},
		"end after empty sentences":     {"\x00\x00", io.EOF},
		"end in the length of a second": {"\x03!re\x80", io.ErrUnexpectedEOF},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := decoderOf([]byte(c.stream)).next()
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestDecoderDoesNotTrustLengths(t *testing.T) {
	t.Parallel()
	d := newDecoder(strings.NewReader("\xE4\x00\x00\x00x"), limits{word: 1 << 27, sentence: 1 << 27, words: 4})
	_, err := d.next()
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Less(t, cap(d.buf), 1<<20, "64 MB were announced, one byte came")
}

// What we write, another implementation reads; what it writes, we read.
func TestCodecAgreesWithGoRouteros(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z][a-z.-]{0,8}`), 0, 8, rapid.ID).Draw(t, "names")
		sent := []string{"!re"}
		values := map[string]string{}
		for _, n := range names {
			v := rapid.OneOf(rapid.String(), rapid.StringN(100, 20000, -1)).Draw(t, "value")
			values[n] = v
			sent = append(sent, "="+n+"="+v)
		}

		theirs, err := proto.NewReader(bytes.NewReader(appendSentence(nil, sent...))).ReadSentence()
		if err != nil || theirs.Word != "!re" || len(theirs.List) != len(names) {
			t.Fatalf("go-routeros reads %v, %v", theirs, err)
		}
		var stream bytes.Buffer
		w := proto.NewWriter(&stream)
		w.BeginSentence()
		for _, word := range sent {
			w.WriteWord(word)
		}
		if err := w.EndSentence(); err != nil {
			t.Fatal(err)
		}
		s, err := newDecoder(&stream, limits{DefaultMaxWord, DefaultMaxSentence, DefaultMaxWords}).next()
		if err != nil {
			t.Fatal(err)
		}
		for n, v := range values {
			if got := (Row{s}).String(n); got != v || theirs.Map[n] != v {
				t.Fatalf("%s is %q, we read %q, go-routeros reads %q", n, v, got, theirs.Map[n])
			}
		}
	})
}

func FuzzDecoder(f *testing.F) {
	f.Add(appendSentence(nil, "!re", "=name=ether1", ".tag=7"))
	f.Add([]byte("\xF0\x00\x00\x00\x01x\x00"))
	f.Add([]byte("\x00\x00\x80\x03!re\x00"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		d := decoderOf(stream)
		for {
			s, err := d.next()
			if err != nil {
				require.True(t, errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
					errors.Is(err, ErrTooLarge) || errors.Is(err, ErrControlByte), "%v", err)
				return
			}
			require.Positive(t, s.len())
			require.LessOrEqual(t, len(s.buf), testLimits.sentence)
			again, err := decoderOf(appendSentence(nil, words(s)...)).next()
			require.NoError(t, err)
			require.Equal(t, words(s), words(again))
			_, _ = s.tag()
			for name, value := range (Row{s}).All() {
				got, ok := (Row{s}).Get(string(name))
				require.True(t, ok)
				_ = value
				_ = got
			}
		}
	})
}
