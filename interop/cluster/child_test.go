//go:build unix

package cluster

import (
	"bufio"
	"context"
	"encoding/json/v2"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"socketio"
	"socketio/adapter/redis"
	"socketio/internal/child"
)

// childVariable is the address of Redis if this process is to be a server.
const childVariable = "SOCKETIO_CLUSTER_REDIS"

// patience is how long the tests wait for what must happen.
const patience = 60 * time.Second

func TestMain(m *testing.M) {
	addr, child := os.LookupEnv(childVariable)
	if !child {
		os.Exit(m.Run())
	}
	if err := serve(addr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// An answer is what a child says: first where it listens, then what it is asked.
type answer struct {
	Address string   `json:"address,omitzero"`
	Count   int      `json:"count,omitzero"`  // of servers
	Got     int      `json:"got,omitzero"`    // sockets
	Silent  []string `json:"silent,omitzero"` // servers that have not answered
	Error   string   `json:"error,omitzero"`

	// Of the count of servers: when it last became less, and how late the process has been at
	// the worst since then was last asked.
	Less time.Time `json:"less,omitzero"`
	Late float64   `json:"late,omitzero"` // seconds
}

// serve is a server on a stream of Redis. It answers what is asked on its standard input,
// ends with that, and shuts down upon SIGTERM.
func serve(addr string) error {
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{addr}, DisableCache: true})
	if err != nil {
		return err
	}
	srv := socketio.NewServer(&socketio.Options{
		Bus:      redis.NewStreams(client, nil),
		Recovery: socketio.Recovery{Window: 2 * time.Minute},
		Logger:   slog.New(slog.DiscardHandler),
	})
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		s.Join(s.Handshake().URL.Query().Get("room"))
		return nil
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	web := &http.Server{Handler: srv}
	go func() { _ = web.Serve(l) }() // until the process ends
	say(answer{Address: l.Addr().String()})
	w := new(watch)
	go w.run(srv)
	go answerAll(srv, w)
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	<-term
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return srv.Shutdown(ctx)
}

func say(a answer) {
	text, err := json.Marshal(a)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}

// A watch looks how many servers there are, so that when one is forgotten is told by who forgets
// it, however long the parent takes to ask.
type watch struct {
	mu   sync.Mutex // guards what follows
	n    int
	less time.Time
	late time.Duration
}

// watchEvery is how often it looks.
const watchEvery = 10 * time.Millisecond

func (w *watch) run(srv *socketio.Server) {
	for last := time.Now(); ; {
		n, err := srv.ServerCount(context.Background())
		now := time.Now()
		w.mu.Lock()
		if err == nil {
			if n < w.n {
				w.less = now
			}
			w.n = n
		}
		w.late = max(w.late, now.Sub(last)-watchEvery)
		w.mu.Unlock()
		last = now
		time.Sleep(watchEvery)
	}
}

// told returns what the watch has seen.
func (w *watch) told() answer {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := answer{Count: w.n, Less: w.less, Late: w.late.Seconds()}
	w.late = 0
	return a
}

// answerAll answers what is asked until the parent has gone, and then ends the process.
func answerAll(srv *socketio.Server, w *watch) {
	ctx := context.Background()
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var a answer
		var err error
		switch lines.Text() {
		case "count":
			a.Count, err = srv.ServerCount(ctx)
		case "watch":
			a = w.told()
		case "fetch":
			var infos []socketio.SocketInfo
			infos, err = srv.All().FetchSockets(ctx)
			a.Got = len(infos)
			if partial, ok := errors.AsType[*socketio.PartialError](err); ok {
				a.Silent, err = partial.Silent, nil
			}
		case "hello":
			err = srv.To("nobody").Emit("hello", 1)
		}
		if err != nil {
			a.Error = err.Error()
		}
		say(a)
	}
	os.Exit(1)
}

// A process is a child, or the clients.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan []byte
	addr  string
}

// launch starts a process that is ended with the test.
func launch(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	in, out := child.Start(t, cmd)
	p := &process{t: t, cmd: cmd, in: in, lines: make(chan []byte, 16)}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.lines <- append([]byte(nil), lines.Bytes()...)
		}
	}()
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Process.Kill()
		<-read
		_ = cmd.Wait()
	})
	return p
}

// startServer starts a server in a process of its own.
func startServer(t *testing.T, redisAddr string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+redisAddr)
	p := launch(t, cmd)
	var a answer
	p.hear(&a)
	p.addr = a.Address
	return p
}

// tell sends a line.
func (p *process) tell(line string) {
	p.t.Helper()
	if _, err := io.WriteString(p.in, line+"\n"); err != nil {
		p.t.Fatal(err)
	}
}

// hear waits for a line.
func (p *process) hear(into any) {
	p.t.Helper()
	select {
	case line := <-p.lines:
		if err := json.Unmarshal(line, into); err != nil {
			p.t.Fatalf("%q: %v", line, err)
		}
	case <-time.After(2 * patience):
		p.t.Fatal("a process does not answer")
	}
}

// ask tells and hears.
func (p *process) ask(question string) (a answer) {
	p.t.Helper()
	p.tell(question)
	p.hear(&a)
	if a.Error != "" {
		p.t.Fatalf("%s: %s", question, a.Error)
	}
	return a
}
