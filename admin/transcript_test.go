package admin_test

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"socketio"
	"socketio/admin"
	"socketio/internal/transcript"
)

// What is on the wire is told by the transcripts in testdata/wire.
func TestTranscripts(t *testing.T) {
	servers := map[string]admin.Options{
		"production":  {Mode: admin.Production},
		"development": {NoAuth: true},
		"readonly":    {NoAuth: true, ReadOnly: true},
	}
	files, err := filepath.Glob("testdata/wire/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts (%v)", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			conversation, err := transcript.Parse(filepath.Base(file), string(text))
			if err != nil {
				t.Fatal(err)
			}
			o, known := servers[conversation.Server]
			if !known {
				t.Fatalf("there is no server %q", conversation.Server)
			}
			o.ServerID = "first"
			within(t, func(t *testing.T) { play(t, conversation, o) })
		})
	}
}

func play(t *testing.T, conversation *transcript.Transcript, o admin.Options) {
	r := newRig(t, o, nil, func(srv *socketio.Server) {
		srv.Handle("echo", func(ctx context.Context, s *socketio.Socket, m *socketio.Message) error {
			s.Join("room")
			var arg any
			if err := m.Decode(&arg); err != nil {
				return err
			}
			return s.EmitArgs("echoed", arg)
		})
	})
	dial := r.web.HTTPClient().Transport.(*http.Transport).DialContext
	err := conversation.Play(transcript.Target{
		Dial: func() (net.Conn, error) { return dial(t.Context(), "tcp", "server.test:80") },
		Path: "/socket.io/", Settle: synctest.Wait, Patience: time.Minute,
	})
	if err != nil {
		t.Error(err)
	}
}
