package socketio

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"socketio/engineio"
)

// overWebSocket is for tests that count what is on its way.
var overWebSocket = engineio.DialOptions{Transports: []string{engineio.WebSocket}}

func TestRetriesKeepTheOrderAndArriveAtLeastOnce(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		var j journal
		var calls atomic.Int32
		r.srv.Handle("n", func(_ context.Context, _ *Socket, m *Message) error {
			var n int
			m.Decode(&n)
			j.add("%d", n)
			if calls.Add(1) <= 2 {
				return nil // as if the acknowledgement were lost
			}
			return m.Ack()
		})
		c := r.connected(&ClientOptions{DialOptions: overWebSocket, Retries: 5, AckTimeout: time.Second})
		for n := range 3 {
			if err := c.Emit("n", n); err != nil {
				r.t.Fatal(err)
			}
		}
		time.Sleep(10 * time.Second)
		if got := j.take(); got != "0, 0, 0, 1, 2" {
			r.t.Errorf("the server had %s", got)
		}
	})
}

func TestAnEventThatIsNeverAcknowledgedIsGivenUpAfterItsRetries(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		var j, failed journal
		r.srv.Handle("deaf", func(context.Context, *Socket, *Message) error { j.add("deaf"); return nil })
		r.srv.OnAck("heard", func(context.Context, *Socket, None) (int, error) { j.add("heard"); return 7, nil })
		c := r.connected(&ClientOptions{
			DialOptions: overWebSocket, Retries: 2, AckTimeout: time.Second,
			OnError: func(_ context.Context, _ *ClientSocket, err error) { failed.add("%v", err) },
		})
		c.Emit("deaf", None{})
		n, err := c.EmitAck[int](r.t.Context(), "heard", None{})
		if n != 7 || err != nil {
			r.t.Errorf("the event behind: %d, %v", n, err)
		}
		if got := j.take(); got != "deaf, deaf, deaf, heard" {
			r.t.Errorf("the server had %s", got)
		}
		if got := failed.take(); !strings.Contains(got, `"deaf" was not acknowledged in 3 tries`) {
			r.t.Errorf("OnError was told %s", got)
		}
		_, err = c.EmitArgsAck(r.t.Context(), "deaf")
		if !errors.Is(err, context.DeadlineExceeded) {
			r.t.Errorf("who waits is told %v", err)
		}
		ctx, cancel := context.WithTimeout(r.t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err = c.EmitArgsAck(ctx, "deaf"); !errors.Is(err, context.DeadlineExceeded) {
			r.t.Errorf("who waits for less is told %v", err)
		}
		j.take()
		time.Sleep(time.Minute)
		if got := j.take(); got != "" {
			r.t.Errorf("what nobody waits for is sent again: %s", got)
		}
	})
}

func TestRetriesGoOnOverConnections(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		var j journal
		cut := true
		r.srv.OnAck("n", func(_ context.Context, s *Socket, n int) (None, error) {
			j.add("%d", n)
			if n == 1 && cut {
				cut = false
				s.Conn().Close()
				return None{}, errors.New("no answer")
			}
			return None{}, nil
		})
		c := r.goClient("", &ClientOptions{DialOptions: overWebSocket, Retries: 1, OnError: func(_ context.Context, _ *ClientSocket, err error) { r.t.Error(err) }})
		for n := range 4 {
			c.Emit("n", n)
		}
		r.connect(c)
		time.Sleep(10 * time.Second)
		if got := j.take(); got != "0, 1, 1, 2, 3" {
			r.t.Errorf("the server had %s", got)
		}
	})
}

func TestAConnectionThatIsEndingUsesUpNoTries(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.srv.OnAck("ask", func(context.Context, *Socket, None) (int, error) { return 7, nil })
		c := r.connected(&ClientOptions{DialOptions: overWebSocket, Retries: 2})
		ending := c.current.Load()
		r.wantSocket(ending.ID()).Conn().Close()
		synctest.Wait()
		c.current.Store(ending) // as it is while the end is being told
		answer := make(chan error)
		go func() {
			_, err := c.EmitAck[int](r.t.Context(), "ask", None{})
			answer <- err
		}()
		if err := <-answer; err != nil {
			r.t.Errorf("EmitAck returned %v", err)
		}
	})
}

func TestAConnectionWhoseEndHasNotBeenToldUsesUpNoTries(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.srv.OnAck("ask", func(context.Context, *Socket, None) (int, error) { return 7, nil })
		c := r.connected(&ClientOptions{DialOptions: overWebSocket, Retries: 2})
		for range 20 {
			c.Conn().Close()
			if _, err := c.EmitAck[int](r.t.Context(), "ask", None{}); err != nil {
				r.t.Fatalf("EmitAck returned %v", err)
			}
		}
	})
}

func TestADisconnectSaysWhatIsInDoubt(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		r.srv.OnAck("ask", func(context.Context, *Socket, None) (None, error) { return None{}, nil })
		c := r.connected(&ClientOptions{DialOptions: overWebSocket})
		for range 3 {
			c.Emit("say", 1)
		}
		if _, err := c.EmitArgsAck(r.t.Context(), "ask"); err != nil {
			r.t.Fatal(err)
		}
		c.Emit("say", 2)
		c.Emit("say", 3)
		ctx := c.Context()
		c.Conn().Close()
		synctest.Wait()
		if why, ok := errors.AsType[*DisconnectError](context.Cause(ctx)); !ok || why.InDoubt != 2 || why.Unsent != 0 {
			r.t.Errorf("the end is %+v, want 2 in doubt", why)
		}
		c.Emit("say", 4)
		c.Close()
		if why, ok := errors.AsType[*DisconnectError](c.Wait(r.t.Context())); !ok || why.Unsent != 1 || why.InDoubt != 0 {
			r.t.Errorf("the client's end is %+v, want 1 not sent", why)
		}
	})
}

// A server's mistakes above Engine.IO end the connection, and the client comes back by the
// rules of reconnection.
func TestServersThatBreakTheProtocolOfSocketIO(t *testing.T) {
	for name, packets := range map[string][]string{
		"no packet":                   {"hello"},
		"wrong placeholders":          {`51-["x",{"_placeholder":true,"num":7}]`},
		"text within a binary packet": {`51-["x",{"_placeholder":true,"num":0}]`, `2["y"]`},
		"too many attachments":        {`511-["x"]`},
		"deep JSON":                   {`2["x",` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `]`},
		"a second CONNECT":            {`0{"sid":"again"}`},
		"a late refusal":              {`4{"message":"no"}`},
		"a reserved event":            {`2["connect",1]`},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(r *rig) {
				var retries atomic.Int32
				c := r.goClient("", &ClientOptions{
					DialOptions: overWebSocket,
					OnRetry:     func(int, time.Duration, error) { retries.Add(1) },
				})
				var j journal
				j.watch(c.ClientSocket)
				r.connect(c)
				s := r.wantSocket(c.ID())
				synctest.Wait()
				j.take()
				for _, packet := range packets {
					s.Conn().Send(engineio.Message{Data: []byte(packet)})
				}
				s.Conn().Send(engineio.Message{Data: []byte("x"), Binary: true})
				time.Sleep(10 * time.Second)
				if got := j.take(); got != "/ ended: parse error, / connected" {
					r.t.Errorf("it %s", got)
				}
				if retries.Load() != 1 {
					r.t.Errorf("%d attempts", retries.Load())
				}
			})
		})
	}
}

func TestAnswersToConnectThatAreNone(t *testing.T) {
	for _, answer := range []string{`0`, `0{}`, `0{"sid":7}`, `0[]`} {
		t.Run(answer, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pipes := newPipes()
				engine := engineio.NewServer(func(c *engineio.Conn) {
					for {
						if _, err := c.Receive(context.Background()); err != nil {
							return
						}
						c.Send(engineio.Message{Data: []byte(answer)})
					}
				}, nil)
				serveEngine(t, pipes, engine)
				r := &rig{t: t, pipes: pipes}
				c := r.goClient("", &ClientOptions{DialOptions: overWebSocket, Backoff: Backoff{Attempts: 3, Jitter: -1}})
				begun := time.Now()
				err := c.Connect(t.Context())
				if lost, ok := errors.AsType[*DisconnectError](err); !ok || c.Active() || time.Since(begun) != 7*time.Second {
					t.Errorf("Connect: %v (%+v) after %v", err, lost, time.Since(begun))
				}
			})
		})
	}
}

func TestAServerThatDoesNotAnswerConnectIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipes := newPipes()
		serveEngine(t, pipes, engineio.NewServer(func(c *engineio.Conn) {
			for {
				if _, err := c.Receive(context.Background()); err != nil {
					return
				}
			}
		}, nil))
		r := &rig{t: t, pipes: pipes}
		var retries atomic.Int32
		c := r.goClient("", &ClientOptions{OnRetry: func(int, time.Duration, error) { retries.Add(1) }})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := c.Connect(ctx); !errors.Is(err, context.DeadlineExceeded) || retries.Load() != 2 {
			t.Errorf("%d attempts, %v", retries.Load(), err)
		}
	})
}

func TestAnIdleClientIsOneGoroutineAndNoneAfterClose(t *testing.T) {
	srv := NewServer(nil)
	c := overTCPClient(t, srv)
	defer srv.Close()
	// The server's end of a WebSocket costs what it costs: a second client shows what
	// the two ends cost together, and closing it that nothing remains.
	before := settled()
	others := make([]*Client, 20)
	for i := range others {
		others[i] = NewClient(c.url, &ClientOptions{OnRetry: func(int, time.Duration, error) {}})
		if err := others[i].Connect(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range others {
		for !o.Conn().Upgraded() {
			time.Sleep(time.Millisecond)
		}
	}
	if got := settledAt(before + 2*len(others)); got > before+2*len(others) {
		t.Errorf("%d goroutines for %d clients and their servers' ends", got-before, len(others))
	}
	for _, o := range others {
		o.Close()
	}
	if got := settledAt(before); got > before {
		t.Errorf("%d goroutines are left", got-before)
	}
}

// settled waits until the number of goroutines does not change any more.
func settled() int {
	last := -1
	for same := 0; same < 20; time.Sleep(10 * time.Millisecond) {
		if n := runtime.NumGoroutine(); n == last {
			same++
		} else {
			last, same = n, 0
		}
	}
	return last
}

// settledAt waits until there are so many goroutines, or fewer, or for ten seconds.
func settledAt(want int) (n int) {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if n = runtime.NumGoroutine(); n <= want {
			return n
		}
	}
	return n
}

func TestOptionsOfAClientDoNotHideThoseOfItsConnection(t *testing.T) {
	if got := fmt.Sprint(hidden[ClientOptions, engineio.DialOptions]()); got != "[]" {
		t.Errorf("ClientOptions has %s of its own", got)
	}
}
