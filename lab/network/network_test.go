package network_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/engineer"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/fault"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/fleet"
	"github.com/ispvisualmonitor/ispvisualmonitor/lab/network"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs our own ISP; what the routers leave out of their exports fails the test.
func start(t *testing.T) (*network.Network, *fleet.Fleet) {
	t.Helper()
	own, err := fleet.Own()
	require.NoError(t, err)
	n, err := network.Start(t.Context(), own, slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelWarn})))
	require.NoError(t, err)
	t.Cleanup(n.Close)
	return n, own
}

// testWriter fails a test on everything that is logged as a warning or worse.
type testWriter struct{ t *testing.T }

func (w testWriter) Write(line []byte) (int, error) {
	w.t.Errorf("a router warns: %s", line)
	return len(line), nil
}

// state is what the network does: one line for each BGP session, OSPF neighbour and port.
func state(t *testing.T, n *network.Network) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, device := range n.Devices() {
		if n.Off(device) {
			continue
		}
		require.NoError(t, n.Visit("ada")(t.Context(), device, func(s *engineer.Session) error {
			return stateOf(s, device, all)
		}))
	}
	return all
}

func stateOf(s *engineer.Session, device string, all map[string]string) error {
	// The ports: subscribers have interfaces too, which are many and say nothing of the network.
	interfaces, err := s.Run(engineer.Command{"/interface/print", "=.proplist=name,running,disabled", "?type=ether"})
	if err != nil {
		return err
	}
	for _, row := range interfaces {
		all[device+" /interface "+row["name"]] = row["running"] + " " + row["disabled"]
	}
	for _, menu := range []struct{ path, key, state, count string }{
		{"/routing/bgp/session", "name", "established", "prefix-count"},
		{"/routing/bgp/peer", "name", "state", "prefix-count"},
		{"/routing/ospf/neighbor", "address", "state", ""},
	} {
		rows, err := s.Print(menu.path, strings.TrimSuffix(menu.key+","+menu.state+","+menu.count, ","))
		if err != nil {
			return err
		}
		for _, row := range rows {
			all[device+" "+menu.path+" "+row[menu.key]] = strings.TrimSpace(row[menu.state] + " " + row[menu.count])
		}
	}
	return nil
}

// with answers the lines whose key contains part.
func with(all map[string]string, part string) map[string]string {
	found := map[string]string{}
	for key, value := range all {
		if strings.Contains(key, part) {
			found[key] = value
		}
	}
	return found
}

func TestOwnISPIsHealthy(t *testing.T) {
	t.Parallel()
	n, own := start(t)
	all := state(t, n)

	sessions := with(all, "/routing/bgp/session")
	require.Len(t, sessions, 2+2*4+2, "two transits, each edge with each core from both ends, the cores with each other")
	for key, value := range sessions {
		established, prefixes, _ := strings.Cut(value, " ")
		require.Contains(t, []string{"true", "yes"}, established, key)
		if strings.Contains(key, "transit") {
			require.NotContains(t, []string{"", "0"}, prefixes, key)
		}
	}
	peers := with(all, "/routing/bgp/peer")
	require.Len(t, peers, 1)
	for key, value := range peers {
		require.True(t, strings.HasPrefix(value, "established "), "%s: %s", key, value)
	}
	neighbors := with(all, "/routing/ospf/neighbor")
	require.Len(t, neighbors, 2*len(own.Inventory.Links), "a neighbour at each end of each link")
	for key, value := range neighbors {
		require.Equal(t, "Full", value, key)
	}
	for _, link := range own.Inventory.Links {
		for _, end := range []string{link.A.Device + " /interface " + link.A.Interface, link.B.Device + " /interface " + link.B.Interface} {
			require.Equal(t, "true false", all[end], end)
		}
	}
}

func TestPPPoESessionsHangOnTheUplink(t *testing.T) {
	t.Parallel()
	n, _ := start(t)
	count := func() (rows int) {
		require.NoError(t, n.Visit("ada")(t.Context(), "BNG1", func(s *engineer.Session) error {
			active, err := s.Print("/ppp/active", "name", "service")
			rows = len(active)
			return err
		}))
		return rows
	}
	require.Greater(t, count(), 100)
	require.NoError(t, n.Cut("AGG1", "ether4"))
	require.Zero(t, count())
	require.NoError(t, n.Restore("AGG1", "ether4"))
	require.Greater(t, count(), 100)
}

func TestWhatThereIsToBreak(t *testing.T) {
	t.Parallel()
	n, _ := start(t)
	offered := map[string][]string{}
	for _, f := range survey(t, n) {
		require.NotEqual(t, "internal-in", f.Subject, "%s: what comes from inside is nobody's upstream", f.Name())
		if kinds := offered[f.Device]; !slices.Contains(kinds, string(f.Kind)) {
			offered[f.Device] = append(kinds, string(f.Kind))
		}
	}
	for _, device := range []string{"EDGE1", "EDGE2"} {
		require.ElementsMatch(t, fault.Kinds, kinds(offered[device]), device)
	}
	for _, device := range n.Devices() {
		require.Contains(t, offered[device], string(fault.InterfaceDisabled), device)
		require.Contains(t, offered[device], string(fault.OSPFArea), device)
	}
}

func kinds(names []string) (out []fault.Kind) {
	for _, name := range names {
		out = append(out, fault.Kind(name))
	}
	return out
}

// survey answers all faults of the network.
func survey(t *testing.T, n *network.Network) (all []fault.Fault) {
	t.Helper()
	for _, device := range n.Devices() {
		faults, err := fault.Survey(t.Context(), n.Visit("ada"), device)
		require.NoError(t, err)
		all = append(all, faults...)
	}
	require.NotEmpty(t, all)
	return all
}

// TestEveryFaultHasItsEffectAndCanBeMended applies everything that the surveys offer, one after the other.
func TestEveryFaultHasItsEffectAndCanBeMended(t *testing.T) {
	t.Parallel()
	n, _ := start(t)
	healthy := state(t, n)
	for _, f := range survey(t, n) {
		require.NoError(t, f.Apply(t.Context(), n.Visit("boris")), f.Name())
		lost := differences(healthy, state(t, n))
		require.NotEmpty(t, lost, f.Name())
		switch f.Kind {
		case fault.InterfaceDisabled:
			require.Contains(t, lost, f.Device+" /interface "+f.Subject)
			require.True(t, touches(lost, "/routing/"), "%s: something must ride on it: %v", f.Name(), lost)
		case fault.BGPDisabled:
			require.True(t, touches(lost, "/routing/bgp/"), "%s: %v", f.Name(), lost)
			require.False(t, touches(lost, "/interface"), "%s: %v", f.Name(), lost)
		case fault.FilterRejects:
			now := state(t, n)
			empty := 0
			for _, key := range lost {
				require.Contains(t, key, " /routing/bgp/", f.Name())
				require.Regexp(t, "^(true|yes|established) ", now[key], "%s: sessions stay up", f.Name())
				if strings.HasPrefix(key, f.Device+" ") && strings.HasSuffix(now[key], " 0") {
					empty++
				}
			}
			require.NotZero(t, empty, "%s: a session without prefixes: %v", f.Name(), lost)
		case fault.OSPFArea:
			require.True(t, touches(lost, "/routing/ospf/"), "%s: %v", f.Name(), lost)
			require.False(t, touches(lost, "/interface"), "%s: %v", f.Name(), lost)
			require.GreaterOrEqual(t, devices(lost), 2, "%s: both ends see it: %v", f.Name(), lost)
		}
		require.NoError(t, f.Mend(t.Context(), n.Visit("boris")), f.Name())
		require.Empty(t, differences(healthy, state(t, n)), "%s: mended", f.Name())
	}
}

// differences answers the keys that are not as they were, sorted.
func differences(before, after map[string]string) (keys []string) {
	for key := range before {
		if value, ok := after[key]; !ok || value != before[key] {
			keys = append(keys, key)
		}
	}
	for key := range after {
		if _, ok := before[key]; !ok {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

func touches(keys []string, part string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return strings.Contains(key, part) })
}

func devices(keys []string) int {
	names := map[string]bool{}
	for _, key := range keys {
		device, _, _ := strings.Cut(key, " ")
		names[device] = true
	}
	return len(names)
}

func TestCutAndPowerOffChangeNoConfiguration(t *testing.T) {
	t.Parallel()
	n, own := start(t)
	healthy := state(t, n)
	for _, link := range own.Inventory.Links {
		require.NoError(t, n.Cut(link.A.Device, link.A.Interface))
		after := state(t, n)
		for _, end := range []string{link.A.Device + " /interface " + link.A.Interface, link.B.Device + " /interface " + link.B.Interface} {
			require.Equal(t, "false false", after[end], "%s: down at both ends and enabled", link.Name())
		}
		require.NoError(t, n.Restore(link.B.Device, link.B.Interface), "from either end")
		require.Empty(t, differences(healthy, state(t, n)), link.Name())
	}
	require.NoError(t, n.PowerOff("EDGE2"))
	require.True(t, n.Off("EDGE2"))
	require.Equal(t, "false false", state(t, n)["CORE1 /interface ether2"])
	require.NoError(t, n.PowerOn("EDGE2"))
	require.Empty(t, differences(healthy, state(t, n)))

	require.ErrorContains(t, n.Cut("EDGE1", "ether1"), "no cable ends there")
	require.ErrorContains(t, n.PowerOff("EDGE9"), `there is no router "EDGE9"`)
}

func TestEngineersLogInByNameAndAreRemembered(t *testing.T) {
	t.Parallel()
	n, _ := start(t)
	var wg sync.WaitGroup
	errs := make([]error, len(n.Devices()))
	for i, device := range n.Devices() {
		wg.Go(func() {
			errs[i] = n.Visit("boris")(t.Context(), device, func(s *engineer.Session) error {
				if _, err := s.Run(engineer.Command{"/system/note/set", "=note=changed"}); err != nil {
					return err
				}
				history, err := s.Print("/system/history", "by")
				if err == nil && (len(history) == 0 || history[0]["by"] != "boris") {
					err = fmt.Errorf("%s remembers %v", device, history)
				}
				return err
			})
		})
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	err := n.Visit("mallory")(t.Context(), "EDGE1", func(*engineer.Session) error { return nil })
	require.ErrorContains(t, err, "log in as mallory")
	err = n.Visit("ada")(t.Context(), "EDGE9", func(*engineer.Session) error { return nil })
	require.ErrorContains(t, err, "EDGE9")
}

func TestLinksAreInferredWhereNobodyWroteThemDown(t *testing.T) {
	t.Parallel()
	own, err := fleet.Own()
	require.NoError(t, err)
	written := map[string]bool{}
	for _, link := range own.Inventory.Links {
		written[link.Name()] = true
	}
	own.Inventory = nil
	n, err := network.Start(context.Background(), own, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer n.Close()
	inferred := map[string]bool{}
	for _, link := range n.Links() {
		inferred[link.Name()] = true
	}
	require.Equal(t, slices.Sorted(maps.Keys(written)), slices.Sorted(maps.Keys(inferred)))
}

func TestOtherPeoplesRoutersStart(t *testing.T) {
	t.Parallel()
	folder := "../fleet/testdata/other"
	if data := os.Getenv("ISPVM_SHARED_DATA"); data != "" {
		folder = data + "/routeros"
	} else {
		t.Log("ISPVM_SHARED_DATA is not set: using the fixture")
	}
	f, err := fleet.Load(os.DirFS(folder))
	require.NoError(t, err)
	n, err := network.Start(t.Context(), f, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer n.Close()
	require.NotEmpty(t, n.Links())
	require.True(t, touches(slices.Collect(maps.Keys(state(t, n))), "/interface"))
}
