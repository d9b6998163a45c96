package schema

import "testing"

func BenchmarkNew(b *testing.B) {
	v, err := ParseVersion("7.16")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := New(v); err != nil {
			b.Fatal(err)
		}
	}
}
