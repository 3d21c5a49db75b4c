package embedded_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"socketio/adapter/nats"
	"socketio/adapter/nats/embedded"
)

// An authority issues certificates for servers on this machine.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, pool: x509.NewCertPool()}
	a.cert, a.key, _ = a.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	a.pool.AddCert(a.cert)
	return a
}

// sign returns a certificate with its key. The authority's first one is its own.
func (a *authority) sign(template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey, []byte) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber, template.NotBefore, template.NotAfter = big.NewInt(1), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key, der
}

// server returns the configuration of a broker.
func (a *authority) server() *tls.Config {
	_, key, der := a.sign(&x509.Certificate{
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		RootCAs:      a.pool,
	}
}

// complaints are what a broker has reported.
type complaints struct {
	mu   sync.Mutex // guards what follows
	text []string
}

func (c *complaints) note(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text = append(c.text, err.Error())
}

// tell says whether one is about something.
func (c *complaints) tell(of string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, text := range c.text {
		if strings.Contains(text, of) {
			return true
		}
	}
	return false
}

// meshed starts a broker that knows another one, if there is one.
func meshed(t *testing.T, c *tls.Config, other *embedded.Broker) (*embedded.Broker, *complaints) {
	t.Helper()
	told := new(complaints)
	addresses := []string{"127.0.0.1:0"}
	if other != nil {
		addresses = append(addresses, other.Address())
	}
	return started(t, &embedded.Options{Cluster: addresses, Secret: "secret", TLS: c, OnError: told.note}), told
}

func TestCoreBrokersMeetByTLS(t *testing.T) {
	a := newAuthority(t)
	one, _ := meshed(t, a.server(), nil)
	two, _ := meshed(t, a.server(), one)
	three, _ := meshed(t, a.server(), two)
	brokers := []*embedded.Broker{one, two, three}
	for _, b := range brokers {
		until(t, "the meeting of three brokers", func() bool { return b.Peers() == 2 })
	}
	e := new(ear)
	bus := nats.NewCore(dialled(t, three), nil)
	if err := bus.Subscribe(t.Context(), e.deliver); err != nil {
		t.Fatal(err)
	}
	if err := bus.Listen(t.Context(), everybody); err != nil {
		t.Fatal(err)
	}
	sender := nats.NewCore(dialled(t, one), nil)
	until(t, "an event by way of the mesh", func() bool {
		publish(t, sender, "event")
		return e.has("event")
	})
}

func TestCoreBrokersWithoutTheRightCertificateAreRefused(t *testing.T) {
	for name, c := range map[string]*tls.Config{"another authority's": newAuthority(t).server(), "none, and no TLS": nil} {
		t.Run(name, func(t *testing.T) {
			one, told := meshed(t, newAuthority(t).server(), nil)
			other, itself := meshed(t, c, one)
			until(t, "the reports", func() bool {
				return told.tell("TLS") || told.tell("tls") || itself.tell("TLS") || itself.tell("tls")
			})
			if one.Peers() != 0 || other.Peers() != 0 {
				t.Errorf("the brokers have %d and %d peers", one.Peers(), other.Peers())
			}
			// Each goes on with its own clients.
			for _, b := range []*embedded.Broker{one, other} {
				e := new(ear)
				bus := nats.NewCore(dialled(t, b), nil)
				if err := bus.Subscribe(t.Context(), e.deliver); err != nil {
					t.Fatal(err)
				}
				if err := bus.Listen(t.Context(), everybody); err != nil {
					t.Fatal(err)
				}
				publish(t, bus, "event")
				until(t, "an event of its own", func() bool { return e.has("event") })
			}
		})
	}
}
