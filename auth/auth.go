// Package auth lets clients in by tokens that expire, ends them when theirs has expired or
// was revoked, and has every event allowed.
//
// It knows nothing of tokens: what one says, a function of the program finds out.
package auth

import (
	"context"
	"errors"
	"sync"
	"time"

	"socketio"
)

// An Identity is who a token speaks for.
type Identity struct {
	User    string
	Expires time.Time // by the clock on the wall; zero if never
	Claims  any       // whatever else the program wants to know
}

// A Guard decides who may join a namespace, for how long, and what he may do there. Its
// fields must not change once it protects one.
type Guard struct {
	// Verify says who a token speaks for: the member "token" of the client's auth object,
	// which is empty if there is none, or what [Refresh] brings. A [*socketio.ConnectError]
	// tells the client why not; of other errors OnError is told, and the client that the
	// connection was refused. Ctx is that of the socket.
	Verify func(ctx context.Context, token string) (Identity, error)

	// May decides on each event, but for Refresh; nil allows all. If it returns an error
	// the event is not handled, OnError is told, and a client that waits for an
	// acknowledgement gets {"error": "forbidden"}, or what the error says by a method
	// AckArgs.
	May func(ctx context.Context, id Identity, m *socketio.Message) error
}

// Refresh is the event by which a client exchanges its token for another one of the same
// user, and so stays. The answer says until when, or has a member "error".
const Refresh socketio.Call[string, Refreshed] = "auth:refresh"

// Refreshed is the answer to [Refresh].
type Refreshed struct {
	Expires int64 `json:"expires"` // milliseconds since 1970; 0 for never
}

// Protect makes g the guard of a namespace, before clients come. A socket whose token
// expires is disconnected; its client does not come back by itself then.
//
// Protect adds a middleware, a Wrap, and hooks: what was added before sees clients that g
// has not seen, and what is added later those that it has let in. A client that was
// recovered without its middleware, see [socketio.Recovery], is disconnected.
func (g *Guard) Protect(ns *socketio.Namespace) {
	ns.Use(g.admit)
	ns.Wrap(g.watch)
	ns.OnConnect(begin)
	ns.OnDisconnect(end)
	ns.OnAck(Refresh, g.refresh)
}

// Revoke ends the connections of all clients in a namespace whose token speaks for a user,
// on all servers of a cluster. Make Verify refuse these tokens first, or they come back; a
// client that has been verified and has not joined yet is not found. It does not block; the error is that of [socketio.Broadcast.DisconnectSockets].
func Revoke(ns *socketio.Namespace, user string) error {
	return ns.To(room(user)).DisconnectSockets(true)
}

// Of returns who the client is, given a context of its socket's handlers, and false if
// nobody has protected its namespace.
func Of(ctx context.Context) (Identity, bool) {
	p := passOf(ctx)
	if p == nil {
		return Identity{}, false
	}
	return p.identity(), true
}

// room is where the sockets of a user are.
func room(user string) string { return "auth:user:" + user }

// A pass is what a socket has of its token.
type pass struct {
	mu    sync.Mutex // guards what follows
	id    Identity
	timer *time.Timer // nil until the socket is connected, and if the token never expires
	ended bool
}

type passKey struct{}

func passOf(ctx context.Context) *pass {
	p, _ := ctx.Value(passKey{}).(*pass)
	return p
}

func (p *pass) identity() Identity {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.id
}

// expired says whether an identity is not good any more.
func (id *Identity) expired() bool {
	return !id.Expires.IsZero() && !time.Now().Round(0).Before(id.Expires)
}

// use makes id the one that counts, and has s disconnected when it expires.
func (p *pass) use(id Identity, s *socketio.Socket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.id = id
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	if !id.Expires.IsZero() && !p.ended {
		p.timer = time.AfterFunc(time.Until(id.Expires), func() {
			if now := p.identity(); now.expired() {
				s.Disconnect()
			}
		})
	}
}

// admit is the middleware.
func (g *Guard) admit(ctx context.Context, s *socketio.Socket) (context.Context, error) {
	var auth struct {
		Token string `json:"token"`
	}
	if err := s.Handshake().DecodeAuth(&auth); err != nil {
		return nil, &socketio.ConnectError{Message: "the token is no string"}
	}
	id, err := g.verify(ctx, auth.Token)
	if err != nil {
		return nil, err
	}
	s.Join(room(id.User))
	return context.WithValue(ctx, passKey{}, &pass{id: id}), nil
}

func (g *Guard) verify(ctx context.Context, token string) (Identity, error) {
	id, err := g.Verify(ctx, token)
	if err == nil && id.expired() {
		err = &socketio.ConnectError{Message: "the token has expired"}
	}
	return id, err
}

var errUnseen = errors.New("auth: a socket was recovered without its middleware; set Recovery.RunMiddleware")

func begin(ctx context.Context, s *socketio.Socket) error {
	p := passOf(ctx)
	if p == nil {
		return errUnseen
	}
	p.use(p.identity(), s)
	return nil
}

func end(ctx context.Context, _ *socketio.Socket, _ socketio.Reason) error {
	if p := passOf(ctx); p != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.ended = true
		if p.timer != nil {
			p.timer.Stop()
		}
	}
	return nil
}

// watch lets pass what is allowed. A timer may be late, after the machine has slept.
func (g *Guard) watch(next socketio.Handler) socketio.Handler {
	return func(ctx context.Context, s *socketio.Socket, m *socketio.Message) error {
		id, known := Of(ctx)
		switch {
		case !known:
			return errUnseen
		case m.Event == string(Refresh):
		case id.expired():
			s.Disconnect()
			return errors.New("auth: an event came after the token had expired")
		case g.May != nil:
			if err := g.May(ctx, id, m); err != nil {
				return answered(err, "forbidden")
			}
		}
		return next(ctx, s, m)
	}
}

// refresh takes another token.
func (g *Guard) refresh(ctx context.Context, s *socketio.Socket, token string) (Refreshed, error) {
	p := passOf(ctx)
	if p == nil {
		return Refreshed{}, errUnseen
	}
	id, err := g.verify(ctx, token)
	if refused, ok := errors.AsType[*socketio.ConnectError](err); ok {
		return Refreshed{}, answered(err, refused.Message)
	}
	if err != nil {
		return Refreshed{}, answered(err, "refused")
	}
	if id.User != p.identity().User {
		return Refreshed{}, answered(errors.New("auth: a token of another user"), "the token is another user's")
	}
	p.use(id, s)
	if id.Expires.IsZero() {
		return Refreshed{}, nil
	}
	return Refreshed{id.Expires.UnixMilli()}, nil
}

// A refusal is an error that the client is told of.
type refusal struct {
	error
	text string
}

func (r *refusal) Unwrap() error  { return r.error }
func (r *refusal) AckArgs() []any { return []any{map[string]string{"error": r.text}} }

// answered makes the client be told a text, unless the error says what else it is told.
func answered(err error, text string) error {
	if _, ok := errors.AsType[interface {
		error
		AckArgs() []any
	}](err); ok {
		return err
	}
	return &refusal{err, text}
}
