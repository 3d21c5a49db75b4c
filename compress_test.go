package socketio_test

import (
	"context"
	"strings"
	"testing"

	"socketio"
)

// TestCompressReachesTheFrame looks at the first byte of what arrives: bit 0x40 is that of
// a compressed message.
func TestCompressReachesTheFrame(t *testing.T) {
	o := compressing()
	o.Deflate.Threshold = 100
	v := newVictim(t, o, nil)
	joined := make(chan *socketio.Socket, 1)
	v.srv.OnConnect(func(_ context.Context, s *socketio.Socket) error { joined <- s; return nil })
	long := strings.Repeat("long ", 1000)
	const event = socketio.Event[string]("long")
	const call = socketio.Call[string, string]("ask")
	for _, tt := range []struct {
		name string
		send func(s *socketio.Socket) error
		want bool
	}{
		{"an event", func(s *socketio.Socket) error { return s.Emit(event, long) }, true},
		{"one that may be", func(s *socketio.Socket) error { return s.Compress(true).Emit(event, long) }, true},
		{"one that is not to be", func(s *socketio.Socket) error { return s.Compress(false).Emit(event, long) }, false},
		{"a short one", func(s *socketio.Socket) error { return s.Emit(event, "short") }, false},
		{"a volatile one that is not to be", func(s *socketio.Socket) error { return s.Compress(false).Volatile().EmitArgs("long", long) }, false},
		{"a broadcast", func(s *socketio.Socket) error { return s.Namespace().To(s.ID()).Emit(event, long) }, true},
		{"a broadcast that is not to be", func(s *socketio.Socket) error { return s.Namespace().To(s.ID()).Compress(false).Emit(event, long) }, false},
		{"a question that is not to be", func(s *socketio.Socket) error {
			go s.Compress(false).EmitAck(context.Background(), call, long) // which ends with the socket
			return nil
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, got := v.tryUpgrade("EIO=4&transport=websocket", "Sec-WebSocket-Extensions: permessage-deflate")
			if got.header["Sec-Websocket-Extensions"] == nil {
				t.Fatalf("compression was not agreed on: %v", got)
			}
			l.wantPrefix(`0{"sid":"`)
			l.text("40").wantPrefix(`40{"sid":"`)
			s := <-joined
			v.until("nothing waits, or what is volatile is dropped", func() bool {
				frames, bytes := s.Conn().Buffered()
				return frames == 0 && bytes == 0
			})
			if err := tt.send(s); err != nil {
				t.Fatal(err)
			}
			head := l.read(2)
			if compressed := head[0]&0x40 != 0; compressed != tt.want || head[1] == 1 { // the length of a ping
				t.Errorf("the frame begins with %x; compressed %v, want %v", head, compressed, tt.want)
			}
			l.Close()
		})
	}
}
