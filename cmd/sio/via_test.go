package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"socketio"
	"socketio/adapter"
	"socketio/adapter/nats"
	"socketio/adapter/nats/embedded"
	"socketio/adapter/redis"
)

// Each adapter's servers hear what sio emits through their broker.
func TestEmitViaABroker(t *testing.T) {
	for _, tt := range []struct {
		adapter string
		broker  func(t *testing.T) (url string)
		bus     func(t *testing.T, url string) adapter.Bus
	}{
		{"classic", redisServer, func(t *testing.T, url string) adapter.Bus { return redis.NewClassic(redisClient(t, url), nil) }},
		{"sharded", redisServer, func(t *testing.T, url string) adapter.Bus { return redis.NewSharded(redisClient(t, url), nil) }},
		{"streams", redisServer, func(t *testing.T, url string) adapter.Bus { return redis.NewStreams(redisClient(t, url), nil) }},
		{"core", natsServer, natsCore},
	} {
		t.Run(tt.adapter, func(t *testing.T) {
			url := tt.broker(t)
			heard := joined(t, tt.bus(t, url))
			// Until the server hears its broker, what is sent is for nobody.
			for sent, deadline := 0, time.Now().Add(patience); ; sent++ {
				if time.Now().After(deadline) {
					t.Fatalf("the client has heard nothing of %d events", sent)
				}
				emitVia(t, "--via", url, "--adapter", tt.adapter, "--room", "elsewhere", "said", "not for it")
				emitVia(t, "--via", url, "--adapter", tt.adapter, "--room", "lobby", "said", "hello", `{"n":1}`)
				select {
				case got := <-heard:
					if got != `hello {"n":1}` {
						t.Errorf("the client has heard %q", got)
					}
					return
				case <-time.After(100 * time.Millisecond):
				}
			}
		})
	}
}

// emitVia runs sio emit.
func emitVia(t *testing.T, args ...string) {
	t.Helper()
	var out, errs bytes.Buffer
	p := &program{stdin: strings.NewReader(""), stdout: &out, stderr: &errs}
	if code := p.run(t.Context(), append([]string{"emit"}, args...)); code != exitOK || out.Len() > 0 {
		t.Fatalf("sio emit %q: exit %d, %s%s", args, code, &out, &errs)
	}
}

// joined starts a server with a client in room lobby, and tells what the client hears.
func joined(t *testing.T, bus adapter.Bus) <-chan string {
	srv := socketio.NewServer(&socketio.Options{Bus: bus})
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		s.Join("lobby")
		return nil
	})
	web := httptest.NewServer(srv)
	t.Cleanup(web.Close)
	t.Cleanup(func() { _ = srv.Close() })
	heard := make(chan string, 1000)
	c := socketio.NewClient(web.URL, nil)
	t.Cleanup(func() { _ = c.Close() })
	c.On("said", func(_ context.Context, _ *socketio.ClientSocket, v socketio.Args2[string, map[string]int]) error {
		heard <- fmt.Sprintf(`%s {"n":%d}`, v.A, v.B["n"])
		return nil
	})
	if err := c.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	return heard
}

// redisServer starts a redis-server on a free port, which another process may take at the
// last moment.
func redisServer(t *testing.T) (url string) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("needs redis-server, which make setup installs")
	}
	for range 5 {
		addr := freeAddress(t)
		_, port, _ := net.SplitHostPort(addr)
		cmd := exec.Command("redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--dir", t.TempDir())
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
		if says(out, "Ready to accept connections") {
			return "redis://" + addr
		}
	}
	t.Fatal("redis-server does not start")
	return ""
}

// says waits for a text in what a process prints.
func says(out io.Reader, text string) bool {
	var all bytes.Buffer
	for b := make([]byte, 4096); ; {
		n, err := out.Read(b)
		all.Write(b[:n])
		if strings.Contains(all.String(), text) {
			go io.Copy(io.Discard, out) // so that the process is not held up
			return true
		}
		if err != nil {
			return false
		}
	}
}

func redisClient(t *testing.T, url string) rueidis.Client {
	options := rueidis.MustParseURL(url)
	options.DisableCache = true
	client, err := rueidis.NewClient(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func natsServer(t *testing.T) (url string) {
	addr := freeAddress(t)
	b, err := embedded.Start(&embedded.Options{Clients: addr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return "nats://" + addr
}

func natsCore(t *testing.T, url string) adapter.Bus {
	conn, err := nats.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return nats.NewCore(conn, nil)
}

// TestAServerInGoAndOneForNodeAreOne runs interop/cluster/mixed.sh, with an official client on
// each.
func TestAServerInGoAndOneForNodeAreOne(t *testing.T) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("needs redis-server, which make setup installs")
	}
	if _, err := os.Stat("../../interop/cluster/node_modules/socket.io-client"); err != nil {
		t.Skip("npm ci has not run in interop/cluster; make test-cluster does that")
	}
	_, port, _ := net.SplitHostPort(freeAddress(t))
	cmd := exec.CommandContext(t.Context(), "../../interop/cluster/mixed.sh", port)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil || bytes.Count(out, []byte("ok: ")) != 6 {
		t.Errorf("%v\n%s", err, out)
	}
}
