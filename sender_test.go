package socketio

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"socketio/sio5"
)

func TestWhatIsEmittedArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, nil)
		tests := []struct {
			name string
			emit func() error
			want []string
		}{
			{"a payload", func() error { return s.Emit("event", map[string]int{"a": 1}) }, []string{`42["event",{"a":1}]`}},
			{"no payload", func() error { return s.Emit("event", None{}) }, []string{`42["event"]`}},
			{"two arguments", func() error { return s.Emit("event", Args2[int, string]{1, "b"}) }, []string{`42["event",1,"b"]`}},
			{"any arguments", func() error { return s.EmitArgs("event", 1, nil, "x") }, []string{`42["event",1,null,"x"]`}},
			{"no arguments", func() error { return s.EmitArgs("event") }, []string{`42["event"]`}},
			{"bytes", func() error { return s.Emit("event", []byte("ab")) },
				[]string{`451-["event",{"_placeholder":true,"num":0}]`, `binary "ab"`}},
			{"volatile", func() error { return s.Volatile().Emit("event", 1) }, []string{`42["event",1]`}},
			{"volatile twice", func() error { return s.Volatile().Volatile().EmitArgs("event", 1, 2) }, []string{`42["event",1,2]`}},
			{"not compressed", func() error { return s.Compress(false).Emit("event", 1) }, []string{`42["event",1]`}},
			{"a name with quotes", func() error { return s.Emit(`"`, 1) }, []string{`42["\"",1]`}},
		}
		for _, tt := range tests {
			synctest.Wait() // nothing waits to be sent
			if err := tt.emit(); err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			c.want(tt.want...)
		}
	})
}

func TestWhatCannotBeEmitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, &Options{MaxAttachments: 2})
		for _, name := range []string{"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"} {
			if err := s.Emit(Event[int](name), 1); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("the error for %q is %v", name, err)
			}
			if err := s.EmitArgs(name, 1); err == nil {
				t.Errorf("EmitArgs gives no error for %q", name)
			}
		}
		if s.Emit("event", func() {}) == nil || s.EmitArgs("event", make(chan int)) == nil {
			t.Error("no error for what cannot be encoded")
		}
		if s.EmitArgs("event", []byte{1}, []byte{2}, []byte{3}) == nil {
			t.Error("no error for too many attachments")
		}
		c.wantNothing()
		s.Disconnect()
		c.want(`41`)
		for name, err := range map[string]error{
			"Emit": s.Emit("event", 1), "EmitArgs": s.EmitArgs("event"), "volatile": s.Volatile().Emit("event", 1),
		} {
			if !errors.Is(err, ErrDisconnected) {
				t.Errorf("the error of %s after Disconnect is %v", name, err)
			}
		}
		c.wantNothing()
	})
}

func TestVolatileMessagesAreDroppedWhenSomethingWaits(t *testing.T) {
	t.Run("behind a message of the same handler", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r, c, _ := pair(t, nil)
			r.srv.On("event", func(_ context.Context, s *Socket, _ None) error {
				return errors.Join(s.Emit("v", "regular"), s.Volatile().Emit("v", "volatile"))
			})
			c.send(`42["event"]`)
			c.want(`42["v","regular"]`)
			c.wantNothing()
		})
	})
	t.Run("behind what the client does not take", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, nil)
			dropped := 0
			r.srv.Trace(&Trace{Slow: func(_ *Socket, n int) { dropped += n }})
			c, id := r.joined()
			synctest.Wait()
			s := r.wantSocket(id)
			c.stall()
			for n := range 3 {
				s.Emit("regular", n)
				synctest.Wait()
			}
			if err := s.Volatile().Emit("v", 1); err != nil {
				t.Error(err)
			}
			if err := r.srv.All().Volatile().Emit("v", 2); err != nil {
				t.Error(err)
			}
			if dropped != 2 {
				t.Errorf("Slow was told of %d messages, want 2", dropped)
			}
			c.goOn()
			c.want(`42["regular",0]`, `42["regular",1]`, `42["regular",2]`)
			c.wantNothing()
			s.Volatile().Emit("v", 3)
			c.want(`42["v",3]`)
		})
	})
}

func TestOutgoingEventsAreSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		var mu sync.Mutex // guards what follows
		var seen []string
		note := func(who string) Handler {
			return func(_ context.Context, s *Socket, m *Message) error {
				var first any
				err := m.Decode(&first)
				mu.Lock()
				defer mu.Unlock()
				seen = append(seen, fmt.Sprintf("%s: %s(%d) %v", who, m.Event, m.Len(), first))
				return err
			}
		}
		r.srv.OnAnyOutgoing(note("namespace"))
		r.srv.OnAck("ask", func(context.Context, *Socket, None) (int, error) { return 1, nil })
		c, id := r.joined()
		synctest.Wait()
		s := r.wantSocket(id)
		s.OnAnyOutgoing(note("socket"))
		s.Emit("typed", "x")
		s.EmitArgs("args", 1, 2)
		r.srv.To(id).Emit("broadcast", []byte("b"))
		answered := asked(func() (int, error) { return s.EmitAck[int](t.Context(), "asked", true) })
		for range 5 {
			c.next()
		}
		c.send(`430[1]`, `427["ask"]`)
		<-answered
		c.want(`437[1]`)
		s.Emit("connect", 1) // is not sent
		mu.Lock()
		defer mu.Unlock()
		var want []string
		for _, event := range []string{"typed(1) x", "args(2) 1", "broadcast(1) [98]", "asked(1) true"} {
			want = append(want, "namespace: "+event, "socket: "+event)
		}
		if !slices.Equal(seen, want) {
			t.Errorf("seen %q, want %q", seen, want)
		}
	})
}

func TestEmittingIsSafeForConcurrentUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, c, s := pair(t, nil)
		const each = 50
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for range each {
					s.EmitArgs("event", []byte("one"), []byte("two"))
					r.srv.EmitArgs("event", []byte("one"), []byte("two"))
				}
			})
		}
		wg.Wait()
		for range 8 * each { // packets and their attachments stay together
			c.want(`452-["event",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`, `binary "one"`, `binary "two"`)
		}
	})
}

func TestPayloadsCanBeUsedAgainAfterEmit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, c, s := pair(t, nil)
		c.stall()
		payload := []byte("before")
		for range 3 {
			s.Emit("event", payload)
			r.srv.Emit("event", payload)
		}
		copy(payload, "after!")
		c.goOn()
		for range 6 {
			c.want(`451-["event",{"_placeholder":true,"num":0}]`, `binary "before"`)
		}
	})
}

func TestHeadersFitInFrontOfTheirJSON(t *testing.T) {
	name := "/" + strings.Repeat("x", maxNamespaceName-1)
	ns := newNamespace(new(Server), name)
	const id = 1<<53 - 1
	f := newFrame(ns)
	if err := f.encodeArgs("event", slices.Repeat([]any{[]byte{1}}, 200)); err != nil {
		t.Fatal(err)
	}
	if err := f.seal(sio5.Event, id, true, 1000); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`5200-%s,%d["event",`, name, uint64(id))
	if got := string(f.messages[0].Data); !strings.HasPrefix(got, want) || len(f.messages) != 201 {
		t.Errorf("the frame has %d messages and begins %.400s", len(f.messages), got)
	}
	f.release()
	f = newFrame(newNamespace(new(Server), "/"))
	if err := errors.Join(f.encodeArgs("x", nil), f.seal(sio5.Event, 0, false, 0)); err != nil {
		t.Fatal(err)
	}
	if got := string(f.messages[0].Data); got != `2["x"]` || len(f.messages) != 1 {
		t.Errorf("the next frame is %d messages and %s", len(f.messages), got)
	}
}

func TestTracesAddUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		failed := errors.New("failed")
		counts := map[string]int{}
		trace := func() *Trace {
			return &Trace{
				Received: func(s *Socket, event string, bytes int) { counts[fmt.Sprint("received ", event, " ", bytes)]++ },
				Sent:     func(s *Socket, event string, bytes int) { counts[fmt.Sprint("sent ", event, " ", bytes)]++ },
				Handled:  nil,
			}
		}
		r.srv.Trace(trace())
		r.srv.Trace(trace())
		r.srv.Trace(&Trace{Handled: func(_ *Socket, event string, _ time.Duration, err error) {
			counts[fmt.Sprint("handled ", event, " ", err)]++
		}})
		r.srv.On("event", func(_ context.Context, s *Socket, n int) error {
			return errors.Join(s.Emit("reply", n), s.Namespace().Emit("reply", n), failed)
		})
		c, _ := r.joined()
		c.send(`42["event",5]`, `42["nobody's"]`)
		c.want(`42["reply",5]`, `42["reply",5]`)
		c.wantNothing()
		want := map[string]int{
			"received event 11": 2, "received nobody's 12": 2, "sent reply 12": 4,
			"handled event failed": 1, "handled nobody's socketio: no handler for the event": 1,
		}
		if !maps.Equal(counts, want) {
			t.Errorf("counted %v,\nwant %v", counts, want)
		}
	})
}
