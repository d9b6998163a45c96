package collector

import (
	"fmt"
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParseRate(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]float64{"10Mbps": 1.25e6, "2.5Gbps": 3.125e8, "400Gbps": 5e10, "100kbps": 12500} {
		got, ok := parseRate(s)
		require.True(t, ok, s)
		require.InEpsilon(t, want, got, 1e-9, s)
	}
	for _, s := range []string{"", "unknown", "Gbps", "0Gbps", "-1Gbps", "1e9Gbps", "NaNGbps", "infGbps", "1 Gbps"} {
		_, ok := parseRate(s)
		require.False(t, ok, s)
	}
}

func FuzzParseRate(f *testing.F) {
	f.Add("2.5Gbps")
	f.Fuzz(func(t *testing.T, s string) {
		if v, ok := parseRate(s); ok {
			require.Positive(t, v)
			require.False(t, math.IsInf(v, 0))
		}
	})
}

func TestParseMeasure(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]float64{
		"-7.25": -7.25, "-7.2dBm": -7.2, "41C": 41, "3.3V": 3.3, "6mA": 6, "0.317 ms": 0.317, "50.8W": 50.8, "4200RPM": 4200, "98%": 98, "0": 0,
	} {
		got, ok := parseMeasure(s)
		require.True(t, ok, s)
		require.InDelta(t, want, got, 1e-9, s)
	}
	for _, s := range []string{"", "-", ".", "1.2.3", "ok", "inf", "NaN", "0x1p4", "1_000", "1e5", "dBm"} {
		_, ok := parseMeasure(s)
		require.False(t, ok, s)
	}
}

func FuzzParseMeasure(f *testing.F) {
	f.Add("-7.2dBm")
	f.Add("1/2")
	f.Fuzz(func(t *testing.T, s string) {
		if v, ok := parseMeasure(s); ok {
			require.False(t, math.IsNaN(v) || math.IsInf(v, 0), s)
		}
		if a, b, ok := parsePair(s); ok {
			require.Contains(t, s, "/")
			require.False(t, math.IsNaN(a+b), s)
		}
	})
}

// The size of a pool is the number of its addresses, counted one by one.
func TestSizeOfAPoolIsTheNumberOfItsAddresses(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var parts []string
		want := 0
		for i := range rapid.IntRange(0, 4).Draw(t, "ranges") {
			first := netip.AddrFrom4([4]byte{10, byte(i), rapid.Byte().Draw(t, "third"), rapid.Byte().Draw(t, "fourth")})
			last := first
			n := 1
			for range rapid.IntRange(0, 600).Draw(t, "more") {
				last = last.Next()
				n++
			}
			want += n
			if n == 1 {
				parts = append(parts, first.String())
			} else {
				parts = append(parts, first.String()+"-"+last.String())
			}
		}
		require.InDelta(t, float64(want), sizeOf(strings.Join(parts, ",")), 0)
	})
}

func FuzzPools(f *testing.F) {
	f.Add("10.0.0.2-10.0.0.9,10.1.0.0/24", "2001:db8::/40", "56")
	f.Add("::-ffff::,0.0.0.0/0", "::/0", "128")
	f.Fuzz(func(t *testing.T, ranges, prefix, length string) {
		size := sizeOf(ranges)
		require.False(t, size < 0 || math.IsNaN(size) || math.IsInf(size, 0))
		if n, ok := prefixesOf(prefix, length); ok {
			require.GreaterOrEqual(t, n, 1.0)
		}
	})
}

// A length of time is read as what was written.
func TestDurationsAreReadAsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var text strings.Builder
		var want time.Duration
		for _, u := range []struct {
			name string
			size time.Duration
			most int
		}{{"w", 7 * 24 * time.Hour, 500}, {"d", 24 * time.Hour, 6}, {"h", time.Hour, 23}, {"m", time.Minute, 59}, {"s", time.Second, 59}, {"ms", time.Millisecond, 999}} {
			if n := rapid.IntRange(0, u.most).Draw(t, u.name); n > 0 {
				fmt.Fprintf(&text, "%d%s", n, u.name)
				want += time.Duration(n) * u.size
			}
		}
		if text.Len() == 0 {
			text.WriteString("0s")
		}
		got, err := parseSigned(text.String())
		require.NoError(t, err)
		require.Equal(t, want, got)
		got, err = parseSigned("-" + text.String())
		require.NoError(t, err)
		require.Equal(t, -want, got)
	})
}

func FuzzParseTimestamp(f *testing.F) {
	f.Add("2026-11-24 13:00:00", "+02:00")
	f.Add("nov/24/2026 13:00:00", "")
	f.Fuzz(func(t *testing.T, s, offset string) {
		zone, err := parseOffset(offset)
		if err != nil {
			return
		}
		got, err := parseTimestamp(s, zone)
		require.True(t, err == nil || got.IsZero())
	})
}

// Whatever a router writes, a label is UTF-8, and different names stay
// different.
func FuzzText(f *testing.F) {
	f.Add("up\xe9", "upé")
	f.Add("a\xff", "a\xfe")
	f.Add("up\xe9", "upé\uFFFD")
	f.Fuzz(func(t *testing.T, a, b string) {
		require.True(t, utf8.ValidString(text(a)))
		require.Equal(t, a == b, text(a) == text(b))
	})
}

// The names and addresses of sessions and neighbours are others' words.
func FuzzNamesAndAddresses(f *testing.F) {
	f.Add("upstream-a-1", "10.0.0.1%ether1", "ether1", "10.0.0.0/30,10.0.0.9")
	f.Fuzz(func(t *testing.T, session, address, said, lists string) {
		require.True(t, strings.HasPrefix(session, connectionOf(session)))
		own := subnets{{prefix: netip.MustParsePrefix("10.0.0.1/30"), iface: "ether1"}}
		located, _ := own.locate(address, said)
		require.True(t, strings.HasPrefix(address, located))
		for _, part := range list(lists) {
			require.NotEmpty(t, part)
			require.NotContains(t, part, ",")
		}
	})
}
