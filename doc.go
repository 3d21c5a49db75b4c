// Package socketio is a Socket.IO server and client: event-based communication, in both
// directions and with low latency. The server serves every client that speaks protocol
// 5, which is to say versions 3 and 4 of the JavaScript client and its peers, and, where
// Options.EIO3 says so, version 2; the client talks to any server of versions 3 and 4.
//
//	const Say socketio.Event[Line] = "say"
//
//	srv := socketio.NewServer(nil)
//	srv.On(Say, func(ctx context.Context, s *socketio.Socket, l Line) error {
//		return s.To(l.Room).Emit(Say, l)
//	})
//	http.Handle("/socket.io/", srv)
//
// # Events
//
// An [Event] names a message and its payload, a [Call] one that is answered. A bare
// string does as well: srv.On("say", …). Messages of any form are handled by
// [Namespace.Handle] and sent by EmitArgs. The payload's rules are those of [Event];
// the two that are easily forgotten are that payloads want json tags, as the other
// end is JavaScript, and that a []byte is a binary attachment.
//
// # Order
//
// For each socket there runs, one at a time: the middleware of [Namespace.Use], the
// hooks of OnConnect, the handlers of its events in the order in which the client sent
// them, and the hooks of OnDisconnect. A handler that waits holds up its own socket and
// nobody else; it may even wait for the client it serves. What should go on beside it
// belongs in a goroutine:
//
//	go watch(s.Context(), s)
//
// That context ends when the socket does. The one that OnDisconnect hooks get does not,
// since there is something left to do.
//
// # Blocking
//
// A method takes a context if it can block, and otherwise does not block: sending
// hands what the network does not take at once to a queue. That queue is limited, by
// [engineio.Options].QueueBytes, and a client that lets it run full is disconnected.
//
// # Errors
//
// What handlers return, and their panics, goes to [Options].OnError, and the socket
// stays connected.
package socketio
