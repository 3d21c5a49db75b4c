package engineio

import (
	"errors"
	"net/http"
)

var (
	// ErrClosed is returned once a connection has ended or is ending.
	ErrClosed = errors.New("engineio: connection closed")

	// ErrQueueFull is returned when a message would exceed Options.QueueBytes.
	ErrQueueFull = errors.New("engineio: send queue full")

	// ErrServerClosed is why a server that is shutting down refuses connections.
	ErrServerClosed = errors.New("engineio: server closed")
)

// A CloseError says why a connection ended.
type CloseError struct {
	// Reason is one of the protocol's own phrases: "transport error",
	// "transport close", "ping timeout", "parse error", "forced close".
	Reason string

	Err error // the cause, or nil
}

// Error gives the reason and the cause.
func (e *CloseError) Error() string {
	if e.Err == nil {
		return "engineio: " + e.Reason
	}
	return "engineio: " + e.Reason + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *CloseError) Unwrap() error { return e.Err }

// A protocolError says what a peer did wrong.
type protocolError string

func (e protocolError) Error() string { return string(e) }

// A HandshakeError says why a request was refused, by one of the protocol's codes
// (Engine.IO v4, "Error codes").
type HandshakeError struct {
	Code    int    // 0 to 5
	Message string // what the client is told
	Context string // what the server's log is told besides

	advice advice
}

// Error gives the message and the context.
func (e *HandshakeError) Error() string { return "engineio: " + e.cause() }

func (e *HandshakeError) cause() string {
	if e.Context == "" {
		return e.Message
	}
	return e.Message + " (" + e.Context + ")"
}

// Hint says what to do, in a sentence for whoever set up the server, its clients or what is
// between them, if that is the likely cause; otherwise it returns "". What a server's
// [Trace] is told has looked at the request; what [Dial] returns knows the code alone.
func (e *HandshakeError) Hint() string { return e.advice.text }

// status is the HTTP status that goes with the code.
func (e *HandshakeError) status() int {
	if e.Code == codeForbidden {
		return http.StatusForbidden
	}
	return http.StatusBadRequest
}

const (
	codeTransportUnknown = iota
	codeUnknownSession
	codeBadMethod
	codeBadRequest
	codeForbidden
	codeUnsupportedProtocol
)

func unknownTransport() *HandshakeError {
	return &HandshakeError{Code: codeTransportUnknown, Message: "Transport unknown"}
}

func unknownSession(context string) *HandshakeError {
	return &HandshakeError{Code: codeUnknownSession, Message: "Session ID unknown", Context: context}
}

// Contexts that say what is to be known of a refusal besides its code.
const (
	sessionEnded  = "SESSION_ENDED"
	invalidOrigin = "INVALID_ORIGIN"
)

func badMethod() *HandshakeError {
	return &HandshakeError{Code: codeBadMethod, Message: "Bad handshake method"}
}

func badRequest(context string) *HandshakeError {
	return &HandshakeError{Code: codeBadRequest, Message: "Bad request", Context: context}
}

func transportMismatch() *HandshakeError { return badRequest("TRANSPORT_MISMATCH") }

func forbidden(message, context string) *HandshakeError {
	return &HandshakeError{Code: codeForbidden, Message: message, Context: context}
}

func unsupportedProtocol() *HandshakeError {
	return &HandshakeError{Code: codeUnsupportedProtocol, Message: "Unsupported protocol version"}
}
