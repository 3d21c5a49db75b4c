package goclient

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"socketio"
	"socketio/engineio"
	"socketio/msgpack"
)

// patience is how long is waited for what must happen.
const patience = 15 * time.Second

// transports are the ways in which a client reaches a server.
var transports = map[string][]string{
	"polling":   {engineio.Polling},
	"websocket": {engineio.WebSocket},
	"upgrade":   {engineio.Polling, engineio.WebSocket},
}

func TestMain(m *testing.M) {
	if _, err := exec.LookPath("node"); err != nil {
		fmt.Println("goclient: the official servers need Node:", err)
		os.Exit(1)
	}
	if err := install(); err != nil {
		fmt.Println("goclient: installing the servers:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// install installs the servers as the lock file says, once.
func install() error {
	if _, err := os.Stat("node/node_modules/socket.io/package.json"); err == nil {
		return nil
	}
	npm := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
	npm.Dir, npm.Stdout, npm.Stderr = "node", os.Stdout, os.Stderr
	return npm.Run()
}

// start starts a server, which ends with the test, and returns its URL.
func start(t *testing.T, features ...string) string {
	t.Helper()
	node := exec.Command("node", append([]string{"node/server.mjs"}, features...)...)
	node.Stderr = os.Stderr
	in, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := node.Wait(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, out)
	return "http://127.0.0.1:" + strings.TrimSpace(port)
}

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

// eachWay runs a test over each transport, with each form of packets.
func eachWay(t *testing.T, features []string, test func(t *testing.T, target string, o socketio.ClientOptions)) {
	for form, codec := range map[string]func(o *socketio.ClientOptions){
		"json":    func(*socketio.ClientOptions) {},
		"msgpack": func(o *socketio.ClientOptions) { o.Codec = msgpack.Codec{} },
	} {
		target := start(t, append(features, form)...)
		for way, list := range transports {
			t.Run(form+" by "+way, func(t *testing.T) {
				o := socketio.ClientOptions{DialOptions: engineio.DialOptions{Transports: list}}
				codec(&o)
				test(t, target, o)
			})
		}
	}
}

func TestEventsAndAcknowledgementsBothWays(t *testing.T) {
	eachWay(t, nil, func(t *testing.T, target string, o socketio.ClientOptions) {
		echoed := make(chan socketio.Args3[string, map[string]any, []byte], 300)
		asked := make(chan string, 1)
		c := connect(t, target, o, func(c *socketio.Client) {
			c.On("echo", func(_ context.Context, _ *socketio.ClientSocket, v socketio.Args3[string, map[string]any, []byte]) error {
				echoed <- v
				return nil
			})
			c.OnAck("question", func(_ context.Context, _ *socketio.ClientSocket, q string) (string, error) { return q + "!", nil })
			c.On("asked", func(_ context.Context, _ *socketio.ClientSocket, v string) error { asked <- v; return nil })
		})
		for i := range 200 {
			if err := c.EmitArgs("echo", fmt.Sprint(i), map[string]any{"deep": []any{[]byte("ab")}}, []byte{1, 2, 3}); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 200 {
			v := within(t, "an echo", echoed)
			deep, _ := v.B["deep"].([]any)
			if v.A != fmt.Sprint(i) || len(deep) != 1 || string(deep[0].([]byte)) != "ab" || string(v.C) != "\x01\x02\x03" {
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
	eachWay(t, nil, func(t *testing.T, target string, o socketio.ClientOptions) {
		o.Query, o.Header = url.Values{"room": {"go"}}, http.Header{"X-Token": {"t"}}
		c := connect(t, target, o, nil)
		err := c.Of("/admin").Connect(t.Context())
		refusal, ok := errors.AsType[*socketio.ConnectError](err)
		if !ok || refusal.Message != "not authorized" || fmt.Sprint(refusal.Data) != "map[code:401]" {
			t.Errorf("without a token: %v", err)
		}
		if !c.Connected() {
			t.Error("the refusal of one namespace has ended another")
		}
		o.Auth = map[string]any{"token": "secret"}
		welcome := make(chan string, 1)
		connect(t, target+"/admin", o, func(c *socketio.Client) {
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
	eachWay(t, []string{"recovery"}, func(t *testing.T, target string, o socketio.ClientOptions) {
		var missed []int
		back := make(chan []int, 2)
		o.Backoff.Min = 200 * time.Millisecond
		echoed := make(chan struct{}, 1)
		c := connect(t, target, o, func(c *socketio.Client) {
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
	eachWay(t, nil, func(t *testing.T, target string, o socketio.ClientOptions) {
		reasons, connected := make(chan socketio.Reason, 3), make(chan struct{}, 3)
		o.Backoff.Min = 50 * time.Millisecond
		c := connect(t, target, o, func(c *socketio.Client) {
			c.OnConnect(func(context.Context, *socketio.ClientSocket) error { connected <- struct{}{}; return nil })
			c.OnDisconnect(func(_ context.Context, _ *socketio.ClientSocket, why socketio.Reason) error {
				reasons <- why
				return nil
			})
		})
		within(t, "the first connection", connected)
		c.Emit("hang up", 0)
		if why := within(t, "the end", reasons); why != socketio.ReasonTransportClose {
			t.Errorf("hung up: %s", why)
		}
		within(t, "the second connection", connected)
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
