package collector

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/routeros/routerostest"
)

func TestSystem(t *testing.T) {
	t.Parallel()
	got, err := collect(t, "system", 7, &routerostest.Router{Menus: map[string][][]string{
		// The values of a recorded reply.
		"/system/resource": {{
			"uptime=1w4d23h26m9s", "version=7.4 (stable)", "free-memory=3950641152", "total-memory=4227858432", "cpu-count=4",
			"cpu-load=7", "free-hdd-space=106233856", "total-hdd-space=135266304", "architecture-name=arm64", "board-name=CCR2004-16G-2S+",
		}},
		"/system/identity":    {{"name=EDGE1"}},
		"/system/routerboard": {{"routerboard=true", "model=CCR2004-16G-2S+", "current-firmware=7.4", "upgrade-firmware=7.16", "serial-number=X"}},
		"/system/clock":       {{"date=2026-11-24", "time=14:00:03", "gmt-offset=+02:00"}},
	}})
	require.NoError(t, err)
	require.Equal(t, []string{
		`routeros_system_clock_skew_seconds 3`,
		`routeros_system_clock_timestamp_seconds 1.795521603e+09`,
		`routeros_system_cpu_load_ratio 0.07`,
		`routeros_system_cpus 4`,
		`routeros_system_firmware_upgrade_available 1`,
		`routeros_system_identity_info{identity="EDGE1"} 1`,
		`routeros_system_info{architecture="arm64",board_name="CCR2004-16G-2S+",version="7.4 (stable)"} 1`,
		`routeros_system_memory_free_bytes 3.950641152e+09`,
		`routeros_system_memory_total_bytes 4.227858432e+09`,
		`routeros_system_routerboard_info{current_firmware="7.4",model="CCR2004-16G-2S+",upgrade_firmware="7.16"} 1`,
		`routeros_system_storage_free_bytes 1.06233856e+08`,
		`routeros_system_storage_total_bytes 1.35266304e+08`,
		`routeros_system_uptime_seconds 1.034769e+06`,
	}, got)
}

func TestSystemWithAClockNobodyCanRead(t *testing.T) {
	t.Parallel()
	got, err := collect(t, "system", 7, &routerostest.Router{Menus: map[string][][]string{
		"/system/resource": {{"uptime=1m30s", "version=7.16"}},
		"/system/clock":    {{"date=soon", "time=later"}},
	}})
	require.EqualError(t, err, `/system/clock: clock "soon" "later" is in no form known`)
	require.Contains(t, got, `routeros_system_uptime_seconds 90`, "the rest stands")
}

func TestPPPCountsByService(t *testing.T) {
	t.Parallel()
	got, err := collect(t, "ppp", 7, &routerostest.Router{Menus: map[string][][]string{
		"/ppp/active": {{"name=a", "service=pppoe"}, {"name=b", "service=pppoe"}, {"name=c", "service=l2tp"}},
	}})
	require.NoError(t, err)
	require.Equal(t, []string{
		`routeros_ppp_active_sessions{service="async"} 0`,
		`routeros_ppp_active_sessions{service="l2tp"} 1`, `routeros_ppp_active_sessions{service="ovpn"} 0`,
		`routeros_ppp_active_sessions{service="pppoe"} 2`, `routeros_ppp_active_sessions{service="pptp"} 0`,
		`routeros_ppp_active_sessions{service="sstp"} 0`,
	}, got)
}
