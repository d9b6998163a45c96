package routeros

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// serveTLS is a listener that does a handshake with every client.
func serveTLS(t *testing.T, config *tls.Config) string {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			_ = tls.Server(nc, config).HandshakeContext(context.Background()) // its failure is the test
			_ = nc.Close()
		}
	}()
	t.Cleanup(func() {
		_ = ln.Close()
		<-done
	})
	return ln.Addr().String()
}

func TestDialFailuresHaveReasons(t *testing.T) {
	t.Parallel()
	// What RouterOS does without a certificate: no cipher in common.
	certificate := httptest.NewUnstartedServer(http.NotFoundHandler())
	certificate.StartTLS()
	certificate.Close()
	noCommonCipher := certificate.TLS.Clone()
	noCommonCipher.MaxVersion = tls.VersionTLS12
	noCommonCipher.CipherSuites = []uint16{tls.TLS_RSA_WITH_RC4_128_SHA} //nolint:gosec // to be refused

	plain, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() {
		for {
			nc, err := plain.Accept()
			if err != nil {
				return
			}
			_, _ = nc.Write([]byte("no TLS here, sorry\r\n"))
			_ = nc.Close()
		}
	}()
	t.Cleanup(func() { _ = plain.Close() })
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	closed, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())

	for name, c := range map[string]struct {
		address string
		tls     *tls.Config
		reason  Reason
		hint    string
	}{
		"nothing there":       {closed.Addr().String(), nil, ReasonDial, "check address and port, and that /ip/service has the API enabled"},
		"no certificate":      {serveTLS(t, noCommonCipher), &tls.Config{InsecureSkipVerify: true}, ReasonTLSNoCert, "set one with /ip/service set api-ssl certificate=NAME"}, //nolint:gosec // as above
		"unknown certificate": {serveTLS(t, certificate.TLS), &tls.Config{ServerName: "example.com"}, ReasonDial, "give the CA in tls.ca_file"},                               //nolint:gosec // defaults are fine
		"no TLS":              {plain.Addr().String(), &tls.Config{InsecureSkipVerify: true}, ReasonDial, "the port does not speak TLS"},                                      //nolint:gosec // as above
		"silent":              {silent.Addr().String(), &tls.Config{InsecureSkipVerify: true}, ReasonTimeout, "TLS handshake"},                                                //nolint:gosec // as above
		"silent without TLS":  {silent.Addr().String(), nil, ReasonTimeout, "nothing answers like a RouterOS API"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := Dial(ctx, Options{
				Address: c.address, TLS: c.tls, Username: "u", Password: func() (string, error) { return "S3CRET", nil },
			})
			require.Equal(t, c.reason, ReasonOf(err), "%v", err)
			require.ErrorContains(t, err, c.hint)
			require.ErrorContains(t, err, c.address)
			require.NotContains(t, err.Error(), "S3CRET")
		})
	}
}
