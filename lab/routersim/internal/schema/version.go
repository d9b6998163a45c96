package schema

import (
	"fmt"
	"strconv"
	"strings"
)

// Version is a RouterOS version such as 7.16 or 6.49.4.
type Version struct {
	Major, Minor, Patch int
	Text                string // as written: "7.16", "7.21rc3"
}

// ParseVersion reads a version as RouterOS writes it. A suffix such as "beta4"
// or " (stable)" does not count.
func ParseVersion(text string) (Version, error) {
	word, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	v := Version{Text: word}
	parts := strings.SplitN(word, ".", 3)
	for i, dst := range []*int{&v.Major, &v.Minor, &v.Patch} {
		if i >= len(parts) {
			break
		}
		digits := parts[i]
		if end := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
			digits = digits[:end]
		}
		n, err := strconv.Atoi(digits)
		if err != nil {
			return Version{}, fmt.Errorf("RouterOS version %q: want a form like 7.16 or 6.49.4", text)
		}
		*dst = n
	}
	if len(parts) < 2 || v.Major < 6 || v.Major > 7 {
		return Version{}, fmt.Errorf("RouterOS version %q: want a form like 7.16 or 6.49.4", text)
	}
	return v, nil
}

// AtLeast says whether v is the given version or a later one.
func (v Version) AtLeast(major, minor, patch int) bool {
	switch {
	case v.Major != major:
		return v.Major > major
	case v.Minor != minor:
		return v.Minor > minor
	default:
		return v.Patch >= patch
	}
}
