package webtransport

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"testing"
	"time"
)

func TestADevelopmentCertificateIsWhatBrowsersAskFor(t *testing.T) {
	certificate, hash, err := DevelopmentCertificate("localhost", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(certificate.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := c.PublicKey.(*ecdsa.PublicKey); !ok {
		t.Errorf("the key is a %T, want an ECDSA key", c.PublicKey)
	}
	if valid := c.NotAfter.Sub(c.NotBefore); valid > 14*24*time.Hour || time.Until(c.NotAfter) < 12*24*time.Hour {
		t.Errorf("it is valid for %v until %v", valid, c.NotAfter)
	}
	if hash != sha256.Sum256(c.Raw) {
		t.Errorf("the hash is %x", hash)
	}
	for _, host := range []string{"localhost", "127.0.0.1"} {
		if err := c.VerifyHostname(host); err != nil {
			t.Error(err)
		}
	}
}
