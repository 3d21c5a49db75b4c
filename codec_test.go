package socketio

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"socketio/sio5"
)

// inline is a Codec whose messages are those of the protocol, the text and then the
// attachments, in one: each part with its length in front.
type inline struct {
	encoded *atomic.Int64 // calls of Append, counted unless nil
}

func (inline) Binary() bool { return true }

func (c inline) Append(dst []byte, p sio5.Packet) ([]byte, error) {
	if c.encoded != nil {
		c.encoded.Add(1)
	}
	if len(p.Attachments) > 0 {
		p.Type += sio5.BinaryEvent - sio5.Event
	}
	for _, part := range append([][]byte{sio5.Append(nil, p)}, p.Attachments...) {
		dst = binary.AppendUvarint(dst, uint64(len(part)))
		dst = append(dst, part...)
	}
	return dst, nil
}

func (inline) Decode(dst, message []byte) (p sio5.Packet, extended []byte, err error) {
	if string(message) == "panic" {
		panic("as asked for")
	}
	d := sio5.Decoder{MaxAttachments: 1000}
	text, rest, err := part(message)
	if err != nil {
		return p, dst, err
	}
	p, complete, err := d.Text(text)
	for err == nil && !complete {
		if text, rest, err = part(rest); err == nil {
			p, complete, err = d.Binary(text, true)
		}
	}
	if len(p.Attachments) > 0 {
		p.Type -= sio5.BinaryEvent - sio5.Event
	}
	extended = append(dst, p.Data...)
	p.Data = extended[len(dst):]
	return p, extended, err
}

func part(b []byte) (first, rest []byte, err error) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return nil, nil, errors.New("a part is cut short")
	}
	return b[n:][:size:size], b[n:][size:], nil
}

// A codedClient speaks packets in the form of the codec inline.
type codedClient struct{ *client }

// say sends a packet: its text in the protocol's own form, and the attachments.
func (c codedClient) say(text string, attachments ...string) {
	c.t.Helper()
	var message []byte
	for _, part := range append([]string{text}, attachments...) {
		message = append(binary.AppendUvarint(message, uint64(len(part))), part...)
	}
	c.sendBinary(string(message))
}

// hears fails unless the next message is such a packet.
func (c codedClient) hears(text string, attachments ...string) {
	c.t.Helper()
	var want []byte
	for _, part := range append([]string{text}, attachments...) {
		want = append(binary.AppendUvarint(want, uint64(len(part))), part...)
	}
	c.want(fmt.Sprintf("binary %q", want))
}

// joins joins a namespace, and returns when the server has said so.
func (c codedClient) joins(namespace string) {
	c.t.Helper()
	c.say("0" + namespace)
	if got := c.next(); !strings.Contains(got, `{\"sid\":\"`) {
		c.t.Fatalf("the answer to CONNECT is %q", got)
	}
}

// withCodec runs a test with a server whose codec is inline, and a client that has joined
// the main namespace.
func withCodec(t *testing.T, test func(t *testing.T, r *rig, c codedClient)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &Options{Codec: inline{}})
		c := codedClient{r.dial()}
		c.joins("")
		test(t, r, c)
	})
}

func TestACodecCarriesEventsOfAllKinds(t *testing.T) {
	type point struct {
		X    int    `json:"x"`
		Data []byte `json:"data"`
	}
	withCodec(t, func(_ *testing.T, r *rig, c codedClient) {
		r.srv.OnAck("typed", func(_ context.Context, _ *Socket, p point) (point, error) {
			p.X++
			return p, nil
		})
		r.srv.On("two", func(_ context.Context, s *Socket, a Args2[string, []byte]) error { return s.Emit("two", a) })
		r.srv.On("none", func(_ context.Context, s *Socket, _ None) error { return s.Emit("none", None{}) })
		r.srv.Handle("raw", func(_ context.Context, s *Socket, m *Message) error {
			var first string
			var second any
			if err := m.Decode(&first, &second); err != nil {
				return err
			}
			return s.EmitArgs("raw", second, first, m.Len())
		})
		c.say(`27["typed",{"X":1,"data":null}]`)
		c.hears(`37[{"x":2,"data":null}]`)
		c.say(`51-8["typed",{"x":1,"data":{"_placeholder":true,"num":0}}]`, "bytes")
		c.hears(`61-8[{"x":2,"data":{"_placeholder":true,"num":0}}]`, "bytes")
		c.say(`51-["two","a",{"_placeholder":true,"num":0}]`, "")
		c.hears(`51-["two","a",{"_placeholder":true,"num":0}]`, "")
		c.say(`2["none"]`)
		c.hears(`2["none"]`)
		c.say(`52-["raw","x",[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]]`, "one", "two")
		c.hears(`52-["raw",[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}],"x",2]`, "one", "two")
	})
}

func TestACodecCarriesAcknowledgementsOfTheClient(t *testing.T) {
	withCodec(t, func(t *testing.T, r *rig, c codedClient) {
		r.srv.On("ask", func(ctx context.Context, s *Socket, _ None) error {
			text, err := s.EmitAck(ctx, Call[int, string]("question"), 1)
			if err != nil {
				return err
			}
			m, err := s.EmitArgsAck(ctx, "other", text)
			if err != nil {
				return err
			}
			var b []byte
			if err = m.Decode(&b); err != nil {
				return err
			}
			return s.EmitArgs("answers", text, string(b))
		})
		c.say(`2["ask"]`)
		c.hears(`20["question",1]`)
		c.say(`30["text"]`)
		c.hears(`21["other","text"]`)
		c.say(`61-1[{"_placeholder":true,"num":0}]`, "bytes")
		c.hears(`2["answers","text","bytes"]`)
		if errs := r.errors.take(); len(errs) > 0 {
			t.Errorf("errors: %v", errs)
		}
	})
}

func TestACodecCarriesTheBeginningAndTheEnd(t *testing.T) {
	withCodec(t, func(t *testing.T, r *rig, c codedClient) {
		admin := r.srv.Of("/admin")
		admin.Use(func(_ context.Context, s *Socket) (context.Context, error) {
			var auth struct{ Token string }
			if err := s.Handshake().DecodeAuth(&auth); err != nil {
				return nil, err
			}
			if auth.Token != "secret" {
				return nil, &ConnectError{Message: "no", Data: map[string]int{"code": 7}}
			}
			return nil, nil
		})
		left := make(chan Reason, 2)
		admin.OnDisconnect(func(_ context.Context, _ *Socket, why Reason) error {
			left <- why
			return nil
		})
		c.say(`0/admin,{"token":"wrong"}`)
		c.hears(`4/admin,{"message":"no","data":{"code":7}}`)
		c.say(`0/nowhere,`)
		c.hears(`4/nowhere,{"message":"Invalid namespace"}`)
		c.joins(`/admin,{"token":"secret"}`)
		c.say(`1/admin,`)
		if why := <-left; why != ReasonClientDisconnect {
			t.Errorf("the client left by %q", why)
		}
		c.joins(`/admin,{"token":"secret"}`)
		admin.All().DisconnectSockets(false)
		c.hears(`1/admin,`)
		if why := <-left; why != ReasonServerDisconnect {
			t.Errorf("the server parted by %q", why)
		}
		c.wantOpen()
	})
}

func TestABroadcastIsEncodedOnceByACodec(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var encoded atomic.Int64
		r := newRig(t, &Options{Codec: inline{&encoded}})
		var clients []codedClient
		for range 3 {
			c := codedClient{r.dial()}
			c.joins("")
			clients = append(clients, c)
		}
		encoded.Store(0)
		if err := r.srv.Emit("news", []byte("b")); err != nil {
			t.Fatal(err)
		}
		for _, c := range clients {
			c.hears(`51-["news",{"_placeholder":true,"num":0}]`, "b")
		}
		if n := encoded.Load(); n != 1 {
			t.Errorf("encoded %d times", n)
		}
	})
}

func TestHooksSeeWhatACodecCarries(t *testing.T) {
	withCodec(t, func(t *testing.T, r *rig, c codedClient) {
		var seen []string
		see := func(direction string) Handler {
			return func(_ context.Context, _ *Socket, m *Message) error {
				var b []byte
				err := m.Decode(&b)
				seen = append(seen, direction+m.Event+string(b))
				return err
			}
		}
		r.srv.OnAny(see("in "))
		r.srv.OnAnyOutgoing(see("out "))
		r.srv.On("in", func(_ context.Context, s *Socket, b []byte) error { return s.Emit("out", b) })
		c.say(`51-["in",{"_placeholder":true,"num":0}]`, "X")
		c.hears(`51-["out",{"_placeholder":true,"num":0}]`, "X")
		synctest.Wait()
		if want := []string{"in inX", "out outX"}; !slices.Equal(seen, want) {
			t.Errorf("seen: %q, want %q", seen, want)
		}
	})
}

// The buffer of a packet must not be used for the next one while the first waits.
func TestPacketsOfACodecKeepTheirBytesWhileTheyWait(t *testing.T) {
	withCodec(t, func(t *testing.T, r *rig, c codedClient) {
		proceed := make(chan struct{})
		r.srv.On("hold", func(_ context.Context, s *Socket, v Args2[string, any]) error {
			<-proceed
			return s.Emit("held", v)
		})
		for i := range 5 {
			c.say(fmt.Sprintf(`2["hold","%c",[%d]]`, 'a'+i, i))
			c.say(fmt.Sprintf(`51-["hold","%c",{"_placeholder":true,"num":0}]`, 'A'+i), strings.Repeat("b", i))
		}
		synctest.Wait()
		close(proceed)
		for i := range 5 {
			c.hears(fmt.Sprintf(`2["held","%c",[%d]]`, 'a'+i, i))
			c.hears(fmt.Sprintf(`51-["held","%c",{"_placeholder":true,"num":0}]`, 'A'+i), strings.Repeat("b", i))
		}
		if errs := r.errors.take(); len(errs) > 0 {
			t.Errorf("errors: %v", errs)
		}
	})
}

func TestBinaryValuesWithinACodecAreNotCounted(t *testing.T) {
	withCodec(t, func(t *testing.T, r *rig, c codedClient) {
		r.srv.On("many", func(_ context.Context, s *Socket, all [][]byte) error { return s.Emit("many", all) })
		const n = 20
		places := make([]string, n)
		for i := range places {
			places[i] = fmt.Sprintf(`{"_placeholder":true,"num":%d}`, i)
		}
		text := fmt.Sprintf(`5%d-["many",[%s]]`, n, strings.Join(places, ","))
		c.say(text, make([]string, n)...)
		c.hears(text, make([]string, n)...)
	})
}

func TestWhatACodecDoesNotAcceptEndsTheConnection(t *testing.T) {
	for _, tt := range []struct {
		name string
		send func(c codedClient)
		want string // in the cause
	}{
		{"no packet", func(c codedClient) { c.sendBinary("\xff") }, "a part is cut short"},
		{"a text", func(c codedClient) { c.send(`42["x"]`) }, "a text where the codec is binary"},
		{"a panic of the codec", func(c codedClient) { c.sendBinary("panic") }, "panic: as asked for"},
		{"a reserved event", func(c codedClient) { c.say(`2["connect"]`) }, "a reserved event name"},
		{"a namespace not joined", func(c codedClient) { c.say(`2/x,["x"]`) }, "not joined"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			withCodec(t, func(t *testing.T, r *rig, c codedClient) {
				var cause error
				r.srv.OnDisconnect(func(_ context.Context, s *Socket, why Reason) error {
					cause = context.Cause(s.Context())
					if why != ReasonForcedClose {
						t.Errorf("the reason is %q", why)
					}
					return nil
				})
				tt.send(c)
				c.wantEnd(time.Second)
				synctest.Wait()
				if cause == nil || !strings.Contains(cause.Error(), tt.want) {
					t.Errorf("the cause is %v, want one with %q", cause, tt.want)
				}
			})
		})
	}
}

// speechless is a Codec that cannot encode.
type speechless struct{ inline }

var errSpeechless = errors.New("cannot encode")

func (speechless) Append(dst []byte, _ sio5.Packet) ([]byte, error) { return dst, errSpeechless }

func TestAnErrorOfEncodingByACodecIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &Options{Codec: speechless{}})
		connected := make(chan error, 1)
		r.srv.OnConnect(func(_ context.Context, s *Socket) error {
			connected <- s.Emit("hello", 1)
			return nil
		})
		codedClient{r.dial()}.say("0")
		if err := <-connected; !errors.Is(err, errSpeechless) {
			t.Errorf("Emit: %v", err)
		}
		synctest.Wait()
		if errs := r.errors.take(); len(errs) != 1 || !errors.Is(errs[0], errSpeechless) {
			t.Errorf("reported: %v", errs)
		}
	})
}
