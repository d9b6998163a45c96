package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var roomy = Limits{Word: 1 << 29, Words: 1 << 20, Sentence: 1 << 30}

func TestLengthForms(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		length int
		prefix []byte
	}{
		{"one byte, smallest", 1, []byte{0x01}},
		{"one byte, largest", 0x7F, []byte{0x7F}},
		{"two bytes, smallest", 0x80, []byte{0x80, 0x80}},
		{"two bytes, largest", 0x3FFF, []byte{0xBF, 0xFF}},
		{"three bytes, smallest", 0x4000, []byte{0xC0, 0x40, 0x00}},
		{"three bytes, largest", 0x1FFFFF, []byte{0xDF, 0xFF, 0xFF}},
		{"four bytes, smallest", 0x200000, []byte{0xE0, 0x20, 0x00, 0x00}},
		{"five bytes, smallest", 0x10000000, []byte{0xF0, 0x10, 0x00, 0x00, 0x00}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			encoded := appendLength(nil, tc.length)
			require.Equal(t, tc.prefix, encoded)
			got, err := readLength(bufio.NewReader(bytes.NewReader(encoded)))
			require.NoError(t, err)
			require.Equal(t, tc.length, got)
		})
	}
}

func TestLongWordRoundTrip(t *testing.T) {
	t.Parallel()
	word := strings.Repeat("x", 0x200001)
	got, err := ReadSentence(bufio.NewReader(bytes.NewReader(AppendSentence(nil, word))), roomy)
	require.NoError(t, err)
	require.Equal(t, []string{word}, got)
}

func TestReadSentenceRefusals(t *testing.T) {
	t.Parallel()
	tight := Limits{Word: 8, Words: 2, Sentence: 12}
	for _, tc := range []struct {
		name  string
		input []byte
		want  error
	}{
		{"nothing", nil, io.EOF},
		{"only empty sentences", []byte{0, 0, 0}, io.EOF},
		{"cut in the length", []byte{0x80}, io.ErrUnexpectedEOF},
		{"cut in the word", []byte{3, 'a'}, io.ErrUnexpectedEOF},
		{"cut after a word", []byte{1, 'a'}, io.ErrUnexpectedEOF},
		{"control byte", []byte{0xF8}, ErrReserved},
		{"form that no length needs", []byte{0xF1}, ErrReserved},
		{"word too long", AppendSentence(nil, "123456789"), ErrTooLarge},
		{"length that only claims to be long", []byte{0xF0, 0xFF, 0xFF, 0xFF, 0xFF}, ErrTooLarge},
		{"too many words", AppendSentence(nil, "a", "b", "c"), ErrTooLarge},
		{"sentence too long", AppendSentence(nil, "12345678", "12345678"), ErrTooLarge},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := ReadSentence(bufio.NewReader(bytes.NewReader(tc.input)), tight)
			require.ErrorIs(t, err, tc.want)
		})
	}
}

func TestSentencesRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.Map(rapid.SliceOfN(rapid.Byte(), 1, 300), func(b []byte) string { return string(b) })
		sentences := rapid.SliceOfN(rapid.SliceOfN(word, 1, 6), 1, 5).Draw(t, "sentences")
		var encoded []byte
		for _, s := range sentences {
			encoded = AppendSentence(encoded, s...)
		}
		r := bufio.NewReader(bytes.NewReader(encoded))
		for _, want := range sentences {
			got, err := ReadSentence(r, roomy)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Join(got, "\x00") != strings.Join(want, "\x00") || len(got) != len(want) {
				t.Fatalf("got %q, want %q", got, want)
			}
		}
		if _, err := ReadSentence(r, roomy); !errors.Is(err, io.EOF) {
			t.Fatalf("after the last sentence: %v", err)
		}
	})
}

// FuzzReadSentence: whatever arrives, a sentence that is accepted keeps the
// limits and survives being written and read again.
func FuzzReadSentence(f *testing.F) {
	f.Add(AppendSentence(nil, "/login", "=name=admin", "=password="))
	f.Add([]byte{0x80, 0x01, 'a', 0})
	f.Add([]byte{0xF0, 0, 0, 0, 1, 'a', 0})
	f.Add([]byte{0xFF, 0xFE})
	limits := Limits{Word: 1 << 10, Words: 16, Sentence: 1 << 12}
	f.Fuzz(func(t *testing.T, data []byte) {
		words, err := ReadSentence(bufio.NewReader(bytes.NewReader(data)), limits)
		if err != nil {
			return
		}
		require.NotEmpty(t, words)
		require.LessOrEqual(t, len(words), limits.Words)
		again, err := ReadSentence(bufio.NewReader(bytes.NewReader(AppendSentence(nil, words...))), limits)
		require.NoError(t, err)
		require.Equal(t, words, again)
	})
}
