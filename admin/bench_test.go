package admin_test

import (
	"context"
	"net/http/httptest"
	"testing"

	"socketio"
	"socketio/admin"
)

// BenchmarkEcho is what an event with an acknowledgement costs client and server together:
// alone, with an admin whom nobody asks anything, with a page that is told of each event, as
// far as its rate goes, and with a dashboard.
func BenchmarkEcho(b *testing.B) {
	for _, bb := range []struct {
		name    string
		install bool
		auth    any // of somebody who watches; nil if nobody does
	}{
		{"alone", false, nil},
		{"installed", true, nil},
		{"page", true, map[string]any{}},
		{"dashboard", true, map[string]any{"dashboard": 1}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			srv := socketio.NewServer(nil)
			if bb.install {
				if _, err := admin.Install(srv, &admin.Options{NoAuth: true, Logger: quiet}); err != nil {
					b.Fatal(err)
				}
			}
			srv.OnAck("ask", func(_ context.Context, _ *socketio.Socket, question string) (string, error) { return question, nil })
			web := httptest.NewServer(srv)
			defer web.Close()
			defer srv.Close()
			clients := []*socketio.Client{socketio.NewClient(web.URL, nil)}
			if bb.auth != nil {
				clients = append(clients, socketio.NewClient(web.URL+"/admin", &socketio.ClientOptions{Auth: bb.auth}))
			}
			for _, c := range clients {
				defer c.Close()
				if err := c.Connect(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := clients[0].EmitAck[string](b.Context(), "ask", "what"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
