package collector

import (
	"context"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros"
)

// queues reads simple queues. It is optional: many routers have one for each
// subscriber.
type queues struct {
	family
	pairs []queuePair
}

// queuePair is a property that has two numbers ("10/20"), what the target
// sends and what it receives.
type queuePair struct {
	property         string
	upload, download *Metric
}

func newQueues() limited {
	c := &queues{family: family{name: "queue", about: "Simple queues that somebody configured.", optional: true, series: maxSeriesRows}}
	c.pairs = []queuePair{
		{"bytes", c.counter("upload_bytes_total", "Bytes from the target.", "queue"), c.counter("download_bytes_total", "Bytes to the target.", "queue")},
		{"packets", c.counter("upload_packets_total", "Packets from the target.", "queue"), c.counter("download_packets_total", "Packets to the target.", "queue")},
		{"dropped", c.counter("upload_drops_total", "Packets from the target that were dropped.", "queue"), c.counter("download_drops_total", "Packets to the target that were dropped.", "queue")},
	}
	return c
}

func (c *queues) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	return readAll(ctx, r, read{"/queue/simple", []string{"name", "bytes", "packets", "dropped"}, routeros.NotDynamic(), func(row routeros.Row) {
		for _, p := range c.pairs {
			if upload, download, ok := parsePair(row.String(p.property)); ok {
				out.add(p.upload, upload, row.String("name"))
				out.add(p.download, download, row.String("name"))
			}
		}
	}})
}

// parsePair reads two numbers with a stroke between them ("10/20").
func parsePair(s string) (first, second float64, ok bool) {
	left, right, found := strings.Cut(s, "/")
	first, ok1 := parseNumber(left)
	second, ok2 := parseNumber(right)
	return first, second, found && ok1 && ok2
}

// queueTree reads queues by which traffic is shared out. It is optional, as
// simple queues are.
type queueTree struct {
	family
	counters []rowCounter
}

func newQueueTree() limited {
	c := &queueTree{family: family{name: "queue_tree", about: "Queues of the queue tree.", optional: true, series: maxSeriesRows}}
	c.counters = []rowCounter{
		{"bytes", c.counter("bytes_total", "Bytes that passed the queue.", "queue")},
		{"packets", c.counter("packets_total", "Packets that passed the queue.", "queue")},
		{"dropped", c.counter("drops_total", "Packets that the queue dropped.", "queue")},
	}
	return c
}

func (c *queueTree) Collect(ctx context.Context, r Router, _ Input, out *Samples) error {
	return readAll(ctx, r, read{"/queue/tree", []string{"name", "bytes", "packets", "dropped"}, routeros.NotDynamic(), func(row routeros.Row) {
		for _, n := range c.counters {
			if v, ok := number(row, n.property); ok {
				out.add(n.desc, v, row.String("name"))
			}
		}
	}})
}
