package socketio

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pair is a server with one connected client.
func pair(t *testing.T, o *Options) (*rig, *client, *Socket) {
	t.Helper()
	r := newRig(t, o)
	c, id := r.joined()
	synctest.Wait()
	return r, c, r.wantSocket(id)
}

// asked runs ask, and returns where its outcome comes.
func asked[R any](ask func() (R, error)) <-chan outcome[R] {
	done := make(chan outcome[R], 1)
	go func() {
		r, err := ask()
		done <- outcome[R]{r, err}
	}()
	return done
}

type outcome[R any] struct {
	reply R
	err   error
}

func TestAnAcknowledgementIsReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, nil)
		text := asked(func() (string, error) { return s.EmitAck[string](t.Context(), "question", 1) })
		c.want(`420["question",1]`)
		c.send(`430["a","b"]`)
		if got := <-text; got.reply != "a" || got.err != nil {
			t.Errorf("the reply is %+v", got)
		}
		two := asked(func() (Args2[int, []byte], error) {
			return s.EmitAck[Args2[int, []byte]](t.Context(), "question", []byte("q"))
		})
		c.want(`451-1["question",{"_placeholder":true,"num":0}]`, `binary "q"`)
		c.send(`461-1[5,{"_placeholder":true,"num":0}]`)
		c.sendBinary("bytes")
		if got := <-two; got.reply.A != 5 || string(got.reply.B) != "bytes" || got.err != nil {
			t.Errorf("the reply is %+v", got)
		}
		raw := asked(func() (*Message, error) { return s.EmitArgsAck(t.Context(), "question", 1, "x") })
		c.want(`422["question",1,"x"]`)
		c.send(`432[7,"y"]`)
		got := <-raw
		var n int
		var y string
		if err := errors.Join(got.err, got.reply.Decode(&n, &y)); err != nil || n != 7 || y != "y" || got.reply.Len() != 2 {
			t.Errorf("the reply is %d, %q, %v", n, y, err)
		}
		if got.reply.WantsAck() || got.reply.Ack(1) != nil {
			t.Error("a reply can be replied to")
		}
	})
}

func TestAReplyOfAWrongTypeIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, nil)
		n := asked(func() (int, error) { return s.EmitAck[int](t.Context(), "question", None{}) })
		c.want(`420["question"]`)
		c.send(`430["x"]`)
		if _, ok := errors.AsType[*DecodeError]((<-n).err); !ok {
			t.Error("the error is no DecodeError")
		}
	})
}

func TestAnAcknowledgementIsWaitedForInTime(t *testing.T) {
	tests := []struct {
		name    string
		options Options
		timeout time.Duration // of the context
		want    time.Duration // 0 for as long as it takes
	}{
		{"by default", Options{}, 0, 30 * time.Second},
		{"as the options say", Options{AckTimeout: time.Second}, 0, time.Second},
		{"as the context says", Options{}, time.Minute, time.Minute},
		{"without limit", Options{AckTimeout: -1}, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, c, s := pair(t, &tt.options)
				ctx := t.Context()
				if tt.timeout > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.timeout)
					defer cancel()
				}
				began := time.Now()
				got := asked(func() (int, error) { return s.EmitAck[int](ctx, "question", 1) })
				c.want(`420["question",1]`)
				if tt.want == 0 {
					time.Sleep(time.Hour)
					c.send(`430[1]`)
				}
				err := (<-got).err
				took := time.Since(began)
				if tt.want == 0 {
					if err != nil {
						t.Error(err)
					}
					return
				}
				if !errors.Is(err, context.DeadlineExceeded) || took != tt.want {
					t.Errorf("after %v, the error is %v", took, err)
				}
				c.send(`430[1]`) // late
				c.wantOpen()
				if len(s.acks) > 0 {
					t.Errorf("%d acknowledgements are awaited", len(s.acks))
				}
			})
		})
	}
}

func TestWaitingForAnAcknowledgementEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, nil)
		why := errors.New("why")
		ctx, cancel := context.WithCancelCause(t.Context())
		got := asked(func() (int, error) { return s.EmitAck[int](ctx, "question", 1) })
		c.want(`420["question",1]`)
		cancel(why)
		if err := (<-got).err; !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
			t.Errorf("the error is %v", err)
		}
	})
}

func TestWaitingForAnAcknowledgementEndsWithTheSocket(t *testing.T) {
	ends := map[string]func(c *client, s *Socket){
		"lost":         func(c *client, _ *Socket) { c.cut() },
		"left":         func(c *client, _ *Socket) { c.send(`41`) },
		"disconnected": func(_ *client, s *Socket) { s.Disconnect() },
		"closed":       func(_ *client, s *Socket) { s.Close() },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, c, s := pair(t, nil)
				began := time.Now()
				outside := asked(func() (int, error) { return s.EmitAck[int](t.Context(), "question", 1) })
				c.want(`420["question",1]`)
				inside := make(chan error, 1)
				s.On("event", func(ctx context.Context, s *Socket, _ None) error {
					_, err := s.EmitAck[int](ctx, "question", 2)
					inside <- err
					return err
				})
				c.send(`42["event"]`)
				c.want(`421["question",2]`)
				end(c, s)
				for _, err := range []error{(<-outside).err, <-inside} {
					if _, ok := errors.AsType[*DisconnectError](err); !ok || !errors.Is(err, ErrDisconnected) {
						t.Errorf("the error is %v", err)
					}
				}
				if time.Since(began) != 0 {
					t.Errorf("it took %v", time.Since(began))
				}
				if _, err := s.EmitAck[int](t.Context(), "question", 3); !errors.Is(err, ErrDisconnected) {
					t.Errorf("afterwards the error is %v", err)
				}
				synctest.Wait()
				r.errors.take()
			})
		})
	}
}

func TestAcknowledgementsThatNobodyAwaitsAreIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, c, s := pair(t, nil)
		c.send(`4399[1]`, `43[1]`, `430[]`)
		c.wantOpen()
		got := asked(func() (int, error) { return s.EmitAck[int](t.Context(), "question", 1) })
		c.want(`420["question",1]`)
		c.send(`430[1]`, `430[2]`)
		if got := <-got; got.reply != 1 || got.err != nil {
			t.Errorf("the reply is %+v", got)
		}
		// An id is the namespace's, but only who was asked can answer.
		other, _ := r.joined()
		got = asked(func() (int, error) { return s.EmitAck[int](t.Context(), "question", 1) })
		c.want(`421["question",1]`)
		other.send(`431[66]`)
		other.wantOpen()
		c.send(`431[1]`)
		if got := <-got; got.reply != 1 {
			t.Errorf("the reply is %+v", got)
		}
	})
}

func TestAwaitedAcknowledgementsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, &Options{MaxAcks: 2})
		ctx, cancel := context.WithCancel(t.Context())
		var waiting []<-chan outcome[int]
		for range 2 {
			waiting = append(waiting, asked(func() (int, error) { return s.EmitAck[int](ctx, "question", 1) }))
			c.wantPrefix(`42`)
		}
		if _, err := s.EmitAck[int](ctx, "question", 1); !errors.Is(err, ErrQueueFull) {
			t.Errorf("the error is %v", err)
		}
		cancel()
		for _, w := range waiting {
			<-w
		}
		c.wantNothing()
	})
}

func TestAskingCanFailAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, nil)
		if _, err := s.EmitAck[int](t.Context(), "disconnect", 1); err == nil {
			t.Error("a reserved name was accepted")
		}
		if _, err := s.EmitAck[int](t.Context(), "question", func() {}); err == nil {
			t.Error("a function was encoded")
		}
		if _, err := s.EmitArgsAck(t.Context(), "question", func() {}); err == nil {
			t.Error("a function was encoded")
		}
		if _, err := s.EmitArgsAck(t.Context(), "question", slices.Repeat([]any{[]byte{1}}, 11)...); err == nil {
			t.Error("eleven attachments were sent")
		}
		c.stall()
		for range 2 { // the client takes one, the other is in the way
			s.Emit("event", 1)
			synctest.Wait()
		}
		if _, err := s.Volatile().EmitAck[int](t.Context(), "question", 1); !errors.Is(err, ErrQueueFull) {
			t.Errorf("the error for a volatile question that was dropped is %v", err)
		}
		if len(s.acks) > 0 {
			t.Errorf("%d acknowledgements are awaited", len(s.acks))
		}
	})
}

// collected is what a loop over replies has seen, in order of the ids.
func collected[R any](ctx context.Context, b Broadcast, c Call[int, R]) <-chan []string {
	done := make(chan []string, 1)
	go func() {
		var seen []string
		for r, err := range b.EmitAcks(ctx, c, 1) {
			if err != nil {
				seen = append(seen, fmt.Sprintf("%s: %v", r.ID, err))
				continue
			}
			seen = append(seen, fmt.Sprintf("%s: %v", r.ID, r.Value))
		}
		done <- seen
	}()
	return done
}

func TestManyAreAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, "ra", "rb", "x")
		a, b := c.sockets["ra"].ID(), c.sockets["rb"].ID()
		done := collected(t.Context(), c.rig.srv.To("r"), Call[int, string]("question"))
		c.clients["ra"].want(`420["question",1]`)
		c.clients["rb"].want(`420["question",1]`) // all under one id
		c.clients["x"].wantNothing()
		c.clients["rb"].send(`430["B","more"]`)
		synctest.Wait()
		c.clients["ra"].send(`430["A"]`)
		if got, want := <-done, []string{b + ": B", a + ": A"}; !slices.Equal(got, want) {
			t.Errorf("collected %q, want %q", got, want)
		}
	})
}

func TestNobodyIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, "a")
		began := time.Now()
		for r, err := range c.rig.srv.To("empty").EmitAcks[int](t.Context(), "question", 1) {
			t.Errorf("got %v, %v", r, err)
		}
		if time.Since(began) != 0 {
			t.Errorf("it took %v", time.Since(began))
		}
	})
}

func TestSomeDoNotAnswer(t *testing.T) {
	for _, by := range []string{"context", "option"} {
		t.Run(by, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrowd(t, "a", "b", "c")
				ctx, patience := t.Context(), 30*time.Second
				if by == "context" {
					var cancel context.CancelFunc
					patience = time.Second
					ctx, cancel = context.WithTimeout(ctx, patience)
					defer cancel()
				}
				began := time.Now()
				done := make(chan error, 1)
				go func() {
					var last error
					for r, err := range c.rig.srv.EmitAcks[int](ctx, "question", 1) {
						if last != nil {
							t.Errorf("after the last pair came %v, %v", r, err)
						}
						if last = err; err != nil && r.ID != "" {
							t.Errorf("the last reply is of %q", r.ID)
						}
					}
					done <- last
				}()
				c.clients["a"].want(`420["question",1]`)
				c.clients["a"].send(`430[5]`)
				err := <-done
				e, ok := errors.AsType[*PartialError](err)
				if !ok || e.Got != 1 || e.Want != 3 || !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != patience {
					t.Errorf("after %v, the error is %v", time.Since(began), err)
				}
				for _, s := range c.sockets {
					if len(s.acks) > 0 {
						t.Errorf("%d acknowledgements are awaited", len(s.acks))
					}
				}
			})
		})
	}
}

func TestThoseWhoLeaveAreNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, "a", "b", "c")
		began := time.Now()
		done := collected(t.Context(), c.rig.srv.All(), Call[int, int]("question"))
		for _, client := range c.clients {
			client.want(`420["question",1]`)
		}
		c.clients["a"].cut()
		c.clients["b"].send(`41`)
		synctest.Wait()
		c.clients["c"].send(`430[3]`)
		if got, want := <-done, []string{c.sockets["c"].ID() + ": 3"}; !slices.Equal(got, want) {
			t.Errorf("collected %q, want %q", got, want)
		}
		if time.Since(began) != 0 {
			t.Errorf("it took %v", time.Since(began))
		}
	})
}

func TestAReplyThatCannotBeDecodedComesWithItsID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, "a", "b")
		done := collected(t.Context(), c.rig.srv.All(), Call[int, int]("question"))
		c.clients["a"].want(`420["question",1]`)
		c.clients["a"].send(`430["text"]`)
		synctest.Wait()
		c.clients["b"].want(`420["question",1]`)
		c.clients["b"].send(`430[2]`)
		got := <-done
		if len(got) != 2 || !strings.HasPrefix(got[0], c.sockets["a"].ID()+": socketio: acknowledgement, argument 0") ||
			got[1] != c.sockets["b"].ID()+": 2" {
			t.Errorf("collected %q", got)
		}
	})
}

func TestALoopOverRepliesCanBeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, "a", "b")
		replies := c.rig.srv.All().EmitArgsAcks(t.Context(), "question", 1, 2)
		synctest.Wait()
		c.clients["a"].wantNothing() // nobody is asked before the loop begins
		done := make(chan int, 1)
		go func() {
			for r, err := range replies {
				var n int
				if err := errors.Join(err, r.Value.Decode(&n)); err != nil {
					t.Error(err)
				}
				done <- n
				break
			}
		}()
		c.clients["a"].want(`420["question",1,2]`)
		c.clients["a"].send(`430[5]`)
		if got := <-done; got != 5 {
			t.Errorf("the reply is %d", got)
		}
		synctest.Wait()
		c.clients["b"].send(`430[6]`)
		c.clients["b"].want(`420["question",1,2]`)
		c.clients["b"].wantOpen()
		if len(c.sockets["b"].acks) > 0 {
			t.Error("the other reply is still awaited")
		}
	})
}

func TestThoseWhoCannotBeAskedAreAbsent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, c, s := pair(t, &Options{MaxAcks: 1})
		other, _ := r.joined()
		ctx, cancel := context.WithCancel(t.Context())
		one := asked(func() (int, error) { return s.EmitAck[int](ctx, "question", 0) })
		c.want(`420["question",0]`)
		done := make(chan error, 1)
		go func() {
			var last error
			for _, err := range r.srv.EmitAcks[int](t.Context(), "question", 1) {
				last = err
			}
			done <- last
		}()
		other.want(`421["question",1]`)
		other.send(`431[1]`)
		err := <-done
		if e, ok := errors.AsType[*PartialError](err); !ok || e.Got != 1 || e.Want != 2 || !errors.Is(err, ErrQueueFull) {
			t.Errorf("the error is %v", err)
		}
		c.wantNothing()
		cancel()
		<-one
	})
}

func TestAnErrorIsTheOnlyReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, "a")
		pairs := 0
		for r, err := range c.rig.srv.EmitAcks[int](t.Context(), "connect", 1) {
			pairs++
			if err == nil {
				t.Errorf("got %v", r)
			}
		}
		for r, err := range c.rig.srv.All().EmitArgsAcks(t.Context(), "question", func() {}) {
			pairs++
			if err == nil {
				t.Errorf("got %v", r)
			}
		}
		if pairs != 2 {
			t.Errorf("the loops ran %d times", pairs)
		}
		c.clients["a"].wantNothing()
	})
}

func TestAHandlerMayAskEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, "a", "b")
		c.rig.srv.OnAck("vote", func(ctx context.Context, s *Socket, _ None) (int, error) {
			sum := 0
			for r, err := range s.Namespace().EmitAcks[int](ctx, "question", 0) {
				if err != nil {
					return 0, err
				}
				sum += r.Value
			}
			return sum, nil
		})
		c.clients["a"].send(`427["vote"]`)
		for _, client := range c.clients {
			client.want(`420["question",0]`)
			client.send(`430[4]`)
		}
		c.clients["a"].want(`437[8]`)
	})
}
