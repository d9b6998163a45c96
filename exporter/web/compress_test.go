package web_test

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ispvisualmonitor/ispvisualmonitor/exporter/device"
)

// TestCompression: whoever can take a compressed answer gets one, and with it
// what all others get.
func TestCompression(t *testing.T) {
	t.Parallel()
	e := start(t, devices(map[string]string{"EDGE1": "192.0.2.1:8728"}), device.Options{Dial: refuse})
	probe := func(encoding string) *http.Response {
		ctx, cancel := context.WithCancel(t.Context())
		t.Cleanup(cancel)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.URL+"/probe?target=EDGE1", http.NoBody)
		require.NoError(t, err)
		request.Header.Set("Accept-Encoding", encoding)
		response, err := e.Client().Do(request)
		require.NoError(t, err)
		t.Cleanup(func() { _ = response.Body.Close() })
		require.Equal(t, http.StatusOK, response.StatusCode)
		return response
	}
	plain := probe("identity")
	require.Empty(t, plain.Header.Get("Content-Encoding"))
	text, err := io.ReadAll(plain.Body)
	require.NoError(t, err)
	require.Equal(t, "0", series(string(text))["routeros_up"])

	compressed := probe("gzip")
	require.Equal(t, "gzip", compressed.Header.Get("Content-Encoding"))
	require.Equal(t, plain.Header.Get("Content-Type"), compressed.Header.Get("Content-Type"))
	unpacked, err := gzip.NewReader(compressed.Body)
	require.NoError(t, err)
	text, err = io.ReadAll(unpacked)
	require.NoError(t, err)
	require.Equal(t, "0", series(string(text))["routeros_up"])
}
