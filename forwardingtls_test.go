package socketio

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"socketio/adapter"
	"socketio/engineio"
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

// server returns the configuration of a server, for both directions.
func (a *authority) server() *tls.Config {
	_, key, der := a.sign(&x509.Certificate{
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		RootCAs:      a.pool, ClientCAs: a.pool, ClientAuth: tls.RequireAndVerifyClientCert,
	}
}

func TestServersPassRequestsOnByTLS(t *testing.T) {
	a := newAuthority(t)
	f := &forwardFleet{t: t, bus: adapter.NewMemory()}
	for range 3 {
		f.add(Options{ClusterTLS: a.server()})
	}
	f.open()
	for _, transports := range [][]string{{engineio.Polling}, {engineio.Polling, engineio.WebSocket}, {engineio.WebSocket}} {
		var clients sync.WaitGroup
		for range 6 {
			clients.Go(func() { f.converse(t, transports) })
		}
		clients.Wait()
	}
	if s := f.stats(); s.Forwarded == 0 || s.ForwardsFailed > 0 || s.Refused[1] > 0 {
		t.Errorf("the servers counted %+v", s)
	}
}

// A noted is a log that is kept.
type noted struct {
	mu   sync.Mutex // guards what follows
	text bytes.Buffer
}

func (n *noted) Write(b []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(b)
}

func (n *noted) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

func TestAServerWithAnotherAuthoritysCertificateIsRefused(t *testing.T) {
	f := &forwardFleet{t: t, bus: adapter.NewMemory()}
	var logs [2]noted
	for i := range logs {
		f.add(Options{
			ClusterTLS: newAuthority(t).server(), Logger: slog.New(slog.NewTextHandler(&logs[i], nil)),
		})
	}
	f.open()
	const handshake = "/socket.io/?EIO=4&transport=polling"
	answer := httptest.NewRecorder()
	f.members[0].srv.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, handshake, nil))
	_, rest, _ := strings.Cut(answer.Body.String(), `"sid":"`)
	sid, _, found := strings.Cut(rest, `"`)
	if !found {
		t.Fatalf("the handshake is answered by %q", answer.Body)
	}
	for range 5 {
		answer := httptest.NewRecorder()
		f.members[1].srv.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, handshake+"&sid="+sid, nil))
		if answer.Code != http.StatusBadRequest {
			t.Errorf("a request of the other server's session is answered by %d, want 400", answer.Code)
		}
	}
	const want = "is not trusted"
	if got := logs[1].String(); strings.Count(got, want) != 1 || !strings.Contains(got, "certificate") {
		t.Errorf("the log is %q, want one line of it", got)
	}
	// By WebSocket each server goes on with its own clients.
	f.converse(t, []string{engineio.WebSocket})
	f.converse(t, []string{engineio.WebSocket})
}
