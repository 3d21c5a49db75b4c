package socketio_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"time"

	"socketio"
)

func Example_registerOnShutdown() {
	srv := socketio.NewServer(&socketio.Options{Logger: quiet})
	srv.OnDisconnect(func(_ context.Context, _ *socketio.Socket, why socketio.Reason) error {
		fmt.Println(why)
		return nil
	})
	web := &http.Server{Handler: srv}
	ended := make(chan error, 1)
	web.RegisterOnShutdown(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		ended <- srv.Shutdown(ctx)
	})

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go web.Serve(listener)
	client := socketio.NewClient("http://"+listener.Addr().String(), nil)
	defer client.Close()
	if err := client.Connect(context.Background()); err != nil {
		log.Fatal(err)
	}
	if err := web.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-ended)
	// Output:
	// server shutting down
	// <nil>
}

// What a server does at its end that has others beside it.
func Example_drain() {
	srv := socketio.NewServer(nil)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := srv.Drain(ctx, 30*time.Second); err != nil {
		log.Print(err)
	}
	if err := srv.Shutdown(ctx); err != nil {
		log.Print(err)
	}
	// Output:
}

func Example_ready() {
	srv := socketio.NewServer(nil)
	defer srv.Close()
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.HandleFunc("/ready", func(w http.ResponseWriter, _ *http.Request) {
		if srv.Stats().Draining {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	for range 2 {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/ready", http.NoBody))
		fmt.Println(w.Code)
		if err := srv.Drain(context.Background(), 0); err != nil {
			log.Print(err)
		}
	}
	// Output:
	// 200
	// 503
}
