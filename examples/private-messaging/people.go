package main

import (
	"cmp"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

const (
	mostUsers    = 1000
	mostMessages = 10_000
)

// A Session is what a browser remembers to be the same user again. Its ID is a secret.
type Session struct {
	ID     string `json:"sessionID"`
	UserID string `json:"userID"`
}

// A User is somebody as others see him, with what he and one of them have told each other.
type User struct {
	UserID    string    `json:"userID"`
	Username  string    `json:"username"`
	Connected bool      `json:"connected"`
	Messages  []Message `json:"messages"`
}

// A Message goes from one user to another.
type Message struct {
	Content string `json:"content"`
	From    string `json:"from"`
	To      string `json:"to"`
}

// Validate refuses messages without content, and those that are too long.
func (m Message) Validate() error {
	if n := utf8.RuneCountInString(m.Content); n == 0 || n > 2000 {
		return errors.New("a message has 1 to 2000 characters")
	}
	return nil
}

// People are the users there are, online or not, and the messages between them, all in
// memory. Its methods want the lock to be held.
type People struct {
	mu       sync.Mutex
	sessions map[string]Session
	users    map[string]User // without messages
	messages []Message       // the last ones
}

// NewPeople returns a house without people.
func NewPeople() *People {
	return &People{sessions: map[string]Session{}, users: map[string]User{}}
}

// begin makes a user of that name, and a session for him.
func (p *People) begin(name string) (Session, error) {
	name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(name); n == 0 || n > 32 {
		return Session{}, errors.New("invalid username")
	}
	if len(p.users) >= mostUsers {
		return Session{}, errors.New("there are too many users")
	}
	session := Session{ID: rand.Text(), UserID: rand.Text()}
	p.sessions[session.ID] = session
	p.users[session.UserID] = User{UserID: session.UserID, Username: name}
	return session, nil
}

// keep keeps a message, if there is somebody to get it.
func (p *People) keep(m Message) bool {
	if _, known := p.users[m.To]; !known {
		return false
	}
	if len(p.messages) == mostMessages {
		p.messages = slices.Delete(p.messages, 0, mostMessages/10)
	}
	p.messages = append(p.messages, m)
	return true
}

// list returns all users by name, each with the messages between him and the one who asks.
func (p *People) list(asking string) []User {
	with := map[string][]Message{}
	for _, m := range p.messages {
		switch asking {
		case m.From:
			with[m.To] = append(with[m.To], m)
		case m.To:
			with[m.From] = append(with[m.From], m)
		}
	}
	users := slices.SortedFunc(maps.Values(p.users), func(a, b User) int {
		return cmp.Or(strings.Compare(a.Username, b.Username), strings.Compare(a.UserID, b.UserID))
	})
	for i := range users {
		users[i].Messages = with[users[i].UserID]
	}
	return users
}
