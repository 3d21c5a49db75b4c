package socketio

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestReplies(t *testing.T) {
	tests := []struct {
		name, send string
		want       []string
		errors     int // how many OnError gets
	}{
		{"of On", `421["on","x"]`, []string{`431[]`}, 0},
		{"of On, none asked for", `42["on","x"]`, nil, 0},
		{"of On that fails", `421["fails",null]`, nil, 1},
		{"of an error that has an answer", `421["answers",null]`, []string{`431["no",{"room":"full"}]`}, 1},
		{"of an error that has an answer, none asked for", `42["answers",null]`, nil, 1},
		{"of OnAck", `427["on ack","x"]`, []string{`437["x!"]`}, 0},
		{"of OnAck, none asked for", `42["on ack","x"]`, nil, 0},
		{"of OnAck with two results", `420["two"]`, []string{`430[1,"b"]`}, 0},
		{"of OnAck with none", `420["none"]`, []string{`430[]`}, 0},
		{"of OnAck with bytes", `420["bytes"]`, []string{`461-0[{"_placeholder":true,"num":0}]`, `binary "ab"`}, 0},
		{"of OnAck that cannot be encoded", `420["func"]`, nil, 1},
		{"of Handle, twice", `429["twice"]`, []string{`439[1,"x"]`}, 0},
		{"of Handle, none asked for", `42["twice"]`, nil, 0},
		{"of Handle that says nothing", `429["silent"]`, nil, 0},
		{"to a payload of a wrong type", `429["on",1]`, nil, 1},
		{"to a payload that is not valid", `429["validated",-1]`, []string{`439[{"error":"negative"}]`}, 1},
		{"to an event without a handler", `429["nobody's"]`, nil, 0},
		{"with the largest id", `429007199254740991["none"]`, []string{`439007199254740991[]`}, 0},
		{"with an id that begins with zeros", `42007["none"]`, []string{`437[]`}, 0},
		{"after the handler", `426["later"]`, []string{`436["later"]`}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				addReplies(r.srv)
				c, _ := r.joined()
				c.send(tt.send)
				c.want(tt.want...)
				c.wantNothing()
				if errs := r.errors.take(); len(errs) != tt.errors {
					t.Errorf("OnError got %v, want %d errors", errs, tt.errors)
				}
			})
		})
	}
}

// addReplies registers the handlers of TestReplies.
func addReplies(srv *Server) {
	srv.On("on", func(context.Context, *Socket, string) error { return nil })
	srv.On("fails", func(context.Context, *Socket, any) error { return errors.New("failed") })
	srv.On("answers", func(context.Context, *Socket, any) error {
		return fmt.Errorf("joining: %w", answering404{})
	})
	srv.OnAck("on ack", func(_ context.Context, _ *Socket, text string) (string, error) { return text + "!", nil })
	srv.OnAck("two", func(context.Context, *Socket, None) (Args2[int, string], error) {
		return Args2[int, string]{1, "b"}, nil
	})
	srv.OnAck("none", func(context.Context, *Socket, None) (None, error) { return None{}, nil })
	srv.OnAck("bytes", func(context.Context, *Socket, None) ([]byte, error) { return []byte("ab"), nil })
	srv.OnAck("func", func(context.Context, *Socket, None) (func(), error) { return func() {}, nil })
	srv.OnAck("validated", func(_ context.Context, _ *Socket, n positive) (None, error) { return None{}, nil })
	srv.Handle("twice", func(_ context.Context, _ *Socket, m *Message) error {
		return errors.Join(m.Ack(1, "x"), m.Ack(2))
	})
	srv.Handle("silent", func(context.Context, *Socket, *Message) error { return nil })
	srv.Handle("later", func(_ context.Context, _ *Socket, m *Message) error {
		time.AfterFunc(time.Second, func() { m.Ack("later") })
		return nil
	})
}

// answering404 is an error that says what to acknowledge.
type answering404 struct{}

func (answering404) Error() string  { return "room is full" }
func (answering404) AckArgs() []any { return []any{"no", map[string]string{"room": "full"}} }

// positive is a payload that is checked.
type positive int

func (p positive) Validate() error {
	if p < 0 {
		return errors.New("negative")
	}
	return nil
}

func TestAMessageCannotBeDecodedAfterItsHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		var kept *Message
		r.srv.Handle("event", func(_ context.Context, _ *Socket, m *Message) error { kept = m; return nil })
		c, _ := r.joined()
		c.send(`42["event","x"]`)
		synctest.Wait()
		var text string
		if err := kept.Decode(&text); err == nil || text != "" {
			t.Errorf("decoded %q, error %v", text, err)
		}
	})
}

func TestOneIDCanBeUsedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, c, _ := pair(t, nil)
		addReplies(r.srv)
		c.send(`421["on ack","a"]`, `421["on ack","b"]`)
		c.want(`431["a!"]`, `431["b!"]`)
	})
}

func TestOnlyOneReplyIsSentWhateverTheCopy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, c, _ := pair(t, nil)
		r.srv.Handle("event", func(_ context.Context, _ *Socket, m *Message) error {
			other := m.With("x").With("y", 2)
			var text string
			var n int
			if err := other.Decode(&text, &n); err != nil || text != "y" || n != 2 || other.Event != "event" {
				t.Errorf("the copy is %q of %q, %d, %v", other.Event, text, n, err)
			}
			if !other.WantsAck() {
				t.Error("the copy wants no reply")
			}
			if err := m.Decode(&text); err != nil || text != "z" {
				t.Errorf("the original is %q, %v", text, err)
			}
			return errors.Join(other.Ack("first"), m.Ack("second"))
		})
		c.send(`421["event","z"]`)
		c.want(`431["first"]`)
		c.wantNothing()
	})
}

func TestAReplyThatCannotBeSentLeavesRoomForAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, c, _ := pair(t, &Options{MaxAttachments: 1})
		r.srv.Handle("event", func(_ context.Context, _ *Socket, m *Message) error {
			if m.Ack(func() {}) == nil {
				t.Error("a function was encoded")
			}
			if m.Ack([]byte{1}, []byte{2}) == nil {
				t.Error("too many attachments were sent")
			}
			return m.Ack("fine")
		})
		c.send(`421["event"]`)
		c.want(`431["fine"]`)
	})
}

func TestAReplyAfterTheSocketsEndIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, c, _ := pair(t, nil)
		r.srv.Handle("event", func(_ context.Context, s *Socket, m *Message) error {
			s.Disconnect()
			return m.Ack("late")
		})
		c.send(`421["event"]`)
		c.want(`41`)
		c.wantNothing()
		if errs := r.errors.take(); len(errs) != 1 || !errors.Is(errs[0], ErrDisconnected) {
			t.Errorf("OnError got %v", errs)
		}
	})
}

func TestEventNames(t *testing.T) {
	names := map[string]string{ // as JSON, as in Go
		`"error"`: "error", `"__proto__"`: "__proto__", `"toString"`: "toString",
		`""`: "", `1`: "1", `"1"`: "1", `"a\nb"`: "a\nb", `"connection"`: "connection",
	}
	for raw, name := range names {
		t.Run(raw, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				r.srv.Handle(name, func(_ context.Context, s *Socket, m *Message) error {
					if m.Event != name {
						t.Errorf("the name is %q", m.Event)
					}
					return s.Emit("seen", m.Len())
				})
				c, _ := r.joined()
				c.send(`42[` + raw + `,5]`)
				c.want(`42["seen",1]`)
			})
		})
	}
}
