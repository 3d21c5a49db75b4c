package ws

import (
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"socketio/internal/serial"
)

const (
	// lingerTime is how long a connection that we closed waits for the peer's
	// answer.
	lingerTime = 5 * time.Second

	// pingBudget is how many pings per second a peer may send.
	pingBudget = 100
)

// A Handler gets what one connection receives. Its methods are called by the
// goroutine that reads.
type Handler interface {
	// Message is called for each text and binary message, in order. The
	// bytes are the connection's again when it returns, unless m.Owned. Once
	// it has called [Conn.MayWait] another goroutine may read on.
	Message(m Message)

	// Closed is called once, when nothing more will be received: with a
	// *CloseError for the peer's close frame, a *RefusedError for what the
	// peer did wrong, else with the error of the network. It is not called while a Message
	// that has not been handed over is running.
	Closed(err error)
}

// A RefusedError says what the peer did wrong, as our close frame told it.
type RefusedError struct{ why CloseError }

// Error says what was wrong.
func (e *RefusedError) Error() string {
	return "ws: refused with code " + strconv.Itoa(e.why.Code) + ": " + e.why.Reason
}

// Code is the close frame's code.
func (e *RefusedError) Code() int { return e.why.Code }

// A Config is shared by many connections.
type Config struct {
	Client       bool // our end masks
	Bare         bool // the frames are bare ones, see [AppendBare], and closing writes none
	MaxPayload   int  // of a received message, in bytes
	QueueBytes   int  // limit of what may wait to be written, 64 bytes per frame included
	WriteTimeout time.Duration

	// DropOldest lets what waits the longest make way for what is written to a full
	// queue, in place of ErrQueueFull. What must not get lost is Frame.Keep.
	DropOldest bool

	// Held, unless nil, is told by how many bytes what connections hold has grown:
	// what waits to be written, and what has come of a message. It must not wait, nor
	// call a connection.
	Held func(bytes int)

	Monitor    *serial.Monitor
	Poller     *Poller         // waits for the connections that have a descriptor; may be nil
	Goroutines *sync.WaitGroup // counts those of all the connections
}

// A Conn is one WebSocket connection, either end.
//
// At rest it costs no buffer and, where a [Poller] can wait for it, no goroutine. Whoever
// finds input reads it into a borrowed buffer and has the handler run on it; what is
// written meanwhile leaves in one write when the batch is done. What the kernel does
// not take at once is written by a second goroutine, which lives as long as something
// waits.
//
// The reader is the poller's goroutine or one of the connection's own. The poller's
// gives way when a handler waits, and beforehand when a handler of this connection
// might: it runs handlers only of connections that have proved quick.
type Conn struct {
	config  *Config
	handler Handler
	nc      net.Conn
	raw     syscall.RawConn // nil if nc has no descriptor to wait on

	compression *Compression // nil: what is written is not compressed

	turn atomic.Pointer[serial.Turn] // of the batch that is being read

	// The reader's; they pass to its successor.
	parser    Parser
	rest      []byte // the undecoded rest of the batch
	why       error  // why the connection ends
	byPeer    bool   // why is the peer's close frame
	renew     bool   // rest after this batch, or go on in a fresh goroutine
	risked    bool   // this batch has run code that may wait
	own       bool   // read by goroutines of its own, for good
	rested    bool   // the first message, which is soon to come, has come
	quick     uint8  // batches in a row that have run such code and were not handed over
	polled    int32  // the descriptor that the poller knows
	pings     int32  // received in the second that began at pingStart
	loop      *loop  // of the poller, while that one's goroutine is the reader
	pingStart time.Time

	received atomic.Int64 // what Config.Held knows of what has come of a message

	mu        sync.Mutex // guards what follows
	accounted int        // what Config.Held knows of the rest
	out       *buffer    // frames that wait, nil if none
	frames    int        // how many they are
	inflight  int        // bytes that are being written
	corked    bool       // a batch is being read: its end flushes
	writing   bool       // somebody writes; only that one may
	closeSent bool       // nothing may follow our close frame
	hangUp    bool       // close nc when all is written
	goodbye   bool       // close nc's sending half when all is written
	closed    bool       // nc is closed, or about to be
	resting   bool       // the poller waits for input, and nobody reads
	failed    error      // of a write
}

// Init makes c the connection over nc, whose handshake is done. Nothing is read
// before Serve.
func (c *Conn) Init(nc net.Conn, config *Config, h Handler) {
	c.config, c.handler, c.nc = config, h, nc
	c.parser.Client = config.Client
	c.parser.Bare = config.Bare
	c.parser.Limit = config.MaxPayload
	if !config.Bare { // what is written past the queue is made of other frames
		c.raw = rawConn(nc)
	}
	c.own = c.raw == nil || config.Poller == nil
}

// Serve reads, after what came with the handshake, until the connection ends or
// somebody else reads on. It is called once.
func (c *Conn) Serve(early []byte) { c.serve(early) }

// Close sends a close frame behind all that waits and ends the connection when
// the peer has answered, at the latest after five seconds. It does not block.
func (c *Conn) Close(code int, reason string) {
	c.mu.Lock()
	if c.closed || c.closeSent {
		c.mu.Unlock()
		return
	}
	c.appendClose(code, reason)
	rested := c.rouse()
	// Before flush, behind which halfClose may set a nearer one.
	c.nc.SetReadDeadline(time.Now().Add(lingerTime))
	c.flush()
	if rested {
		c.leavePoller() // which knows no deadline
		c.config.Goroutines.Go(func() { c.serve(nil) })
	}
}

// CloseNow ends the connection without a word.
func (c *Conn) CloseNow() {
	c.mu.Lock()
	c.shut()
	c.mu.Unlock()
}

// IsClosed says whether the connection is gone, not only closing.
func (c *Conn) IsClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// shut closes nc once. The caller holds mu, and Close may wait: for whoever is within
// raw.Read, or for TLS to say goodbye.
func (c *Conn) shut() {
	if c.closed {
		return
	}
	c.closed = true
	c.settleAccount()
	rested := c.rouse()
	c.config.Goroutines.Go(func() {
		if rested {
			c.leavePoller() // before the descriptor's number is another one's
		}
		c.nc.Close()
		if rested {
			c.why = net.ErrClosed
			c.end()
		}
	})
}

// halfClose lets the peer see that nothing follows what was written, where the
// transport can say so. The caller holds mu.
func (c *Conn) halfClose() {
	half, ok := c.nc.(interface{ CloseWrite() error })
	if !ok && !c.config.Bare {
		return
	}
	c.config.Goroutines.Go(func() {
		if ok {
			_ = half.CloseWrite() // TLS writes for it
		}
		if c.config.Bare {
			c.nc.SetReadDeadline(time.Now().Add(bareLinger))
		}
	})
}

// MayWait says that the handler now runs code that may wait. It is called
// within Message only, and does nothing elsewhere.
func (c *Conn) MayWait() {
	t := c.turn.Load()
	if t == nil {
		return
	}
	if c.loop != nil && c.quick < proven {
		c.leaveLoop()
	}
	c.risked = true
	t.MayWait()
}

// Hold lets what was written leave, and lets other connections be read: the handler is
// about to hold the peer back. It is called within Message only, before MayWait.
func (c *Conn) Hold() {
	if c.loop != nil {
		c.leaveLoop()
	}
	c.Uncork()
}

// HandOver lets another goroutine read on, if the handler said that it may wait.
func (c *Conn) HandOver() {
	if t := c.turn.Load(); t != nil {
		t.HandOver()
	}
}

// Handling says whether a batch of input is being handled just now. While
// the handler holds the reading back, what the peer has sent is not seen.
func (c *Conn) Handling() bool { return c.turn.Load() != nil }

// Renew lets the connection rest after this batch: with the poller, or else in a fresh
// goroutine, whose stack has not grown. It is called within Message, before MayWait.
func (c *Conn) Renew() { c.renew = true }

// RemoteAddr is the peer's address.
func (c *Conn) RemoteAddr() net.Addr { return c.nc.RemoteAddr() }
