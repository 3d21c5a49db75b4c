package engineio

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"socketio/eio4"
	"socketio/internal/serial"
	"socketio/internal/ws"
)

// A client is what a Conn has besides, if Dial has made it: the session as a client
// sees it, and how it makes its requests. It has a goroutine for its polls, one for
// POSTs while there is something to post, and one for its WebSocket where clientPoller
// cannot wait for it.
type client struct {
	conn    *Conn
	options *DialOptions
	target  *url.URL // of all requests
	http    http.Client
	own     *http.Transport // nil if the program gave one
	sockets ws.Config
	start   time.Time // of what now returns
	maxPost int       // bytes that the server takes in a POST, 0 for any

	monitor    serial.Monitor
	goroutines sync.WaitGroup
	turn       atomic.Pointer[serial.Turn] // of the poll's answer that is being handled
	over       context.Context             // ends with the session, and so do its requests
	stop       context.CancelFunc
	opening    chan error // of a session on a WebSocket: whether it has opened

	// Guarded by Conn.mu.
	session clientSession
	timer   *time.Timer // nil until something is due
	queue   outbox      // what waits to be posted
	corked  bool        // a poll's answer is being handled: its end posts
	probing *socket     // the WebSocket that is to take over
}

// newClient makes a client and its Conn, which are not connected.
func newClient(target *url.URL, o *DialOptions) *client {
	cl := &client{options: o, target: target, start: time.Now()}
	cl.conn = &Conn{client: cl, values: context.Background(), ready: make(chan struct{})}
	cl.over, cl.stop = context.WithCancel(context.Background())
	if o.HTTPClient != nil {
		cl.http = *o.HTTPClient
	} else if usual, ok := http.DefaultTransport.(*http.Transport); ok {
		cl.own = usual.Clone()
		if cl.own.MaxResponseHeaderBytes == 0 {
			cl.own.MaxResponseHeaderBytes = maxHeader
		}
		cl.http.Transport = cl.own
	}
	cl.http.CheckRedirect = keepMethod(cl.http.CheckRedirect)
	cl.sockets = ws.Config{
		Client:       true,
		MaxPayload:   o.MaxPayload,
		QueueBytes:   o.QueueBytes,
		WriteTimeout: o.WriteTimeout,
		Monitor:      &cl.monitor,
		Poller:       clientPoller,
		Goroutines:   &cl.goroutines,
	}
	return cl
}

// clientPoller waits for the input of all clients of the program.
var clientPoller = ws.NewPoller(new(sync.WaitGroup))

const (
	// maxRedirects is how many redirects are followed.
	maxRedirects = 10

	// maxHeader is how many bytes of headers an answer may have, unless the program's own
	// Transport says otherwise: net/http itself takes ten megabytes.
	maxHeader = 64 << 10
)

// keepMethod lets no redirect make another request of a POST: it would be taken for a
// poll. What else is followed the program's own function says, or as net/http does, but
// never from https to http: what a session carries is as secret as its first request.
func keepMethod(own func(*http.Request, []*http.Request) error) func(*http.Request, []*http.Request) error {
	return func(r *http.Request, via []*http.Request) error {
		switch {
		case r.Method != via[0].Method:
			return http.ErrUseLastResponse
		case own != nil:
			return own(r, via)
		case len(via) >= maxRedirects:
			return protocolError("stopped after 10 redirects")
		case r.URL.Scheme != "https" && via[len(via)-1].URL.Scheme == "https":
			return protocolError("a redirect from https to " + r.URL.Scheme)
		}
		return nil
	}
}

// now is the time since the connection was begun, on the monotonic clock.
func (cl *client) now() time.Duration { return time.Since(cl.start) }

// upgrades returns the transports that the session is to go over to, the first that can
// be had, if the server offers them.
func (cl *client) upgrades(offered []string) (names []string) {
	if cl.options.NoUpgrade {
		return nil
	}
	for _, name := range []string{WebTransport, WebSocket} {
		if slices.Contains(cl.options.Transports, name) && slices.Contains(offered, name) {
			names = append(names, name)
		}
	}
	return names
}

// remember keeps what the first request said, for Conn.Request.
func (cl *client) remember(r *http.Request) {
	if cl.conn.request.text == "" {
		cl.conn.request = newRecord(r, r.URL.Hostname(), r.URL.Scheme == "https")
	}
}

// step lets something happen to the session and does what follows from it, but for
// clDeliver and clGet, which are the caller's if the event was its own.
func (cl *client) step(e clientEvent) clientEffects {
	cl.conn.mu.Lock()
	return cl.stepLocked(e)
}

// stepLocked is step for a caller who holds mu, which is released.
func (cl *client) stepLocked(e clientEvent) clientEffects {
	c := cl.conn
	now := cl.now()
	done := cl.session.step(now, e)
	var dropped *socket
	if done&clSwitch != 0 {
		done |= cl.switchOver(now)
	}
	if done&clDropProbe != 0 {
		dropped, cl.probing = cl.probing, nil
	}
	beat := done.beat()
	if beat != 0 && c.socket.Load() == nil {
		done |= cl.queueBeat(now, beat)
	}
	var why *CloseError
	if done&(clEnd|clOurs) != 0 {
		why = cl.finish(done)
	}
	if done&clGet != 0 && e.input != clGetDone {
		cl.goroutines.Go(func() { (&poller{client: cl}).run() })
	}
	cl.post()
	cl.schedule(now)
	receiver, sock := c.receiver, c.socket.Load()
	c.mu.Unlock()

	if dropped != nil {
		dropped.Close(ws.StatusNoStatus, "")
	}
	if beat != 0 && sock != nil {
		_ = sock.Write(ws.Frame{Op: ws.OpText, Prefix: beat}) // fails only on a connection that ends
	}
	if done&(clEnd|clHangUp) != 0 && sock != nil {
		sock.Close(ws.StatusNoStatus, "")
	}
	if done&clEnd != 0 {
		cl.release()
	}
	if why != nil && receiver != nil {
		cl.goroutines.Go(func() { receiver.Closed(why) })
	}
	if t := cl.options.Trace; t != nil {
		t.atClient(c, done, why)
	}
	return done
}

// queueBeat answers a ping with the next POST, or pings. A server that pings and takes no
// answer must not fill our memory. The caller holds mu.
func (cl *client) queueBeat(now time.Duration, beat byte) clientEffects {
	if !cl.queue.admits(0, 1, cl.options.QueueBytes) {
		return cl.session.step(now, clientEvent{input: clFull})
	}
	cl.queue.add(beat, nil)
	return 0
}

// beat is the packet of the heartbeat that is to be sent, 0 for none.
func (done clientEffects) beat() byte {
	switch {
	case done&clPong != 0:
		return byte(eio4.Pong)
	case done&clPing != 0:
		return byte(eio4.Ping)
	}
	return 0
}

// finish records the end of the session, or our closing it, once. The caller holds mu.
func (cl *client) finish(done clientEffects) *CloseError {
	c := cl.conn
	if c.closed != nil {
		return nil //nolint:nilerr // closed is no failure here: it was told before
	}
	c.closed = &CloseError{Reason: reasonForcedClose}
	if done&clEnd != 0 {
		c.closed.Reason, c.closed.Err = cl.session.ended, cl.session.cause
	}
	if c.cancel != nil {
		c.cancel(c.closed)
	}
	return c.closed
}

// schedule sets the timer to the session's next deadline. The caller holds mu.
func (cl *client) schedule(now time.Duration) {
	c := cl.conn
	due := cl.session.due()
	switch {
	case due == c.due:
		return
	case due == 0:
		cl.timer.Stop()
	case cl.timer == nil:
		cl.timer = time.AfterFunc(max(due-now, 0), cl.expire)
	default:
		cl.timer.Reset(max(due-now, 0))
	}
	c.due = due
}

// expire is called by the timer.
func (cl *client) expire() {
	e := clientEvent{input: clTick}
	if cl.conn.handling() {
		e.input = clHeld
		cl.conn.uncork() // it takes long
	}
	cl.conn.mu.Lock()
	cl.conn.due = -1 // the timer is not set any more
	cl.stepLocked(e)
}

// receiver waits until there is one, and returns nil if the session ends before. It is
// called by the reader, who holds the server back meanwhile.
func (cl *client) receiver() Receiver {
	select {
	case <-cl.conn.ready:
		return cl.conn.receiver
	default:
		cl.conn.Flush()
	}
	select {
	case <-cl.conn.ready:
		return cl.conn.receiver
	case <-cl.over.Done():
		return nil
	}
}

// send is Conn.Send while no WebSocket carries the session. The caller holds mu, which is
// released.
func (cl *client) send(ms []Message) error {
	if cl.conn.closed != nil {
		cl.conn.mu.Unlock()
		return ErrClosed
	}
	if !cl.queue.admits(size(ms), len(ms), cl.options.QueueBytes) {
		cl.stepLocked(clientEvent{input: clFull})
		return ErrQueueFull
	}
	cl.queue.addMessages(ms)
	cl.post()
	cl.conn.mu.Unlock()
	return nil
}

// trySend is Conn.TrySend while no WebSocket carries the session: nothing waits, and a
// POST can be made at once. The caller holds mu.
func (cl *client) trySend(ms []Message) bool {
	if cl.conn.closed != nil || cl.queue.packets > 0 || !cl.session.mayPost() {
		return false
	}
	cl.queue.addMessages(ms)
	cl.post()
	return true
}

// release ends the requests of a session that is over, and what else is of no use to it.
func (cl *client) release() {
	cl.stop()
	cl.hangUpHTTP()
	cl.goroutines.Go(cl.monitor.Stop) // which waits for a goroutine
}

// hangUpHTTP closes the connections that the requests have left behind, unless they are
// the program's. No more requests can be made: what made them is no small part of what a
// connection costs.
func (cl *client) hangUpHTTP() {
	cl.conn.mu.Lock()
	own := cl.own
	if cl.session.via == onWebSocket {
		cl.own, cl.http, cl.target = nil, http.Client{}, nil
	}
	cl.conn.mu.Unlock()
	if own != nil {
		own.CloseIdleConnections()
	}
}
