package engineio

import "errors"

var (
	// ErrClosed is returned once a connection has ended or is ending.
	ErrClosed = errors.New("engineio: connection closed")
	// ErrQueueFull is returned when a message would exceed Options.QueueBytes.
	ErrQueueFull = errors.New("engineio: send queue full")
	// ErrServerClosed is returned after Shutdown or Close.
	ErrServerClosed = errors.New("engineio: server closed")
)

// A CloseError says why a connection ended. Reason is the protocol's own word:
// "transport error", "transport close", "ping timeout", "parse error",
// "forced close".
type CloseError struct {
	Reason string
	Err    error // the cause, or nil
}

func (e *CloseError) Error() string { return "engineio: " + e.Reason }
func (e *CloseError) Unwrap() error { return e.Err }

// A HandshakeError says why a request was refused: one of the protocol's codes 0 to 5.
type HandshakeError struct {
	Code    int
	Message string
	Context string
}

func (e *HandshakeError) Error() string { return "engineio: " + e.Message }
