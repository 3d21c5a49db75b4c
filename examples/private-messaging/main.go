// Command private-messaging is for two at a time: who is there, and what they tell each
// other, also while one of them is away.
//
//	go run ./examples/private-messaging
//
// The events are those of the official example of that name.
package main

import (
	"context"
	"embed"
	"net/http"

	"socketio"
	"socketio/examples/internal/serve"
	"socketio/presence"
)

//go:embed index.html page.js
var page embed.FS

const (
	Began   socketio.Event[Session] = "session"
	Users   socketio.Event[[]User]  = "users"
	Came    socketio.Event[User]    = "user connected"
	Went    socketio.Event[string]  = "user disconnected"
	Private socketio.Event[Message] = "private message"
)

type house struct {
	*People // its lock is held while something is told, so that who comes misses nothing
	srv     *socketio.Server
	here    *presence.Presence
}

func newHouse() *house {
	h := &house{People: NewPeople(), srv: socketio.NewServer(nil)}
	h.here = presence.New(h.srv.Namespace, presence.Options{
		Key:     func(s *socketio.Socket) string { return who(s).UserID },
		Room:    func(string) bool { return false }, // whether somebody is online is all that counts
		OnJoin:  func(_, user string) { h.came(user) },
		OnLeave: func(_, user string) { h.went(user) },
	})
	h.srv.Use(h.admit)
	h.srv.OnConnect(h.connect)
	h.srv.On(Private, h.pass)
	return h
}

// who says whose socket it is.
func who(s *socketio.Socket) Session {
	session, _ := s.Data[Session]()
	return session
}

// admit lets in who has a session, or a name for a new one.
func (h *house) admit(ctx context.Context, s *socketio.Socket) (context.Context, error) {
	var auth struct {
		SessionID string `json:"sessionID"`
		Username  string `json:"username"`
	}
	if err := s.Handshake().DecodeAuth(&auth); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	session, ok := h.sessions[auth.SessionID]
	if !ok {
		var err error
		if session, err = h.begin(auth.Username); err != nil {
			return nil, &socketio.ConnectError{Message: err.Error()}
		}
	}
	s.SetData(session)
	return ctx, nil
}

// connect tells a tab of a user who there is and what was said. From then on it is in the
// user's room and hears the rest.
func (h *house) connect(_ context.Context, s *socketio.Socket) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	session := who(s)
	if err := s.Emit(Began, session); err != nil {
		return err
	}
	users := h.list(session.UserID)
	for i := range users {
		users[i].Connected = h.here.Online(users[i].UserID)
	}
	s.Join(session.UserID)
	return s.Emit(Users, users)
}

// pass keeps a message and sends it to all tabs of both, but for the one that it is from.
func (h *house) pass(_ context.Context, s *socketio.Socket, m Message) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	m.From = who(s).UserID
	if !h.keep(m) {
		return nil
	}
	return s.To(m.To, m.From).Emit(Private, m)
}

// came and went tell the clients of this server; others, if there were any, tell their own.
// A page that is loaded again is neither.
func (h *house) came(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.users[user]
	u.Connected = true
	h.srv.All().Local().Except(user).Emit(Came, u) //nolint:errcheck // the server is closing then
}

func (h *house) went(user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.srv.All().Local().Emit(Went, user) //nolint:errcheck // the server is closing then
}

func main() {
	h := newHouse()
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", h.srv)
	mux.Handle("/", serve.Page(page))
	serve.Run(mux, h.srv)
}
