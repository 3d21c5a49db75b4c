// Command react-native is the server of an app for phones, and shows the app in a page:
//
//	make setup # once: installs React, React Native for Web and the official client
//	go run ./examples/react-native
//
// The page is what the app is on a phone, as far as React Native for Web goes. For a phone
// see README.md.
package main

import (
	"context"
	"embed"
	"log"
	"net/http"

	"socketio"
	"socketio/examples/internal/bundle"
	"socketio/examples/internal/serve"
)

//go:embed index.html
var page embed.FS

const (
	// Online is how many are there.
	Online socketio.Event[int] = "online"

	// Wave is passed on to everybody else; the answer is how many they are.
	Wave socketio.Call[string, int] = "wave"

	// Waved tells who waves.
	Waved socketio.Event[string] = "waved"
)

func main() {
	script, err := bundle.Script("react-native/app/index.web.js", map[string]string{"react-native": "react-native-web"})
	if err != nil {
		log.Fatal(err)
	}
	srv := newServer()
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.Handle("/app.js", script)
	mux.Handle("/", serve.Page(page))
	serve.Run(mux, srv)
}

func newServer() *socketio.Server {
	srv := socketio.NewServer(nil)
	srv.OnConnect(func(context.Context, *socketio.Socket) error {
		return srv.Emit(Online, srv.Stats().Sockets)
	})
	srv.OnDisconnect(func(context.Context, *socketio.Socket, socketio.Reason) error {
		return srv.Emit(Online, srv.Stats().Sockets)
	})
	srv.OnAck(Wave, func(_ context.Context, s *socketio.Socket, who string) (int, error) {
		return srv.Stats().Sockets - 1, s.Broadcast().Emit(Waved, who)
	})
	return srv
}
