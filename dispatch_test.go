package socketio

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"socketio/engineio"
)

func TestASocketsLifeIsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		var mu sync.Mutex // guards what follows
		var seen []string
		var running int
		// Every step waits, so that what comes next could overtake it.
		step := func(name string) {
			mu.Lock()
			seen = append(seen, name)
			if running++; running > 1 {
				t.Errorf("%s began while another step was running", name)
			}
			mu.Unlock()
			time.Sleep(10 * time.Millisecond)
			mu.Lock()
			running--
			mu.Unlock()
		}
		r.srv.Use(func(context.Context, *Socket) (context.Context, error) { step("use"); return nil, nil })
		r.srv.OnConnect(func(context.Context, *Socket) error { step("connect"); return nil })
		r.srv.On("event", func(_ context.Context, _ *Socket, n int) error { step(fmt.Sprint("event ", n)); return nil })
		r.srv.OnDisconnect(func(context.Context, *Socket, Reason) error { step("disconnect"); return nil })
		c := r.dial()
		c.send(`40`, `42["event",1]`, `42["event",2]`)
		c.wantPrefix(`40`)
		c.send(`42["event",3]`, `41`)
		time.Sleep(time.Second)
		mu.Lock()
		defer mu.Unlock()
		want := []string{"use", "connect", "event 1", "event 2", "event 3", "disconnect"}
		if !slices.Equal(seen, want) {
			t.Errorf("ran %q, want %q", seen, want)
		}
	})
}

func TestAHandlerRegisteredByOnConnectMissesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.srv.OnConnect(func(_ context.Context, s *Socket) error {
			time.Sleep(time.Second)
			s.On("event", func(_ context.Context, s *Socket, n int) error { return s.Emit("seen", n) })
			return nil
		})
		c := r.dial()
		c.send(`40`, `42["event",1]`)
		c.wantPrefix(`40`)
		c.want(`42["seen",1]`)
	})
}

func TestAHandlerMayWaitForItsOwnClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.srv.OnAck("ask me", func(ctx context.Context, s *Socket, _ None) (string, error) {
			first, err := s.EmitAck[string](ctx, "question", 1)
			if err != nil {
				return "", err
			}
			second, err := s.EmitAck[string](ctx, "question", 2)
			return first + second, err
		})
		r.srv.On("event", func(_ context.Context, s *Socket, n int) error { return s.Emit("seen", n) })
		c, _ := r.joined()
		c.send(`420["ask me"]`, `42["event",7]`)
		c.want(`420["question",1]`)
		c.send(`430["a"]`)
		c.want(`421["question",2]`)
		c.send(`431["b"]`)
		c.want(`430["ab"]`, `42["seen",7]`)
	})
}

func TestEventsStayInOrderWhateverTheirHandlersDo(t *testing.T) {
	const events = 10_000
	r := newRig(t, nil)
	var want atomic.Int64
	done := make(chan struct{})
	r.srv.On("event", func(ctx context.Context, s *Socket, n int64) error {
		if !want.CompareAndSwap(n, n+1) {
			t.Errorf("event %d came when %d was due", n, want.Load())
		}
		var err error
		switch rand.IntN(400) {
		case 0: // waits and does not say so
			time.Sleep(time.Duration(rand.IntN(3000)) * time.Microsecond)
		case 1: // waits for its own client
			var answer int64
			answer, err = s.EmitAck[int64](ctx, "question", n)
			if answer != n {
				t.Errorf("the answer to %d is %d", n, answer)
			}
		}
		if n == events-1 {
			close(done)
		}
		return err
	})
	c, _ := r.joined()
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		for {
			select {
			case m := <-c.arrived:
				var id, n int64
				if _, err := fmt.Sscanf(string(m.Data), `42%d["question",%d]`, &id, &n); err != nil {
					t.Errorf("received %s: %v", m.Data, err)
				}
				c.send(fmt.Sprintf(`43%d[%d]`, id, n))
			case <-done:
				return
			case <-c.gone:
				t.Error("the connection has ended")
				return
			}
		}
	}()
	for n := 0; n < events; {
		var batch []string
		for range min(1+rand.IntN(40), events-n) {
			batch = append(batch, fmt.Sprintf(`42["event",%d]`, n))
			n++
		}
		c.send(batch...)
	}
	<-answered
	if errs := r.errors.take(); errs != nil {
		t.Errorf("OnError got %v", errs)
	}
}

func TestSocketsOfOneConnectionDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.srv.On("wait", func(ctx context.Context, _ *Socket, _ None) error { <-ctx.Done(); return nil })
		r.srv.Of("b").OnAck("echo", func(_ context.Context, _ *Socket, v string) (string, error) { return v, nil })
		c, _ := r.joined()
		c.join("/b")
		c.send(`42["wait"]`, `42/b,1["echo","x"]`)
		c.want(`43/b,1["x"]`)
	})
}

// stuck is a server with a handler that waits until release is called.
func stuck(t *testing.T, o *Options) (r *rig, release func(), handled *atomic.Int64) {
	r = newRig(t, o)
	released := make(chan struct{})
	release = sync.OnceFunc(func() { close(released) })
	t.Cleanup(release)
	handled = new(atomic.Int64)
	r.srv.On("wait", func(context.Context, *Socket, string) error { <-released; return nil })
	r.srv.On("event", func(context.Context, *Socket, string) error { handled.Add(1); return nil })
	return r, release, handled
}

func TestAFullInboxHoldsTheClientBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, release, handled := stuck(t, &Options{Inbox: 10_000})
		c, id := r.joined()
		p := r.wantSocket(id).peer
		c.send(`42["wait",""]`)
		synctest.Wait()
		time.Sleep(10 * time.Millisecond) // by now another goroutine reads
		event := `42["event","` + strings.Repeat("x", 1000) + `"]`
		for range 50 {
			c.send(event)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		p.mu.Lock()
		waiting := p.waiting
		p.mu.Unlock()
		if waiting < 10_000 || waiting > 12_000 {
			t.Errorf("%d bytes wait in the inbox, want the limit and at most one event more", waiting)
		}
		c.wantOpen()
		release()
		synctest.Wait()
		if handled.Load() != 50 {
			t.Errorf("%d events were handled, want 50", handled.Load())
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.waiting != 0 || p.room != nil {
			t.Errorf("%d bytes wait in an idle inbox, room %v", p.waiting, p.room)
		}
	})
}

func TestAHeldReaderIsFreedByTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, release, handled := stuck(t, &Options{Inbox: 100})
		c, id := r.joined()
		s := r.wantSocket(id)
		c.send(`42["wait",""]`)
		time.Sleep(10 * time.Millisecond)
		c.send(`42["event","` + strings.Repeat("x", 100) + `"]`)
		synctest.Wait()
		s.Disconnect()
		c.want(`41`)
		release()
		c.wantOpen()
		c.join("/") // it is read again
		if handled.Load() != 0 {
			t.Error("an event was handled after Disconnect")
		}
	})
}

func TestReadingGoesOnWhileAHandlerWaitsForItsClient(t *testing.T) {
	event := `42["event","` + strings.Repeat("x", 1000) + `"]`
	start := func(t *testing.T, events int) (*rig, *client) {
		r := newRig(t, &Options{Inbox: 10_000})
		r.srv.On("ask", func(ctx context.Context, s *Socket, _ None) error {
			_, err := s.EmitAck[int](ctx, "question", 0)
			return err
		})
		r.srv.On("event", func(context.Context, *Socket, string) error { return nil })
		c, _ := r.joined()
		c.send(`42["ask"]`)
		c.want(`420["question",0]`)
		for range events {
			c.send(event)
		}
		return r, c
	}
	t.Run("up to twice the limit", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r, c := start(t, 18)
			c.send(`430[1]`)
			time.Sleep(time.Second)
			c.wantOpen()
			if errs := r.errors.take(); errs != nil {
				t.Errorf("OnError got %v", errs)
			}
		})
	})
	t.Run("and no further", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r, c := start(t, 19)
			c.wantEnd(time.Second)
			synctest.Wait()
			errs := r.errors.take()
			if len(errs) != 1 || !errors.Is(errs[0], ErrDisconnected) {
				t.Errorf("OnError got %v, want that the question failed", errs)
			}
		})
	})
}

func TestAReaderThatIsHeldGoesOnWhenTheHandlerBeginsToAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, &Options{Inbox: 1000})
		r.srv.On("ask", func(ctx context.Context, s *Socket, _ None) error {
			time.Sleep(time.Second) // meanwhile the inbox fills
			answer, err := s.EmitAck[int](ctx, "question", 0)
			return errors.Join(err, s.Emit("answer", answer))
		})
		r.srv.On("event", func(context.Context, *Socket, string) error { return nil })
		c, _ := r.joined()
		c.send(`42["ask"]`)
		time.Sleep(100 * time.Millisecond)
		c.send(`42["event","` + strings.Repeat("x", 1200) + `"]`)
		c.want(`420["question",0]`)
		c.send(`430[5]`)
		c.want(`42["answer",5]`)
	})
}

func TestWhatArrivedBeforeTheClientLeftIsHandled(t *testing.T) {
	for _, leave := range []string{`41`, "close"} {
		t.Run(leave, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, release, handled := stuck(t, nil)
				gone := make(chan Reason, 1)
				r.srv.OnDisconnect(func(_ context.Context, _ *Socket, why Reason) error {
					if handled.Load() != 2 {
						t.Errorf("%d events were handled before OnDisconnect", handled.Load())
					}
					gone <- why
					return nil
				})
				c, _ := r.joined()
				c.send(`42["wait",""]`, `42["event",""]`, `42["event",""]`)
				time.Sleep(time.Second)
				want := ReasonClientDisconnect
				if leave == "close" {
					c.conn.Close(1000, "")
					want = ReasonTransportClose
				} else {
					c.send(leave)
				}
				synctest.Wait()
				release()
				if got := <-gone; got != want {
					t.Errorf("the reason is %q, want %q", got, want)
				}
			})
		})
	}
}

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
			if e, ok := errors.AsType[*PanicError](errs[0]); !ok || !strings.Contains(string(e.Stack), "dispatch_test.go") {
				t.Errorf("%s: OnError got %#v", event, errs[0])
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

func TestPacketsThatEndTheConnection(t *testing.T) {
	packets := []string{
		`42`, `42[]`, `42[null]`, `42[true]`, `42[{}]`, `42{}`, `42["x"`, `42["x"]x`,
		`42["connect"]`, `42["connect_error"]`, `42["disconnect"]`, `42["disconnecting"]`,
		`42["newListener"]`, `42["removeListener"]`,
		`42/other,["x"]`, `41/other,`, `430`, `430{}`, `44{}`, `44"x"`, `41{}`, `47`, `49`, `4`, `4 `, `4a`,
		`42 1["x"]`, `42-1["x"]`, `429007199254740992["x"]`,
		`450-["x"]`, `45["x"]`, `451["x"]`, `4511-["x"]`, `451-["x"]`, `451-["x",{"_placeholder":true,"num":1}]`,
		`451-["x",{"_placeholder":true,"num":"0"}]`,
		"42[\"x\"," + strings.Repeat("[", 600) + strings.Repeat("]", 600) + "]",
	}
	for _, packet := range packets {
		t.Run(packet[:min(len(packet), 40)], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				r.srv.OnAny(func(_ context.Context, _ *Socket, m *Message) error {
					t.Errorf("event %q was delivered", m.Event)
					return nil
				})
				var why *DisconnectError
				r.srv.OnDisconnect(func(_ context.Context, s *Socket, reason Reason) error {
					why, _ = errors.AsType[*DisconnectError](context.Cause(s.Context()))
					return nil
				})
				c, _ := r.joined()
				c.send(packet)
				c.wantEnd(time.Second)
				synctest.Wait()
				if why == nil || why.Reason != ReasonForcedClose || why.Err == nil {
					t.Errorf("the socket ended because of %v", why)
				}
			})
		})
	}
}

func TestAttachments(t *testing.T) {
	start := func(t *testing.T) *client {
		r := newRig(t, &Options{Options: engineio.Options{MaxPayload: 1000}})
		r.srv.Handle("event", func(_ context.Context, s *Socket, m *Message) error {
			var v any
			if err := m.Decode(&v); err != nil {
				return err
			}
			return s.EmitArgs("event", v)
		})
		c, _ := r.joined()
		return c
	}
	t.Run("come back in place", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := start(t)
			packet := `452-["event",{"a":[{"b":{"_placeholder":true,"num":0}},{"_placeholder":true,"num":1}]}]`
			c.send(packet)
			c.sendBinary("first")
			c.sendBinary("")
			c.want(packet, `binary "first"`, `binary ""`)
		})
	})
	t.Run("interrupted by a text", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := start(t)
			c.send(`451-["event",{"_placeholder":true,"num":0}]`, `42["event",1]`)
			c.wantEnd(time.Second)
		})
	})
	t.Run("not announced", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := start(t)
			c.sendBinary("x")
			c.wantEnd(time.Second)
		})
	})
	t.Run("too large together", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := start(t)
			c.send(`452-["event",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`)
			c.sendBinary(strings.Repeat("x", 600))
			c.wantOpen()
			c.sendBinary(strings.Repeat("x", 600))
			c.wantEnd(time.Second)
		})
	})
	t.Run("late", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := start(t)
			packet := `451-["event",{"_placeholder":true,"num":0}]`
			for range 2 { // the deadline begins anew with each packet
				c.send(packet)
				time.Sleep(29 * time.Second)
				c.sendBinary("x")
				c.want(packet, `binary "x"`)
			}
			time.Sleep(time.Minute)
			c.wantOpen()
			c.send(packet)
			c.wantEnd(31 * time.Second)
		})
	})
}
