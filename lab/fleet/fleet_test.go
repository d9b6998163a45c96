package fleet_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/fleet"
)

func TestOwnIsOneISP(t *testing.T) {
	t.Parallel()
	own, err := fleet.Own()
	require.NoError(t, err)
	require.NotNil(t, own.Inventory)

	var routers, devices []string
	versions := map[string]bool{}
	for _, r := range own.Routers {
		routers = append(routers, r.Name)
		versions[r.Version[:1]] = true
		require.Contains(t, r.Export, "set name="+r.Name+"\n", "identity and file name agree")
	}
	sites := map[string]bool{}
	for _, d := range own.Inventory.Devices {
		devices = append(devices, d.Name)
		sites[d.Site] = true
	}
	require.ElementsMatch(t, routers, devices, "the inventory has every router and no other")
	require.Len(t, own.Inventory.Sites, len(sites))
	require.Len(t, sites, 4)
	require.Equal(t, map[string]bool{"6": true, "7": true}, versions)
}

func TestOwnLinksHaveTheirAddressesAtBothEnds(t *testing.T) {
	t.Parallel()
	own, err := fleet.Own()
	require.NoError(t, err)
	exports := map[string]string{}
	for _, r := range own.Routers {
		exports[r.Name] = strings.ReplaceAll(r.Export, "\\\n    ", "")
	}
	// network answers the subnet of an interface as the export writes it.
	network := func(end topology.End) string {
		for line := range strings.Lines(exports[end.Device]) {
			if strings.HasPrefix(line, "add address=") && strings.Contains(line, " interface="+end.Interface+" ") {
				_, after, _ := strings.Cut(strings.TrimSpace(line), "network=")
				return after
			}
		}
		return ""
	}
	seen := map[string]bool{}
	for _, link := range own.Inventory.Links {
		require.NotEmpty(t, network(link.A), link.Name())
		require.Equal(t, network(link.A), network(link.B), link.Name())
		require.False(t, seen[network(link.A)], "%s: a subnet for each link", link.Name())
		seen[network(link.A)] = true
	}
}

func TestLoadTellsTheVersion(t *testing.T) {
	t.Parallel()
	folder := fstest.MapFS{}
	want := map[string]string{}
	for name, file := range map[string]struct{ text, version string }{
		"header-v7":   {"# 2023-11-19 16:36:52 by RouterOS 7.11.2\n/ip address\n", "7.11.2"},
		"header-v6":   {"# jan/02/1970 00:00:12 by RouterOS 6.43.8\n", "6.43.8"},
		"header-late": {"\n# mine\n# nov/22/2022 13:57:44 by RouterOS 7.6\n", "7.6"},
		"menu-v6":     {"/routing bgp peer\nadd name=a\n", "6.49.10"},
		"menu-v7":     {"/routing/filter/rule\nadd chain=a\n", "7.16"},
		"nothing":     {"/ip address\n", "7.16"},
	} {
		folder[name+".rsc"] = &fstest.MapFile{Data: []byte(file.text)}
		want[name] = file.version
	}
	loaded, err := fleet.Load(folder)
	require.NoError(t, err)
	require.Nil(t, loaded.Inventory)
	got := map[string]string{}
	for _, r := range loaded.Routers {
		got[r.Name] = r.Version
	}
	require.Equal(t, want, got)
}

func TestLoadRefusesWhatIsNoFleet(t *testing.T) {
	t.Parallel()
	_, err := fleet.Load(fstest.MapFS{"README": {}})
	require.ErrorContains(t, err, "no .rsc file")

	_, err = fleet.Load(fstest.MapFS{"A.rsc": {}, "inventory.yaml": {Data: []byte("devices: [{nam: A}]")}})
	require.ErrorContains(t, err, "inventory.yaml")
}

func TestLoadOtherPeoplesRouters(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("testdata", "other")
	count := 2
	if data := os.Getenv("ISPVM_SHARED_DATA"); data != "" {
		folder, count = filepath.Join(data, "routeros"), 8
	} else {
		t.Log("ISPVM_SHARED_DATA is not set: using the fixture of the package")
	}
	loaded, err := fleet.Load(os.DirFS(folder))
	require.NoError(t, err)
	require.Len(t, loaded.Routers, count)
	for _, r := range loaded.Routers {
		require.Regexp(t, `^7\.`, r.Version, r.Name)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	links := []topology.Link{{A: topology.End{Device: "A", Interface: "ether1"}, B: topology.End{Device: "B", Interface: "ether2"}}}

	found := fleet.Describe(nil, []string{"A", "B"}, links)
	require.Equal(t, topology.Inventory{Devices: []topology.Device{{Name: "A"}, {Name: "B"}}, Links: links}, found)

	known := &topology.Inventory{
		Devices: []topology.Device{{Name: "B", Site: "NORTH", DependsOn: []topology.Group{{All: []string{"A"}}}}},
		Links:   []topology.Link{{A: topology.End{Device: "B", Interface: "sfp1"}, B: topology.End{Device: "A", Interface: "sfp1"}}},
	}
	completed := fleet.Describe(known, []string{"A", "B"}, links)
	require.Equal(t, known.Links, completed.Links, "what is written down stands")
	require.Equal(t, append(known.Devices[:1:1], topology.Device{Name: "A"}), completed.Devices)
	require.Len(t, known.Devices, 1, "the inventory that was given stays as it was")
}
