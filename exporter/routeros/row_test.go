package routeros

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func rowOf(t testing.TB, w ...string) Row {
	t.Helper()
	s, err := decoderOf(appendSentence(nil, append([]string{"!re"}, w...)...)).next()
	require.NoError(t, err)
	return Row{s}
}

func TestRow(t *testing.T) {
	t.Parallel()
	r := rowOf(t, "=name=a=b", "=name2=x", "=empty=", "=flag", ".tag=3", "=disabled=false", "=up=true", "=old=yes")
	require.Equal(t, "a=b", r.String("name"))
	require.Equal(t, "x", r.String("name2"))
	v, ok := r.Get("empty")
	require.True(t, ok)
	require.Empty(t, v)
	_, ok = r.Get("nam")
	require.False(t, ok)
	require.False(t, r.Bool("disabled"))
	require.True(t, r.Bool("up"))
	require.True(t, r.Bool("old"))
	require.False(t, r.Bool("missing"))

	var names []string
	for n := range r.All() {
		names = append(names, string(n))
	}
	require.Equal(t, []string{"name", "name2", "empty", "disabled", "up", "old"}, names)
	for range r.All() {
		break // an early end must be allowed
	}
}

func TestTag(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]struct {
		n  uint32
		ok bool
	}{
		".tag=7": {7, true}, ".tag=": {0, false}, ".tag=cancel-7": {0, false}, ".tag=99999999999999": {0, false},
		"=.tag=7": {0, false}, "=name=.tag=7": {0, false},
	} {
		n, ok := rowOf(t, "=a=b", word, "=c=d").s.tag()
		require.Equal(t, want.ok, ok, word)
		if ok {
			require.Equal(t, want.n, n, word)
		}
	}
}

func TestReadingARowAllocatesNothing(t *testing.T) {
	r := rowOf(t, "=name=ether1", "=rx-byte=123456789", "=running=true", ".tag=12")
	require.Zero(t, testing.AllocsPerRun(100, func() {
		_, _ = r.Get("rx-byte")
		_ = r.Bool("running")
		_, _ = r.s.tag()
	}))
}
