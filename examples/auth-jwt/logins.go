package main

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"socketio"
	"socketio/auth"
)

// Logins are who is logged in. A login lasts until it is ended, a token of it for moments.
// Its methods may be called concurrently.
type Logins struct {
	secret []byte

	mu   sync.Mutex
	byID map[string]Login
}

// A Login is whose it is, and how long its tokens are valid.
type Login struct {
	User string
	Life time.Duration
}

var errLoggedOut = errors.New("not logged in")

// NewLogins returns logins with a new secret, so that no token outlives the program.
func NewLogins() *Logins {
	return &Logins{secret: []byte(rand.Text()), byID: map[string]Login{}}
}

// Begin logs a user in and returns the id of the login, or false.
func (l *Logins) Begin(user, password string, life time.Duration) (id string, ok bool) {
	passwords := map[string]string{"ada": "ada", "bob": "bob", "eve": "eve"} // a program keeps hashes of them
	want, known := passwords[user]
	if same := subtle.ConstantTimeCompare([]byte(password), []byte(want)) == 1; !known || !same {
		return "", false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	id = rand.Text()
	l.byID[id] = Login{User: user, Life: life}
	return id, true
}

// End ends all logins of a user.
func (l *Logins) End(user string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.byID, func(_ string, login Login) bool { return login.User == user })
}

// find returns the login with an id, and false if it has ended.
func (l *Logins) find(id string) (Login, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	login, ok := l.byID[id]
	return login, ok
}

// Token returns a new token of a login.
func (l *Logins) Token(id string) (string, error) {
	login, ok := l.find(id)
	if !ok {
		return "", errLoggedOut
	}
	claims := jwt.RegisteredClaims{
		ID:        id,
		Subject:   login.User,
		ExpiresAt: jwt.NewNumericDate(time.Now().Add(login.Life)),
	}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(l.secret)
}

// Verify says who a token speaks for, as an [auth.Guard] asks. A token of a login that has
// ended is as good as none, however long it would be valid.
func (l *Logins) Verify(_ context.Context, token string) (auth.Identity, error) {
	var claims jwt.RegisteredClaims
	_, err := jwt.ParseWithClaims(token, &claims, func(*jwt.Token) (any, error) { return l.secret, nil },
		jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired())
	if err == nil {
		if login, ok := l.find(claims.ID); !ok || login.User != claims.Subject {
			err = errLoggedOut
		}
	}
	if err != nil {
		reason := "invalid"
		if errors.Is(err, jwt.ErrTokenExpired) {
			reason = "expired"
		}
		return auth.Identity{}, &socketio.ConnectError{Message: "unauthorized", Data: map[string]string{"token": reason}}
	}
	return auth.Identity{User: claims.Subject, Expires: claims.ExpiresAt.Time}, nil
}
