package socketio

import (
	"errors"
	"fmt"

	"socketio/engineio"
)

var (
	// ErrDisconnected is returned for a socket that has ended. The errors say
	// more where more is known: they are a [*DisconnectError], for which
	// errors.Is(err, ErrDisconnected) holds.
	ErrDisconnected = errors.New("socketio: disconnected")

	// ErrServerClosed is returned after [Server.Shutdown] or [Server.Close], and
	// is the cause of the disconnects they lead to.
	ErrServerClosed = errors.New("socketio: server closed")

	// ErrNoHandler is what [Trace].Handled is told of an event that no handler is
	// registered for. Hooks for all events may have seen it.
	ErrNoHandler = errors.New("socketio: no handler for the event")

	// ErrQueueFull says that a limit on what waits was reached: bytes to be sent
	// to a peer, bytes that its handlers have not taken yet, or acknowledgements.
	ErrQueueFull = engineio.ErrQueueFull
)

// A Reason says in the protocol's own words why a socket ended.
type Reason string

// The reasons for which a socket of a server ends.
const (
	ReasonTransportError    Reason = "transport error"             // the connection failed
	ReasonTransportClose    Reason = "transport close"             // the peer closed the connection
	ReasonPingTimeout       Reason = "ping timeout"                // the peer went silent
	ReasonParseError        Reason = "parse error"                 // the peer broke the protocol of Engine.IO
	ReasonForcedClose       Reason = "forced close"                // the peer broke the protocol of Socket.IO
	ReasonForcedServerClose Reason = "forced server close"         // the peer went beyond a limit
	ReasonServerShutdown    Reason = "server shutting down"        // Server.Shutdown or Server.Close
	ReasonClientDisconnect  Reason = "client namespace disconnect" // the peer left the namespace
	ReasonServerDisconnect  Reason = "server namespace disconnect" // Socket.Disconnect or Socket.Close
)

// The reasons for which a socket of a client ends, besides the first four of a server's,
// of which [ReasonParseError] also stands for a peer that broke the protocol of
// Socket.IO.
const (
	ReasonIOServerDisconnect Reason = "io server disconnect" // the server has disconnected it
	ReasonIOClientDisconnect Reason = "io client disconnect" // ClientSocket.Disconnect or Client.Close
)

// A ConnectError refuses a client that wants to join a namespace. A middleware
// returns it, see [Namespace.Use], and it reaches the client as it is.
type ConnectError struct {
	Message string
	Data    any // encoded as JSON; left out if nil
}

func (e *ConnectError) Error() string { return "socketio: connection refused: " + e.Message }

// A DisconnectError says why a socket ended. It is the cause of the end of
// [Socket.Context], and what methods of an ended socket return. It is
// [ErrDisconnected] in the sense of errors.Is.
type DisconnectError struct {
	Reason Reason
	Err    error // what led to it, where that is known

	// Of a client's socket: how many events it keeps for the next connection, or
	// has dropped if there will be none, and how many it has sent of which no
	// acknowledgement, of them or of a later one, says that they have arrived.
	Unsent, InDoubt int
}

func (e *DisconnectError) Error() string {
	if e.Err == nil {
		return "socketio: disconnected: " + string(e.Reason)
	}
	return "socketio: disconnected: " + string(e.Reason) + ": " + e.Err.Error()
}

// Unwrap returns what led to the end, or nil.
func (e *DisconnectError) Unwrap() error { return e.Err }

// Is says that a DisconnectError is an [ErrDisconnected].
func (e *DisconnectError) Is(target error) bool { return target == ErrDisconnected }

// byPeer says whether it was the doing of the peer or of the network that the socket ended,
// and not that of this program. What had arrived by then is still handled: whether a
// handler waited at that moment must not decide what becomes of the events before.
func (e *DisconnectError) byPeer() bool {
	switch e.Reason {
	case ReasonTransportError, ReasonTransportClose, ReasonPingTimeout, ReasonParseError, ReasonForcedServerClose,
		ReasonClientDisconnect, ReasonIOServerDisconnect:
		return true
	case ReasonForcedClose:
		return e.Err != nil // or else the program has closed the connection
	default:
		return false
	}
}

// A PanicError is a panic of a handler, hook or middleware. It was contained: it
// goes to [Options].OnError, and the socket stays connected.
type PanicError struct {
	Value any    // what was given to panic
	Stack []byte // of the goroutine that panicked, as by debug.Stack
}

func (e *PanicError) Error() string { return fmt.Sprintf("socketio: panic: %v", e.Value) }

// Unwrap returns the value given to panic if it was an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// A PartialError says that some of those asked did not answer: clients, or servers of the
// cluster where servers are asked.
type PartialError struct {
	Got, Want int
	Err       error    // why it was not waited for longer
	Silent    []string // the UIDs of other servers that did not answer, or not in full
}

func (e *PartialError) Error() string {
	text := fmt.Sprintf("socketio: %d of %d answered: %v", e.Got, e.Want, e.Err)
	if len(e.Silent) > 0 {
		text += fmt.Sprintf("; silent servers: %q", e.Silent)
	}
	return text
}

// Unwrap returns why it was not waited for longer.
func (e *PartialError) Unwrap() error { return e.Err }
