package incident_test

import (
	"fmt"
	"testing"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/incident"
)

// BenchmarkFlatStorm: a third of the routers below one that says nothing, too few to blame it.
func BenchmarkFlatStorm(b *testing.B) {
	for _, n := range []int{500, 5000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			lines := []string{"TOP@p"}
			var list []incident.Occurrence
			for i := range 3 * n {
				lines = append(lines, fmt.Sprintf("R%05d@p%d: all TOP", i, i%200))
				if i%3 == 0 {
					list = append(list, alert(fmt.Sprintf("device_unreachable R%05d", i)))
				}
			}
			j := judge(b, network(lines...))
			for b.Loop() {
				j.Judge(facts(list))
			}
		})
	}
}
