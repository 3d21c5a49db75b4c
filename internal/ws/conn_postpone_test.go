package ws

import (
	"bytes"
	"errors"
	"net"
	"testing"
	"time"
)

// postponing returns a connection with a descriptor, and a frame to be postponed.
func postponing(t *testing.T, change func(*Config)) (r *rig, frame []byte) {
	t.Helper()
	config := newConfig(t)
	change(config)
	return config.newRig(t, tcp, nil), AppendFrame(nil, OpText, []byte("postponed"))
}

func mustPostpone(t *testing.T, c *Conn, frame []byte, want bool) {
	t.Helper()
	if flush, err := c.Postpone(frame, 1); flush != want || err != nil {
		t.Fatalf("Postpone returned %t, %v; want %t", flush, err, want)
	}
}

func TestWhatIsPostponedWaitsAndLeavesTogether(t *testing.T) {
	r, frame := postponing(t, func(*Config) {})
	mustPostpone(t, &r.conn, frame, true)
	mustPostpone(t, &r.conn, frame, false)
	if frames, _ := r.conn.Waiting(); frames != 2 {
		t.Errorf("%d frames wait, want 2", frames)
	}
	r.conn.WritePostponed()
	r.want("both", bytes.Repeat(frame, 2))
	r.conn.WritePostponed() // which does nothing
	mustPostpone(t, &r.conn, frame, true)
	r.conn.WritePostponed()
	r.want("another", frame)
	r.conn.CloseNow()
}

func TestWhatIsWrittenTakesAlongWhatWasPostponed(t *testing.T) {
	other := AppendFrame(nil, OpText, []byte("other"))
	for name, write := range map[string]func(c *Conn) bool{
		"Write":           func(c *Conn) bool { return c.Write(Frame{Op: OpText, Data: []byte("other")}) == nil },
		"WriteEncoded":    func(c *Conn) bool { return c.WriteEncoded(other, 1, false) == nil },
		"TryWrite":        func(c *Conn) bool { return c.TryWrite(Frame{Op: OpText, Data: []byte("other")}) },
		"TryWriteEncoded": func(c *Conn) bool { return c.TryWriteEncoded(other, 1) },
	} {
		t.Run(name, func(t *testing.T) {
			r, frame := postponing(t, func(*Config) {})
			mustPostpone(t, &r.conn, frame, true)
			if !write(&r.conn) {
				t.Error("it was not written")
			}
			r.want("what was postponed", frame)
			r.want("what was written", other)
			r.conn.CloseNow()
		})
	}
}

func TestWhatWasPostponedIsInNobodysWay(t *testing.T) {
	// There is room for one frame only, unless nothing waits.
	r, frame := postponing(t, func(c *Config) { c.QueueBytes = 100 })
	mustPostpone(t, &r.conn, frame, true)
	mustPostpone(t, &r.conn, frame, false)
	if err := r.conn.Write(Frame{Op: OpText, Data: bytes.Repeat([]byte("x"), 90)}); err != nil {
		t.Errorf("Write: %v", err)
	}
	r.want("what was postponed", bytes.Repeat(frame, 2))
	r.conn.CloseNow()
}

func TestTheCloseFrameIsBehindWhatWasPostponed(t *testing.T) {
	r, frame := postponing(t, func(*Config) {})
	mustPostpone(t, &r.conn, frame, true)
	r.conn.Close(StatusNormal, "bye")
	r.want("what was postponed", frame)
	r.want("the close frame", AppendClose(nil, StatusNormal, "bye", false))
	if _, err := r.conn.Postpone(frame, 1); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close Postpone returned %v", err)
	}
	r.send(AppendClose(nil, StatusNormal, "", true))
	r.wantEnd("after the close handshake")
}

func TestWithoutADescriptorNothingIsPostponed(t *testing.T) {
	ours, peer := net.Pipe()
	r := newRig(t, func(*testing.T) (net.Conn, net.Conn) { return ours, peer }, nil)
	peer.SetDeadline(time.Now().Add(20 * time.Second))
	frame := AppendFrame(nil, OpText, []byte("at once"))
	mustPostpone(t, &r.conn, frame, false)
	r.want("what is written at once", frame)
	r.conn.CloseNow()
}
