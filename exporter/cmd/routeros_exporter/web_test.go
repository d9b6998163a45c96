package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"
)

// With a file for the listener, all paths are behind TLS and a password, as on
// every exporter; without, they are not.
func TestTLSAndBasicAuth(t *testing.T) {
	address := simulated(t)
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	own := httptest.NewUnstartedServer(http.NotFoundHandler()) // for its certificate
	own.StartTLS()
	own.Close()
	key, err := x509.MarshalPKCS8PrivateKey(own.TLS.Certificates[0].PrivateKey)
	require.NoError(t, err)
	write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	write("certificate.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Certificate().Raw})))
	hash, err := bcrypt.GenerateFromPassword([]byte("S3CRET-web"), bcrypt.MinCost)
	require.NoError(t, err)
	webConfig := write("web.yaml", "tls_server_config: {cert_file: certificate.pem, key_file: key.pem}\nbasic_auth_users: {prometheus: "+string(hash)+"}\n")
	config := write("exporter.yaml", "modules: {default: {}}\ndevices: [{name: EDGE1, address: '"+address+"', username: exporter, password: S3CRET-login}]")

	r := serve(t, config, "--web.config.file="+webConfig)
	pool := x509.NewCertPool()
	pool.AddCert(own.Certificate())
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	t.Cleanup(client.CloseIdleConnections)
	ask := func(method, path, password string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), method, strings.Replace(r.url, "http://", "https://", 1)+path, nil)
		require.NoError(t, err)
		if password != "" {
			req.SetBasicAuth("prometheus", password)
		}
		resp, err := client.Do(req)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(body)
	}
	for _, path := range []string{"/", "/probe?target=EDGE1", "/sd", "/metrics", "/-/healthy"} {
		for _, password := range []string{"", "wrong"} {
			status, _ := ask(http.MethodGet, path, password)
			require.Equal(t, http.StatusUnauthorized, status, path)
		}
		status, body := ask(http.MethodGet, path, "S3CRET-web")
		require.Equal(t, http.StatusOK, status, body)
	}
	status, _ := ask(http.MethodPost, "/-/reload", "wrong")
	require.Equal(t, http.StatusUnauthorized, status)
	status, _ = ask(http.MethodPost, "/-/reload", "S3CRET-web")
	require.Equal(t, http.StatusOK, status)

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/metrics", nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusBadRequest, resp.StatusCode, "not without TLS")

	require.NoError(t, r.cmd.Process.Signal(os.Interrupt))
	require.NotContains(t, <-r.log, "S3CRET")
	require.NoError(t, r.cmd.Wait())
}
