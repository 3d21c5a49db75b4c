// Command auth-session lets in who is logged in by a cookie, until the session ends:
//
//	go run ./examples/auth-session
package main

import (
	"context"
	"crypto/rand"
	"embed"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"socketio"
	"socketio/examples/internal/serve"
)

//go:embed index.html page.js
var page embed.FS

const (
	Say  socketio.Event[string] = "say"
	Said socketio.Event[Line]   = "said"
)

// A Line is something said by somebody.
type Line struct {
	From string `json:"from"`
	Text string `json:"text"`
}

// What a session knows: who it is, and the name of the room with its sockets, which are
// those of all tabs of a browser. The name is not the session's token, as that is a secret.
const (
	user = "user"
	room = "room"
)

type site struct {
	sessions *scs.SessionManager
	srv      *socketio.Server
}

func newSite() *site {
	sessions := scs.New() // in memory; its other stores keep them in databases
	sessions.Cookie.SameSite = http.SameSiteStrictMode
	sessions.Lifetime = time.Hour
	s := &site{sessions: sessions, srv: socketio.NewServer(nil)}
	s.srv.Use(s.admit)
	s.srv.On(Say, func(_ context.Context, socket *socketio.Socket, text string) error {
		name, _ := socket.Data[string]()
		return s.srv.Emit(Said, Line{From: name, Text: text})
	})
	return s
}

// admit lets in who is logged in. Its context has the values of that of the HTTP request,
// the session's token among them. What the session knows is looked up anew, as a client may
// take its time between that request and joining.
func (s *site) admit(ctx context.Context, socket *socketio.Socket) (context.Context, error) {
	session, err := s.sessions.Load(context.Background(), s.sessions.Token(ctx))
	if err != nil {
		return nil, err
	}
	name := s.sessions.GetString(session, user)
	if name == "" {
		return nil, &socketio.ConnectError{Message: "unauthorized"}
	}
	socket.SetData(name)
	socket.Join(s.sessions.GetString(session, room))
	return ctx, nil
}

func (s *site) login(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimSpace(r.FormValue("user"))
	if name == "" || len(name) > 32 {
		http.Error(w, "who are you?", http.StatusBadRequest)
		return
	}
	// With another token, so that nobody is let in by one that he was made to use before.
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.sessions.Put(r.Context(), user, name)
	s.sessions.Put(r.Context(), room, "session "+rand.Text())
}

// logout ends the session, and with it the sockets that were let in by it.
func (s *site) logout(w http.ResponseWriter, r *http.Request) {
	sockets := s.sessions.GetString(r.Context(), room)
	if err := s.sessions.Destroy(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if err := s.srv.To(sockets).DisconnectSockets(true); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func main() {
	s := newSite()
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", s.srv)
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /logout", s.logout)
	mux.Handle("/", serve.Page(page))
	serve.Run(s.sessions.LoadAndSave(mux), s.srv)
}
