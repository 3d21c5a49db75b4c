// Command auth-jwt lets in who shows a token that is valid, and for as long as it is:
//
//	go run ./examples/auth-jwt
//
// There are ada, who may shut others out, bob and eve. Each one's password is the name.
package main

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"socketio"
	"socketio/auth"
	"socketio/examples/internal/serve"
)

//go:embed index.html page.js
var page embed.FS

const (
	Say     socketio.Call[string, socketio.None] = "say"
	ShutOut socketio.Call[string, socketio.None] = "shut out"
	Said    socketio.Event[Line]                 = "said"
)

// longest is how long tokens are valid.
const longest = 2 * time.Minute

// A Line is something said by somebody.
type Line struct {
	From string `json:"from"`
	Text string `json:"text"`
}

func newServer(logins *Logins) *socketio.Server {
	srv := socketio.NewServer(nil)
	guard := &auth.Guard{
		Verify: logins.Verify,
		May: func(_ context.Context, who auth.Identity, m *socketio.Message) error {
			if m.Event == string(ShutOut) && who.User != "ada" {
				return errors.New("only ada shuts others out")
			}
			return nil
		},
	}
	guard.Protect(srv.Namespace) // it answers auth:refresh, too

	srv.OnAck(Say, func(ctx context.Context, _ *socketio.Socket, text string) (socketio.None, error) {
		who, _ := auth.Of(ctx)
		return socketio.None{}, srv.Emit(Said, Line{From: who.User, Text: text})
	})
	srv.OnAck(ShutOut, func(_ context.Context, _ *socketio.Socket, user string) (socketio.None, error) {
		logins.End(user) // first, or they are back with the next token
		return socketio.None{}, auth.Revoke(srv.Namespace, user)
	})
	return srv
}

// login answers with a token, and with a cookie that gets further ones. No script of a page
// can read the cookie, and no other site can send it.
func login(logins *Logins) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var who struct {
			User, Password string
			Seconds        int // how long tokens are valid, if that should be shorter
		}
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1000)).Decode(&who); err != nil {
			http.Error(w, "no JSON", http.StatusBadRequest)
			return
		}
		life := longest
		if asked := time.Duration(who.Seconds) * time.Second; asked > 0 {
			life = min(life, asked)
		}
		id, ok := logins.Begin(who.User, who.Password, life)
		if !ok {
			http.Error(w, "wrong name or password", http.StatusUnauthorized)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "login", Value: id, Path: "/token", HttpOnly: true, SameSite: http.SameSiteStrictMode})
		answer(w, logins, id)
	}
}

// token answers with another token for as long as the login lasts.
func token(logins *Logins) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		cookie, err := r.Cookie("login")
		if err != nil {
			http.Error(w, "not logged in", http.StatusUnauthorized)
			return
		}
		answer(w, logins, cookie.Value)
	}
}

func answer(w http.ResponseWriter, logins *Logins, id string) {
	token, err := logins.Token(id)
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]string{"token": token}) //nolint:errcheck // a client that has gone needs no token
}

func main() {
	logins := NewLogins()
	srv := newServer(logins)
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.HandleFunc("POST /login", login(logins))
	mux.HandleFunc("POST /token", token(logins))
	mux.Handle("/", serve.Page(page))
	serve.Run(mux, srv)
}
