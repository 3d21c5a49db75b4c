//go:build !race

package socketio_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"socketio"
	"socketio/engineio"
	"socketio/internal/child"
)

const (
	// guardGoClients is as many as two processes with 20,000 descriptors each can hold with
	// room to spare.
	guardGoClients = 10_000

	// maxClientBytes is the most that an idle Client on a WebSocket may take of heap
	// and stack.
	maxClientBytes = 8192

	// guardServerEnv makes the test binary the server of the clients, on the port that
	// it gives.
	guardServerEnv = "GUARD_SERVER"
)

// TestGuardGoClients holds idle clients of a server in a second process, and says what
// one costs.
func TestGuardGoClients(t *testing.T) {
	if os.Getenv(guardServerEnv) != "" {
		serveGuard(t)
		return
	}
	server := exec.Command(os.Args[0], "-test.run=^TestGuardGoClients$")
	server.Env = append(os.Environ(), guardServerEnv+"=1")
	in, out := child.Start(t, server)
	defer server.Wait()
	defer in.Close()
	var address string
	if _, err := fmt.Fscan(out, &address); err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, out)
	idleClients(t, "http://"+address)
}

// serveGuard serves until standard input ends.
func serveGuard(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := socketio.NewServer(nil)
	defer srv.Close()
	go http.Serve(l, srv)
	fmt.Println(l.Addr())
	io.Copy(io.Discard, os.Stdin)
}

func idleClients(t *testing.T, url string) {
	clients := make([]*socketio.Client, guardGoClients)
	options := &socketio.ClientOptions{DialOptions: engineio.DialOptions{Transports: []string{engineio.WebSocket}}}
	begun, before := time.Now(), heapAndStack()
	var wg sync.WaitGroup
	errs := make(chan error, len(clients))
	slots := make(chan struct{}, 100)
	for i := range clients {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			clients[i] = socketio.NewClient(url, options)
			errs <- clients[i].Connect(ctx)
		})
	}
	wg.Wait()
	close(errs)
	connected := 0
	for err := range errs {
		if err != nil {
			t.Fatal(err)
		}
		connected++
	}
	took := time.Since(begun)
	each := int64(maxClientBytes) + 1
	for end := time.Now().Add(20 * time.Second); each > maxClientBytes && time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		each = (heapAndStack() - before) / int64(len(clients)) // more, while what has connected them still ends
	}
	fmt.Printf("clients=%d connected=%d KiB/client=%.1f seconds=%.1f\n", len(clients), connected, float64(each)/1024, took.Seconds())
	if each > maxClientBytes {
		t.Errorf("an idle client takes %d bytes, want at most %d", each, maxClientBytes)
	}
	for _, c := range clients {
		c.Close()
	}
}
