package httpapi

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/api/v1/apiv1connect"
)

// TestZstdBatch sends a batch as an exporter may: compressed by the library's own encoder, and reads
// an answer that the service compressed.
func TestZstdBatch(t *testing.T) {
	t.Parallel()
	f := setup(t)
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	require.NoError(t, err)
	batch := encoder.EncodeAll([]byte(`{"observations": [{"device": "EDGE1", "category": "bgp", "observedAt": "2026-11-01T12:00:00Z", "fingerprint": "0123456789ab"}]}`), nil)
	for range 3 { // the pools hand the same decoder out again
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.url+apiv1connect.ObservationServiceObserveProcedure, bytes.NewReader(batch))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Content-Encoding", "zstd")
		got := f.do(t, "acme-agent-token", req)
		require.Equal(t, http.StatusOK, got.status, got.message)
		require.Equal(t, "1", got.body["accepted"])
	}

	f.events = 300
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.url+apiv1connect.AnnotationServiceListAnnotationsProcedure,
		strings.NewReader(`{"from": "2026-11-01T12:00:00Z", "to": "2026-11-01T13:00:00Z"}`))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept-Encoding", "zstd")
	req.Header.Set("Authorization", "Bearer acme-viewer-token")
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, "zstd", resp.Header.Get("Content-Encoding"))
	decoder, err := zstd.NewReader(resp.Body, zstd.WithDecoderConcurrency(1))
	require.NoError(t, err)
	defer decoder.Close()
	plain, err := io.ReadAll(decoder)
	require.NoError(t, err)
	require.Contains(t, string(plain), `"annotations"`)
}

// TestZstdBomb sends 30 MB of nothing in a few kilobytes: it is refused by its size.
func TestZstdBomb(t *testing.T) {
	t.Parallel()
	f := setup(t)
	var bomb bytes.Buffer
	encoder, err := zstd.NewWriter(&bomb, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20), zstd.WithEncoderLevel(zstd.SpeedFastest))
	require.NoError(t, err)
	_, err = io.CopyN(encoder, zeroes{}, 30<<20)
	require.NoError(t, err)
	require.NoError(t, encoder.Close())
	require.Less(t, bomb.Len(), 100<<10)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.url+apiv1connect.ObservationServiceObserveProcedure, &bomb)
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Content-Encoding", "zstd")
	got := f.do(t, "acme-agent-token", req)
	require.Equal(t, http.StatusTooManyRequests, got.status)
	require.Equal(t, "message is larger than configured max 20971520", got.message)

	// A frame that asks for a window of 16 MB is refused before any of it is given.
	wide, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(16<<20), zstd.WithEncoderLevel(zstd.SpeedFastest))
	require.NoError(t, err)
	var frame bytes.Buffer
	wide.Reset(&frame)
	_, err = io.CopyN(wide, zeroes{}, 17<<20)
	require.NoError(t, err)
	require.NoError(t, wide.Close())
	reader, err := (&zstdCompressor{}).Decompress(&frame)
	require.NoError(t, err)
	_, err = io.ReadAll(reader)
	require.ErrorIs(t, err, zstd.ErrWindowSizeExceeded)
	require.NoError(t, reader.Close())
}

// zeroes is an endless file of zero bytes.
type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
