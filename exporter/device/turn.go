package device

import "time"

// mostReadings is how many devices of a fleet read all of their configuration
// at once: what begins close together would stay so for ever, and a thousand
// readings at a time take memory and keep scrapes waiting.
const mostReadings = 64

// turnPatience is how long a device waits for its turn. Then it goes on
// without: routers that are slow must not keep others from being read.
const turnPatience = 10 * time.Second

// takeTurn waits for the device's turn to read its configuration, and returns
// what gives it back. A device that is in no fleet does not wait.
func (d *Device) takeTurn() (end func()) {
	nothing := func() {}
	if d.opts.turns == nil {
		return nothing
	}
	wait := time.NewTimer(turnPatience)
	defer wait.Stop()
	select {
	case d.opts.turns <- struct{}{}:
		return func() { <-d.opts.turns }
	case <-wait.C:
	case <-d.life.Done():
	}
	return nothing
}
