package engineio

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// A Conn is one Engine.IO connection, on whatever transport it is at the moment.
// All its methods may be called concurrently.
type Conn struct{}

// A Request is what a connection's first HTTP request said. It must not be modified.
type Request struct {
	Header      http.Header
	Host        string
	URL         *url.URL
	RemoteAddr  string // the client's host, without port, as Options.ClientIP gives it
	Secure      bool   // the request came over TLS
	CrossOrigin bool   // it carried an Origin header
	Time        time.Time
}

func (c *Conn) ID() string                     { panic("todo") }
func (c *Conn) Request() *Request              { panic("todo") }
func (c *Conn) Transport() string              { panic("todo") }
func (c *Conn) Protocol() int                  { panic("todo") }
func (c *Conn) RemoteAddr() string             { panic("todo") }
func (c *Conn) Upgraded() bool                 { panic("todo") }
func (c *Conn) Buffered() (packets, bytes int) { panic("todo") }

// Context ends with the connection; its cause is a *CloseError. It carries the
// values of the first request's context.
func (c *Conn) Context() context.Context { panic("todo") }

// Attach makes r the receiver of every message; call it once, within the
// function given to NewServer. What came before is delivered first.
func (c *Conn) Attach(r Receiver) { panic("todo") }

// Receive waits for the next message, for programs that attach no Receiver.
func (c *Conn) Receive(ctx context.Context) (Message, error) { panic("todo") }

// MayWait says that the Receiver, within Receive, now runs code that may wait.
// It costs a few nanoseconds.
func (c *Conn) MayWait() { panic("todo") }

// HandOver lets another goroutine read this connection on. A Receiver calls it
// before it waits; when no Receiver call is under way it does nothing.
func (c *Conn) HandOver() { panic("todo") }

// Send queues messages, which stay together and in order, and writes what the
// network takes at once. It never blocks; the bytes are the caller's again when it
// returns. Within a Receive call of this connection, what is sent leaves
// when the batch of input that was read has been handled.
//
// Errors: ErrClosed, ErrQueueFull (which also closes the connection).
func (c *Conn) Send(ms ...Message) error { panic("todo") }

// TrySend is Send for messages that may be dropped: it sends them only if nothing
// of this connection waits, and says whether it did.
func (c *Conn) TrySend(ms ...Message) (bool, error) { panic("todo") }

// SendPrepared sends messages that were prepared once for many connections.
func (c *Conn) SendPrepared(p *Prepared) error { panic("todo") }

// TrySendPrepared is TrySend for prepared messages.
func (c *Conn) TrySendPrepared(p *Prepared) (bool, error) { panic("todo") }

// Close sends what is queued and ends the connection ("forced close"). It does
// not block and may be called from a Receiver.
func (c *Conn) Close() error { panic("todo") }

// Prepared is one or more messages, encoded once for many connections.
type Prepared struct{}

// Prepare copies the messages.
func Prepare(ms ...Message) *Prepared { panic("todo") }
