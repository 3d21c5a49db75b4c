package engineio

// A Message is what the two ends exchange: text or binary.
type Message struct {
	Data   []byte
	Binary bool

	// Uncompressed keeps a message that is sent from being compressed on a transport
	// that compresses what it carries.
	Uncompressed bool

	// Keep keeps messages from being dropped by Options.DropOldest: this one, and those
	// that are sent by the same call if it is the first of them.
	Keep bool

	// Owned is set on a received message whose Data is not used again.
	Owned bool
}

// A Receiver gets what a connection receives.
//
// Its methods are called on the goroutine that read the message from the network. A Receiver
// calls [Conn.MayWait] before it runs code that may take long or wait, once it has
// seen to it that the messages after this one cannot overtake it: from
// then on another goroutine may read on and call Receive with the next message,
// at the latest after two milliseconds, at once if [Conn.HandOver] is called. Without
// MayWait nothing is read meanwhile: so a Receiver holds a peer back.
type Receiver interface {
	// Receive is called for each message, in order. The bytes of m.Data are
	// the connection's again when Receive returns, unless m.Owned.
	Receive(m Message)

	// Closed is called once. It may come from another goroutine, while a Receive is
	// still running, or just before that of a message that had already been read.
	Closed(err *CloseError)
}
