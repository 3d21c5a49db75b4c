// Package engineio is the channel below Socket.IO: a connection that carries text
// and binary messages both ways, over HTTP long-polling, over a WebSocket, or first
// the one and then the other, and that knows by heartbeats when the peer is gone.
// It speaks revision 4 of the Engine.IO protocol, and revision 3 if [Options.EIO3] says so.
//
// A [Server] is an http.Handler. For each connection it calls a function, which
// either attaches a [Receiver] or runs a loop around [Conn.Receive]:
//
//	srv := engineio.NewServer(func(c *engineio.Conn) {
//		for {
//			m, err := c.Receive(context.Background())
//			if err != nil {
//				return
//			}
//			c.Send(m)
//		}
//	}, nil)
//	http.Handle("/engine.io/", srv) // with Options.Path "/engine.io/"
//
// [Dial] is the client: it returns a Conn of the same kind.
//
// # How the pieces meet
//
// A [Conn] holds a session, which is a state machine: every request, packet and
// deadline is an event to it, and its effects say what to do. A WebSocket at rest is one
// goroutine that holds no buffer. It reads what is there, has the receiver run
// on it, and sends in one write what that has answered. For polling, the requests
// themselves are the goroutines.
//
// # Concurrency
//
// All exported methods may be called concurrently and none blocks, but for Receive
// and Shutdown. A Receiver's methods are called by the goroutine that reads, so a
// receiver can hold its peer back by not returning; how it waits without doing so is
// told at [Receiver].
//
// # Limits
//
// A message has at most MaxPayload bytes, and so has a POST; a POST at most 65,536
// packets; a message at most 1,024 fragments. What waits to be sent is bounded by
// QueueBytes. At most five POSTs of a session are under way, the others wait their turn.
package engineio
