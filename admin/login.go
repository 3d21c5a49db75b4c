package admin

import (
	"context"
	"crypto/rand"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"fmt"
	"log/slog"

	"golang.org/x/crypto/bcrypt"

	"socketio"
)

// errCredentials refuses a client. The page compares the message.
var errCredentials = &socketio.ConnectError{Message: "invalid credentials"}

// credentials are what a client gives as its auth. What is of another type than a string is
// as good as nothing.
type credentials struct {
	SessionID jsontext.Value `json:"sessionId"`
	Username  jsontext.Value `json:"username"`
	Password  jsontext.Value `json:"password"`
	Dashboard jsontext.Value `json:"dashboard"`
}

// A login is what is known of an admin who is let in.
type login struct {
	user      string
	session   string // to be told; "" unless it is new
	dashboard bool
}

type loginKey struct{}

// authenticate is the middleware of the admin namespace.
func (a *Admin) authenticate(ctx context.Context, s *socketio.Socket) (context.Context, error) {
	var given credentials
	if err := s.Handshake().DecodeAuth(&given); err != nil {
		return nil, errCredentials
	}
	l := login{dashboard: string(given.Dashboard) == "1" || string(given.Dashboard) == "true"}
	if !a.options.NoAuth && !a.resumes(ctx, text(given.SessionID)) {
		l.user = text(given.Username)
		if !a.matches(ctx, s, l.user, text(given.Password)) {
			return nil, errCredentials
		}
		l.session = newSession()
		if err := a.options.Sessions.Save(ctx, l.session); err != nil {
			a.logger.Warn("admin: the session is not kept", "error", err)
			l.session = ""
		}
	}
	if l.dashboard {
		s.Join(dashboards)
	}
	return context.WithValue(ctx, loginKey{}, l), nil
}

// resumes says whether a session is that of somebody who has logged in.
func (a *Admin) resumes(ctx context.Context, id string) bool {
	if id == "" {
		return false
	}
	found, err := a.options.Sessions.Has(ctx, id)
	if err != nil {
		a.logger.Warn("admin: the session cannot be looked up", "error", err)
	}
	return found && err == nil
}

// matches says whether there is a user with that password. It takes as long if there is no
// such user.
func (a *Admin) matches(ctx context.Context, s *socketio.Socket, user, password string) bool {
	if user == "" && password == "" {
		return false // a session that is over, or a page that asks whether it needs one
	}
	address := s.Handshake().RemoteAddr
	hash, exists := a.users[user]
	if !exists {
		hash = a.nobody
	}
	same, err := a.throttle.compare(ctx, address, user, password, hash)
	if same && exists {
		a.throttle.forgive(address, user)
		a.logger.Info("admin: logged in", "user", user, "remote", address)
		return true
	}
	a.logger.LogAttrs(ctx, slog.LevelWarn, "admin: login failed",
		slog.String("remote", address), slog.Bool("throttled", err != nil))
	return false
}

// text returns the string that a value is, or "".
func text(v jsontext.Value) string {
	var s string
	if v.Kind() != '"' || json.Unmarshal(v, &s) != nil {
		return ""
	}
	return s
}

// hashes returns the hashes of the users, and one that is as much work and nobody's.
func hashes(users map[string]string) (all map[string][]byte, nobody []byte) {
	all = map[string][]byte{}
	most := bcrypt.MinCost
	for user, hash := range users {
		all[user] = []byte(hash)
		if cost, err := bcrypt.Cost(all[user]); err == nil { // it is, see checkHash
			most = max(most, cost)
		}
	}
	return all, fmt.Appendf(nil, "$2a$%02d$%.53s", most, rand.Text()+rand.Text()+rand.Text())
}
