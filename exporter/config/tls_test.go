package config

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Each way of knowing a router is tried against a server with a certificate
// that no authority of the system has signed.
func TestTLSVerification(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	der := server.Certificate().Raw
	sum, key := sha256.Sum256(der), sha256.Sum256(server.Certificate().RawSubjectPublicKeyInfo)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ca.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))

	for name, c := range map[string]struct {
		tls TLS
		ok  bool
	}{
		"authorities of the system":     {TLS{}, false},
		"its own authority":             {TLS{CAFile: "ca.pem"}, true},
		"its own authority, other name": {TLS{CAFile: "ca.pem", ServerName: "other.example.org"}, false},
		"name in the certificate":       {TLS{CAFile: "ca.pem", ServerName: "example.com"}, true},
		"pin":                           {TLS{PinSHA256: hex.EncodeToString(sum[:])}, true},
		"pin of the key":                {TLS{PinSHA256: hex.EncodeToString(key[:])}, true},
		"wrong pin":                     {TLS{PinSHA256: hex.EncodeToString(make([]byte, sha256.Size))}, false},
		"not at all":                    {TLS{InsecureSkipVerify: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &Device{Name: "R", Address: server.Listener.Addr().String(), TLS: &c.tls, dir: dir}
			conf, err := d.TLSConfig()
			require.NoError(t, err)
			nc, err := (&tls.Dialer{Config: conf}).DialContext(context.Background(), "tcp", d.HostPort())
			if !c.ok {
				var unverified *tls.CertificateVerificationError
				require.ErrorAs(t, err, &unverified)
				return
			}
			require.NoError(t, err)
			require.NoError(t, nc.Close())
		})
	}
}
