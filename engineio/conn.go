package engineio

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"socketio/eio3"
	"socketio/eio4"
	"socketio/internal/serial"
	"socketio/internal/wheel"
	"socketio/internal/ws"
)

// A Conn is one Engine.IO connection, on whatever transport it is at the moment.
// All its methods may be called concurrently.
//
// What arrives goes to the Receiver that Attach has set, or else is kept for
// Receive.
type Conn struct {
	server  *Server // nil at a client's end
	client  *client // nil at a server's end
	id      string
	request record
	values  context.Context // those of the first request's context

	receiver Receiver      // set before anything is read
	ready    chan struct{} // closed when a polling session has its receiver

	socket atomic.Pointer[socket]  // carries the session, once it is on a WebSocket
	poll   atomic.Pointer[polling] // what only polling needs, until it is over

	mu      sync.Mutex // guards what follows
	session session
	timer   wheel.Timer
	due     time.Duration   // what the timer is set to; 0 for nothing
	closed  *CloseError     // once the session is over, or closed by us
	ctx     context.Context // made when it is first asked for
	cancel  context.CancelCauseFunc
}

// ID returns the session's id: a secret between this client and us, which must not
// be shown to others. The ids of Socket.IO's sockets are others.
func (c *Conn) ID() string { return c.id }

// Request returns what the connection's first request said. It is made anew at
// each call, and the caller's. At a client's end it is what the client has said.
func (c *Conn) Request() *Request { return c.request.request() }

// RemoteAddr returns the client's host, without port, as [Options.ClientIP] gave it. At
// a client's end it is the server's host, as the URL has it.
func (c *Conn) RemoteAddr() string { return c.request.address() }

// Protocol returns the revision of the Engine.IO protocol that is spoken: 4, or 3 if
// [Options.EIO3] lets such clients in, or [DialOptions.EIO3] asks for it.
func (c *Conn) Protocol() int {
	if c.v3() {
		return eio3.Revision
	}
	return eio4.Revision
}

// Transport returns the name of the transport that carries the connection now:
// [Polling], [WebSocket] or [WebTransport].
func (c *Conn) Transport() string {
	s := c.socket.Load()
	switch {
	case s == nil:
		return Polling
	case s.form == onStream:
		return WebTransport
	default:
		return WebSocket
	}
}

// Upgraded says whether the connection began with polling and is on another transport now.
func (c *Conn) Upgraded() bool {
	s := c.socket.Load()
	return s != nil && s.upgraded
}

// Buffered returns how many messages wait to be sent, and their bytes.
func (c *Conn) Buffered() (packets, bytes int) {
	if s := c.socket.Load(); s != nil {
		return s.Waiting()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.client != nil {
		return c.client.queue.packets, len(c.client.queue.records)
	}
	if p := c.poll.Load(); p != nil {
		return p.queue.packets, len(p.queue.records)
	}
	return 0, 0
}

// Context ends with the connection; its cause is a *CloseError then. It carries
// the values of the first request's context.
func (c *Conn) Context() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx == nil {
		c.ctx, c.cancel = context.WithCancelCause(c.values)
		if c.closed != nil {
			c.cancel(c.closed)
		}
	}
	return c.ctx
}

// Attach makes r the receiver of every message. It must be called once: within the
// function given to [NewServer], or after [Dial].
func (c *Conn) Attach(r Receiver) {
	c.mu.Lock()
	if c.receiver != nil {
		c.mu.Unlock()
		panic("engineio: Attach is called once, and not after Receive")
	}
	c.attachLocked(r)
}

// attachLocked is Attach for a caller who holds mu, which is released.
func (c *Conn) attachLocked(r Receiver) {
	c.receiver = r
	closed := c.closed
	c.mu.Unlock()
	if c.ready != nil {
		close(c.ready)
	}
	if closed != nil {
		c.goroutines().Go(func() { r.Closed(closed) })
	}
}

// goroutines counts those of a server, or of a client's connection.
func (c *Conn) goroutines() *sync.WaitGroup {
	if c.client != nil {
		return &c.client.goroutines
	}
	return &c.server.goroutines
}

// Receive waits for the next message, for programs that attach no Receiver. The
// message is the caller's. Up to a megabyte is kept until it is called; then the peer
// is held back. Errors: ctx's, or the *CloseError that ended the connection.
func (c *Conn) Receive(ctx context.Context) (Message, error) {
	c.mu.Lock()
	if c.receiver == nil {
		box := newMailbox(c)
		c.attachLocked(box)
		if s := c.socket.Load(); s != nil && !s.upgraded && c.client == nil {
			c.server.goroutines.Go(s.serve) // an upgrade's has a reader since it was probed
		}
		return box.take(ctx)
	}
	box, ok := c.receiver.(*mailbox)
	c.mu.Unlock()
	if !ok {
		panic("engineio: Receive on a connection that has a Receiver")
	}
	return box.take(ctx)
}

// handled ends what the server's handle function has begun: it returns when
// nobody is left to receive.
func (c *Conn) handled() {
	c.mu.Lock()
	switch c.receiver.(type) {
	case nil:
		c.attachLocked(newMailbox(c))
		c.Close()
	case *mailbox:
		c.mu.Unlock()
		c.Close()
		return // Receive has begun to read
	default:
		c.mu.Unlock()
	}
	if s := c.socket.Load(); s != nil && !s.upgraded {
		s.serve()
	}
}

// forsake ends a connection that nobody handles any more.
func (c *Conn) forsake() {
	c.mu.Lock()
	unheard := c.receiver == nil
	if unheard {
		c.attachLocked(newMailbox(c))
	} else {
		c.mu.Unlock()
	}
	c.Close()
	if s := c.socket.Load(); s != nil && !s.upgraded {
		s.CloseNow() // nobody reads it
	}
}

// give lets the receiver have a message. A panic ends the connection.
func (c *Conn) give(m Message) {
	defer func() {
		if v := recover(); v != nil {
			c.panicked(v)
		}
	}()
	c.receiver.Receive(m)
}

// panicked ends a connection whose Receiver has panicked.
func (c *Conn) panicked(v any) {
	if c.server == nil {
		panic(v) // the program's own goroutines are its own
	}
	c.server.contain("a Receiver", v)
	c.Close()
}

// MayWait says that the Receiver, within Receive, now runs code that may wait. It
// costs a few nanoseconds.
func (c *Conn) MayWait() {
	if t := c.polled(); t != nil {
		t.MayWait()
	} else if s := c.socket.Load(); s != nil {
		s.MayWait()
	}
}

// Flush lets what was sent leave now, not at the end of the batch of input that is
// being handled, and other connections be read. A Receiver calls it, within Receive and
// before MayWait, when it is about to hold the peer back.
func (c *Conn) Flush() {
	if s := c.socket.Load(); s != nil && c.polled() == nil {
		s.Hold()
	} else {
		c.uncork()
	}
}

// uncork lets what was sent leave now. Anybody may call it.
func (c *Conn) uncork() {
	if c.client != nil {
		c.client.cork(false)
	}
	if p := c.poll.Load(); p != nil {
		c.cork(p, false)
	}
	if s := c.socket.Load(); s != nil {
		s.Uncork()
	}
}

// HandOver lets another goroutine read this connection on. A Receiver calls it
// before it waits, after MayWait; at other times it does nothing.
func (c *Conn) HandOver() {
	if t := c.polled(); t != nil {
		t.HandOver()
	}
	if s := c.socket.Load(); s != nil {
		s.HandOver()
	}
}

// polled is the turn of the POST, or at a client's end of the poll's answer, that is being
// handled; nil if none is.
func (c *Conn) polled() *serial.Turn {
	if c.client != nil {
		return c.client.turn.Load()
	}
	if p := c.poll.Load(); p != nil {
		return p.turn.Load()
	}
	return nil
}

// Close sends what is queued and ends the connection, for the reason "forced
// close". It does not block and may be called from a Receiver, whose Closed is
// called by another goroutine. It always returns nil.
func (c *Conn) Close() error {
	if c.client != nil {
		c.client.step(clientEvent{input: clClose})
		return nil
	}
	c.step(event{input: inClose})
	return nil
}

// step lets something happen to the session and does what follows from it, but
// for doRefuse and doDeliver, which are the caller's.
func (c *Conn) step(e event) effects {
	c.mu.Lock()
	return c.stepLocked(e)
}

// stepLocked is step for a caller who holds mu, which is released.
func (c *Conn) stepLocked(e event) effects {
	now := c.server.now()
	done := c.followLocked(now, c.session.step(now, e))
	if e.input == inPacket && c.server.pulses.on.Load() {
		c.pulsed(now, e.packet, done)
	}
	return done
}

// followLocked does what follows from a step of the session. The caller holds mu,
// which is released.
func (c *Conn) followLocked(now time.Duration, done effects) effects {
	var dropped *socket
	if p := c.poll.Load(); p != nil {
		var err error
		if dropped, err = p.apply(c, done); errors.Is(err, ws.ErrQueueFull) {
			done |= c.session.step(now, event{input: inFull})
		}
		if c.session.state == stateClosing && p.queue.packets == 0 && !p.leaving {
			done |= c.session.step(now, event{input: inFetched})
		}
	}
	var why *CloseError
	if done&(doEnd|doClose) != 0 {
		why = c.finish(done)
	}
	if done&(doPing|doEnd) != 0 && c.server.pulses.on.Load() {
		c.server.pulses.note(c, now, done)
	}
	receiver := c.receiver
	if why != nil && receiver != nil {
		c.server.goroutines.Add(1) // for tell, while Shutdown still waits for this connection
	}
	c.schedule(now)
	c.accountPoll()
	s := c.socket.Load()
	c.mu.Unlock()

	if dropped != nil {
		dropped.Close(ws.StatusNoStatus, "")
		c.server.leave(dropped)
	}
	if s != nil && done&doPing != 0 {
		_ = s.Write(ws.Frame{Op: ws.OpText, Prefix: byte(eio4.Ping), Keep: true}) // a queue that is full shows at the deadline of the pong
	}
	if s != nil && done&doPong != 0 {
		_ = c.sent(s.Write(ws.Frame{Op: ws.OpText, Prefix: byte(eio4.Pong), Keep: true})) // a full queue has ended the session
	}
	if s != nil && done&doEnd != 0 {
		s.Close(ws.StatusNoStatus, "")
		c.server.leave(s)
	}
	if why != nil {
		c.tell(receiver, why)
	}
	if done&doEnd != 0 {
		c.server.remove(c) // the last, since Shutdown may return then
	}
	return done
}

// schedule sets the timer to the session's next deadline. The caller holds mu.
func (c *Conn) schedule(now time.Duration) {
	due := c.session.due()
	if due == c.due {
		return
	}
	c.due = due
	if due == 0 {
		c.server.wheel.Stop(&c.timer)
	} else {
		c.server.wheel.Set(&c.timer, max(due-now, 0))
	}
}

// Expire is called by the server's wheel.
func (c *Conn) Expire() {
	e := event{input: inTick}
	if c.handling() {
		e.input = inHeld
		c.uncork() // it takes long
	}
	c.mu.Lock()
	c.due = -1 // the timer is not set any more
	c.stepLocked(e)
	if e.input == inTick {
		return
	}
	// While our own side holds the peer back its pong cannot be seen: the
	// deadline is moved on in good time.
	c.mu.Lock()
	if c.session.pongBy != 0 {
		c.due = -1
		c.server.wheel.Set(&c.timer, min(holdCheck, c.session.timing.pingTimeout/2))
	}
	c.mu.Unlock()
}

// holdCheck is how often a connection is looked at whose receiver holds it back.
const holdCheck = time.Second

// handling says whether something that was received is being handled.
func (c *Conn) handling() bool {
	s := c.socket.Load()
	return c.polled() != nil || s != nil && s.Handling()
}

// finish records the end of the session, or our closing it, once. The caller
// holds mu.
func (c *Conn) finish(done effects) *CloseError {
	if c.closed != nil {
		return nil //nolint:nilerr // closed is no failure here: it was told before
	}
	c.closed = &CloseError{Reason: reasonForcedClose}
	if done&doEnd != 0 {
		c.closed.Reason, c.closed.Err = c.session.ended, c.session.cause
	}
	c.server.count.closing(c.closed)
	if c.cancel != nil {
		c.cancel(c.closed)
	}
	return c.closed
}

// tell lets the receiver know of the end, on a goroutine of its own, which has been
// counted: the receiver may take long, and be in the middle of a message.
func (c *Conn) tell(r Receiver, why *CloseError) {
	if r == nil {
		c.server.trace.closed(c, why)
		return
	}
	go func() {
		defer c.server.goroutines.Done()
		if errors.Is(why.Err, ErrQueueFull) && !errors.Is(why.Err, errOverBudget) {
			c.server.log.Warn("engineio: connection closed: what waits for it reached Options.QueueBytes", "remote", c.RemoteAddr())
		}
		c.server.trace.closed(c, why)
		defer func() { c.server.contain("a Receiver", recover()) }()
		r.Closed(why)
	}()
}
