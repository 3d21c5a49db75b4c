package socketio

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

func TestPanicsAreContained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		oops := errors.New("oops")
		r := newRig(t, nil)
		r.srv.On("handler", func(context.Context, *Socket, None) error { panic(oops) })
		r.srv.OnAck("call", func(context.Context, *Socket, None) (int, error) { panic(oops) })
		r.srv.Handle("raw", func(context.Context, *Socket, *Message) error { panic(oops) })
		r.srv.On("ack args", func(context.Context, *Socket, None) error { return panickingAnswer{} })
		r.srv.On("fine", func(_ context.Context, s *Socket, _ None) error { return s.Emit("fine", None{}) })
		r.srv.OnAny(func(_ context.Context, _ *Socket, m *Message) error {
			if m.Event == "any" {
				panic(oops)
			}
			return nil
		})
		r.srv.OnAnyOutgoing(func(_ context.Context, _ *Socket, m *Message) error {
			if m.Event == "outgoing" {
				panic(oops)
			}
			return nil
		})
		r.srv.On("outgoing", func(_ context.Context, s *Socket, _ None) error { return s.Emit("outgoing", None{}) })
		disconnected := make(chan struct{})
		r.srv.OnDisconnect(func(context.Context, *Socket, Reason) error { panic(oops) })
		r.srv.OnDisconnect(func(context.Context, *Socket, Reason) error { close(disconnected); return nil })
		c, _ := r.joined()
		for _, event := range []string{"handler", "call", "raw", "any", "outgoing", "ack args"} {
			c.send(`427["` + event + `"]`)
			if event == "outgoing" {
				c.want(`42["outgoing"]`, `437[]`)
			}
			c.wantNothing()
			errs := r.errors.take()
			if event == "ack args" {
				errs = errs[1:] // the error itself
			}
			if len(errs) != 1 || !errors.Is(errs[0], oops) && event != "ack args" {
				t.Errorf("%s: OnError got %v", event, errs)
				continue
			}
			if e, ok := errors.AsType[*PanicError](errs[0]); !ok || !strings.Contains(string(e.Stack), "handlers_test.go") {
				t.Errorf("%s: OnError got %T with the wrong stack", event, errs[0])
			}
			c.send(`42["fine"]`)
			c.want(`42["fine"]`)
		}
		c.cut()
		<-disconnected
	})
}

// panickingAnswer is an error whose answer panics.
type panickingAnswer struct{}

func (panickingAnswer) Error() string  { return "answer" }
func (panickingAnswer) AckArgs() []any { panic("oops") }

func TestAPanicOfOnErrorIsContained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &Options{OnError: func(context.Context, *Socket, error) { panic("oops") }})
		r.srv.On("event", func(context.Context, *Socket, None) error { return errors.New("failed") })
		c, _ := r.joined()
		c.send(`42["event"]`)
		c.wantOpen()
	})
}

func TestHandlersAndHooksRunInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		var seen []string
		note := func(name string) Handler {
			return func(context.Context, *Socket, *Message) error { seen = append(seen, name); return nil }
		}
		wrap := func(name string) func(Handler) Handler {
			return func(next Handler) Handler {
				seen = append(seen, "made "+name)
				return func(ctx context.Context, s *Socket, m *Message) error {
					seen = append(seen, name)
					return next(ctx, s, m)
				}
			}
		}
		r.srv.Wrap(wrap("outer"))
		r.srv.Wrap(wrap("middle"))
		r.srv.Wrap(wrap("inner"))
		r.srv.OnAny(note("any 1"))
		r.srv.OnAny(note("any 2"))
		r.srv.Handle("event", note("namespace's"))
		r.srv.Handle("own", note("namespace's"))
		r.srv.OnConnect(func(_ context.Context, s *Socket) error {
			s.OnAny(note("own any"))
			s.Handle("own", note("socket's"))
			return nil
		})
		c, id := r.joined()
		c.send(`42["event"]`, `42["own"]`, `42["nobody's"]`)
		synctest.Wait()
		r.wantSocket(id).Off("own")
		c.send(`42["own"]`)
		synctest.Wait()
		before := []string{"any 1", "any 2", "own any", "outer", "middle", "inner"}
		want := slices.Concat([]string{"made outer", "made middle", "made inner"},
			before, []string{"namespace's"}, before, []string{"socket's"}, before, before, []string{"namespace's"})
		if !slices.Equal(seen, want) {
			t.Errorf("ran %q,\nwant %q", seen, want)
		}
	})
}

func TestWrapSeesChangesAndRefusesMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.srv.Wrap(func(next Handler) Handler {
			return func(ctx context.Context, s *Socket, m *Message) error {
				switch m.Event {
				case "forbidden":
					return s.Emit("refused", m.Len())
				case "shout":
					var text string
					if err := m.Decode(&text); err != nil {
						return err
					}
					return next(ctx, s, m.With(strings.ToUpper(text)))
				case "unspeakable":
					return next(ctx, s, m.With(func() {}))
				}
				return next(ctx, s, m)
			}
		})
		echo := func(_ context.Context, _ *Socket, text string) (string, error) { return text, nil }
		r.srv.OnAck("forbidden", echo)
		r.srv.OnAck("shout", echo)
		r.srv.OnAck("unspeakable", echo)
		c, _ := r.joined()
		c.send(`421["forbidden",1,2]`, `422["shout","hey"]`, `423["unspeakable","x"]`)
		c.want(`42["refused",2]`, `432["HEY"]`)
		c.wantNothing()
		if errs := r.errors.take(); len(errs) != 1 {
			t.Errorf("OnError got %v, want that With cannot encode a function", errs)
		}
	})
}
