package collector

import (
	"context"
	"strconv"
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

func newQueues() Collector {
	c := &queues{family: family{name: "queue", about: "Simple queues that somebody configured.", optional: true}}
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
			up, down, _ := strings.Cut(row.String(p.property), "/")
			upload, err1 := strconv.ParseFloat(up, 64)
			download, err2 := strconv.ParseFloat(down, 64)
			if err1 == nil && err2 == nil {
				out.add(p.upload, upload, row.String("name"))
				out.add(p.download, download, row.String("name"))
			}
		}
	}})
}
