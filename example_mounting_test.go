package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os/signal"
	"syscall"
	"time"

	"socketio"
)

func Example_mounting() {
	srv := socketio.NewServer(&socketio.Options{Logger: quiet})
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "the page")
	})

	defer srv.Close()
	web := httptest.NewServer(mux)
	defer web.Close()
	fmt.Println(open(web.URL + "/socket.io/?EIO=4&transport=polling"))
	fmt.Println(open(web.URL + "/socket.io/other?EIO=4&transport=polling"))
	// Output:
	// 200 OK
	// 404 Not Found
}

func Example_mountingBelowAPrefix() {
	srv := socketio.NewServer(nil)
	mux := http.NewServeMux()
	mux.Handle("/api/socket.io/", http.StripPrefix("/api/socket.io", srv))

	other := socketio.NewServer(&socketio.Options{Path: "/chat/"})
	mux.Handle("/chat/", other)

	defer srv.Close()
	defer other.Close()
	web := httptest.NewServer(mux)
	defer web.Close()
	fmt.Println(open(web.URL + "/api/socket.io/?EIO=4&transport=polling"))
	fmt.Println(open(web.URL + "/chat/?EIO=4&transport=polling"))
	// Output:
	// 200 OK
	// 200 OK
}

func Example_httpMiddleware() {
	type tenantKey struct{}
	srv := socketio.NewServer(nil)
	srv.OnConnect(func(ctx context.Context, s *socketio.Socket) error {
		return s.Emit("tenant", ctx.Value(tenantKey{}).(string))
	})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Served-By", "eu-1")
		ctx := context.WithValue(r.Context(), tenantKey{}, r.Header.Get("X-Tenant"))
		srv.ServeHTTP(w, r.WithContext(ctx))
	})

	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("X-Tenant", "acme") // as a proxy does
		handler.ServeHTTP(w, r)
	}))
	client := connect(srv, web)
	defer client.end()
	client.join("")
	fmt.Println(client.receive())
	// Output:
	// 2["tenant","acme"]
}

// Serve until an interrupt, then end the sockets first: http.Server knows nothing of
// connections that were taken over from it.
func Example_shutdown() {
	srv := socketio.NewServer(nil)
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	web := &http.Server{
		Addr:              "127.0.0.1:3000",
		Handler:           mux,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    32 << 10,
	}

	interrupted, forget := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer forget()
	go func() {
		if err := web.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err)
		}
	}()
	<-interrupted.Done()

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := errors.Join(srv.Shutdown(ctx), web.Shutdown(ctx)); err != nil {
		log.Print(err)
	}
}

// open makes a request and returns its status.
func open(url string) string {
	response, err := http.Get(url)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		log.Fatal(err)
	}
	return response.Status
}
