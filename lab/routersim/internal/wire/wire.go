// Package wire is the RouterOS API's sentence codec as the router speaks it:
// sentences are sequences of length-prefixed words closed by an empty word.
//
// Source: MikroTik's manual, "API", section "API words" (the five length forms)
// and "API sentences".
package wire

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// Limits bound what a peer can make the router hold in memory.
type Limits struct {
	Word     int // bytes of one word
	Words    int // words of one sentence
	Sentence int // bytes of all words of one sentence
}

var (
	// ErrReserved reports a first length byte of 0xF8 or more, which the
	// protocol keeps for control and no client may send.
	ErrReserved = errors.New("reserved control byte in place of a word length")
	// ErrTooLarge reports a word or sentence above the reader's limits.
	ErrTooLarge = errors.New("word or sentence exceeds the limit")
)

// ReadSentence reads one sentence: its words without the closing empty word.
// Sentences of no words are skipped, as the router does. A connection that
// ends between sentences answers io.EOF, one that ends inside a sentence
// io.ErrUnexpectedEOF.
func ReadSentence(r *bufio.Reader, limits Limits) ([]string, error) {
	var words []string
	size := 0
	for {
		n, err := readLength(r)
		if err != nil {
			if len(words) > 0 && errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		if n == 0 {
			if len(words) == 0 {
				continue
			}
			return words, nil
		}
		if size += n; n > limits.Word || size > limits.Sentence || len(words) >= limits.Words {
			return nil, fmt.Errorf("%w: word %d of %d bytes", ErrTooLarge, len(words)+1, n)
		}
		word := make([]byte, n)
		if _, err := io.ReadFull(r, word); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		words = append(words, string(word))
	}
}

// readLength decodes a word's length: the number of leading one bits in the
// first byte says how many bytes follow.
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
		return 0, fmt.Errorf("%w: 0x%02X", ErrReserved, first)
	}
	for range more {
		b, err := r.ReadByte()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return 0, err
		}
		n = n<<8 | uint32(b)
	}
	return int(n), nil
}

// AppendSentence appends the encoded sentence to dst and returns it.
func AppendSentence(dst []byte, words ...string) []byte {
	for _, w := range words {
		dst = AppendWord(dst, w)
	}
	return append(dst, 0)
}

// AppendWord appends one encoded word to dst and returns it.
func AppendWord(dst []byte, word string) []byte {
	return append(appendLength(dst, len(word)), word...)
}

// AppendAttribute appends the encoded word =name=value to dst and returns it.
func AppendAttribute(dst []byte, name, value string) []byte {
	dst = appendLength(dst, len(name)+len(value)+2)
	dst = append(append(append(dst, '='), name...), '=')
	return append(dst, value...)
}

// appendLength appends the shortest length form that holds n.
func appendLength(dst []byte, n int) []byte {
	switch {
	case n < 0x80:
		return append(dst, byte(n))
	case n < 0x4000:
		return append(dst, byte(n>>8)|0x80, byte(n))
	case n < 0x200000:
		return append(dst, byte(n>>16)|0xC0, byte(n>>8), byte(n))
	case n < 0x10000000:
		return append(dst, byte(n>>24)|0xE0, byte(n>>16), byte(n>>8), byte(n))
	default:
		return append(dst, 0xF0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
}
