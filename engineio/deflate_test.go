package engineio

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"

	"socketio/internal/ws"
)

// long is data that is worth compressing.
var long = strings.Repeat("a message of many words, ", 100)

// deflating returns options that compress from 100 bytes on.
func deflating(takeover bool) *Options {
	return &Options{Deflate: Deflate{Enable: true, Threshold: 100, ContextTakeover: takeover}}
}

// A deflateClient is a client that has agreed on compression.
type deflateClient struct {
	*wsClient
	agreed *ws.Compression
}

// deflate opens a WebSocket that compresses.
func (r *rig) deflate(takeover bool) *deflateClient {
	r.Helper()
	d := ws.NewDeflater(ws.DeflateOptions{Threshold: 1, ContextTakeover: takeover})
	c, a := r.handshake("/socket.io/?EIO=4&transport=websocket", "Sec-WebSocket-Extensions: "+d.Offer())
	if c == nil {
		r.Fatalf("no WebSocket: %v", a)
	}
	agreed, ok := d.Agreed(&http.Response{Header: a.header})
	if !ok || agreed == nil {
		r.Fatalf("answered %q", a.header.Get("Sec-WebSocket-Extensions"))
	}
	c.parser.Compression = agreed
	c.open()
	return &deflateClient{c, agreed}
}

// expectCompressed wants a message, and to have got it compressed or not.
func (c *deflateClient) expectCompressed(why, text string, compressed bool) {
	c.Helper()
	for len(c.buf) == 0 {
		b := make([]byte, 4096)
		n, err := c.Read(b)
		if err != nil {
			c.Fatal(err)
		}
		c.buf = b[:n]
	}
	got := c.buf[0]&0x40 != 0
	if message := c.next(); message != text || got != compressed {
		c.Fatalf("%s: got %.60q, compressed %v; want %.60q, compressed %v", why, message, got, text, compressed)
	}
}

func TestMessagesAreCompressedWhereThatWasAgreed(t *testing.T) {
	for _, takeover := range []bool{false, true} {
		r := newRig(t, deflating(takeover), nil)
		c := r.deflate(takeover)
		for range 3 {
			c.send("4" + long)
			c.expectCompressed("a long message", "4"+long, true)
			c.send("4short")
			c.expectCompressed("a short message", "4short", false)
			if _, err := c.Write(maskedCopy(c.agreed.Append(nil, ws.Frame{Op: ws.OpText, Prefix: '4', Data: []byte(long)}))); err != nil {
				t.Fatal(err)
			}
			c.expectCompressed("a message that came compressed", "4"+long, true)
		}
	}
}

// maskedCopy turns a server's frame into a client's, with the key that changes nothing.
func maskedCopy(frame []byte) []byte {
	header := 2
	if frame[1] == 126 {
		header = 4
	}
	masked := append(bytes.Clone(frame[:header]), 0, 0, 0, 0)
	masked[1] |= 0x80
	return append(masked, frame[header:]...)
}

func TestNothingIsCompressedUnlessBothWant(t *testing.T) {
	offer := "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
	for _, tt := range []struct {
		name    string
		options *Options
		headers []string
	}{
		{"the server does not", nil, []string{offer}},
		{"the client does not", deflating(false), nil},
		{"the client's offer is none", deflating(false), []string{offer + "=7"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, tt.options, nil)
			c, a := r.handshake("/socket.io/?EIO=4&transport=websocket", tt.headers...)
			if c == nil || a.header["Sec-Websocket-Extensions"] != nil {
				t.Fatalf("answered %v", a)
			}
			c.open().send("4" + long)
			c.expect("not compressed, or the parser fails", "4"+long)
			c.Write(maskedCopy([]byte("\xC1\x08\xF2\x48\xCD\xC9\xC9\x07\x00")[:9]))
			if m := c.message(); m.code != ws.StatusProtocolError {
				t.Errorf("a compressed message is answered by %v, want code 1002", m)
			}
		})
	}
}

func TestNobodyElseAnswersAnOffer(t *testing.T) {
	o := &Options{Header: func(h http.Header, _ *http.Request, _ bool) { h.Set("Sec-WebSocket-Extensions", "permessage-deflate") }}
	r := newRig(t, o, nil)
	if c, a := r.handshake("/socket.io/?EIO=4&transport=websocket", "Sec-WebSocket-Extensions: permessage-deflate"); c == nil || a.header["Sec-Websocket-Extensions"] != nil {
		t.Errorf("answered %v", a)
	}
}

func TestAMessageMayAskNotToBeCompressed(t *testing.T) {
	for _, takeover := range []bool{false, true} {
		r := newRig(t, deflating(takeover), func(c *Conn, m Message) bool {
			m.Uncompressed = true
			c.Send(m)
			c.SendPrepared(Prepare(m))
			c.SendPrepared(Prepare(Message{Data: m.Data}))
			return true
		})
		c := r.deflate(takeover)
		c.send("4" + long)
		c.expectCompressed("sent", "4"+long, false)
		c.expectCompressed("prepared", "4"+long, false)
		c.expectCompressed("prepared without the flag", "4"+long, true)
	}
}

func TestAPreparedMessageIsCompressedOnce(t *testing.T) {
	p := Prepare(Message{Data: []byte(long)}, Message{Data: []byte(long), Binary: true}, Message{Data: []byte("short")})
	r := newRig(t, deflating(false), func(c *Conn, _ Message) bool {
		c.SendPrepared(p)
		c.TrySendPrepared(p) // dropped, as something waits
		return true
	})
	narrow := "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9"
	other, a := r.handshake("/socket.io/?EIO=4&transport=websocket", narrow)
	if other == nil {
		t.Fatalf("no WebSocket: %v", a)
	}
	d := ws.NewDeflater(ws.DeflateOptions{})
	other.parser.Compression, _ = d.Agreed(&http.Response{Header: a.header})
	other.open()
	plain := r.dial("transport=websocket").open()
	for range 3 {
		for range 3 {
			c := r.deflate(false)
			c.send("4x")
			c.expectCompressed("text", "4"+long, true)
			c.expectCompressed("binary", long, true)
			c.expectCompressed("short", "4short", false)
		}
		other.send("4x")
		other.expect("with a small window", "4"+long, long, "4short")
		plain.send("4x")
		plain.expect("without compression", "4"+long, long, "4short")
	}
	made := 0
	for c := p.compressed.Load(); c != nil; c = c.next {
		made++
	}
	if made != 2 {
		t.Errorf("compressed %d times, want once for each window", made)
	}
}

func TestABroadcastIsCompressedForEachConnectionThatKeepsContext(t *testing.T) {
	p := Prepare(Message{Data: []byte(long)})
	r := newRig(t, deflating(true), func(c *Conn, _ Message) bool {
		c.SendPrepared(p)
		c.TrySendPrepared(p)
		return true
	})
	for range 3 {
		c := r.deflate(true)
		for range 3 {
			c.send("4x")
			c.expectCompressed("prepared", "4"+long, true)
		}
	}
	if p.compressed.Load() != nil {
		t.Error("compressed for all")
	}
}

func TestWhatWaitsIsCompressedAfterAnUpgrade(t *testing.T) {
	r := newRig(t, deflating(false), func(c *Conn, m Message) bool {
		if c.Transport() == Polling { // there is no GET: all of it waits
			c.Send(Message{Data: []byte(long)}, Message{Data: []byte(long), Uncompressed: true}, Message{Data: []byte(long), Binary: true})
		}
		return true
	})
	sid := r.poll()
	r.want("a message", "POST", "transport=polling&sid="+sid, "4x", 200, "ok")
	d := ws.NewDeflater(ws.DeflateOptions{})
	c, a := r.handshake("/socket.io/?EIO=4&transport=websocket&sid="+sid, "Sec-WebSocket-Extensions: "+d.Offer())
	if c == nil {
		t.Fatalf("no WebSocket: %v", a)
	}
	c.parser.Compression, _ = d.Agreed(&http.Response{Header: a.header})
	c.send("2probe")
	c.expect("the answer to the probe", "3probe")
	c.send("5")
	dc := &deflateClient{c, c.parser.Compression}
	dc.expectCompressed("text", "4"+long, true)
	dc.expectCompressed("text that is not to be", "4"+long, false)
	dc.expectCompressed("binary", long, true)
}

func TestADialledConnectionCompresses(t *testing.T) {
	for _, transports := range [][]string{nil, {WebSocket}} {
		for _, takeover := range []bool{false, true} {
			r := newRig(t, deflating(takeover), nil)
			c, err := Dial(t.Context(), r.http.URL, &DialOptions{Transports: transports, Deflate: Deflate{Enable: true, ContextTakeover: takeover}})
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if err := c.Send(Message{Data: []byte(long)}); err != nil {
					t.Fatal(err)
				}
				if m, err := c.Receive(t.Context()); err != nil || string(m.Data) != long {
					t.Fatalf("got %.60q and %v", m.Data, err)
				}
			}
			r.until("the connection is on a WebSocket", func() bool { return c.Transport() == WebSocket })
			if c.socket.Load().Compression() == nil {
				t.Error("nothing is compressed")
			}
			c.Close()
		}
	}
}

func TestOptionsOfCompressionThatAreNone(t *testing.T) {
	for _, d := range []Deflate{{Threshold: -1}, {Level: -1}, {Level: 10}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v is taken", d)
				}
			}()
			NewServer(nil, &Options{Deflate: d})
		}()
		if _, err := Dial(context.Background(), "http://127.0.0.1:1", &DialOptions{Deflate: d}); err == nil || !strings.Contains(err.Error(), "Deflate") {
			t.Errorf("dialling with %v: %v", d, err)
		}
	}
}
