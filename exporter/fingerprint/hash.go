package fingerprint

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// Fingerprint is the SHA-256 over the canonical form of a category, or over
// the fingerprints of all of them.
type Fingerprint [sha256.Size]byte

// String returns all 64 hexadecimal digits.
func (f Fingerprint) String() string { return hex.EncodeToString(f[:]) }

// Short returns the first 12 hexadecimal digits: the 48 bits that identify a
// fingerprint where only the metric is known.
func (f Fingerprint) Short() string { return hex.EncodeToString(f[:6]) }

// Uint48 returns the first 48 bits as an integer, which a float64 and so a
// Prometheus gauge holds exactly.
func (f Fingerprint) Uint48() uint64 {
	return binary.BigEndian.Uint64(f[:8]) >> 16
}

// Overall returns the fingerprint of a whole router: the SHA-256 over the
// concatenated digests of its categories, which must be all of them and in
// the order of [Allowlist.Categories].
func Overall(categories []Fingerprint) Fingerprint {
	h := sha256.New()
	for _, f := range categories {
		h.Write(f[:])
	}
	return Fingerprint(h.Sum(nil))
}
