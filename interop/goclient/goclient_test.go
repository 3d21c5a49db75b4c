package goclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"socketio"
	"socketio/engineio"
	"socketio/interop/chaos"
)

// patience is how long is waited for what must happen.
const patience = 30 * time.Second

// connect returns a connected client, which is closed at the end of the test.
func connect(t *testing.T, target string, o socketio.ClientOptions, register func(c *socketio.Client)) *socketio.Client {
	t.Helper()
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	c := socketio.NewClient(target, &o)
	t.Cleanup(func() { c.Close() })
	if register != nil {
		register(c)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := c.Connect(ctx); err != nil {
		t.Fatalf("Connect: %v", err)
	}
	return c
}

// ready returns when the server handles what c sends, which some do only a moment after
// they have let it in.
func ready(t *testing.T, c *socketio.Client) {
	t.Helper()
	for began := time.Now(); ; {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		_, err := c.EmitAck[int](ctx, "sum", socketio.Args2[int, int]{A: 1, B: 1})
		cancel()
		if err == nil {
			return
		}
		if time.Since(began) > patience {
			t.Fatalf("the server answers nothing: %v", err)
		}
	}
}

// within returns what ch gives, in time.
func within[T any](t *testing.T, what string, ch <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-ch:
	case <-time.After(patience):
		t.Fatalf("%s has not happened", what)
	}
	return v
}

func TestEventsAndAcknowledgementsBothWays(t *testing.T) {
	eachWay(t, everything, func(t *testing.T, tg *target, at string, o socketio.ClientOptions) {
		echoed := make(chan socketio.Args3[string, map[string]any, []byte], 300)
		asked := make(chan string, 1)
		c := connect(t, at, o, func(c *socketio.Client) {
			c.On("echo", func(_ context.Context, _ *socketio.ClientSocket, v socketio.Args3[string, map[string]any, []byte]) error {
				echoed <- v
				return nil
			})
			c.OnAck("question", func(_ context.Context, _ *socketio.ClientSocket, q string) (string, error) { return q + "!", nil })
			c.On("asked", func(_ context.Context, _ *socketio.ClientSocket, v string) error { asked <- v; return nil })
		})
		ready(t, c)
		for i := range 200 {
			if err := c.EmitArgs("echo", fmt.Sprint(i), map[string]any{"deep": []any{[]byte("ab")}}, []byte{1, 2, 3}); err != nil {
				t.Fatal(err)
			}
		}
		seen := map[string]bool{}
		for i := range 200 {
			v := within(t, "an echo", echoed)
			deep, _ := v.B["deep"].([]any)
			inTurn := v.A == fmt.Sprint(i) || tg.unordered && !seen[v.A]
			seen[v.A] = true
			if !inTurn || len(deep) != 1 || string(deep[0].([]byte)) != "ab" || string(v.C) != "\x01\x02\x03" {
				t.Fatalf("echo %d is %v", i, v)
			}
		}
		sum, err := c.EmitAck[int](t.Context(), "sum", socketio.Args2[int, int]{A: 1, B: 2})
		if sum != 3 || err != nil {
			t.Errorf("sum: %d, %v", sum, err)
		}
		c.Emit("ask me", "what")
		if got := within(t, "the question", asked); got != "what!" {
			t.Errorf("asked: %q", got)
		}
	})
}

func TestNamespacesAuthQueryAndHeaders(t *testing.T) {
	eachWay(t, authObject, func(t *testing.T, tg *target, at string, o socketio.ClientOptions) {
		o.Query, o.Header = url.Values{"room": {"go"}}, http.Header{"X-Token": {"t"}}
		c := connect(t, at, o, nil)
		err := c.Of("/admin").Connect(t.Context())
		refusal, ok := errors.AsType[*socketio.ConnectError](err)
		if !ok || refusal.Message != "not authorized" || refusal.Data != nil && fmt.Sprint(refusal.Data) != "map[code:401]" {
			t.Errorf("without a token: %v", err)
		}
		if !c.Connected() {
			t.Error("the refusal of one namespace has ended another")
		}
		o.Auth = map[string]any{"token": "secret"}
		welcome := make(chan string, 1)
		connect(t, at+"/admin", o, func(c *socketio.Client) {
			c.On("welcome", func(_ context.Context, _ *socketio.ClientSocket, v socketio.Args3[map[string]any, string, string]) error {
				welcome <- fmt.Sprint(v.A["token"], v.B, v.C)
				return nil
			})
		})
		if got := within(t, "the welcome", welcome); got != "secretgot" {
			t.Errorf("the server saw %s", got)
		}
	})
}

func TestALostStateIsRestored(t *testing.T) {
	eachWay(t, recovery, func(t *testing.T, tg *target, at string, o socketio.ClientOptions) {
		var missed []int
		back := make(chan []int, 2)
		o.Backoff.Min = 200 * time.Millisecond
		echoed := make(chan struct{}, 1)
		c := connect(t, at, o, func(c *socketio.Client) {
			c.On("echo", func(context.Context, *socketio.ClientSocket, string) error { echoed <- struct{}{}; return nil })
			c.On("missed", func(_ context.Context, _ *socketio.ClientSocket, i int) error { missed = append(missed, i); return nil })
			c.OnConnect(func(context.Context, *socketio.ClientSocket) error { back <- append([]int(nil), missed...); return nil })
		})
		within(t, "the first connection", back)
		id := c.ID()
		c.Emit("echo", "an offset to begin with")
		within(t, "the echo", echoed)
		c.Emit("hang up", 50)
		got := within(t, "the second connection", back)
		if !c.Recovered() || c.ID() != id || len(got) != 50 || got[49] != 49 {
			t.Errorf("recovered %v, same id %v, %v came before OnConnect", c.Recovered(), c.ID() == id, got)
		}
	})
}

func TestWhoDisconnectsAndWhoComesBack(t *testing.T) {
	eachWay(t, everything, func(t *testing.T, tg *target, at string, o socketio.ClientOptions) {
		proxy, err := chaos.Listen(strings.TrimPrefix(at, "http://"), 1)
		if err != nil {
			t.Fatal(err)
		}
		defer proxy.Close()
		reasons, connected := make(chan socketio.Reason, 3), make(chan struct{}, 3)
		o.Backoff.Min = 50 * time.Millisecond
		c := connect(t, proxy.URL(), o, func(c *socketio.Client) {
			c.OnConnect(func(context.Context, *socketio.ClientSocket) error { connected <- struct{}{}; return nil })
			c.OnDisconnect(func(_ context.Context, _ *socketio.ClientSocket, why socketio.Reason) error {
				reasons <- why
				return nil
			})
		})
		within(t, "the first connection", connected)
		if len(o.Transports) == 2 {
			upgraded(t, c)
		}
		proxy.Refuse(true) // else polling goes on over another connection
		proxy.Strike(chaos.Resets, 0)
		if why := within(t, "the end", reasons); why != socketio.ReasonTransportClose && why != socketio.ReasonTransportError {
			t.Errorf("cut off: %s", why)
		}
		proxy.Refuse(false)
		within(t, "the second connection", connected)
		ready(t, c)
		c.Emit("leave me", socketio.None{})
		if why := within(t, "the end", reasons); why != socketio.ReasonIOServerDisconnect || c.Active() {
			t.Errorf("disconnected: %s, active %v", why, c.Active())
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if err := c.Connect(ctx); err != nil {
			t.Fatal(err)
		}
		c.Disconnect()
		if why := within(t, "the end", reasons); why != socketio.ReasonIOClientDisconnect {
			t.Errorf("left: %s", why)
		}
	})
}

// upgraded returns when the client is on a WebSocket.
func upgraded(t *testing.T, c *socketio.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for c.Conn().Transport() != engineio.WebSocket {
		if _, err := c.EmitAck[int](ctx, "sum", socketio.Args2[int, int]{A: 1, B: 1}); err != nil {
			t.Fatalf("while it upgrades: %v", err)
		}
	}
}

func TestLargePayloadsAndRooms(t *testing.T) {
	eachWay(t, everything, func(t *testing.T, tg *target, at string, o socketio.ClientOptions) {
		large := bytes.Repeat([]byte("0123456789abcdef"), 6_000)
		echoed, told := make(chan socketio.Args3[string, bool, []byte], 1), make(chan string, 1)
		c := connect(t, at, o, func(c *socketio.Client) {
			c.On("echo", func(_ context.Context, _ *socketio.ClientSocket, v socketio.Args3[string, bool, []byte]) error {
				echoed <- v
				return nil
			})
			c.On("told", func(_ context.Context, _ *socketio.ClientSocket, text string) error { told <- text; return nil })
		})
		ready(t, c)
		if err := c.EmitArgs("echo", string(large), true, large); err != nil {
			t.Fatal(err)
		}
		if v := within(t, "the echo", echoed); v.A != string(large) || !v.B || !bytes.Equal(v.C, large) {
			t.Errorf("%d characters and %d bytes came back", len(v.A), len(v.C))
		}
		other := connect(t, at, o, nil)
		ready(t, other)
		other.Emit("tell everybody", "hello κόσμε")
		if got := within(t, "the message to a room", told); got != "hello κόσμε" {
			t.Errorf("the room heard %q", got)
		}
	})
}
