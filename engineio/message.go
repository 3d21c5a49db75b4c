package engineio

// A Message is what the two ends exchange: text or binary.
type Message struct {
	Data   []byte
	Binary bool
}

// A Receiver gets what a connection receives.
//
// Its methods are called one at a time, on the goroutine that read the message
// from the network, so a Receiver that waits holds up its own connection: it
// calls [Conn.HandOver] first, and another goroutine reads on.
type Receiver interface {
	// Receive is called for each message, in order. The bytes of m.Data are
	// the connection's again when Receive returns.
	Receive(m Message)

	// Closed is the last call. It may come while a Receive that has handed
	// over is still running.
	Closed(err *CloseError)
}
