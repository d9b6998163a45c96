package exporterbench

import "bytes"

// tally listens to one end of an API connection, in pieces of whatever size, and
// tells of each sentence when it is complete. The protocol is that of
// MikroTik's manual: words with a length of one to five bytes in front, and an
// empty word that ends a sentence.
type tally struct {
	// sentence is told the first word of each, and whether another one is a
	// name to log in with.
	sentence func(first string, named bool)

	length  [5]byte // of the next word, as far as it has come
	have    int     // bytes of length
	left    int     // bytes of the current word still to come
	kept    []byte  // the beginning of the current word
	inWord  bool
	first   string
	words   int
	isNamed bool
}

// keep is how much of a word is looked at.
const keep = 128

func (t *tally) write(b []byte) {
	for len(b) > 0 {
		if !t.inWord {
			t.length[t.have] = b[0]
			t.have, b = t.have+1, b[1:]
			if t.have == lengthOfLength(t.length[0]) {
				t.left, t.have = wordLength(t.length), 0
				t.inWord = t.left > 0
				if !t.inWord {
					t.end()
				}
			}
			continue
		}
		n := min(t.left, len(b))
		t.kept = append(t.kept, b[:min(n, keep-len(t.kept))]...)
		t.left, b = t.left-n, b[n:]
		if t.left == 0 {
			t.word()
		}
	}
}

func (t *tally) word() {
	if t.words == 0 {
		t.first = string(t.kept)
	}
	t.isNamed = t.isNamed || bytes.HasPrefix(t.kept, []byte("=name="))
	t.words++
	t.kept, t.inWord = t.kept[:0], false
}

func (t *tally) end() {
	if t.words > 0 {
		t.sentence(t.first, t.isNamed)
	}
	t.first, t.words, t.isNamed = "", 0, false
}

// lengthOfLength says by its first byte how many bytes a length has.
func lengthOfLength(first byte) int {
	switch {
	case first < 0x80:
		return 1
	case first < 0xC0:
		return 2
	case first < 0xE0:
		return 3
	case first < 0xF0:
		return 4
	default:
		return 5
	}
}

func wordLength(b [5]byte) int {
	switch lengthOfLength(b[0]) {
	case 1:
		return int(b[0])
	case 2:
		return int(b[0]&0x3F)<<8 | int(b[1])
	case 3:
		return int(b[0]&0x1F)<<16 | int(b[1])<<8 | int(b[2])
	case 4:
		return int(b[0]&0x0F)<<24 | int(b[1])<<16 | int(b[2])<<8 | int(b[3])
	default:
		return int(b[1])<<24 | int(b[2])<<16 | int(b[3])<<8 | int(b[4])
	}
}
