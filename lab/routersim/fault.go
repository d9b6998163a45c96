package routersim

import (
	"slices"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/wire"
)

// garbageSize is how many bytes of it come at a time.
const garbageSize = 512

// What stands in place of a word's length: a byte that is reserved, and the
// length of a word of 200 MB.
var (
	reservedLength  = []byte{0xF8}
	oversizedLength = []byte{0xEB, 0xEB, 0xC2, 0x00}
)

// writeFaulty writes an answer with something happening in the middle of it.
// The ends of its sentences are given. The caller holds s.out.
func (s *session) writeFaulty(answer []byte, ends []int, fault Fault) {
	boundary := 0 // between two sentences, before a single one
	if len(ends) > 1 {
		boundary = ends[len(ends)/2-1]
	}
	inside := boundary + max(1, (len(answer)-boundary)/2) // of a sentence
	switch fault {
	case FaultHang:
		_, changed := s.router.wrongs.now()
		s.write(answer[:inside])
		if s.line.wait(changed, 0) {
			s.write(answer[inside:])
		}
	case FaultReset:
		s.write(answer[:inside])
		s.line.reset()
	case FaultClose:
		s.write(answer[:inside])
		graceful(s.line)
	case FaultFatal:
		s.write(wire.AppendSentence(slices.Clone(answer[:boundary]), "!fatal", "internal error"))
		graceful(s.line)
	case FaultGarbage:
		s.write(slices.Concat(answer[:boundary], s.router.wrongs.garbage(garbageSize), answer[boundary:]))
	case FaultReserved:
		s.write(slices.Concat(answer[:boundary], reservedLength, answer[boundary:]))
	case FaultOversized:
		s.write(slices.Concat(answer[:boundary], oversizedLength, answer[boundary:]))
	case NoFault:
		s.write(answer)
	}
}
