package webtransport

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"socketio"
	"socketio/engineio"
)

// goClient returns a client of the rig's server, whose polls and WebSockets go over TCP. It
// is closed at the end of the test.
func (r *rig) goClient(transports ...string) *socketio.Client {
	dialer := &Dialer{TLS: anyCertificate, Address: r.host}
	c := socketio.NewClient(r.web.URL, &socketio.ClientOptions{DialOptions: engineio.DialOptions{
		Transports: transports, DialStream: dialer.DialStream, Logger: slog.New(slog.DiscardHandler),
	}})
	r.Cleanup(func() { c.Close() })
	return c
}

func (r *rig) connect(c *socketio.Client) {
	r.Helper()
	if err := c.Connect(r.ctx); err != nil {
		r.Fatal(err)
	}
}

// carriedBy waits until a client is on a transport.
func (r *rig) carriedBy(c *socketio.Client, transport string) {
	r.Helper()
	for c.Conn().Transport() != transport {
		if r.ctx.Err() != nil {
			r.Fatalf("the transport is %s, want %s", c.Conn().Transport(), transport)
		}
		time.Sleep(time.Millisecond)
	}
}

// An echo is what the rig's server sends back.
type echo = socketio.Args2[string, []byte]

// wantEcho has text and binary data echoed.
func (r *rig) wantEcho(c *socketio.Client, echoed chan echo, data []byte) {
	r.Helper()
	if err := c.EmitArgs("echo", "κόσμε", data); err != nil {
		r.Fatal(err)
	}
	select {
	case got := <-echoed:
		if got.A != "κόσμε" || !bytes.Equal(got.B, data) {
			r.Fatalf("the echo is %q, %.20q", got.A, got.B)
		}
	case <-r.ctx.Done():
		r.Fatal("there is no echo")
	}
}

func TestAGoClientConnectsAndUpgradesOverWebTransport(t *testing.T) {
	for name, transports := range map[string][]string{
		"to begin with":     {engineio.WebTransport},
		"behind polling":    {engineio.Polling, engineio.WebTransport},
		"before WebSockets": {engineio.Polling, engineio.WebSocket, engineio.WebTransport},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			c := r.goClient(transports...)
			echoed := make(chan echo, 1)
			c.On("echo", func(_ context.Context, _ *socketio.ClientSocket, v echo) error { echoed <- v; return nil })
			r.connect(c)
			r.wantEcho(c, echoed, []byte{0, 0xff})
			r.carriedBy(c, engineio.WebTransport)
			r.wantEcho(c, echoed, bytes.Repeat([]byte("large "), 100_000))
			c.Close()
			r.wantLeft(socketio.ReasonClientDisconnect)
		})
	}
}

func TestAGoClientComesBackOverWebTransport(t *testing.T) {
	r := newRig(t, nil)
	c := r.goClient(engineio.WebTransport)
	reasons, back := make(chan socketio.Reason, 1), make(chan struct{}, 2)
	c.OnConnect(func(context.Context, *socketio.ClientSocket) error { back <- struct{}{}; return nil })
	c.OnDisconnect(func(_ context.Context, _ *socketio.ClientSocket, why socketio.Reason) error {
		reasons <- why
		c.Reconnect()
		return nil
	})
	r.connect(c)
	<-back
	for s := range r.srv.Sockets() {
		s.Conn().Close()
	}
	select {
	case why := <-reasons:
		if why != socketio.ReasonTransportClose {
			t.Errorf("it ended for %q", why)
		}
	case <-r.ctx.Done():
		t.Fatal("it has not ended")
	}
	select {
	case <-back:
	case <-r.ctx.Done():
		t.Fatal("it does not come back")
	}
}

func TestAGoClientWhoseUDPIsBlockedUpgradesToAWebSocket(t *testing.T) {
	r := newRig(t, nil)
	nobody, err := net.ListenPacket("udp", "127.0.0.1:0") // which answers nothing
	if err != nil {
		t.Fatal(err)
	}
	defer nobody.Close()
	r.host = nobody.LocalAddr().String()
	c := r.goClient(engineio.Polling, engineio.WebSocket, engineio.WebTransport)
	r.connect(c)
	r.carriedBy(c, engineio.WebSocket)
}

func TestARefusedSessionIsAResponseError(t *testing.T) {
	r := newRig(t, func(o *socketio.Options) { o.Path = "/elsewhere/" })
	_, err := engineio.Dial(r.ctx, r.web.URL, &engineio.DialOptions{
		Transports: []string{engineio.WebTransport}, DialStream: (&Dialer{TLS: anyCertificate, Address: r.host}).DialStream,
	})
	answer, ok := errors.AsType[*engineio.ResponseError](err)
	if !ok || answer.Status != 404 {
		t.Errorf("refused with %v", err)
	}
	_, err = engineio.Dial(r.ctx, r.web.URL, &engineio.DialOptions{
		Transports: []string{engineio.WebTransport}, DialStream: (&Dialer{Address: r.host}).DialStream,
	})
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate that nobody has signed: %v", err)
	}
}

func TestDialingEndsWithItsContext(t *testing.T) {
	nobody, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer nobody.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := (&Dialer{}).DialStream(ctx, "https://"+nobody.LocalAddr().String(), nil)
		ended <- err
	}()
	nobody.ReadFrom(make([]byte, 2000)) // it has begun
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(wait):
		t.Error("it goes on")
	}
}
