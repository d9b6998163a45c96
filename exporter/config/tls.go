package config

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// TLS says how to know the router on api-ssl. Without any setting its
// certificate is verified against the system's authorities.
type TLS struct {
	// CAFile holds the authorities, in PEM, instead of the system's.
	CAFile string `yaml:"ca_file"`
	// ServerName is the name in the certificate. Default: the address.
	ServerName string `yaml:"server_name"`
	// PinSHA256 is the SHA-256 of the router's certificate (DER) or of the
	// public key in it (SubjectPublicKeyInfo, as in RFC 7469), in hexadecimal:
	// then nothing else of it is looked at. A key outlives its certificates.
	PinSHA256 string `yaml:"pin_sha256"`
	// InsecureSkipVerify accepts any certificate.
	InsecureSkipVerify bool `yaml:"insecure_skip_verify"`
}

// errWrongPin is what a router with another certificate than the pinned one
// gets.
var errWrongPin = errors.New("the router's certificate is not the one that tls.pin_sha256 names")

func (t *TLS) config(dir, serverName string) (*tls.Config, error) {
	c := &tls.Config{ServerName: serverName, MinVersion: tls.VersionTLS12}
	if t.CAFile != "" {
		pem, err := readBounded(inDir(dir, t.CAFile), maxFile)
		if err != nil {
			return nil, fmt.Errorf("tls.ca_file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls.ca_file: %s holds no certificate in PEM", t.CAFile)
		}
	}
	switch {
	case t.PinSHA256 != "":
		pin, err := parsePin(t.PinSHA256)
		if err != nil {
			return nil, err
		}
		// The pin takes the place of the chain: routers have certificates of
		// their own making.
		c.InsecureSkipVerify = true
		c.VerifyConnection = func(state tls.ConnectionState) error {
			shown := state.PeerCertificates[0]
			certificate, key := sha256.Sum256(shown.Raw), sha256.Sum256(shown.RawSubjectPublicKeyInfo)
			if !bytes.Equal(certificate[:], pin) && !bytes.Equal(key[:], pin) {
				return &tls.CertificateVerificationError{UnverifiedCertificates: state.PeerCertificates, Err: errWrongPin}
			}
			return nil
		}
	case t.InsecureSkipVerify:
		c.InsecureSkipVerify = true
	}
	return c, nil
}

func parsePin(s string) ([]byte, error) {
	pin, err := hex.DecodeString(strings.ReplaceAll(s, ":", ""))
	if err != nil || len(pin) != sha256.Size {
		return nil, errors.New("tls.pin_sha256 must be 64 hexadecimal digits, as openssl x509 -fingerprint -sha256 prints them")
	}
	return pin, nil
}
