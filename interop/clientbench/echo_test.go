//go:build unix

package clientbench

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	coder "github.com/coder/websocket"

	"socketio"
	"socketio/engineio"
)

// serverEnv makes the test binary the clients' server.
const serverEnv = "CLIENTBENCH_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(serverEnv) == "" {
		os.Exit(m.Run())
	}
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serve prints its URL and answers until standard input ends.
func serve() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := socketio.NewServer(nil)
	defer srv.Close()
	srv.On("say", func(_ context.Context, s *socketio.Socket, text string) error {
		return s.Emit("say", text)
	})
	srv.OnAck("echo", func(_ context.Context, _ *socketio.Socket, text string) (string, error) {
		return text, nil
	})
	go http.Serve(l, srv)
	fmt.Println("http://" + l.Addr().String())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// startServer starts the server in a process of its own, so that what is measured is the
// client alone.
func startServer(b testing.TB) (url string) {
	b.Helper()
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), serverEnv+"=1")
	server.Stderr = os.Stderr
	in, err := server.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := server.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		server.Wait()
	})
	if _, err := fmt.Fscan(out, &url); err != nil {
		b.Fatal(err)
	}
	return url
}

// text is what is echoed: 32 bytes.
var text = strings.Repeat("0123456789abcdef", 2)

// An echo sends text, waits until it has come back, and does that n times.
type echo func(n int) error

// times makes an echo of one round.
func times(round func() error) echo {
	return func(n int) error {
		for range n {
			if err := round(); err != nil {
				return err
			}
		}
		return nil
	}
}

// clients are what is compared, each over a WebSocket.
var clients = []struct {
	name    string
	connect func(b testing.TB, url string) echo
}{
	{"socketio/handler", answering},
	{"socketio/waiting", emitting},
	{"socketio/ack", asking},
	{"engineio", overEngine},
	{"coder", overCoder},
}

var overWebSocket = engineio.DialOptions{Transports: []string{engineio.WebSocket}}

func connected(b testing.TB, url string) *socketio.Client {
	b.Helper()
	c := socketio.NewClient(url, &socketio.ClientOptions{DialOptions: overWebSocket})
	b.Cleanup(func() { c.Close() })
	return c
}

// answering sends from the handler of what comes back, as a bot does.
func answering(b testing.TB, url string) echo {
	c := connected(b, url)
	var left atomic.Int64
	done := make(chan error, 1)
	c.On("say", func(_ context.Context, s *socketio.ClientSocket, v string) error {
		err := want(v)
		more := left.Add(-1) > 0
		if more && err == nil {
			err = s.Emit("say", text)
		}
		if !more || err != nil {
			done <- err
		}
		return nil
	})
	if err := c.Connect(context.Background()); err != nil {
		b.Fatal(err)
	}
	return func(n int) error {
		left.Store(int64(n))
		if err := c.Emit("say", text); err != nil {
			return err
		}
		return <-done
	}
}

// emitting waits, in a goroutine of its own, for what a handler gets.
func emitting(b testing.TB, url string) echo {
	c := connected(b, url)
	back := make(chan string, 1)
	c.On("say", func(_ context.Context, _ *socketio.ClientSocket, v string) error { back <- v; return nil })
	if err := c.Connect(context.Background()); err != nil {
		b.Fatal(err)
	}
	return times(func() error {
		if err := c.Emit("say", text); err != nil {
			return err
		}
		return want(<-back)
	})
}

// asking has it come back as an acknowledgement.
func asking(b testing.TB, url string) echo {
	c := connected(b, url)
	if err := c.Connect(context.Background()); err != nil {
		b.Fatal(err)
	}
	return times(func() error {
		got, err := c.EmitAck[string](context.Background(), "echo", text)
		if err != nil {
			return err
		}
		return want(got)
	})
}

// What the two that know no Socket.IO send: a CONNECT, and events.
const (
	join      = "0"
	eventHead = `2["say","`
	eventTail = `"]`
)

// overEngine speaks Engine.IO alone.
func overEngine(b testing.TB, url string) echo {
	ctx := context.Background()
	c, err := engineio.Dial(ctx, url, &overWebSocket)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	if err := c.Send(engineio.Message{Data: []byte(join)}); err != nil {
		b.Fatal(err)
	}
	if _, err := c.Receive(ctx); err != nil {
		b.Fatal(err)
	}
	event := []byte(eventHead + text + eventTail)
	return times(func() error {
		if err := c.Send(engineio.Message{Data: event}); err != nil {
			return err
		}
		m, err := c.Receive(ctx)
		if err != nil {
			return err
		}
		return wantFrame(m.Data, string(event))
	})
}

// overCoder sends and receives the same bytes with nothing above the WebSocket. It answers
// no heartbeats, of which a benchmark sees none.
func overCoder(b testing.TB, url string) echo {
	ctx := context.Background()
	c, _, err := coder.Dial(ctx, url+"/socket.io/?EIO=4&transport=websocket", nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.CloseNow() })
	read := func() []byte {
		_, data, err := c.Read(ctx)
		if err != nil {
			b.Fatal(err)
		}
		return data
	}
	read() // the open packet
	if err := c.Write(ctx, coder.MessageText, []byte("4"+join)); err != nil {
		b.Fatal(err)
	}
	read()
	event := "4" + eventHead + text + eventTail
	return times(func() error {
		if err := c.Write(ctx, coder.MessageText, []byte(event)); err != nil {
			return err
		}
		return wantFrame(read(), event)
	})
}

func want(got string) error {
	if got != text {
		return fmt.Errorf("%q came back", got)
	}
	return nil
}

func wantFrame(got []byte, event string) error {
	if string(got) != event {
		return fmt.Errorf("%q came back", got)
	}
	return nil
}

// BenchmarkClientEcho measures one round, over a WebSocket, to a server in another process:
// cpu-ns/op is what this one takes of all cores, with its half of the kernel's work.
func BenchmarkClientEcho(b *testing.B) {
	for _, client := range clients {
		b.Run(client.name, func(b *testing.B) {
			echo := client.connect(b, startServer(b))
			if err := echo(1); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			before := cpuTime(b)
			if err := echo(b.N); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// cpuTime is what this process has used.
func cpuTime(b testing.TB) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// TestEachClientGetsItsEcho keeps the benchmarks working.
func TestEachClientGetsItsEcho(t *testing.T) {
	for _, client := range clients {
		t.Run(client.name, func(t *testing.T) {
			if err := client.connect(t, startServer(t))(3); err != nil {
				t.Fatal(err)
			}
		})
	}
}
