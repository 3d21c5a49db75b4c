package goclient

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"socketio"
	"socketio/engineio"
	"socketio/internal/child"
	"socketio/msgpack"
)

// A feature is what a check needs of a server.
type feature int

const (
	everything feature = iota // that every server has
	authObject                // with each CONNECT, and refusals with data
	recovery
)

// A target is a server that the Go client talks to.
type target struct {
	name    string
	command []string // nil for the one in this process
	options func(o *socketio.ClientOptions)
	lacks   []feature // which the server, or its protocol, does not have
	slow    bool      // to build: only tried with GOCLIENT=all

	// unordered says that the server handles the events of a client at the same time.
	unordered bool
}

// Where make interop-go puts what it builds.
const (
	python = "../../.tmp/interop/python/bin/python"
	rust   = "../../.tmp/interop/goclient/debug/server"
)

func plain(*socketio.ClientOptions) {}

var targets = []target{
	{name: "Socket.IO for Go", options: plain},
	{name: "socket.io 4.8.4", command: []string{"node", "node/server.mjs"}, options: plain},
	{
		name: "socket.io 4.8.4 with MessagePack", command: []string{"node", "node/server.mjs", "msgpack"},
		options: func(o *socketio.ClientOptions) { o.Codec = msgpack.Codec{} },
	},
	{
		name: "socket.io 2.5.0", command: []string{"node", "node/server2.mjs"},
		options: func(o *socketio.ClientOptions) { o.EIO3 = true },
		lacks:   []feature{authObject, recovery},
	},
	{
		name: "python-socketio 5.18.1", command: []string{python, "python/server.py"}, options: plain,
		lacks: []feature{recovery}, slow: true,
	},
	{
		name: "socketioxide 0.18.9", command: []string{rust}, options: plain,
		lacks: []feature{recovery}, slow: true, unordered: true,
	},
}

// transports are the ways in which a client reaches a server.
var transports = map[string][]string{
	"polling":   {engineio.Polling},
	"websocket": {engineio.WebSocket},
	"upgrade":   {engineio.Polling, engineio.WebSocket},
}

// A score is how the checks of one server went.
type score struct{ passed, failed, skipped int }

var (
	scoresMu sync.Mutex // guards scores
	scores   = map[string]*score{}
)

func count(name string, change func(s *score)) {
	scoresMu.Lock()
	defer scoresMu.Unlock()
	if scores[name] == nil {
		scores[name] = new(score)
	}
	change(scores[name])
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
	code := m.Run()
	for _, tg := range targets {
		if s := scores[tg.name]; s != nil {
			fmt.Printf("go client: %s: %d checks, %d failed, %d skipped\n", tg.name, s.passed+s.failed, s.failed, s.skipped)
			if s.skipped > 0 && os.Getenv("CI") == "true" && code == 0 {
				code = 1
			}
		}
	}
	os.Exit(code)
}

// install installs the servers as the lock file says, once.
func install() error {
	if _, err := os.Stat("node/node_modules/socket.io-2/package.json"); err == nil {
		return nil
	}
	npm := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
	npm.Dir, npm.Stdout, npm.Stderr = "node", os.Stdout, os.Stderr
	return npm.Run()
}

// start starts a server, which ends with the test, and returns its URL.
func (tg *target) start(t *testing.T) string {
	t.Helper()
	if tg.command == nil {
		return startOurs(t)
	}
	server := exec.Command(tg.command[0], tg.command[1:]...)
	in, out := child.Start(t, server)
	t.Cleanup(func() {
		in.Close()
		if err := server.Wait(); err != nil {
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

// eachWay runs a check against each server that has what it needs, over each transport.
func eachWay(t *testing.T, needs feature, check func(t *testing.T, tg *target, url string, o socketio.ClientOptions)) {
	for _, tg := range targets {
		if tg.hasNot(needs) || tg.slow && os.Getenv("GOCLIENT") != "all" {
			continue
		}
		t.Run(tg.name, func(t *testing.T) {
			if tg.command != nil {
				if _, err := exec.LookPath(tg.command[0]); err != nil {
					count(tg.name, func(s *score) { s.skipped += len(transports) })
					t.Skip(err)
				}
			}
			url := tg.start(t)
			for way, list := range transports {
				t.Run(way, func(t *testing.T) {
					t.Cleanup(func() {
						count(tg.name, func(s *score) {
							if t.Failed() {
								s.failed++
							} else {
								s.passed++
							}
						})
					})
					o := socketio.ClientOptions{DialOptions: engineio.DialOptions{Transports: list}}
					tg.options(&o)
					check(t, &tg, url, o)
				})
			}
		})
	}
}

func (tg *target) hasNot(needs feature) bool { return slices.Contains(tg.lacks, needs) }

// startOurs starts the server of this module with what those beside it do.
func startOurs(t *testing.T) string {
	srv := socketio.NewServer(&socketio.Options{Recovery: socketio.Recovery{Window: time.Minute}})
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error { s.Join("everybody"); return nil })
	srv.Handle("echo", func(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
		args := make([]any, m.Len())
		into := make([]any, len(args))
		for i := range args {
			into[i] = &args[i]
		}
		if err := m.Decode(into...); err != nil {
			return err
		}
		return s.EmitArgs("echo", args...)
	})
	srv.OnAck("sum", func(_ context.Context, _ *socketio.Socket, v socketio.Args2[int, int]) (int, error) {
		return v.A + v.B, nil
	})
	srv.On("ask me", func(ctx context.Context, s *socketio.Socket, text string) error {
		answer, err := s.EmitAck[string](ctx, "question", text)
		if err != nil {
			return err
		}
		return s.Emit("asked", answer)
	})
	srv.On("tell everybody", func(_ context.Context, s *socketio.Socket, text string) error {
		return srv.To("everybody").Emit("told", text)
	})
	srv.On("hang up", func(_ context.Context, s *socketio.Socket, missed int) error {
		s.OnDisconnect(func(context.Context, *socketio.Socket, socketio.Reason) error {
			for i := range missed {
				if err := srv.To("everybody").Emit("missed", i); err != nil {
					return err
				}
			}
			return nil
		})
		return s.Conn().Close()
	})
	srv.On("leave me", func(_ context.Context, s *socketio.Socket, _ socketio.None) error { s.Disconnect(); return nil })
	srv.Of("/admin").Use(func(_ context.Context, s *socketio.Socket) (context.Context, error) {
		var auth struct {
			Token string `json:"token"`
		}
		if err := s.Handshake().DecodeAuth(&auth); err != nil || auth.Token != "secret" {
			return nil, &socketio.ConnectError{Message: "not authorized", Data: map[string]int{"code": 401}}
		}
		return nil, nil
	})
	srv.Of("/admin").OnConnect(func(_ context.Context, s *socketio.Socket) error {
		h := s.Handshake()
		return s.EmitArgs("welcome", map[string]string{"token": "secret"}, h.URL.Query().Get("room"), h.Header.Get("X-Token"))
	})
	web := httptest.NewServer(srv)
	t.Cleanup(func() {
		srv.Close()
		web.Close()
	})
	return web.URL
}
