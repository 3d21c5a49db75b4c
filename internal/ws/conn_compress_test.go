package ws

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"socketio/internal/serial"
)

// An end is one of two connections that speak to each other, and keeps what it gets.
type end struct {
	conn   Conn
	got    chan Message
	echoes bool
	closed chan error
}

func (e *end) Message(m Message) {
	if e.echoes {
		e.conn.Write(Frame{Op: m.Op, Data: m.Data})
		return
	}
	e.got <- Message{Op: m.Op, Data: bytes.Clone(m.Data)}
}

func (e *end) Closed(err error) { e.closed <- err }

// twoEnds joins a server that echoes and a client, both with these options.
func twoEnds(t *testing.T, pair func(*testing.T) (net.Conn, net.Conn), o DeflateOptions) (server, client *end) {
	t.Helper()
	d := NewDeflater(o)
	answer, ours := d.Accept([]string{d.Offer()})
	theirs, ok := d.Agreed(response(answer))
	if !ok || ours == nil || theirs == nil {
		t.Fatalf("%q gives %v and %v", answer, ours, theirs)
	}
	s, c := pair(t)
	server, client = newEnd(t, s, ours, false), newEnd(t, c, theirs, true)
	server.echoes = true
	server.start()
	client.start()
	t.Cleanup(func() {
		client.conn.CloseNow()
		server.conn.CloseNow()
		<-client.closed
		<-server.closed
	})
	return server, client
}

func newEnd(t *testing.T, nc net.Conn, with *Compression, client bool) *end {
	e := &end{got: make(chan Message, 1000), closed: make(chan error, 1)}
	config := &Config{
		Client: client, MaxPayload: 1e6, QueueBytes: 16 << 20, WriteTimeout: 10 * time.Second,
		Monitor: new(serial.Monitor), Goroutines: new(sync.WaitGroup),
	}
	e.conn.Init(nc, config, e)
	e.conn.Compress(with)
	t.Cleanup(func() {
		config.Goroutines.Wait()
		config.Monitor.Stop()
	})
	return e
}

func (e *end) start() { e.conn.config.Goroutines.Go(func() { e.conn.Serve(nil) }) }

// next is the next message that has come.
func (e *end) next(t *testing.T) Message {
	t.Helper()
	select {
	case m := <-e.got:
		return m
	case err := <-e.closed:
		e.closed <- err
		t.Fatalf("closed: %v", err)
	case <-time.After(20 * time.Second):
		t.Fatal("no message came")
	}
	return Message{}
}

// settings are the ways to compress that matter to a connection.
var settings = map[string]DeflateOptions{
	"each alone":   {Threshold: 20},
	"takeover":     {Threshold: 20, ContextTakeover: true},
	"with a level": {Threshold: 20, Level: 6, ContextTakeover: true},
}

func TestCompressedMessagesComeBackFromTheOtherEnd(t *testing.T) {
	for name, o := range settings {
		t.Run(name, func(t *testing.T) {
			bothKinds(t, func(t *testing.T, pair func(*testing.T) (net.Conn, net.Conn)) {
				_, client := twoEnds(t, pair, o)
				for _, payload := range payloads() {
					for _, f := range []Frame{{Op: OpBinary, Data: []byte(payload)}, {Op: OpBinary, Plain: true, Data: []byte(payload)}} {
						if err := client.conn.Write(f, Frame{Op: OpText, Prefix: '4', Data: []byte("behind")}); err != nil {
							t.Fatal(err)
						}
						if m := client.next(t); m.Op != OpBinary || string(m.Data) != payload {
							t.Fatalf("%d:%.40q came back for %d bytes", m.Op, m.Data, len(payload))
						}
						if m := client.next(t); string(m.Data) != "4behind" {
							t.Fatalf("%.40q came back for the message behind", m.Data)
						}
					}
				}
			})
		})
	}
}

func TestManyMayWriteCompressedMessages(t *testing.T) {
	const writers, each = 8, 60
	for name, o := range settings {
		t.Run(name, func(t *testing.T) {
			server, client := twoEnds(t, tcp, o)
			var writing sync.WaitGroup
			for w := range writers {
				writing.Go(func() {
					for i := range each {
						// The server's own messages cross those that it sends back.
						c := []*Conn{&client.conn, &server.conn}[w%2]
						text := fmt.Appendf(nil, "%d %d %s", w, i, strings.Repeat("text ", 20+w))
						if err := c.Write(Frame{Op: OpText, Data: text}); err != nil {
							t.Error(err)
						}
					}
				})
			}
			writing.Wait()
			var next [writers]int
			for range writers * each {
				var w, i int
				if _, err := fmt.Sscan(string(client.next(t).Data), &w, &i); err != nil {
					t.Fatal(err)
				}
				if next[w] != i {
					t.Fatalf("message %d of writer %d, want %d", i, w, next[w])
				}
				next[w]++
			}
		})
	}
}

// What is compressed alone is written from a buffer that is used again at once.
func TestCompressedMessagesThatWaitAreTheirOwn(t *testing.T) {
	for name, o := range settings {
		t.Run(name, func(t *testing.T) {
			bothKinds(t, func(t *testing.T, pair func(*testing.T) (net.Conn, net.Conn)) {
				server, client := twoEnds(t, pair, o)
				random := rand.New(rand.NewPCG(1, 2))
				var want [][]byte
				for range 100 {
					data := make([]byte, 1+random.IntN(100_000)) // of 16 values: half as long compressed
					for i := range data {
						data[i] = byte(random.IntN(16))
					}
					want = append(want, data)
					if err := server.conn.Write(Frame{Op: OpBinary, Data: data}); err != nil {
						t.Fatal(err)
					}
				}
				for i, data := range want {
					if m := client.next(t); !bytes.Equal(m.Data, data) {
						t.Fatalf("message %d of %d bytes arrived as %d others", i, len(data), len(m.Data))
					}
				}
			})
		})
	}
}

func TestACompressedMessageIsDroppedWhereSomethingWaits(t *testing.T) {
	for name, o := range settings {
		t.Run(name, func(t *testing.T) {
			ours, peer := net.Pipe() // which takes nothing until it is read
			defer peer.Close()
			d := NewDeflater(o)
			_, c := d.Accept([]string{d.Offer()})
			e := newEnd(t, ours, c, false)
			e.start()
			f := Frame{Op: OpText, Data: bytes.Repeat([]byte("a"), 1000)}
			if !e.conn.TryWrite(f) {
				t.Error("dropped though nothing waits")
			}
			for range 3 {
				if e.conn.TryWrite(f) {
					t.Error("sent though something waits")
				}
			}
			e.conn.CloseNow()
			<-e.closed
			if e.conn.TryWrite(f) || e.conn.Write(f) != ErrClosed {
				t.Error("sent though closed")
			}
		})
	}
}

func TestAMessageOfManyIsCompressedOnceForAll(t *testing.T) {
	d := NewDeflater(DeflateOptions{Threshold: 20})
	_, c := d.Accept([]string{d.Offer()})
	want := strings.Repeat("for all, ", 100)
	shared := c.Append(nil, Frame{Op: OpText, Prefix: '4', Data: []byte(want)})
	if len(shared) > 100 {
		t.Errorf("%d bytes for %d", len(shared), len(want))
	}
	for range 3 {
		server, client := twoEnds(t, tcp, DeflateOptions{Threshold: 20})
		if !server.conn.Compression().Alone() {
			t.Fatal("the connection keeps a context")
		}
		if err := server.conn.WriteEncoded(shared, 1, false); err != nil {
			t.Fatal(err)
		}
		if m := client.next(t); string(m.Data) != "4"+want {
			t.Errorf("got %.40q", m.Data)
		}
	}
}

func TestDialAgreesOnCompression(t *testing.T) {
	ours := NewDeflater(DeflateOptions{})
	for _, tt := range []struct {
		name    string
		client  *Deflater
		answer  func(offers []string) string
		want    string
		refused bool
	}{
		{"both want it", ours, acceptedBy(ours), offerAlone, false},
		{"the client alone wants it", ours, answering(""), "", false},
		{"the server alone wants it", nil, acceptedBy(ours), "", false},
		{"an answer to another offer", ours, answering("permessage-deflate; bogus"), "", true},
		{"another extension", ours, answering("x-other"), "", true},
		{"an answer to no offer", nil, answering("permessage-deflate"), "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				h := http.Header{}
				if answer := tt.answer(r.Header["Sec-Websocket-Extensions"]); answer != "" {
					h.Set("Sec-WebSocket-Extensions", answer)
				}
				if conn, _, err := Accept(w, r, h, nil); err == nil {
					conn.Close()
				}
			}))
			defer s.Close()
			conn, _, resp, err := Dial(t.Context(), s.URL, DialOptions{Deflater: tt.client})
			if tt.refused {
				if _, ok := errors.AsType[*HandshakeError](err); !ok {
					t.Fatalf("error %v, want a HandshakeError", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			conn.Close()
			if got := resp.Header.Get("Sec-WebSocket-Extensions"); got != tt.want {
				t.Errorf("agreed on %q, want %q", got, tt.want)
			}
		})
	}
}

func acceptedBy(d *Deflater) func([]string) string {
	return func(offers []string) string {
		answer, _ := d.Accept(offers)
		return answer
	}
}

func answering(s string) func([]string) string { return func([]string) string { return s } }
