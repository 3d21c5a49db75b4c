package engineio

import (
	"context"
	"net/http"
)

// A Server is an http.Handler that speaks Engine.IO.
type Server struct{}

// NewServer returns a server that calls handle for each new connection, in order
// to Attach a Receiver or to run a Receive loop. If handle returns without having
// attached a Receiver the connection is closed. Nil options are the defaults.
func NewServer(handle func(*Conn), o *Options) *Server { panic("todo") }

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { panic("todo") }
func (s *Server) Len() int                                         { panic("todo") }
func (s *Server) Trace(t *Trace)                                   { panic("todo") }
func (s *Server) Shutdown(ctx context.Context) error               { panic("todo") }
func (s *Server) Close() error                                     { panic("todo") }

// Trace holds hooks; nil fields cost nothing.
type Trace struct {
	Refused  func(r *http.Request, err *HandshakeError)
	Opened   func(c *Conn)
	Upgraded func(c *Conn)
	Closed   func(c *Conn, err *CloseError)
}
