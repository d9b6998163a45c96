package routeros

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Bounds on what a router may send, so that a lying length cannot make the
// exporter allocate what it names. The longest words seen in practice are
// routing filter rules and scripts, of some kilobytes.
const (
	DefaultMaxWord     = 1 << 20 // bytes of one word
	DefaultMaxSentence = 4 << 20 // bytes of all words of one sentence
	DefaultMaxWords    = 1024    // words of one sentence
)

// growStep bounds how far the buffer grows ahead of the bytes that have
// really arrived.
const growStep = 16 << 10

// readAhead is the buffer of a connection. It holds a score of rows; with a
// thousand connections it is what most of the memory goes to.
const readAhead = 4 << 10

var (
	// ErrTooLarge says that a word or a sentence is beyond its bound.
	ErrTooLarge = errors.New("reply larger than the limit")
	// ErrControlByte says that a length begins with a byte that the protocol
	// reserves (0xF1 and above), so what arrives is not the RouterOS API.
	ErrControlByte = errors.New("reserved byte where a word length should be: this is not the RouterOS API")
)

// appendLength appends the length of a word in the shortest of its five forms.
func appendLength(dst []byte, n uint32) []byte {
	switch {
	case n < 0x80:
		return append(dst, byte(n))
	case n < 0x4000:
		return binary.BigEndian.AppendUint16(dst, uint16(n)|0x8000)
	case n < 0x200000:
		return append(dst, byte(n>>16)|0xC0, byte(n>>8), byte(n))
	case n < 0x10000000:
		return binary.BigEndian.AppendUint32(dst, n|0xE0000000)
	default:
		return binary.BigEndian.AppendUint32(append(dst, 0xF0), n)
	}
}

// appendSentence appends words and the empty word that ends a sentence.
func appendSentence(dst []byte, words ...string) []byte {
	for _, w := range words {
		dst = append(appendLength(dst, uint32(len(w))), w...)
	}
	return append(dst, 0)
}

// readLength reads the length of a word: one to five bytes, of which the
// leading bits of the first say how many follow.
func readLength(r *bufio.Reader) (int, error) {
	first, err := r.ReadByte()
	if err != nil {
		return 0, err
	}
	var n uint32
	var more int
	switch {
	case first < 0x80:
		return int(first), nil
	case first < 0xC0:
		n, more = uint32(first&0x3F), 1
	case first < 0xE0:
		n, more = uint32(first&0x1F), 2
	case first < 0xF0:
		n, more = uint32(first&0x0F), 3
	case first == 0xF0:
		n, more = 0, 4
	default:
		return 0, fmt.Errorf("%w (0x%02X)", ErrControlByte, first)
	}
	for range more {
		b, err := r.ReadByte()
		if err != nil {
			return 0, noEOF(err)
		}
		n = n<<8 | uint32(b)
	}
	return int(n), nil
}

// limits bounds what a decoder accepts.
type limits struct{ word, sentence, words int }

// decoder reads sentences into one buffer that it uses again and again.
type decoder struct {
	r    *bufio.Reader
	lim  limits
	buf  []byte // the words of the current sentence, one after the other
	ends []int  // where in buf each word ends
}

func newDecoder(r io.Reader, lim limits) *decoder {
	return &decoder{r: bufio.NewReaderSize(r, readAhead), lim: lim}
}

// next reads one sentence, passing over empty ones. Its bytes are valid until
// next is called again. io.EOF means that the stream ended between sentences.
func (d *decoder) next() (sentence, error) {
	d.buf, d.ends = d.buf[:0], d.ends[:0]
	for {
		n, err := readLength(d.r)
		switch {
		case err != nil && len(d.ends) > 0:
			return sentence{}, noEOF(err)
		case err != nil:
			return sentence{}, err
		case n == 0 && len(d.ends) > 0:
			return sentence{buf: d.buf, ends: d.ends}, nil
		case n == 0:
			continue
		}
		if err := d.readWord(n); err != nil {
			return sentence{}, err
		}
	}
}

func (d *decoder) readWord(n int) error {
	switch {
	case n > d.lim.word:
		return fmt.Errorf("word of %d bytes: %w of %d", n, ErrTooLarge, d.lim.word)
	case len(d.buf)+n > d.lim.sentence:
		return fmt.Errorf("sentence of more than %d bytes: %w", d.lim.sentence, ErrTooLarge)
	case len(d.ends) == d.lim.words:
		return fmt.Errorf("sentence of more than %d words: %w", d.lim.words, ErrTooLarge)
	}
	for n > 0 {
		step := min(n, growStep)
		at := len(d.buf)
		d.buf = slices.Grow(d.buf, step)[:at+step]
		if _, err := io.ReadFull(d.r, d.buf[at:]); err != nil {
			return noEOF(err)
		}
		n -= step
	}
	d.ends = append(d.ends, len(d.buf))
	return nil
}

// noEOF turns the end of the stream in the middle of something into an error
// that says so.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
