// Command webtransport echoes over WebTransport, to a page that it serves itself:
//
//	make setup   # once: installs the official client, which the page needs
//	go run ./examples/webtransport
//
// The page begins with polling and goes on over WebTransport.
package main

import (
	"context"
	"crypto/tls"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"socketio"
	"socketio/engineio"
	"socketio/webtransport"
)

//go:embed index.html
var index []byte

// client finds the browser build of the official client.
func client() string {
	_, source, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(source), "../../interop/js/node_modules/client-4.8.4/dist/socket.io.esm.min.js")
}

// newServer returns the server, for pages of this origin. All the rest of the program is
// about listening.
func newServer(origin string) *socketio.Server {
	srv := socketio.NewServer(&socketio.Options{Options: engineio.Options{
		Transports: []string{engineio.Polling, engineio.WebSocket, engineio.WebTransport},
		CORS:       engineio.CORS{Origins: []string{origin}}, // the other port is another origin
	}})
	srv.OnAck("echo", func(_ context.Context, _ *socketio.Socket, text string) (string, error) {
		return text, nil
	})
	srv.OnAck("echo bytes", func(_ context.Context, _ *socketio.Socket, data []byte) ([]byte, error) {
		return data, nil
	})
	srv.On("leave", func(_ context.Context, s *socketio.Socket, _ socketio.None) error {
		return s.Close()
	})
	srv.OnDisconnect(func(_ context.Context, s *socketio.Socket, why socketio.Reason) error {
		fmt.Println(s.Conn().Transport(), "left:", why)
		return nil
	})
	return srv
}

func main() {
	page := flag.String("listen", "localhost:3000", "where to listen for the page, polling and WebSockets")
	overUDP := flag.String("webtransport", "127.0.0.1:0", "where to listen for WebTransport; port 0 is any that is free")
	flag.Parse()
	if err := run(*page, *overUDP); err != nil {
		log.Fatal(err)
	}
}

// run serves until it is interrupted.
func run(page, overUDP string) error {
	tcp, err := net.Listen("tcp", page)
	if err != nil {
		return err
	}
	conn, err := net.ListenPacket("udp", overUDP)
	if err != nil {
		return err
	}
	defer conn.Close()
	host, port, err := net.SplitHostPort(conn.LocalAddr().String())
	if err != nil {
		return err
	}
	certificate, hash, err := webtransport.DevelopmentCertificate(host)
	if err != nil {
		return err
	}
	origin := "http://" + address(page, tcp)
	srv := newServer(origin)
	web := &http.Server{Handler: newMux(srv, fmt.Sprintf(`{"hostname":%q,"port":%q,"hash":"%x"}`, host, port, hash))}
	udp := &webtransport.Server{Engine: srv.Engine(), TLS: &tls.Config{Certificates: []tls.Certificate{certificate}}}

	failed := make(chan error, 2)
	go func() { failed <- web.Serve(tcp) }()
	go func() { failed <- udp.Serve(conn) }()
	fmt.Println(origin)

	interrupted, forget := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer forget()
	select {
	case err := <-failed:
		return err
	case <-interrupted.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return errors.Join(srv.Shutdown(ctx), udp.Close(), web.Shutdown(ctx))
}

// address is the host that was asked for, and the port that the listener has got.
func address(asked string, listener net.Listener) string {
	host, _, _ := net.SplitHostPort(asked) // Listen has understood it
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return net.JoinHostPort(host, port)
}

// newMux serves the page, the client, and where WebTransport is.
func newMux(srv *socketio.Server, where string) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.HandleFunc("GET /webtransport.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, where)
	})
	mux.HandleFunc("GET /socket.io.esm.min.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, client())
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(index)
	})
	return mux
}
