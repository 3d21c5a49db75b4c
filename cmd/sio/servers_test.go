package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"time"

	"socketio"
	"socketio/eio3"
	"socketio/engineio"
	"socketio/internal/ws"
	"socketio/msgpack"
)

// servers are what scripts can talk to, by name. Each returns its host and port.
var servers = map[string]func(s *stage) string{
	"healthy": func(s *stage) string { return s.serve(s.socketIO(nil)) },
	"impatient": func(s *stage) string {
		return s.serve(s.socketIO(&socketio.Options{PingInterval: 200 * time.Millisecond, PingTimeout: patience}))
	},
	"both versions": func(s *stage) string {
		return s.serve(s.socketIO(&socketio.Options{EIO3: true}))
	},
	"tls":     func(s *stage) string { return s.serveTLS(s.socketIO(nil)) },
	"msgpack": func(s *stage) string { return s.serve(s.socketIO(&socketio.Options{Codec: msgpack.Codec{}})) },
	"websocket only": func(s *stage) string {
		return s.serve(s.socketIO(&socketio.Options{Transports: []string{engineio.WebSocket}}))
	},
	"polling only": func(s *stage) string {
		return s.serve(s.socketIO(&socketio.Options{Transports: []string{engineio.Polling}}))
	},
	"closed": func(s *stage) string {
		web := httptest.NewServer(nil)
		web.Close()
		return web.Listener.Addr().String()
	},

	// The ten faults that doctor has to know.
	"not sticky":        notSticky,
	"no upgrade header": noUpgradeHeader,
	"other path": func(s *stage) string {
		return s.serve(s.socketIO(&socketio.Options{Path: "/api/socket.io/"}))
	},
	"doubled CORS": doubledCORS,
	"EIO 3":        func(s *stage) string { return s.serve(http.HandlerFunc(serveEIO3)) },
	"web socket":   func(s *stage) string { return s.serve(http.HandlerFunc(servePlainWebSocket)) },
	"idle cut":     idleCut,
	"error page":   func(s *stage) string { return s.serve(page(http.StatusBadGateway)) },
	"start page":   func(s *stage) string { return s.serve(page(http.StatusOK)) },

	// And more of them.
	"sticky by cookie": stickyByCookie,
	"redirect": func(s *stage) string {
		return s.serve(http.RedirectHandler("https://chat.example/", http.StatusMovedPermanently))
	},
	"guarded": func(s *stage) string {
		return s.serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "who are you?", http.StatusUnauthorized) }))
	},
	"busy": func(s *stage) string {
		return s.serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			http.Error(w, "", http.StatusServiceUnavailable)
		}))
	},
}

// serve serves h until the script is over.
func (s *stage) serve(h http.Handler) string {
	web := httptest.NewServer(h)
	s.closers = append(s.closers, web.CloseClientConnections, web.Close)
	return web.Listener.Addr().String()
}

func (s *stage) serveTLS(h http.Handler) string {
	web := httptest.NewUnstartedServer(h)
	web.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	web.StartTLS()
	s.closers = append(s.closers, web.CloseClientConnections, web.Close)
	return web.Listener.Addr().String()
}

// socketIO is a server that tells the script what it receives. Its clients are greeted, it
// answers whoever asks, asks those who say "ask me", and sends away those who say "bye".
// /admin wants a token.
func (s *stage) socketIO(o *socketio.Options) *socketio.Server {
	if o == nil {
		o = &socketio.Options{}
	}
	o.Logger = slog.New(slog.DiscardHandler)
	srv := socketio.NewServer(o)
	admin := srv.Of("/admin")
	admin.Use(func(ctx context.Context, so *socketio.Socket) (context.Context, error) {
		var auth struct{ Token string }
		if so.Handshake().DecodeAuth(&auth) != nil || auth.Token != "secret" {
			return nil, &socketio.ConnectError{Message: "who are you?", Data: map[string]int{"code": 401}}
		}
		s.note("let in to /admin")
		return ctx, nil
	})
	for _, ns := range []*socketio.Namespace{srv.Namespace, admin} {
		ns.OnConnect(func(_ context.Context, so *socketio.Socket) error {
			s.note("connected to %s", ns.Name())
			return so.EmitArgs("greeting", "hello", map[string]any{"binary": []byte{0, 1, 2}})
		})
		ns.OnAny(func(ctx context.Context, so *socketio.Socket, m *socketio.Message) error { return s.reply(so, m) })
	}
	s.closers = append(s.closers, func() { _ = srv.Close() })
	return srv
}

// reply does what a client's event asks for.
func (s *stage) reply(so *socketio.Socket, m *socketio.Message) error {
	args, err := arguments(m)
	if err != nil {
		return err
	}
	s.note("%s %s", m.Event, asText(args))
	switch {
	case m.WantsAck() && m.Event != "silence":
		return m.Ack(args...)
	case m.Event == "ask me":
		go func() {
			answer, err := so.EmitArgsAck(context.Background(), "question", "why?")
			if err != nil {
				return
			}
			if args, err := arguments(answer); err == nil {
				s.note("answer %s", asText(args))
			}
		}()
	case m.Event == "bye":
		so.Disconnect()
	case m.Event == "cut me":
		return so.Conn().Close()
	case m.Event == "say":
		return so.EmitArgs("said", args...)
	case m.Event == "bench":
		return so.Namespace().EmitArgs(m.Event, args...)
	}
	return nil
}

// notSticky is two servers behind a balancer that gives each the next request in turn.
func notSticky(s *stage) string {
	backends := []http.Handler{s.socketIO(nil), s.socketIO(nil)}
	var n atomic.Int64
	return s.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		backends[n.Add(1)%2].ServeHTTP(w, r)
	}))
}

// stickyByCookie is the same with a cookie that leads back.
func stickyByCookie(s *stage) string {
	backends := []http.Handler{s.socketIO(nil), s.socketIO(nil)}
	var n atomic.Int64
	return s.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := n.Add(1) % 2
		if c, err := r.Cookie("backend"); err == nil {
			_, _ = fmt.Sscan(c.Value, &i)
			i %= 2
		}
		w.Header().Set("Set-Cookie", fmt.Sprintf("backend=%d", i))
		backends[i].ServeHTTP(w, r)
	}))
}

// noUpgradeHeader is a proxy that passes on requests, but not what asks for a WebSocket.
func noUpgradeHeader(s *stage) string {
	srv := s.socketIO(nil)
	return s.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Upgrade")
		r.Header.Del("Connection")
		w.Header().Set("Server", "nginx/1.27.0")
		srv.ServeHTTP(w, r)
	}))
}

// doubledCORS is a proxy that lets an origin in which the server lets in as well.
func doubledCORS(s *stage) string {
	const origin = "https://app.example"
	backend := s.serve(s.socketIO(&socketio.Options{CORS: socketio.CORS{Origins: []string{origin}}}))
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: backend})
	proxy.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	proxy.Transport = &http.Transport{DisableKeepAlives: true}
	proxy.ModifyResponse = func(resp *http.Response) error {
		resp.Header.Add("Access-Control-Allow-Origin", origin)
		return nil
	}
	return s.serve(proxy)
}

// serveEIO3 answers a handshake as a server of Socket.IO 2 does.
func serveEIO3(w http.ResponseWriter, _ *http.Request) {
	open := `{"sid":"Qvk1kQgGxRkSwpUcAAAA","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":5000}`
	w.Write(eio3.AppendPayload(nil, eio3.Packet{Type: eio3.Open, Data: []byte(open)}, eio3.Packet{Type: eio3.Message, Data: []byte("0")}))
}

// servePlainWebSocket speaks WebSocket and nothing on top.
func servePlainWebSocket(w http.ResponseWriter, r *http.Request) {
	if ws.Check(r) != nil {
		http.Error(w, "Bad Request", http.StatusBadRequest)
		return
	}
	nc, _, err := ws.Accept(w, r, nil, []byte("\x81\x07welcome"))
	if err != nil {
		return
	}
	defer nc.Close()
	io.Copy(io.Discard, nc)
}

// page is a web server that has one page for everything.
func page(status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Server", "nginx/1.27.0")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<html><head><title>%s</title></head></html>\r\n", http.StatusText(status))
	})
}

// idleCut is a proxy that closes connections on which nothing is sent. In place of a time,
// it waits until doctor has nothing more to say: /admin has let it in three times, once to
// look at the namespace and once by each transport to watch it being idle.
func idleCut(s *stage) string {
	backend := s.serve(s.socketIO(&socketio.Options{PingInterval: time.Minute}))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	over, end := context.WithCancel(context.Background())
	idle, cut := context.WithCancel(over)
	s.closers = append(s.closers, func() { listener.Close() }, end)
	go func() {
		defer cut()
		s.await(over, "let in to /admin", 3)
	}()
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go carry(idle, client, backend)
		}
	}()
	return listener.Addr().String()
}

// carry is a connection through a proxy, until either side ends it or ctx does.
func carry(ctx context.Context, client net.Conn, backend string) {
	defer client.Close()
	server, err := net.Dial("tcp", backend)
	if err != nil {
		return
	}
	defer server.Close()
	defer context.AfterFunc(ctx, func() {
		client.Close()
		server.Close()
	})()
	go func() {
		io.Copy(server, client)
		server.Close()
	}()
	io.Copy(client, server)
}
