// Package fleet holds the lab's own ISP, as exports of its nine routers and an inventory, and reads
// folders of other exports.
//
//	          transit-a                 transit-b
//	              |                         |
//	NORTH       EDGE1                     EDGE2        SOUTH
//	              | \---------\   /---------/ |
//	              |            \ /            |
//	              |            / \            |
//	            CORE1 ---------------------- CORE2
//	              | \----------\   /---------/ |
//	              |             \ /            |
//	EAST        AGG1            / \           AGG2      WEST
//	            /   \                           |
//	         ACC1   BNG1                      ACC2 (RouterOS 6)
//
// Inside, OSPF runs on every link and the cores reflect iBGP to the edges. BNG1 terminates PPPoE, ACC1
// and ACC2 have business customers, one of them with BGP.
package fleet

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/config"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

//go:embed *.rsc inventory.yaml
var own embed.FS

// Fleet is a set of routers with what is known about them.
type Fleet struct {
	// Routers are in the order of their names.
	Routers []Router
	// Inventory says where they stand and what rests on what; nil where nobody wrote it down.
	Inventory *topology.Inventory
}

// Router is one router's export.
type Router struct {
	// Name is the device's name: the file's, without `.rsc`.
	Name string
	// Version is the version of RouterOS, as the export's header says it.
	Version string
	// Export is the text as the router printed it.
	Export string
}

// Own is the ISP that the lab is shipped with.
func Own() (*Fleet, error) { return Load(own) }

const inventoryFile = "inventory.yaml"

// Load reads every `.rsc` file of a folder, and its inventory.yaml if it has one.
func Load(folder fs.FS) (*Fleet, error) {
	// Glob answers in the order of names.
	files, err := fs.Glob(folder, "*.rsc")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errors.New("no .rsc file in the folder: put exports of routers there, one a file (`/export file=NAME` on the router)")
	}
	fleet := &Fleet{}
	for _, file := range files {
		text, err := fs.ReadFile(folder, file)
		if err != nil {
			return nil, err
		}
		fleet.Routers = append(fleet.Routers, Router{
			Name: strings.TrimSuffix(path.Base(file), ".rsc"), Version: version(string(text)), Export: string(text),
		})
	}
	switch raw, err := fs.ReadFile(folder, inventoryFile); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		if fleet.Inventory, err = config.ParseInventory(raw); err != nil {
			return nil, fmt.Errorf("%s: %w", inventoryFile, err)
		}
	}
	return fleet, nil
}

var (
	header = regexp.MustCompile(`(?m)^#.* by RouterOS (\d+\.\d+(?:\.\d+)?)`)
	// onlyV6 are menus that RouterOS 7 does not have any more.
	onlyV6 = regexp.MustCompile(`(?m)^/(?:routing[ /]bgp[ /]peer|routing[ /]ospf[ /]network|routing[ /]filter\s*$)`)
)

// Versions that stand for a major one where an export does not tell its own.
const (
	someV6 = "6.49.10"
	someV7 = "7.16"
)

// version answers what the export says in its header, or else what its menus give away.
func version(export string) string {
	if m := header.FindStringSubmatch(export); m != nil {
		return m[1]
	}
	if onlyV6.MatchString(export) {
		return someV6
	}
	return someV7
}

// Describe completes an inventory by what the network shows: devices that nobody wrote down, and links
// where there are none at all. What rests on what cannot be seen, so it is not made up.
func Describe(known *topology.Inventory, devices []string, links []topology.Link) topology.Inventory {
	var inventory topology.Inventory
	if known != nil {
		inventory = *known
	}
	listed := make(map[string]bool, len(inventory.Devices))
	for _, device := range inventory.Devices {
		listed[device.Name] = true
	}
	for _, name := range devices {
		if !listed[name] {
			inventory.Devices = append(inventory.Devices, topology.Device{Name: name})
		}
	}
	if len(inventory.Links) == 0 {
		inventory.Links = links
	}
	return inventory
}
