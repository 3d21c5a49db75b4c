package socketiotest_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"socketio"
	"socketio/engineio"
	"socketio/socketiotest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type line struct {
	Text string
	ID   int64
}

const (
	say  socketio.Event[line]                           = "say"
	said socketio.Event[line]                           = "said"
	pair socketio.Event[socketio.Args2[string, []byte]] = "pair"
	done socketio.Event[socketio.None]                  = "done"
)

func newServer() *socketio.Server {
	srv := socketio.NewServer(&socketio.Options{Options: engineio.Options{Logger: slog.New(slog.DiscardHandler)}})
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error { return s.Emit("hello", "first") })
	srv.On(say, func(_ context.Context, s *socketio.Socket, l line) error { return s.Emit(said, l) })
	srv.On(pair, func(_ context.Context, s *socketio.Socket, p socketio.Args2[string, []byte]) error {
		if err := s.Emit(pair, p); err != nil {
			return err
		}
		return s.Emit(done, socketio.None{})
	})
	return srv
}

// eachTransport runs a test with a client of each kind, in a bubble.
func eachTransport(t *testing.T, test func(t *testing.T, c *socketiotest.Client)) {
	for _, list := range [][]string{{engineio.Polling}, {engineio.WebSocket}, nil} {
		t.Run(strings.Join(list, ""), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := &socketio.ClientOptions{DialOptions: engineio.DialOptions{Transports: list}}
				test(t, socketiotest.NewServer(t, newServer()).Client(t, o))
			})
		})
	}
}

func TestExpectReturnsTheNextEventOfAName(t *testing.T) {
	eachTransport(t, func(t *testing.T, c *socketiotest.Client) {
		if got := c.Expect[string](t, "hello"); got != "first" {
			t.Errorf("hello came with %q", got)
		}
		want := line{"large id", 1<<62 + 1}
		c.Emit(say, line{Text: "skipped"})
		c.Emit(pair, socketio.Args2[string, []byte]{A: "a", B: []byte{1, 2}})
		c.Emit(say, want)
		if got := c.Expect(t, pair); got.A != "a" || string(got.B) != "\x01\x02" {
			t.Errorf("pair came with %v", got)
		}
		c.Expect(t, done)
		if got := c.Expect(t, said); got != want {
			t.Errorf("said came with %v", got)
		}
		c.ExpectNone(t, said, time.Minute)
	})
}

func TestCutAndResume(t *testing.T) {
	eachTransport(t, func(t *testing.T, c *socketiotest.Client) {
		time.Sleep(time.Second) // for the upgrade
		c.Cut()
		synctest.Wait()
		if c.Connected() {
			t.Fatal("a cut client is connected")
		}
		c.Emit(say, line{Text: "kept"})
		time.Sleep(time.Hour)
		if c.Connected() || !c.Active() {
			t.Fatal("a cut client has connected, or given up")
		}
		c.Resume()
		if got := c.Expect(t, said); got.Text != "kept" {
			t.Errorf("said came with %v", got)
		}
	})
}

// A failure is a testing.TB that remembers how a test has failed.
type failure struct {
	testing.TB
	text string
}

func (f *failure) Helper() {}
func (f *failure) Fatalf(format string, args ...any) {
	f.text = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// failing runs a test that must fail, and returns what it says.
func failing(t testing.TB, test func(t testing.TB)) string {
	f := &failure{TB: t}
	over := make(chan struct{})
	go func() {
		defer close(over)
		test(f)
	}()
	<-over
	if f.text == "" {
		t.Error("the test has not failed")
	}
	return f.text
}

func TestAFailureShowsTheWire(t *testing.T) {
	eachTransport(t, func(t *testing.T, c *socketiotest.Client) {
		time.Sleep(time.Second)
		c.Emit(say, line{Text: "on the wire"})
		got := failing(t, func(t testing.TB) { c.Expect[int](t, "never") })
		for _, part := range []string{`"never" has not come`, `> `, `"on the wire"`, `["said",`, "transport="} {
			if !strings.Contains(got, part) {
				t.Errorf("the failure does not show %s:\n%s", part, got)
			}
		}
		got = failing(t, func(t testing.TB) { c.ExpectNone(t, said, time.Second) })
		if !strings.Contains(got, `"said" has come`) {
			t.Errorf("ExpectNone says %s", got)
		}
		got = failing(t, func(t testing.TB) { c.Expect[int](t, "said") })
		if !strings.Contains(got, `event "said", argument 0`) {
			t.Errorf("a payload of another type gives %s", got)
		}
	})
}

func TestOtherClientsReachTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := socketiotest.NewServer(t, newServer())
		resp, err := s.HTTPClient().Get(s.URL + "/socket.io/?EIO=4&transport=polling")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if body, _ := io.ReadAll(resp.Body); !strings.HasPrefix(string(body), `0{"sid"`) {
			t.Errorf("the server answered %s", body)
		}
	})
}
