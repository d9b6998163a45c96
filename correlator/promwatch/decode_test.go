package promwatch

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
)

var names = Series{
	Fingerprint: "routeros_config_fingerprint", ObservedTimestamp: "routeros_config_observed_timestamp_seconds",
	AllowlistVersion: "routeros_config_allowlist_version", DeviceLabel: "device", CategoryLabel: "category",
}

// series makes a series of samples, one value a scrape of 15 s.
func series(name, device, category string, values ...float64) *model.SampleStream {
	s := &model.SampleStream{Metric: model.Metric{
		"__name__": model.LabelValue(name), "job": "routeros", "instance": "router:8728",
	}}
	if device != "" {
		s.Metric["device"] = model.LabelValue(device)
	}
	if category != "" {
		s.Metric["category"] = model.LabelValue(category)
	}
	for i, v := range values {
		s.Values = append(s.Values, model.SamplePair{Timestamp: model.Time(1_800_000_000_000 + i*15_000), Value: model.SampleValue(v)})
	}
	return s
}

func at(seconds float64) time.Time { return time.UnixMicro(int64(seconds * 1e6)).UTC() }

func observation(device, category, fingerprint string, allowlist int, seconds float64) configchange.Observation {
	return configchange.Observation{
		Stream:     configchange.Stream{Device: device, Category: category, Source: "prometheus"},
		ObservedAt: at(seconds), Fingerprint: fingerprint, AllowlistVersion: allowlist,
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	const fp, ts, version = "routeros_config_fingerprint", "routeros_config_observed_timestamp_seconds", "routeros_config_allowlist_version"
	for name, c := range map[string]struct {
		matrix  model.Matrix
		want    []configchange.Observation
		skipped skips
	}{
		"nothing": {},
		"a reading that three scrapes repeat is one, at the time of the reading": {
			matrix: model.Matrix{
				series(fp, "EDGE1", "bgp", 0xabcdef, 0xabcdef, 0xabcdef),
				series(ts, "EDGE1", "bgp", 1799999990.25, 1799999990.25, 1799999990.25),
				series(version, "EDGE1", "", 3, 3, 3),
			},
			want: []configchange.Observation{observation("EDGE1", "bgp", "000000abcdef", 3, 1799999990.25)},
		},
		"a change, and an allowlist that was upgraded with it": {
			matrix: model.Matrix{
				series(fp, "EDGE1", "bgp", 1, 2), series(ts, "EDGE1", "bgp", 100, 160), series(version, "EDGE1", "", 3, 4),
			},
			want: []configchange.Observation{observation("EDGE1", "bgp", "000000000001", 3, 100), observation("EDGE1", "bgp", "000000000002", 4, 160)},
		},
		"devices and categories keep apart": {
			matrix: model.Matrix{
				series(fp, "EDGE1", "bgp", 1), series(ts, "EDGE1", "bgp", 100),
				series(fp, "EDGE1", "ospf", 2), series(ts, "EDGE1", "ospf", 90),
				series(fp, "CORE1", "bgp", 3), series(ts, "CORE1", "bgp", 95),
			},
			want: []configchange.Observation{
				observation("EDGE1", "ospf", "000000000002", 0, 90), observation("CORE1", "bgp", "000000000003", 0, 95), observation("EDGE1", "bgp", "000000000001", 0, 100),
			},
		},
		"the overall fingerprint is not followed": {
			matrix: model.Matrix{series(fp, "EDGE1", "all", 1), series(ts, "EDGE1", "all", 100)},
		},
		"a scrape without the time of its reading is no observation": {
			matrix:  model.Matrix{series(fp, "EDGE1", "bgp", 1, 2), series(ts, "EDGE1", "bgp", 100)},
			want:    []configchange.Observation{observation("EDGE1", "bgp", "000000000001", 0, 100)},
			skipped: skips{skipNoTimestamp: 1},
		},
		"no device": {
			matrix:  model.Matrix{series(fp, "", "bgp", 1, 1), series(ts, "", "bgp", 100, 100)},
			skipped: skips{skipNoDevice: 2},
		},
		"no category": {matrix: model.Matrix{series(fp, "EDGE1", "", 1)}, skipped: skips{skipNoCategory: 1}},
		"values that no fingerprint has": {
			matrix:  model.Matrix{series(fp, "EDGE1", "bgp", math.NaN(), -1, 0.5, 1<<48, math.Inf(1)), series(ts, "EDGE1", "bgp", 1, 1, 1, 1, 1)},
			skipped: skips{skipBadValue: 5},
		},
		"times that are none": {
			matrix:  model.Matrix{series(fp, "EDGE1", "bgp", 1, 1, 1), series(ts, "EDGE1", "bgp", math.NaN(), 0, 1e300)},
			skipped: skips{skipBadTimestamp: 3},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, skipped := decode(c.matrix, names)
			if len(c.want) == 0 {
				require.Empty(t, got)
			} else {
				require.Equal(t, c.want, got)
			}
			if c.skipped == nil {
				c.skipped = skips{}
			}
			require.Equal(t, c.skipped, skipped)
		})
	}
}

// TestFingerprintIsExact takes hashes as the exporter does and shows that their 48 bits survive the
// way through a float64.
func TestFingerprintIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sum := sha256.Sum256(rapid.SliceOf(rapid.Byte()).Draw(t, "configuration"))
		gauge := float64(binary.BigEndian.Uint64(sum[:8]) >> 16)
		got, ok := fingerprintOf(gauge)
		require.True(t, ok)
		require.Equal(t, hex.EncodeToString(sum[:6]), got)
	})
}

func TestSelector(t *testing.T) {
	t.Parallel()
	require.Equal(t,
		`{__name__=~"routeros_config_fingerprint|routeros_config_observed_timestamp_seconds|routeros_config_allowlist_version",tenant="acme"}`,
		names.selector([]string{`tenant="acme"`}))
}
