package socketio_test

import (
	"context"
	"encoding/json/jsontext"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"socketio"
	"socketio/engineio"
	"socketio/internal/transcript"
)

// What is on the wire is told by the transcripts in testdata/wire, which any server
// can be held to.

func TestTranscripts(t *testing.T) {
	for _, conversation := range transcripts(t) {
		t.Run(conversation.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				listener := newMemory()
				serveTranscripts(t, listener)
				err := conversation.Play(transcript.Target{
					Dial: listener.dial, Path: pathOf(conversation), Settle: synctest.Wait, Patience: time.Minute,
				})
				if err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestTranscriptsAtTarget plays the transcripts to the server at the address TARGET. What
// that is to be like, and how to make it with the reference implementation, is told in
// testdata/wire/server.cjs.
func TestTranscriptsAtTarget(t *testing.T) {
	address := os.Getenv("TARGET")
	if address == "" {
		t.Skip("TARGET is not set")
	}
	for _, conversation := range transcripts(t) {
		t.Run(conversation.Name, func(t *testing.T) {
			if conversation.OursAlone != "" {
				t.Skip("ours alone: ", conversation.OursAlone)
			}
			err := conversation.Play(transcript.Target{
				Dial:     func() (net.Conn, error) { return net.Dial("tcp", address) },
				Path:     pathOf(conversation),
				Settle:   func() { time.Sleep(60 * time.Millisecond) }, // nobody tells when a stranger is done
				Patience: 5 * time.Second,
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// transcripts reads them all.
func transcripts(t *testing.T) []*transcript.Transcript {
	t.Helper()
	files, err := filepath.Glob("testdata/wire/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts (%v)", err)
	}
	var all []*transcript.Transcript
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		conversation, err := transcript.Parse(filepath.Base(file), string(text))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, conversation)
	}
	return all
}

func pathOf(conversation *transcript.Transcript) string {
	if conversation.Server == "" {
		return "/socket.io/"
	}
	return "/" + conversation.Server + "/"
}

// transcriptServers are the options of the servers that transcripts name.
func transcriptServers() map[string]engineio.Options {
	return map[string]engineio.Options{
		"socket.io": {},
		"fast": {
			PingInterval: 300 * time.Millisecond, PingTimeout: 200 * time.Millisecond,
			UpgradeTimeout: 300 * time.Millisecond, MaxPayload: 1000,
		},
		"cors": {CORS: socketio.CORS{
			Origins: []string{"http://page.test"}, Credentials: true, AllowedHeaders: []string{"x-custom"},
		}},
		"wsonly":    {Transports: []string{engineio.WebSocket}},
		"noupgrade": {NoUpgrade: true},
		"guard": {Allow: func(r *http.Request) error {
			if r.URL.Query().Get("pass") != "yes" {
				return errors.New("no entry")
			}
			return nil
		}},
		"recovery": {},
		"cookie":   {Cookie: &http.Cookie{}},
		"greeting": {InitialMessage: []byte("hello")},
		"eio3": {
			EIO3: true, JSONP: true, PingInterval: 300 * time.Millisecond, PingTimeout: 200 * time.Millisecond,
		},
	}
}

// serveTranscripts serves all of them until the test ends.
func serveTranscripts(t *testing.T, listener net.Listener) {
	t.Helper()
	mux := http.NewServeMux()
	for name, options := range transcriptServers() {
		options.Path = "/" + name + "/"
		options.Logger = slog.New(slog.DiscardHandler)
		o := socketio.Options{Options: options}
		switch name {
		case "fast":
			o.ConnectTimeout = 400 * time.Millisecond
		case "recovery":
			o.Recovery.Window = time.Minute
		}
		srv := socketio.NewServer(&o)
		registerForTranscripts(srv)
		mux.Handle(options.Path, srv)
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			if err := srv.Shutdown(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	web := &http.Server{Handler: mux, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)}
	var serving sync.WaitGroup
	serving.Go(func() { web.Serve(listener) })
	t.Cleanup(func() {
		web.Close()
		serving.Wait()
	})
}

// registerForTranscripts makes the namespaces and their handlers.
func registerForTranscripts(srv *socketio.Server) {
	srv.OnConnect(emitAuth)
	srv.Handle("message", func(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
		args, err := arguments(m)
		return errors.Join(err, s.EmitArgs("message-back", args...))
	})
	srv.Handle("message-with-ack", func(_ context.Context, _ *socketio.Socket, m *socketio.Message) error {
		args, err := arguments(m)
		return errors.Join(err, m.Ack(args...))
	})
	srv.Handle("ask", askForTranscripts)
	srv.Handle("tell", func(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
		args, err := arguments(m)
		return errors.Join(err, s.Broadcast().EmitArgs("told", args...))
	})
	srv.On("leave", leave)
	srv.Of("/custom").OnConnect(emitAuth)

	srv.Of("/members").Use(func(_ context.Context, s *socketio.Socket) (context.Context, error) {
		var auth struct {
			Token string `json:"token"`
		}
		if err := s.Handshake().DecodeAuth(&auth); err != nil || auth.Token != "secret" {
			return nil, &socketio.ConnectError{Message: "not a member", Data: struct {
				Code  int  `json:"code"`
				Retry bool `json:"retry"`
			}{Code: 7}}
		}
		return nil, nil
	})

	srv.OfFunc(regexp.MustCompile(`^/tenant-\d+$`).MatchString).OnConnect(emitAuth)

	early := srv.Of("/early")
	early.Use(func(_ context.Context, s *socketio.Socket) (context.Context, error) {
		return nil, s.Emit("early", 1)
	})
	early.OnConnect(func(_ context.Context, s *socketio.Socket) error { return s.Emit("late", 2) })

	watch := srv.Of("/watch")
	watch.On("leave", leave)
	watch.OnDisconnect(func(_ context.Context, _ *socketio.Socket, why socketio.Reason) error {
		return watch.Emit("gone", string(why))
	})
}

func emitAuth(_ context.Context, s *socketio.Socket) error {
	var auth jsontext.Value // which keeps the order of the keys
	return errors.Join(s.Handshake().DecodeAuth(&auth), s.Emit("auth", auth))
}

func leave(_ context.Context, s *socketio.Socket, closing bool) error {
	if closing {
		return s.Close()
	}
	s.Disconnect()
	return nil
}

// askForTranscripts passes a question on to the client and sends the answer back.
func askForTranscripts(ctx context.Context, s *socketio.Socket, m *socketio.Message) error {
	args, err := arguments(m)
	if err != nil {
		return err
	}
	reply, err := s.EmitArgsAck(ctx, "question", args...)
	if err != nil {
		return err
	}
	answer, err := arguments(reply)
	return errors.Join(err, s.EmitArgs("answer", answer...))
}

func TestTranscriptsAreAboutServersThatExist(t *testing.T) {
	servers := transcriptServers()
	for _, conversation := range transcripts(t) {
		if _, known := servers[conversation.Server]; conversation.Server != "" && !known {
			t.Errorf("%s is for the server %q", conversation.Name, conversation.Server)
		}
		if first, _, _ := strings.Cut(conversation.Prose, "\n"); !strings.HasSuffix(first, ".") {
			t.Errorf("%s begins with %q, which is no sentence", conversation.Name, first)
		}
	}
}
