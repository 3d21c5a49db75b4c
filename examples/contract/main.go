// Command contract is a server whose events are declared once, in package chat, from which
// `sio gen` makes the types of client/main.ts:
//
//	sio gen --types examples/contract/client/chat.d.ts ./examples/contract/chat
package main

import (
	"context"
	"flag"
	"log"
	"net/http"
	"time"

	"socketio"
	"socketio/examples/contract/chat"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:3000", "where to listen")
	flag.Parse()
	http.Handle("/socket.io/", newServer())
	log.Printf("listening on http://%s", *addr)
	log.Fatal(http.ListenAndServe(*addr, nil))
}

func newServer() *socketio.Server {
	srv := socketio.NewServer(nil)
	srv.OnAck(chat.Join, func(_ context.Context, s *socketio.Socket, r chat.JoinRequest) (chat.Roster, error) {
		s.Join(r.Room)
		me := chat.Member{Nick: r.Nick, Since: time.Now(), Role: r.As}
		moved := socketio.Args2[string, chat.Presence]{A: r.Room, B: chat.Presence{Member: me, Here: true}}
		return chat.Roster{Members: []chat.Member{me}}, s.To(r.Room).Emit(chat.Moved, moved)
	})
	srv.On(chat.Say, func(_ context.Context, _ *socketio.Socket, line chat.Line) error {
		return srv.Emit(chat.Said, line)
	})
	srv.OnAck(chat.Upload, func(_ context.Context, _ *socketio.Socket, file socketio.Args2[string, []byte]) (string, error) {
		return "/pictures/" + file.A, nil
	})
	return srv
}
