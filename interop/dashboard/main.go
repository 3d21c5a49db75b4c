// Command dashboard is what the tests of the dashboard look at: two servers of one cluster
// with package admin, in one process, and clients that chat.
//
//	dashboard -addr 127.0.0.1:3000 -sockets 10000
//
// A client has up to four sockets, one in each namespace. The user is admin, with the
// password secret. A POST to /end-node ends the second server. Each event that a client gets
// but for what others say is printed.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/crypto/bcrypt"

	"socketio"
	"socketio/adapter"
	"socketio/admin"
	"socketio/admin/dashboard"
)

var namespaces = []string{"/", "/chat", "/game", "/feed"}

// A plan is what was asked for.
type plan struct {
	Addr                  string
	Sockets, Polling, Say int
	ReadOnly, Hostile     bool
}

func main() {
	var p plan
	flag.StringVar(&p.Addr, "addr", "127.0.0.1:0", "where the first server and the dashboard are")
	flag.IntVar(&p.Sockets, "sockets", 10, "how many sockets there are")
	flag.IntVar(&p.Polling, "polling", 1, "how many clients poll; the others are on WebSocket")
	flag.IntVar(&p.Say, "say", 5, "how often per second one of the sockets says something to its room")
	flag.BoolVar(&p.ReadOnly, "readonly", false, "let nobody act")
	flag.BoolVar(&p.Hostile, "hostile", false, "have names that are markup")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, p); err != nil {
		fmt.Fprintln(os.Stderr, "dashboard:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, p plan) error {
	bus := adapter.NewMemory()
	first, err := newNode("node-a", bus, p)
	if err != nil {
		return err
	}
	second, err := newNode("node-b", bus, p)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", first)
	mux.Handle("/dashboard/", dashboard.Handler())
	mux.HandleFunc("POST /end-node", func(http.ResponseWriter, *http.Request) { second.Close() })
	here, err := listen(p.Addr, mux)
	if err != nil {
		return err
	}
	there, err := listen("127.0.0.1:0", second)
	if err != nil {
		return err
	}
	fmt.Println("server is running at", here)

	c := &crowd{plan: p, urls: []string{here, there}}
	if err := c.connect(ctx); err != nil {
		return err
	}
	fmt.Println("all sockets are connected")
	c.chat(ctx)
	return nil
}

// newNode returns a server of the cluster, which admins may look at.
func newNode(name string, bus adapter.Bus, p plan) (*socketio.Server, error) {
	srv := socketio.NewServer(&socketio.Options{Bus: bus})
	hash, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	if err != nil {
		return nil, err
	}
	_, err = admin.Install(srv, &admin.Options{
		Users: map[string]string{"admin": string(hash)}, ServerID: name, ReadOnly: p.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	for _, name := range namespaces {
		serveChat(srv.Of(name))
	}
	if p.Hostile {
		serveChat(srv.Of("/" + markup))
	}
	return srv, nil
}

// listen serves at an address, and returns the URL of it.
func listen(addr string, h http.Handler) (string, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(l) }() // until the process ends
	return "http://" + l.Addr().String(), nil
}
