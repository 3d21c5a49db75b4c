package engineio

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"socketio/internal/ws"
)

// dialStream is a DialStream that reaches the rig's server.
func (r *rig) dialStream(_ context.Context, _ string, _ http.Header) (net.Conn, error) {
	ours, theirs := r.streamPair()
	go func() { _ = r.server.ServeStream(context.Background(), Stream{Conn: ours}) }()
	return theirs, nil
}

func TestAClientExchangesMessagesByAStream(t *testing.T) {
	for name, transports := range map[string][]string{
		"webtransport": {WebTransport}, "upgrade": {Polling, WebTransport}, "upgrade to the better": everyTransport,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, &Options{Transports: everyTransport}, nil)
			c := r.dialed(DialOptions{Transports: transports, DialStream: r.dialStream})
			for _, m := range []Message{
				{Data: []byte("hello")},
				{Data: []byte{0, 1, 30, 255}, Binary: true},
				{Data: bytes.Repeat([]byte{'x'}, 700_000)},
			} {
				if err := c.Send(m); err != nil {
					t.Fatal(err)
				}
				if got := r.receive(c); !bytes.Equal(got.Data, m.Data) || got.Binary != m.Binary {
					t.Fatalf("sent %d bytes, binary %v; received %.60q, %v", len(m.Data), m.Binary, got.Data, got.Binary)
				}
			}
			r.carriedBy(c, WebTransport)
			c.Close()
			if why := r.closure(); why.Reason != reasonTransportClose {
				t.Errorf("the server saw %v", why)
			}
		})
	}
}

func TestNothingIsLostOrOvertakenWhileAClientUpgradesToAStream(t *testing.T) {
	r := newRig(t, &Options{Transports: everyTransport}, nil)
	c := r.dialed(DialOptions{Transports: everyTransport, DialStream: r.dialStream})
	room := make(chan struct{}, 20)
	r.sendNumbered(c, room)
	r.wantNumbered(c, room)
}

// What blocks UDP often says nothing, so there is a WebSocket after a while.
func TestAClientUpgradesToAWebSocketWhereNoSessionOpens(t *testing.T) {
	for name, dial := range map[string]func(ctx context.Context) error{
		"that fails": func(context.Context) error { return errors.New("no UDP") },
		"that hangs": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
	} {
		t.Run(name, func(t *testing.T) {
			inTime(t, &Options{Transports: everyTransport}, nil, func(r *timeRig) {
				c := r.dialed(DialOptions{Transports: everyTransport, DialStream: func(ctx context.Context, _ string, _ http.Header) (net.Conn, error) {
					return nil, dial(ctx)
				}})
				r.sleep(headStart + time.Second)
				if got := c.Transport(); got != WebSocket {
					t.Errorf("the transport is %s", got)
				}
			})
		})
	}
}

// A session is asked for as browsers ask for it: without a query of the protocol's.
func TestASessionIsAskedForWithTheProgramsOwnQueryAndHeaders(t *testing.T) {
	for name, own := range map[string]url.Values{"": nil, "?room=go": {"room": {"go"}}} {
		asked := make(chan string, 1)
		_, err := Dial(t.Context(), "http://host.test:8080", &DialOptions{
			Transports: []string{WebTransport}, Query: own, Header: http.Header{"X-Token": {"secret"}}, Base64: true,
			DialStream: func(_ context.Context, url string, header http.Header) (net.Conn, error) {
				asked <- url + " " + header.Get("X-Token")
				return nil, errors.New("that is all")
			},
		})
		if got, want := <-asked, "https://host.test:8080/socket.io/"+name+" secret"; got != want || err == nil {
			t.Errorf("asked for %q, want %q; error %v", got, want, err)
		}
	}
}

func TestWebTransportWantsADialerAndRevision4(t *testing.T) {
	for _, o := range []DialOptions{
		{Transports: everyTransport},
		{Transports: everyTransport, EIO3: true, DialStream: func(context.Context, string, http.Header) (net.Conn, error) { return nil, nil }},
	} {
		if _, err := Dial(t.Context(), "http://host.test", &o); err == nil || !strings.Contains(err.Error(), "WebTransport") {
			t.Errorf("EIO3 %v: %v", o.EIO3, err)
		}
	}
}

func TestWhatIsNoFrameEndsAClientsStream(t *testing.T) {
	ours, theirs := net.Pipe()
	defer ours.Close()
	c := make(chan *Conn, 1)
	go func() {
		conn, err := Dial(t.Context(), "http://host.test", &DialOptions{
			Transports: []string{WebTransport}, Logger: slog.New(slog.DiscardHandler),
			DialStream: func(context.Context, string, http.Header) (net.Conn, error) { return theirs, nil },
		})
		if err != nil {
			t.Error(err)
		}
		c <- conn
	}()
	opening := make([]byte, 2)
	if _, err := io.ReadFull(ours, opening); err != nil || string(opening) != "\x010" {
		t.Fatalf("the client begins with %q, %v", opening, err)
	}
	ours.Write(ws.AppendBare(nil, ws.OpText, []byte(`0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":20000}`)))
	conn := <-c
	go io.Copy(io.Discard, ours)
	ours.Write([]byte{0})
	_, err := conn.Receive(t.Context())
	closed, ok := errors.AsType[*CloseError](err)
	if !ok || closed.Reason != reasonParseError {
		t.Errorf("it ended with %v", err)
	}
}
