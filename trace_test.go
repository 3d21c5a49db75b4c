package socketio

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"socketio/adapter"
)

// A peeker notes what Trace.Peek shows, of the sockets that it wants.
type peeker struct {
	mu   sync.Mutex // guards what follows
	off  bool
	seen []string
}

func (p *peeker) peek(_ *Socket, sent bool) func(*Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.off {
		return nil
	}
	return func(m *Message) {
		var v any
		err := m.Decode(&v)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.seen = append(p.seen, fmt.Sprint(m.Event, " ", v, " ", sent, " ", err))
	}
}

func TestPeekShowsEventsWhileItIsAskedFor(t *testing.T) {
	for name, o := range map[string]Options{"plain": {}, "with recovery": {Recovery: Recovery{Window: time.Minute}}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, &o)
				var p peeker
				r.srv.Trace(&Trace{Peek: p.peek})
				r.srv.On("ask", func(_ context.Context, s *Socket, n int) error {
					p.seen = append(p.seen, fmt.Sprint("handler ", n))
					if err := s.Emit("own", []byte{byte(n)}); err != nil {
						return err
					}
					return s.Namespace().Emit("all", n)
				})
				c, _ := r.joined()
				c.send(`42["ask",1]`, `42["nobody's",2]`)
				synctest.Wait()
				want := []string{
					"ask 1 false <nil>", "handler 1", "own [1] true <nil>", "all 1 true <nil>", "nobody's 2 false <nil>",
				}
				if !slices.Equal(p.seen, want) {
					t.Errorf("shown is %q,\nwant %q", p.seen, want)
				}
				p.off, p.seen = true, nil
				c.send(`42["ask",1]`)
				synctest.Wait()
				if want := []string{"handler 1"}; !slices.Equal(p.seen, want) {
					t.Errorf("when nobody looks, shown is %q", p.seen)
				}
			})
		})
	}
}

func TestPeekShowsABroadcastToEachOfMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		var p peeker
		r.srv.Trace(&Trace{Peek: p.peek})
		const many = 2 * fanoutFrom
		for range many {
			r.joined()
		}
		if err := r.srv.Emit("all", "text"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(p.seen) != many || p.seen[0] != "all text true <nil>" {
			t.Errorf("%d were shown, %q first, want %d", len(p.seen), p.seen[0], many)
		}
	})
}

func TestAPanicOfPeekIsContained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.srv.Trace(&Trace{
			Peek:    func(*Socket, bool) func(*Message) { return func(*Message) { panic("of the hook") } },
			DataSet: func(*Socket) { panic("of the hook") },
		})
		r.srv.On("ask", func(_ context.Context, s *Socket, n int) error {
			s.SetData(n)
			return s.Emit("answer", n)
		})
		c, _ := r.joined()
		c.send(`42["ask",1]`)
		c.want(`42["answer",1]`)
		synctest.Wait()
		if errs := r.errors.take(); len(errs) != 3 {
			t.Errorf("OnError got %v, want three panics", errs)
		}
	})
}

func TestTraceSeesDataThatIsSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		var seen []any
		r.srv.Trace(&Trace{DataSet: func(s *Socket) {
			v, _ := s.Data[any]()
			seen = append(seen, v)
		}})
		_, s := r.member()
		s.SetData(1)
		s.SetData("two")
		if want := []any{1, "two"}; !slices.Equal(seen, want) {
			t.Errorf("seen is %v, want %v", seen, want)
		}
	})
}

func TestDataIsAnnotatedForOtherServers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := newCluster(t, adapter.NewMemory(), Options{}, Options{})
		for _, key := range []string{"", "_first", "_second"} {
			rigs[1].srv.Trace(&Trace{Annotate: func(*Socket) (string, any) { return key, map[string]string{"is": key} }})
		}
		_, s := rigs[1].member()
		for _, tt := range []struct {
			data any
			want string
		}{
			{nil, `map[_first:map[is:_first] _second:map[is:_second]]`},
			{map[string]int{"n": 1}, `map[_first:map[is:_first] _second:map[is:_second] n:1]`},
			{"no object", "no object"},
			{[]int{1}, "[1]"},
		} {
			s.SetData(tt.data)
			infos, err := rigs[0].srv.All().FetchSockets(t.Context())
			if err != nil || len(infos) != 1 {
				t.Fatalf("FetchSockets: %v, %v", infos, err)
			}
			got, err := infos[0].Data[any]()
			if fmt.Sprint(got) != tt.want || err != nil {
				t.Errorf("data %v is told as %v, %v, want %s", tt.data, got, err, tt.want)
			}
		}
		if here, _ := s.Data[any](); fmt.Sprint(here) != "[1]" {
			t.Errorf("the data itself is %v", here)
		}
	})
}

func TestHandlingGoesAroundHandlers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key string
		r := newRig(t, nil)
		var log []string
		note := func(format string, args ...any) { log = append(log, fmt.Sprintf(format, args...)) }
		hook := func(name string) *Trace {
			return &Trace{Handling: func(ctx context.Context, _ *Socket, event string) (context.Context, func(error)) {
				note("%s before %s", name, event)
				return context.WithValue(ctx, key(name), name), func(err error) { note("%s after %v", name, err) }
			}}
		}
		r.srv.Trace(hook("a"))
		r.srv.Trace(&Trace{Handling: func(context.Context, *Socket, string) (context.Context, func(error)) { return nil, nil }})
		r.srv.Trace(hook("b"))
		r.srv.Trace(&Trace{Handled: func(_ *Socket, _ string, _ time.Duration, err error) { note("handled %v", err) }})
		r.srv.On("typed", func(ctx context.Context, _ *Socket, n int) error {
			note("%v %v %d", ctx.Value(key("a")), ctx.Value(key("b")), n)
			return errors.New("failed")
		})
		c, _ := r.joined()
		c.send(`42["typed",1]`)
		synctest.Wait()
		want := []string{"a before typed", "b before typed", "a b 1", "b after failed", "a after failed", "handled failed"}
		if !slices.Equal(log, want) {
			t.Errorf("%q,\nwant %q", log, want)
		}

		log = nil
		r.srv.Wrap(func(next Handler) Handler {
			return func(ctx context.Context, s *Socket, m *Message) error {
				note("wrapped %v", ctx.Value(key("b")))
				return next(ctx, s, m)
			}
		})
		r.srv.Handle("untyped", func(context.Context, *Socket, *Message) error { panic("why") })
		c.send(`42["untyped"]`, `42["nobody's"]`)
		synctest.Wait()
		want = []string{
			"a before untyped", "b before untyped", "wrapped b", "b after socketio: panic: why", "a after socketio: panic: why", "handled socketio: panic: why",
			"a before nobody's", "b before nobody's", "wrapped b", "b after socketio: no handler for the event", "a after socketio: no handler for the event", "handled socketio: no handler for the event",
		}
		if !slices.Equal(log, want) {
			t.Errorf("%q,\nwant %q", log, want)
		}
	})
}
