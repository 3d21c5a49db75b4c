package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"socketio"
	"socketio/engineio"
)

// newSocketClient returns what the suite of socket.io-client talks to.
func newSocketClient() *socketio.Server {
	srv := socketio.NewServer(&socketio.Options{
		Options: engineio.Options{
			PingInterval: 2 * time.Second,
			Allow:        allowLater,
			Logger:       slog.New(slog.DiscardHandler),
		},
		Recovery: socketio.Recovery{Window: 2 * time.Minute},
	})
	srv.Use(refuseIf(asksToFail, "Auth failed (main namespace)"))
	srv.Of("/no").Use(refuseIf(always, "Auth failed (custom namespace)"))
	for _, name := range []string{"/timeout_socket", "/valid", "/asd"} {
		srv.Of(name)
	}
	srv.Of("/foo").Handle("getId", tellID)
	srv.Of("/abc").OnConnect(func(_ context.Context, s *socketio.Socket) error {
		shown, err := handshakeOf(s)
		if err != nil {
			return err
		}
		return s.EmitArgs("handshake", shown)
	})
	addSuiteEvents(srv)
	return srv
}

// allowLater lets everybody in after a moment, in which clients with a short timeout give up.
func allowLater(r *http.Request) error {
	select {
	case <-time.After(10 * time.Millisecond):
		return nil
	case <-r.Context().Done():
		return r.Context().Err()
	}
}

// refuseIf makes a middleware that refuses, with the message, the clients of which the
// condition is true.
func refuseIf(condition func(*socketio.Socket) bool, message string) func(context.Context, *socketio.Socket) (context.Context, error) {
	return func(ctx context.Context, s *socketio.Socket) (context.Context, error) {
		if condition(s) {
			return nil, &socketio.ConnectError{Message: message}
		}
		return ctx, nil
	}
}

func asksToFail(s *socketio.Socket) bool { return s.Handshake().URL.Query().Get("fail") != "" }

func always(*socketio.Socket) bool { return true }

// addSuiteEvents registers what "/" does.
func addSuiteEvents(srv *socketio.Server) {
	srv.Handle("hi", answerBy("hi"))
	srv.Handle("echo", func(_ context.Context, _ *socketio.Socket, m *socketio.Message) error {
		args, err := argsOf(m)
		if err != nil {
			return err
		}
		return m.Ack(args...)
	})
	srv.Handle("ack", askBack)
	srv.Handle("getAckDate", func(_ context.Context, _ *socketio.Socket, m *socketio.Message) error {
		return m.Ack(javaScriptNow())
	})
	srv.Handle("getId", tellID)
	srv.Handle("getHandshake", func(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
		shown, err := handshakeOf(s)
		if err != nil {
			return err
		}
		return m.Ack(shown)
	})
	srv.Handle("getDate", func(_ context.Context, s *socketio.Socket, _ *socketio.Message) error {
		return s.EmitArgs("takeDate", javaScriptNow())
	})
	srv.Handle("getDateObj", func(_ context.Context, s *socketio.Socket, _ *socketio.Message) error {
		return s.EmitArgs("takeDateObj", map[string]string{"date": javaScriptNow()})
	})
	srv.Handle("getUtf8", func(_ context.Context, s *socketio.Socket, _ *socketio.Message) error {
		for _, words := range []string{"てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "utf8 — string", "utf8 — string"} {
			if err := s.EmitArgs("takeUtf8", words); err != nil {
				return err
			}
		}
		return nil
	})
	srv.Handle("false", answerBy("false", false))
	srv.Handle("doge", answerBy("doge", []byte("asdfasdf")))
	srv.Handle("getbin", answerBy("takebin", []byte("asdfasdf")))
	addBinaryChecks(srv)
}

// answerBy makes a handler that emits an event.
func answerBy(event string, args ...any) socketio.Handler {
	return func(_ context.Context, s *socketio.Socket, _ *socketio.Message) error {
		return s.EmitArgs(event, args...)
	}
}

// askBack asks the client, and says so when it has got the right answer. It does not wait
// for that, since the suite's client may ask again without having answered.
func askBack(_ context.Context, s *socketio.Socket, _ *socketio.Message) error {
	go func() {
		reply, err := s.EmitArgsAck(s.Context(), "ack")
		if err != nil {
			return
		}
		var number int
		var object struct {
			Test bool `json:"test"`
		}
		if reply.Decode(&number, &object) == nil && number == 5 && object.Test {
			_ = s.EmitArgs("got it") // fails only if the client has gone
		}
	}()
	return nil
}

// addBinaryChecks registers the events that answer what has come as it should.
func addBinaryChecks(srv *socketio.Server) {
	srv.Handle("buffa", answerBinary("buffack"))
	srv.Handle("jsonbuff", answerMixed("jsonbuff-ack"))
	srv.Handle("blob", answerBinary("back"))
	srv.Handle("jsonblob", answerMixed("jsonblob-ack"))
	addBlobs(srv)
	srv.Handle("abuff1", func(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
		s.SetData(isBinary(m))
		return nil
	})
	srv.Handle("abuff2", func(_ context.Context, s *socketio.Socket, _ *socketio.Message) error {
		if before, ok := s.Data[bool](); ok && before {
			return s.EmitArgs("abuff2-ack")
		}
		return nil
	})
}

// addBlobs registers the events that browsers send one after the other, binary, text, binary.
func addBlobs(srv *socketio.Server) {
	arrived := func(after, now int) func(*socketio.Socket, bool) {
		return func(s *socketio.Socket, right bool) {
			before, _ := s.Data[int]()
			if !right || before != after {
				now = 0
			}
			s.SetData(now)
		}
	}
	srv.Handle("blob1", func(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
		arrived(0, 1)(s, isBinary(m))
		return nil
	})
	srv.Handle("blob2", func(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
		var text string
		arrived(1, 2)(s, m.Decode(&text) == nil && text == "second")
		return nil
	})
	srv.Handle("blob3", func(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
		if before, _ := s.Data[int](); before != 2 || !isBinary(m) {
			return nil
		}
		return s.EmitArgs("blob3-ack")
	})
}

func answerBinary(event string) socketio.Handler {
	return func(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
		if !isBinary(m) {
			return nil
		}
		return s.EmitArgs(event)
	}
}

func isBinary(m *socketio.Message) bool {
	args, err := argsOf(m)
	if err != nil || len(args) == 0 {
		return false
	}
	_, binary := args[0].([]byte)
	return binary
}

func answerMixed(event string) socketio.Handler {
	return func(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
		var mixed struct {
			Hello   string `json:"hello"`
			Message []byte `json:"message"`
			Goodbye string `json:"goodbye"`
		}
		if err := m.Decode(&mixed); err != nil {
			return err
		}
		if mixed.Hello != "lol" || mixed.Message == nil || mixed.Goodbye != "gotcha" {
			return nil
		}
		return s.EmitArgs(event)
	}
}

func tellID(_ context.Context, s *socketio.Socket, m *socketio.Message) error { return m.Ack(s.ID()) }

// A handshake is as much of a client's first request as the suite looks at.
type handshake struct {
	Query   map[string]any    `json:"query"`
	Auth    any               `json:"auth"`
	Headers map[string]string `json:"headers"`
	URL     string            `json:"url"`
	Address string            `json:"address"`
}

func handshakeOf(s *socketio.Socket) (handshake, error) {
	h := s.Handshake()
	shown := handshake{
		Query: queryOf(h.URL.Query()), Headers: map[string]string{},
		URL: h.URL.RequestURI(), Address: h.RemoteAddr,
	}
	for name, values := range h.Header {
		shown.Headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	err := h.DecodeAuth(&shown.Auth)
	return shown, err
}

// queryOf has the value of each key, or an array of those that came several times.
func queryOf(query url.Values) map[string]any {
	shown := make(map[string]any, len(query))
	for key, values := range query {
		shown[key] = values
		if len(values) == 1 {
			shown[key] = values[0]
		}
	}
	return shown
}

// javaScriptNow is the time as JavaScript's JSON has a Date.
func javaScriptNow() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000Z") }
