//go:build unix

package faults

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"socketio"
	"socketio/engineio"
)

// A childOptions says what a process does that a test starts: it is this program again.
type childOptions struct {
	Spin                      bool // it keeps a processor busy, and no more
	Address                   string
	PingInterval, PingTimeout time.Duration
	Recovery                  time.Duration
	Files                     uint64 // how many descriptors it may have
	First                     int    // the number of its first connection
}

const childVariable = "SOCKETIO_FAULTS_CHILD"

func TestMain(m *testing.M) {
	var o childOptions
	text, child := os.LookupEnv(childVariable)
	if !child {
		os.Exit(m.Run())
	}
	go endWithParent()
	switch err := json.Unmarshal([]byte(text), &o); {
	case err != nil:
		os.Exit(2)
	case o.Spin:
		spin()
	}
	if err := o.serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// endWithParent ends the process when the test that has started it does, however that ends.
func endWithParent() {
	_, _ = io.Copy(io.Discard, os.Stdin) // which nobody writes to
	os.Exit(1)
}

func spin() {
	for {
		_ = time.Now() // it never sleeps
	}
}

// serve runs a server until its process is told to end. It prints its address, and then
// what arrives: "arrived", the sender, the number and the connection.
func (o *childOptions) serve() error {
	if o.Files > 0 {
		limit := syscall.Rlimit{Cur: o.Files, Max: o.Files}
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
			return err
		}
	}
	l, err := net.Listen("tcp", o.Address)
	if err != nil {
		return err
	}
	srv := socketio.NewServer(&socketio.Options{
		Recovery: socketio.Recovery{Window: o.Recovery},
		Options:  engineio.Options{PingInterval: o.PingInterval, PingTimeout: o.PingTimeout},
	})
	echo(srv)
	o.note(srv)
	srv.On("hold", func(ctx context.Context, _ *socketio.Socket, _ string) error { <-ctx.Done(); return nil })
	web := &http.Server{Handler: srv}
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(l) }()
	fmt.Println(l.Addr())
	stop := emitNumbers(srv)
	defer stop()

	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	select {
	case <-term:
	case err := <-ended:
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		return err
	}
	return web.Shutdown(ctx)
}

// note prints what arrives before it is acknowledged.
func (o *childOptions) note(srv *socketio.Server) {
	var made atomic.Int64
	made.Store(int64(o.First))
	numberConnections(srv, &made)
	srv.OnAck("n", func(_ context.Context, s *socketio.Socket, m socketio.Args2[int, int]) (int, error) {
		on, _ := s.Data[int]()
		_, err := fmt.Printf("arrived %d %d %d\n", m.A, m.B, on)
		return on, err
	})
}

// A child is a process with a server, or one that spins.
type child struct {
	t       *testing.T
	command *exec.Cmd
	address string
	log     lines
	read    chan struct{} // closed when all that it printed has been read
}

// startChild starts a process, which is killed at the end of the test.
func startChild(t *testing.T, o childOptions, arrived func(sender, number, on int), env ...string) *child {
	t.Helper()
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	c := &child{t: t, command: exec.Command(os.Args[0]), read: make(chan struct{})}
	c.command.Env = append(os.Environ(), append(env, childVariable+"="+string(text))...)
	c.command.Stderr = &c.log
	if _, err := c.command.StdinPipe(); err != nil { // which ends when this process does
		t.Fatal(err)
	}
	out, err := c.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.end(syscall.SIGKILL) })
	words := bufio.NewReader(out)
	if !o.Spin {
		line, err := words.ReadString('\n')
		if err != nil {
			t.Fatalf("the server does not start: %v", err)
		}
		c.address = strings.TrimSpace(line)
	}
	go func() {
		defer close(c.read)
		c.follow(words, arrived)
	}()
	return c
}

// follow reads what the child prints.
func (c *child) follow(words io.Reader, arrived func(sender, number, on int)) {
	for s := bufio.NewScanner(words); s.Scan(); {
		var sender, number, on int
		if _, err := fmt.Sscanf(s.Text(), "arrived %d %d %d", &sender, &number, &on); err != nil {
			c.t.Errorf("the server prints %q", s.Text())
			return
		}
		if arrived != nil {
			arrived(sender, number, on)
		}
	}
}

func (c *child) url() string { return "http://" + c.address }

// end sends a signal that ends the child, waits for that, and returns how it ended.
func (c *child) end(s syscall.Signal) error {
	if c.command.ProcessState != nil {
		return nil
	}
	c.signal(s)
	<-c.read
	return c.command.Wait()
}

func (c *child) signal(s syscall.Signal) {
	c.t.Helper()
	if err := c.command.Process.Signal(s); err != nil {
		c.t.Errorf("signal %v: %v", s, err)
	}
}
