package socketio_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"time"

	"socketio"
	"socketio/engineio"
)

func Example_counting() {
	srv := socketio.NewServer(nil)
	http.HandleFunc("GET /online", func(w http.ResponseWriter, r *http.Request) {
		stats := srv.Stats()
		fmt.Fprintln(w, stats.Polling+stats.WebSockets, "connections,", stats.Sockets, "sockets")
		for room, members := range srv.Rooms() {
			fmt.Fprintln(w, room, members) // of this server
		}
		everybody, err := srv.All().FetchSockets(r.Context())
		fmt.Fprintln(w, len(everybody), "on all servers", err)
	})

	srv.Use(func(_ context.Context, s *socketio.Socket) (context.Context, error) { s.Join("go"); return nil, nil })
	ada := visit(srv)
	defer ada.end()
	ada.another()
	response := httptest.NewRecorder()
	http.DefaultServeMux.ServeHTTP(response, httptest.NewRequest("GET", "/online", nil))
	fmt.Print(response.Body)
	// Output:
	// 2 connections, 2 sockets
	// go 2
	// 2 on all servers <nil>
}

func Example_users() {
	srv := socketio.NewServer(nil)
	srv.Use(func(_ context.Context, s *socketio.Socket) (context.Context, error) {
		var auth struct {
			User string `json:"user"`
		}
		if err := s.Handshake().DecodeAuth(&auth); err != nil {
			return nil, err
		}
		s.Join("user:" + auth.User)
		return nil, nil
	})
	notify := func(users []string, text string) error {
		rooms := make([]string, len(users))
		for i, user := range users {
			rooms[i] = "user:" + user
		}
		return srv.To(rooms...).Emit("notice", text) // to all of their devices, on all servers
	}
	shutOut := func(user string) error {
		return srv.To("user:" + user).DisconnectSockets(true)
	}

	ada := connect(srv, httptest.NewServer(srv))
	defer ada.end()
	ada.join(`{"user":"ada"}`)
	if err := notify([]string{"ada", "grace"}, "lunch"); err != nil {
		log.Print(err)
	}
	fmt.Println(ada.receive())
	if err := shutOut("ada"); err != nil {
		log.Print(err)
	}
	fmt.Println(ada.receive())
	// Output:
	// 2["notice","lunch"]
	// 1
}

func Example_onceForEachUser() {
	srv := socketio.NewServer(nil)
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		room := "user:" + s.Handshake().URL.Query().Get("user")
		s.Join(room)
		return s.To(room).DisconnectSockets(true) // whoever else was there
	})
}

func Example_subscriptions() {
	const (
		Subscribe   socketio.Call[string, bool] = "subscribe"
		Unsubscribe socketio.Event[string]      = "unsubscribe"
	)
	topics := []string{"news", "scores"}
	srv := socketio.NewServer(nil)
	srv.OnAck(Subscribe, func(_ context.Context, s *socketio.Socket, topic string) (bool, error) {
		if !slices.Contains(topics, topic) {
			return false, nil
		}
		s.Join("topic:" + topic) // a prefix, so that no topic is the id of a socket
		return true, nil
	})
	srv.On(Unsubscribe, func(_ context.Context, s *socketio.Socket, topic string) error {
		s.Leave("topic:" + topic)
		return nil
	})
	publish := func(topic string, v any) error {
		return srv.To("topic:"+topic).EmitArgs(topic, v)
	}

	ada := visit(srv)
	defer ada.end()
	ada.send(`21["subscribe","news"]`)
	fmt.Println(ada.receive())
	if err := publish("news", "it compiles"); err != nil {
		log.Print(err)
	}
	fmt.Println(ada.receive())
	// Output:
	// 31[true]
	// 2["news","it compiles"]
}

func Example_cookies() {
	srv := socketio.NewServer(&socketio.Options{
		Header: func(h http.Header, _ *http.Request, first bool) {
			if first { // the answer to the client's first request
				h.Add("Set-Cookie", (&http.Cookie{Name: "seen", Value: "yes", Path: "/", HttpOnly: true}).String())
			}
		},
	})
	srv.Use(func(_ context.Context, s *socketio.Socket) (context.Context, error) {
		for _, line := range s.Handshake().Header.Values("Cookie") {
			cookies, err := http.ParseCookie(line)
			if err != nil {
				return nil, err
			}
			for _, cookie := range cookies {
				fmt.Println(cookie.Name, "is", cookie.Value)
			}
		}
		return nil, nil
	})

	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Cookie", "session=42") // as a browser does
		srv.ServeHTTP(w, r)
	}))
	ada := connect(srv, web)
	defer ada.end()
	ada.join("")
	// Output:
	// session is 42
}

func Example_backPressure() {
	srv := socketio.NewServer(nil)
	rows := []string{"one", "two", "three"}
	srv.On("export", func(ctx context.Context, s *socketio.Socket, _ socketio.None) error {
		for _, row := range rows {
			if _, err := s.EmitAck[bool](ctx, "row", row); err != nil {
				return err // gone, or too slow
			}
		}
		return s.Emit("exported", len(rows))
	})

	ada := visit(srv)
	defer ada.end()
	ada.send(`2["export"]`)
	for ack := range rows {
		fmt.Println(ada.receive())
		ada.send(fmt.Sprintf("3%d[true]", ack))
	}
	fmt.Println(ada.receive())
	// Output:
	// 20["row","one"]
	// 21["row","two"]
	// 22["row","three"]
	// 2["exported",3]
}

func Example_latency() {
	srv := socketio.NewServer(nil)
	srv.OnAck("latency", func(context.Context, *socketio.Socket, socketio.None) (bool, error) {
		return true, nil // the client measures how long it took
	})
	srv.Engine().Trace(&engineio.Trace{
		Heartbeat: func(c *engineio.Conn, took time.Duration) {
			log.Println(c.RemoteAddr(), "answers within", took) // the server does, every PingInterval
		},
	})

	ada := visit(srv)
	defer ada.end()
	ada.send(`21["latency"]`)
	fmt.Println(ada.receive())
	// Output:
	// 31[true]
}

func Example_fromHTTP() {
	srv := socketio.NewServer(nil)
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.HandleFunc("POST /orders", func(w http.ResponseWriter, r *http.Request) {
		if err := srv.To("kitchen").Emit("order", r.FormValue("dish")); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})

	srv.Use(func(_ context.Context, s *socketio.Socket) (context.Context, error) {
		s.Join("kitchen")
		return nil, nil
	})
	web := httptest.NewServer(mux)
	cook := connect(srv, web)
	defer cook.end()
	cook.join("")
	if _, err := http.Post(web.URL+"/orders?dish=soup", "", nil); err != nil {
		log.Print(err)
	}
	fmt.Println(cook.receive())
	// Output:
	// 2["order","soup"]
}

func Example_everySecond() {
	srv := socketio.NewServer(nil)
	clock := func(ctx context.Context) {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case now := <-ticker.C:
				if err := srv.All().Volatile().Emit("time", now); err != nil {
					return // the server was shut down
				}
			case <-ctx.Done():
				return
			}
		}
	}
	go clock(context.Background())
}

func Example_loggingEvents() {
	srv := socketio.NewServer(nil)
	srv.Wrap(func(next socketio.Handler) socketio.Handler {
		return func(ctx context.Context, s *socketio.Socket, m *socketio.Message) error {
			begin := time.Now()
			err := next(ctx, s, m)
			log.Println(s.ID(), m.Event, time.Since(begin), err)
			return err
		}
	})
}
