package routersim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"time"
)

// proof is a certificate that a router made for itself.
type proof struct {
	name        string
	certificate *x509.Certificate
}

// makeCertificate makes a certificate for a service, which /certificate shows
// from then on.
func (r *Router) makeCertificate() (*tls.Config, error) {
	c, err := selfSigned(r.opts.Name, r.opts.Now())
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(c.Certificates[0].Certificate[0])
	if err != nil {
		return nil, fmt.Errorf("read the certificate just made: %w", err)
	}
	r.net.mu.Lock()
	defer r.net.mu.Unlock()
	r.proofs = append(r.proofs, proof{fmt.Sprintf("api-ssl-%d", len(r.proofs)+1), leaf})
	return c, nil
}

// selfSigned makes a certificate for a router that is reached on loopback.
func selfSigned(name string, now time.Time) (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(hash(name)) + 1), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(10, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true,
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		MinVersion:   tls.VersionTLS12,
	}, nil
}
