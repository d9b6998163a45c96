package network

import "fmt"

// PowerOff takes the power from a router: connections to it hang, and its neighbours see their ports go down.
func (n *Network) PowerOff(device string) error {
	router := n.sim.Router(device)
	if router == nil {
		return fmt.Errorf("there is no router %q", device)
	}
	router.PowerOff(true)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.off[device] = true
	return nil
}

// PowerOn boots it again, with its uptime at nothing.
func (n *Network) PowerOn(device string) error {
	router := n.sim.Router(device)
	if router == nil {
		return fmt.Errorf("there is no router %q", device)
	}
	if err := router.PowerOn(); err != nil {
		return fmt.Errorf("boot %s: %w", device, err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.off, device)
	return nil
}

// Off says whether a router has no power.
func (n *Network) Off(device string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.off[device]
}
