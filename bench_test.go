package socketio

import (
	"context"
	"net/http/httptest"
	"testing"

	"socketio/engineio"
)

// deafClients connects clients that ignore what they receive, and returns the server's
// ends.
func deafClients(t testing.TB, srv *Server, n int) []*Socket {
	web := httptest.NewServer(srv)
	t.Cleanup(func() {
		srv.Close()
		web.Close()
	})
	for range n {
		c := dialTCP(t, web.Listener.Addr())
		t.Cleanup(c.cut)
		c.join("/")
		c.deaf.Store(true)
		c.send(`420["ready"]`)
	}
	var sockets []*Socket
	for s := range srv.Sockets() {
		sockets = append(sockets, s)
	}
	return sockets
}

// echoServer has a typed handler that answers with what it is asked.
func echoServer() *Server {
	srv := NewServer(nil)
	srv.OnAck("echo", func(_ context.Context, _ *Socket, text string) (string, error) { return text, nil })
	return srv
}

func BenchmarkEcho(b *testing.B) {
	s := deafClients(b, echoServer(), 1)[0]
	event := engineio.Message{Data: []byte(`21["echo","hello world"]`)}
	b.ReportAllocs()
	for b.Loop() {
		s.peer.Receive(event)
	}
}

func BenchmarkBroadcast(b *testing.B) {
	srv := echoServer()
	for _, s := range deafClients(b, srv, 100) {
		s.Join("room")
	}
	room := srv.To("room")
	b.ReportAllocs()
	for b.Loop() {
		room.Emit("event", "hello world")
	}
}
