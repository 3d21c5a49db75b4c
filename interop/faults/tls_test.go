package faults

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"socketio"
)

// TestF22BadHandshakesOfTLSEndAndANewCertificateEndsNothing promises of an http.Server with
// a ReadHeaderTimeout: who sends no TLS, or never finishes, is cut, and nobody else is
// harmed; and when the certificate changes, connections stay, and new ones see the new one.
func TestF22BadHandshakesOfTLSEndAndANewCertificateEndsNothing(t *testing.T) {
	var present atomic.Pointer[tls.Certificate]
	present.Store(certificate(t, 1))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	options := socketio.Options{}
	options.Logger = quiet
	srv := socketio.NewServer(&options)
	echo(srv)
	web := &http.Server{
		Handler: srv, ReadHeaderTimeout: 5 * time.Second,
		ErrorLog: slog.NewLogLogger(quiet.Handler(), slog.LevelError),
		TLSConfig: &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return present.Load(), nil
		}},
	}
	served := make(chan error, 1)
	go func() { served <- web.ServeTLS(l, "", "") }()
	t.Cleanup(func() {
		srv.Close()
		web.Close()
		<-served
	})

	first := newClient(t, "https://"+l.Addr().String(), overTLS())
	connect(t, first)
	id := first.ID()
	var bad sync.WaitGroup
	for i, hello := range badHellos() {
		bad.Go(func() { wantCut(t, l.Addr().String(), i, hello) })
		ask(t, first)
	}
	bad.Wait()

	present.Store(certificate(t, 2))
	o := overTLS()
	var seen atomic.Int64
	o.HTTPClient.Transport.(*http.Transport).TLSClientConfig.VerifyConnection = func(s tls.ConnectionState) error {
		seen.Store(s.PeerCertificates[0].SerialNumber.Int64())
		return nil
	}
	second := newClient(t, "https://"+l.Addr().String(), o)
	connect(t, second)
	ask(t, first)
	ask(t, second)
	if first.ID() != id || seen.Load() != 2 {
		t.Errorf("the first connection was lost: %v; the second one sees certificate %d", first.ID() != id, seen.Load())
	}
}

// overTLS are options for clients that trust anybody.
func overTLS() socketio.ClientOptions {
	var o socketio.ClientOptions
	o.HTTPClient = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	return o
}

// certificate makes a certificate with that number.
func certificate(t *testing.T, number int64) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(number), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// badHellos are first words of peers that are no clients of TLS, or bad ones.
func badHellos() [][]byte {
	hellos := [][]byte{
		{},                                   // silence
		[]byte("GET / HTTP/1.1\r\n\r\n"),     // no TLS
		{0x16, 0x03, 0x01, 0x40, 0x00, 0x01}, // a record that does not go on
		{0x16, 0x03, 0x01, 0xff, 0xff, 0x01}, // one that is too long
		{0x15, 0x03, 0x01, 0x00, 0x02, 1, 0}, // an alert
		{0x16, 0x03, 0x01, 0x00, 0x04, 1, 0, 0, 0},
	}
	random := mathrand.NewChaCha8([32]byte{22})
	for range 10 {
		noise := make([]byte, 300)
		random.Read(noise)
		hellos = append(hellos, append([]byte{0x16, 0x03, 0x01, 0x01, 0x27}, noise...))
	}
	return hellos
}

// wantCut says a hello and wants the connection to end.
func wantCut(t *testing.T, address string, i int, hello []byte) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	c.Write(hello)
	if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("hello %d: the connection stays", i)
	}
}
