package socketio

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"socketio/adapter"
)

func TestServersSendEventsToEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := newCluster(t, adapter.NewMemory(), Options{}, Options{}, Options{})
		var got [3][]string
		for i, r := range rigs {
			r.srv.OnServerSide("event", func(_ context.Context, v Args2[string, []byte]) error {
				got[i] = append(got[i], fmt.Sprintf("%s %q", v.A, v.B))
				return nil
			})
			r.srv.Of("/other").OnServerSide("event", func(context.Context, None) error {
				got[i] = append(got[i], "in another namespace")
				return nil
			})
		}
		for _, text := range []string{"a", "b", "c"} {
			if err := rigs[1].srv.ServerSideEmit("event", Args2[string, []byte]{text, []byte(text)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := rigs[1].srv.ServerSideEmit("nobody's", 1); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		want := []string{`a "a"`, `b "b"`, `c "c"`}
		if !slices.Equal(got[0], want) || got[1] != nil || !slices.Equal(got[2], want) {
			t.Errorf("the servers got %q, want all but the second %q", got, want)
		}
	})
}

func TestServersAskEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := newCluster(t, adapter.NewMemory(), Options{}, Options{}, Options{})
		for i, r := range rigs {
			r.srv.OnServerSideAck("call", func(_ context.Context, q string) (map[string]any, error) {
				return map[string]any{"of": float64(i), "q": []byte(q)}, nil
			})
			r.srv.OnServerSide("plain", func(context.Context, None) error { return nil })
		}
		of := map[any]bool{}
		for r, err := range rigs[1].srv.ServerSideEmitAcks[map[string]any](t.Context(), "call", "hello") {
			if err != nil || !reflect.DeepEqual(r["q"], []byte("hello")) {
				t.Errorf("an answer is %v (%v)", r, err)
			}
			of[r["of"]] = true
		}
		if len(of) != 2 || !of[0.0] || !of[2.0] {
			t.Errorf("answers came of %v, want 0 and 2", of)
		}
		count := 0
		for r, err := range rigs[1].srv.ServerSideEmitAcks[int](t.Context(), "plain", None{}) {
			if r != 0 || err != nil {
				t.Errorf("an empty answer is %v (%v)", r, err)
			}
			count++
		}
		if count != 2 {
			t.Errorf("%d empty answers, want 2", count)
		}
		for range rigs[1].srv.ServerSideEmitAcks[int](t.Context(), "plain", None{}) {
			break
		}
		for _, err := range rigs[1].srv.ServerSideEmitAcks[int](t.Context(), "call", "x") {
			if _, ok := errors.AsType[*DecodeError](err); !ok {
				t.Errorf("an answer of another type is %v", err)
			}
		}
	})
}

func TestHandlersOfServersMayAskBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := newCluster(t, adapter.NewMemory(), Options{}, Options{})
		c, _ := rigs[0].member()
		rigs[1].srv.OnServerSideAck("sum", func(ctx context.Context, _ None) (sum int, err error) {
			for r, err := range rigs[1].srv.EmitAcks[int](ctx, "number", None{}) {
				if err != nil {
					return 0, err
				}
				sum += r.Value
			}
			return sum, nil
		})
		done := make(chan int, 1)
		go func() {
			for r, err := range rigs[0].srv.ServerSideEmitAcks[int](t.Context(), "sum", None{}) {
				if err != nil {
					t.Error(err)
				}
				done <- r
			}
		}()
		c.want(`420["number"]`)
		c.send(`430[21]`)
		if got := <-done; got != 21 {
			t.Errorf("the sum is %d", got)
		}
	})
}

// A refusal is an error that says how to answer.
type refusal struct{ reason string }

func (r refusal) Error() string  { return r.reason }
func (r refusal) AckArgs() []any { return []any{r.reason, "not sent"} }

func TestWhatFailsOnAnotherServerIsReportedThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := newCluster(t, adapter.NewMemory(), Options{}, Options{})
		rigs[1].srv.OnServerSideAck("call", func(_ context.Context, q string) (string, error) {
			switch q {
			case "panic":
				panic(q)
			case "refuse":
				return "", refusal{"no"}
			}
			return "", errors.New(q)
		})
		for _, tt := range []struct{ q, answer, reported string }{
			{"error", "", "error"},
			{"panic", "", "socketio: panic: panic"},
			{"refuse", "no", "no"},
		} {
			var got string
			var last error
			for r, err := range rigs[0].srv.ServerSideEmitAcks[string](t.Context(), "call", tt.q) {
				got, last = r, err
			}
			if _, partial := errors.AsType[*PartialError](last); got != tt.answer || partial != (tt.answer == "") {
				t.Errorf("%s: the answer is %q (%v)", tt.q, got, last)
			}
			if errs := rigs[1].errors.take(); len(errs) != 1 || errs[0].Error() != tt.reported {
				t.Errorf("%s: OnError got %v", tt.q, errs)
			}
		}
	})
}

func TestEventsOfServersWaitWithinALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := newCluster(t, adapter.NewMemory(), Options{}, Options{Inbox: 1000})
		goOn := make(chan struct{})
		handled := 0
		rigs[1].srv.OnServerSide("event", func(context.Context, string) error {
			<-goOn
			handled++
			return nil
		})
		emit := func() {
			if err := rigs[0].srv.ServerSideEmit("event", strings.Repeat("x", 400)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		for range 4 { // one is being handled, two wait, one is too many
			emit()
		}
		if errs := rigs[1].errors.take(); len(errs) != 1 || !errors.Is(errs[0], ErrQueueFull) {
			t.Errorf("OnError got %v", errs)
		}
		close(goOn)
		synctest.Wait()
		emit()
		if handled != 4 {
			t.Errorf("%d events were handled, want 4", handled)
		}
	})
}

func TestAServerByItselfHasNobodyToSendTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		r.srv.OnServerSide("event", func(context.Context, int) error {
			t.Error("the server has sent itself an event")
			return nil
		})
		if err := r.srv.ServerSideEmit("event", 1); err != nil {
			t.Error(err)
		}
		for _, err := range r.srv.ServerSideEmitAcks[int](t.Context(), "event", 1) {
			t.Errorf("an answer came: %v", err)
		}
		if n, err := r.srv.ServerCount(t.Context()); n != 1 || err != nil {
			t.Errorf("there are %d servers (%v)", n, err)
		}
	})
}

func TestServerSideNamesThatAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := newCluster(t, adapter.NewMemory(), Options{})
		ns := rigs[0].srv.Namespace
		handle := func(name string) (panicked bool) {
			defer func() { panicked = recover() != nil }()
			ns.OnServerSide(Event[int](name), func(context.Context, int) error { return nil })
			return false
		}
		for _, name := range []string{"connect", "connection", "new_namespace", "disconnect"} {
			if !handle(name) {
				t.Errorf("a handler for %q was taken", name)
			}
			if err := ns.ServerSideEmit(Event[int](name), 1); err == nil {
				t.Errorf("%q was sent", name)
			}
			for _, err := range ns.ServerSideEmitAcks[int](t.Context(), Call[int, int](name), 1) {
				if err == nil {
					t.Errorf("%q was asked", name)
				}
			}
		}
		if handle("event") || !handle("event") {
			t.Error("a first handler was refused, or a second one taken")
		}
	})
}

func TestHandlersOfAParentCountForItsChildren(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := newCluster(t, adapter.NewMemory(), Options{}, Options{})
		var got []string
		for _, r := range rigs {
			parent := r.srv.OfFunc(func(name string) bool { return strings.HasPrefix(name, "/t-") })
			parent.OnServerSide("event", func(_ context.Context, text string) error {
				got = append(got, text)
				return nil
			})
			r.dial().join("/t-1")
		}
		if err := rigs[0].srv.Of("/t-1").ServerSideEmit("event", "hello"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if !slices.Equal(got, []string{"hello"}) {
			t.Errorf("the children got %q", got)
		}
	})
}

func TestADynamicNamespaceLeavesTheClusterWhenItIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := newCluster(t, adapter.NewMemory(), Options{}, Options{})
		for _, r := range rigs {
			r.srv.OfFunc(func(name string) bool { return name == "/t" })
		}
		far := rigs[1].dial()
		far.join("/t")
		near := rigs[0].dial()
		near.join("/t")
		synctest.Wait()
		var ns *Namespace
		for s := range rigs[0].srv.Namespaces() {
			ns = s
		}
		if n, err := ns.ServerCount(t.Context()); ns.Name() != "/t" || n != 2 || err != nil {
			t.Errorf("%d servers have %s (%v), want 2", n, ns.Name(), err)
		}
		if err := ns.Emit("event", 1); err != nil {
			t.Fatal(err)
		}
		far.want(`42/t,["event",1]`)
		far.cut()
		synctest.Wait()
		if n, _ := ns.ServerCount(t.Context()); n != 1 {
			t.Errorf("%d servers have it after it was dropped on one, want 1", n)
		}
	})
}
