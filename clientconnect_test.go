package socketio

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"socketio/engineio"
)

func TestAuthIsAskedForAtEachAttempt(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		var j journal
		r.srv.Use(func(ctx context.Context, s *Socket) (context.Context, error) {
			var auth struct{ Token string }
			if err := s.Handshake().DecodeAuth(&auth); err != nil {
				return nil, err
			}
			j.add("%s", auth.Token)
			return nil, nil
		})
		attempts := 0
		c := r.connected(&ClientOptions{AuthFunc: func(context.Context) (any, error) {
			if attempts++; attempts == 2 {
				return nil, errors.New("no token now")
			}
			return map[string]any{"token": fmt.Sprint("t", attempts)}, nil
		}})
		c.Conn().Close()
		time.Sleep(10 * time.Second)
		if got := j.take(); got != "t1, t3" {
			r.t.Errorf("the server saw %s", got)
		}
		static := r.connected(&ClientOptions{Auth: struct{ Token string }{"s"}})
		if got := j.take(); got != "s" || !static.Connected() {
			r.t.Errorf("the server saw %s", got)
		}
	})
	defer func() {
		if recover() == nil {
			t.Error("Auth and AuthFunc together are let pass")
		}
	}()
	NewClient("", &ClientOptions{Auth: 1, AuthFunc: func(context.Context) (any, error) { return nil, nil }})
}

func TestARefusalReachesConnectWithItsData(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		allowed := false
		r.srv.Use(func(context.Context, *Socket) (context.Context, error) {
			if allowed {
				return nil, nil
			}
			return nil, &ConnectError{Message: "who are you?", Data: map[string]any{"code": 401}}
		})
		c := r.goClient("", nil)
		err := c.Connect(r.t.Context())
		refusal, ok := errors.AsType[*ConnectError](err)
		if !ok || refusal.Message != "who are you?" || refusal.Data.(map[string]any)["code"] != 401.0 {
			r.t.Errorf("Connect: %v", err)
		}
		if c.Active() || c.Connected() {
			r.t.Error("a refused socket is active")
		}
		if err := c.Wait(r.t.Context()); !errors.As(err, &refusal) {
			r.t.Errorf("Wait: %v", err)
		}
		time.Sleep(time.Minute)
		if n := r.srv.Engine().Len(); n != 0 {
			r.t.Error("a connection that no namespace wants is left")
		}
		allowed = true
		r.connect(c)
		if err := c.Of("/nowhere").Connect(r.t.Context()); err == nil || !strings.Contains(err.Error(), "Invalid namespace") || !c.Connected() {
			r.t.Errorf("a namespace that is not there: %v", err)
		}
	})
}

func TestReasonsAndWhetherTheClientComesBack(t *testing.T) {
	for _, tt := range []struct {
		name   string
		end    func(c *Client, s *Socket)
		reason Reason
		back   bool
	}{
		{"the server disconnects it", func(_ *Client, s *Socket) { s.Disconnect() }, ReasonIOServerDisconnect, false},
		{"the client disconnects", func(c *Client, _ *Socket) { c.Disconnect() }, ReasonIOClientDisconnect, false},
		{"the client closes", func(c *Client, _ *Socket) { c.Close() }, ReasonIOClientDisconnect, false},
		{"the server hangs up", func(_ *Client, s *Socket) { s.Conn().Close() }, ReasonTransportClose, true},
		{"the program closes the connection", func(c *Client, _ *Socket) { c.Conn().Close() }, ReasonForcedClose, true},
		{"the server sends what is no packet", func(_ *Client, s *Socket) {
			s.Conn().Send(engineio.Message{Data: []byte("9")})
		}, ReasonParseError, true},
	} {
		for way, list := range transports {
			t.Run(tt.name+" by "+way, func(t *testing.T) {
				inBubble(t, nil, func(r *rig) {
					c := r.goClient("", &ClientOptions{DialOptions: engineio.DialOptions{Transports: list}})
					var j journal
					j.watch(c.ClientSocket)
					r.connect(c)
					time.Sleep(time.Second) // for the upgrade
					ctx := c.Context()
					s := r.wantSocket(c.ID())
					j.take()
					tt.end(c, s)
					time.Sleep(400 * time.Millisecond)
					if got, want := j.take(), "/ ended: "+string(tt.reason); got != want {
						r.t.Errorf("it %s, want %s", got, want)
					}
					if cause, ok := errors.AsType[*DisconnectError](context.Cause(ctx)); !ok || cause.Reason != tt.reason {
						r.t.Errorf("the context's cause is %v", context.Cause(ctx))
					}
					if c.Active() != tt.back {
						r.t.Errorf("Active is %v", c.Active())
					}
					time.Sleep(5 * time.Second)
					if c.Connected() != tt.back {
						r.t.Errorf("after 5 s Connected is %v", c.Connected())
					}
				})
			})
		}
	}
}

func TestEachConnectionHasItsContext(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		c := r.goClient("", nil)
		if err := context.Cause(c.Context()); !errors.Is(err, ErrDisconnected) {
			r.t.Errorf("before the first: %v", err)
		}
		r.connect(c)
		first := c.Context()
		c.Conn().Close()
		time.Sleep(5 * time.Second)
		if first.Err() == nil || c.Context().Err() != nil || first == c.Context() {
			r.t.Error("the second connection's context is the first's")
		}
	})
}

func TestAClosedClientTellsWhoWaits(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		c := r.goClient("", nil)
		failed := make(chan error, 2)
		go func() { _, err := c.EmitArgsAck(r.t.Context(), "x"); failed <- err }()
		go func() { failed <- c.Wait(r.t.Context()) }()
		synctest.Wait()
		c.Close()
		for range 2 {
			err := <-failed
			if end, ok := errors.AsType[*DisconnectError](err); !ok || !errors.Is(err, ErrClientClosed) || end.Unsent != 1 {
				r.t.Errorf("told of %v", err)
			}
		}
		if err := c.Connect(r.t.Context()); !errors.Is(err, ErrClientClosed) {
			r.t.Errorf("Connect: %v", err)
		}
		if err := c.Emit("x", 1); !errors.Is(err, ErrClientClosed) {
			r.t.Errorf("Emit: %v", err)
		}
	})
}

func TestConnectEndsWithItsContextAndStopsTrying(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var attempts atomic.Int32
		c := NewClient("http://nowhere", &ClientOptions{
			DialOptions: engineio.DialOptions{HTTPClient: &http.Client{Transport: noNetwork{}}},
			OnRetry:     func(int, time.Duration, error) { attempts.Add(1) },
		})
		defer c.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := c.Connect(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errNoNetwork) || attempts.Load() < 5 {
			t.Errorf("after %d attempts: %v", attempts.Load(), err)
		}
		attempts.Store(0)
		time.Sleep(time.Hour)
		if attempts.Load() > 0 || c.Active() {
			t.Errorf("%d attempts after Connect", attempts.Load())
		}
	})
	if err := NewClient("http://[", nil).Connect(t.Context()); err == nil {
		t.Error("a URL that is none is no error")
	}
	if err := NewClient("http://x/a,b", nil).Connect(t.Context()); err == nil {
		t.Error("a path that is no namespace is no error")
	}
}

// noNetwork is a network that does not work.
type noNetwork struct{}

var errNoNetwork = errors.New("no network")

func (noNetwork) RoundTrip(*http.Request) (*http.Response, error) { return nil, errNoNetwork }

func TestAClientRemembersItsUpgrade(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		c := r.connected(&ClientOptions{RememberUpgrade: true})
		time.Sleep(time.Second)
		if !c.Conn().Upgraded() {
			r.t.Fatal("it has not upgraded")
		}
		c.Conn().Close()
		time.Sleep(5 * time.Second)
		if conn := c.Conn(); conn.Upgraded() || conn.Transport() != engineio.WebSocket {
			r.t.Errorf("the second connection is by %s", conn.Transport())
		}
	})
}
