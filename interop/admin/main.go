// Command admin is a server to look at with the official admin page, and the page's clients:
// interop/js/admin does. It echoes events and lets clients join rooms. PORT, ORIGIN (of the
// page) and MODE are in its environment.
package main

import (
	"context"
	"log"
	"net"
	"net/http"
	"os"

	"socketio"
	"socketio/admin"
)

// secret is the hash of the password "secret".
const secret = "$2a$04$9p6GW67.8YSwwM8xJSUaiua2g9laRhC18xTgeaqxBkgKcy4iNRrkO"

func main() {
	srv := socketio.NewServer(&socketio.Options{CORS: socketio.CORS{Origins: []string{os.Getenv("ORIGIN")}, Credentials: true}})
	_, err := admin.Install(srv, &admin.Options{
		Users: map[string]string{"ada": secret}, Mode: admin.Mode(os.Getenv("MODE")), ServerID: "the-server",
	})
	if err != nil {
		log.Fatal(err)
	}
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		s.Join("lobby")
		return nil
	})
	srv.Handle("echo", func(_ context.Context, s *socketio.Socket, m *socketio.Message) error {
		var arg any
		if err := m.Decode(&arg); err != nil {
			return err
		}
		return s.EmitArgs("echoed", arg)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		log.Fatal(err)
	}
	log.SetFlags(0)
	log.SetOutput(os.Stdout)
	log.Print("listening")
	log.Fatal(http.Serve(listener, srv))
}
