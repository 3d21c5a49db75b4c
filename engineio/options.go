package engineio

import (
	"log/slog"
	"net/http"
	"time"
)

// The names of the transports.
const (
	Polling   = "polling"
	WebSocket = "websocket"
)

// Options configures a Server. The zero value of each field is its default.
type Options struct {
	Path                                                    string
	PingInterval, PingTimeout, UpgradeTimeout, WriteTimeout time.Duration
	MaxPayload                                              int
	Transports                                              []string
	NoUpgrade                                               bool
	Cookie                                                  *http.Cookie
	CORS                                                    CORS
	Allow                                                   func(*http.Request) error
	GenerateID                                              func(*http.Request) (string, error)
	Header                                                  func(h http.Header, r *http.Request, first bool)
	ClientIP                                                func(*http.Request) string
	QueueBytes                                              int
	Logger                                                  *slog.Logger
}

// CORS is the origin policy, of every transport.
type CORS struct {
	Origins        []string
	OriginFunc     func(origin string) bool
	AllowedHeaders []string
	ExposedHeaders []string
	Methods        []string
	Credentials    bool
	MaxAge         time.Duration
	Off            bool
}
