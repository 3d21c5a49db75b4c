package engineio

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"socketio/eio4"
	"socketio/internal/serial"
)

// bodyTimeout is how long a POST's body may take to arrive.
const bodyTimeout = 30 * time.Second

// polling is what a connection needs while HTTP long-polling carries it.
type polling struct {
	token chan struct{}               // held while a POST is dealt with: one after the other
	turn  atomic.Pointer[serial.Turn] // of the POST that is being handled
	quick uint8                       // POSTs in a row whose handlers did not wait; with the token

	// Guarded by Conn.mu.
	queue   outbox
	get     *get    // the parked one
	corked  bool    // a POST is being handled: its end flushes
	leaving bool    // a close packet is to follow what waits
	probing *socket // the WebSocket that wants to take over
}

// A get is a GET that waits for packets.
type get struct {
	body chan []byte // of one; nil is an error
}

func newPolling() *polling {
	return &polling{token: make(chan struct{}, 1)}
}

// apply does what effects mean for the packets that wait and the parked GET. It
// returns the WebSocket that is to be closed, if any, and why what waits could not move
// to the one that takes over. Conn.mu is held.
func (p *polling) apply(c *Conn, done effects) (dropped *socket, err error) {
	if done&doPing != 0 {
		p.queue.add(byte(eio4.Ping), nil)
		p.flush(c)
	}
	if done&doRelease != 0 && done&doAnswerProbe == 0 {
		p.answer(c, releaseBody)
	}
	if done&doTurnAway != 0 {
		p.answer(c, nil)
	}
	if done&doSwitch != 0 {
		s := p.probing
		p.probing = nil
		err = p.queue.moveTo(&s.Conn)
		s.upgraded = true
		c.socket.Store(s)
	}
	if done&doDropProbe != 0 {
		dropped, p.probing = p.probing, nil
	}
	if done&doClose != 0 {
		p.leaving = true
		p.flush(c)
	}
	if done&doEnd != 0 {
		p.answer(c, closeBody)
	}
	return dropped, err
}

var (
	probe       = []byte("probe")
	releaseBody = []byte{byte(eio4.Noop)}
	closeBody   = []byte{byte(eio4.Close)}
)

// flush answers the parked GET with what waits, and when nothing does with the close
// packet that is due. That has an answer of its own because a widespread client, which
// puts messages off a little, would take it before the messages in front of it.
// Conn.mu is held.
func (p *polling) flush(c *Conn) {
	switch {
	case p.get == nil || p.corked:
	case p.queue.packets > 0:
		p.answer(c, p.queue.payload())
	case p.leaving:
		p.leaving = false
		p.answer(c, closeBody)
	}
}

// answer answers the GET that is parked, if one is. Conn.mu is held.
func (p *polling) answer(c *Conn, body []byte) {
	if p.get == nil {
		return
	}
	p.get.body <- body // never blocks: one answer for each
	p.get = nil
	c.session.answered()
}

// serveGet answers a poll (Engine.IO v4, "HTTP long-polling").
func (c *Conn) serveGet(w http.ResponseWriter, r *http.Request) {
	p := c.poll.Load()
	g := &get{body: make(chan []byte, 1)}
	c.mu.Lock()
	if p == nil {
		c.mu.Unlock()
		c.server.refuse(w, r, transportMismatch())
		return
	}
	done := c.parkLocked(p, g)
	if done&doRefuse != 0 {
		c.refusePoll(w, r, done)
		return
	}
	if done&doTickSoon != 0 {
		defer time.AfterFunc(overtaking, func() { c.step(event{input: inTick}) }).Stop()
	}
	writeUntil(w, r, time.Time{})
	select {
	case body := <-g.body:
		writeUntil(w, r, time.Now().Add(c.server.options.WriteTimeout))
		if body == nil {
			c.server.refuse(w, r, transportMismatch())
			return
		}
		c.server.writePayload(w, r, body, false)
	case <-r.Context().Done():
		c.unpark(p, g)
	}
}

// parkLocked takes a GET in, and answers it at once if something waits. The caller
// holds mu, which is released.
func (c *Conn) parkLocked(p *polling, g *get) effects {
	now := c.server.now()
	done := c.session.step(now, event{input: inGet})
	if done&doRefuse == 0 {
		p.get = g
	}
	if done&(doRefuse|doEnd) == 0 {
		p.flush(c)
	}
	return c.followLocked(now, done)
}

// unpark ends a session whose client has given up its poll.
func (c *Conn) unpark(p *polling, g *get) {
	c.mu.Lock()
	if p.get != g {
		c.mu.Unlock() // answered in the same moment
		return
	}
	p.get = nil
	c.stepLocked(event{input: inGetGone})
}

// refusePoll answers a request that the session does not allow.
func (c *Conn) refusePoll(w http.ResponseWriter, r *http.Request, done effects) {
	if done&doEnd != 0 {
		c.server.writeStatus(w, r, http.StatusBadRequest) // the session has ended over it
		return
	}
	if c.Transport() == WebSocket || c.poll.Load() == nil {
		c.server.refuse(w, r, transportMismatch())
		return
	}
	c.server.refuse(w, r, unknownSession())
}

// servePost takes the packets that a client sends (Engine.IO v4, "HTTP
// long-polling"). POSTs of one session are dealt with in order.
func (c *Conn) servePost(w http.ResponseWriter, r *http.Request) {
	if done := c.step(event{input: inPost}); done&doRefuse != 0 {
		c.refusePoll(w, r, done)
		return
	}
	d := &delivery{conn: c, polling: c.poll.Load(), w: w, r: r}
	if d.polling == nil {
		c.step(event{input: inPostDone})
		c.server.refuse(w, r, transportMismatch())
		return
	}
	select {
	case d.polling.token <- struct{}{}:
		d.serve()
	case <-r.Context().Done():
		c.step(event{input: inPostGone, cause: r.Context().Err()})
	}
}

// serve deals with a POST whose turn it is. Its last step gives the token back.
func (d *delivery) serve() {
	c := d.conn
	if c.poll.Load() == nil {
		// The upgrade was completed while this POST was on its way: what it
		// has must not mix with what the WebSocket's reader delivers.
		c.server.refuse(d.w, d.r, transportMismatch())
		d.done()
		return
	}
	body, status, err := readBody(d.w, d.r, c.server.options.MaxPayload)
	if err == nil {
		d.handle(body)
		return
	}
	c.step(event{input: inPostGone, cause: err})
	d.w.Header()["Connection"] = closeConnection
	c.server.writeStatus(d.w, d.r, status)
	// net/http would wait for more of a body that nobody wants.
	http.NewResponseController(d.w).SetReadDeadline(time.Now())
	d.done()
}

// done lets the next POST have its turn.
func (d *delivery) done() {
	<-d.polling.token
	d.conn.step(event{input: inPostDone})
}

var closeConnection = []string{"close"}

// readBody reads a POST's body, or says with which status to refuse it.
func readBody(w http.ResponseWriter, r *http.Request, limit int) (body []byte, status int, err error) {
	switch encoding := r.Header.Get("Content-Encoding"); {
	case encoding != "" && encoding != "identity":
		return nil, http.StatusUnsupportedMediaType, protocolError("compressed body")
	case r.Header.Get("Content-Type") == "application/octet-stream":
		return nil, http.StatusBadRequest, protocolError("binary body")
	case r.ContentLength > int64(limit):
		return nil, http.StatusRequestEntityTooLarge, protocolError("body over the limit")
	}
	control := http.NewResponseController(w)
	control.SetReadDeadline(time.Now().Add(bodyTimeout)) // without it the server's own holds
	size := 512
	if r.ContentLength >= 0 {
		size = min(int(r.ContentLength)+1, firstBody) // room to see the end
	}
	body, err = readUpTo(r.Body, make([]byte, 0, size), limit)
	control.SetReadDeadline(time.Time{})
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, errTooLarge):
		return nil, http.StatusRequestEntityTooLarge, err
	case errors.As(err, &timeout) && timeout.Timeout():
		return nil, http.StatusRequestTimeout, err
	case err != nil:
		return nil, http.StatusBadRequest, err
	case !utf8.Valid(body):
		return nil, http.StatusBadRequest, protocolError("body is not UTF-8")
	}
	return body, 0, nil
}

// firstBody is the most that is set aside because a Content-Length says so. A length
// that lies must cost its sender as much as us.
const firstBody = 64 << 10

// readUpTo appends what r holds to b, up to limit bytes.
func readUpTo(r io.Reader, b []byte, limit int) ([]byte, error) {
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case len(b) > limit:
			return nil, errTooLarge
		case err == io.EOF:
			return b, nil
		case err != nil:
			return nil, err
		case len(b) == cap(b):
			b = slices.Grow(b, len(b))
		}
	}
}

var errTooLarge = protocolError("body over the limit")

// handle has the packets of a POST handled, and answers it.
func (d *delivery) handle(body []byte) {
	if eio4.Payload(body).Count() > eio4.MaxPackets {
		d.conn.step(event{input: inBad, cause: protocolError("too many packets")})
		d.answer(false)
		return
	}
	d.rest = body
	d.conn.cork(d.polling, true)
	if d.polling.quick >= provenPosts {
		d.here()
	} else {
		d.there()
	}
}

func (c *Conn) cork(p *polling, on bool) {
	c.mu.Lock()
	p.corked = on
	p.flush(c)
	c.mu.Unlock()
}

// provenPosts is after how many POSTs in a row whose handlers did not wait the next
// one is handled by its own goroutine.
const provenPosts = 16

// A delivery gives the packets of a POST to the receiver and answers the POST when
// all are decoded, not when all handlers have returned: one that waits must not keep
// the client from sending what it waits for.
//
// A handler that waits keeps its goroutine. If that is the POST's own, net/http
// cannot read the connection's next request until it returns; so it is used only for
// sessions whose handlers have been quick, and if one waits after all, the answer,
// which another goroutine then writes, tells the client to use another connection.
type delivery struct {
	conn    *Conn
	polling *polling
	w       http.ResponseWriter
	r       *http.Request

	// What follows is the holder's of the turn.
	rest     eio4.Payload
	own      bool          // the POST's own goroutine holds the turn
	lent     bool          // it did, and waits now
	answered chan struct{} // closed when another goroutine has answered
}

// here delivers on the POST's own goroutine.
func (d *delivery) here() {
	d.own = true
	t := d.conn.server.monitor.Borrow(d)
	d.polling.turn.Store(t)
	if d.run(t) {
		d.conn.server.monitor.Return(t)
		return
	}
	d.conn.server.monitor.Return(t)
	<-d.answered // w must not be left while it is written to
}

// there delivers on another goroutine.
func (d *delivery) there() {
	d.answered = make(chan struct{})
	d.start()
	<-d.answered
}

// start goes on with the rest on a goroutine of its own.
func (d *delivery) start() {
	d.conn.server.goroutines.Go(func() {
		t := d.conn.server.monitor.Borrow(d)
		d.polling.turn.Store(t)
		if d.run(t) {
			close(d.answered)
		}
		d.conn.server.monitor.Return(t)
	})
}

// run delivers packets until the end, and answers, or until a successor goes on. It
// says whether it came to the end.
func (d *delivery) run(t *serial.Turn) bool {
	right := true
	for right && d.rest != nil {
		p, rest, err := d.rest.Next()
		d.rest = rest
		right = d.conn.received(p, err)
		if !t.Back() {
			return false
		}
	}
	d.polling.turn.Store(nil)
	d.conn.cork(d.polling, false)
	d.answer(right)
	return true
}

// answer answers the POST and is done with it.
func (d *delivery) answer(right bool) {
	if right {
		if d.polling.quick < provenPosts {
			d.polling.quick++
		}
		d.conn.server.writeOK(d.w, d.r)
	} else {
		d.conn.server.writeStatus(d.w, d.r, http.StatusBadRequest)
	}
	if d.lent {
		// The handler that waits keeps net/http from sending it.
		_ = http.NewResponseController(d.w).Flush() // where it cannot, the answer comes when the handler returns
	}
	d.done()
}

// TakeOver starts a successor. [serial.Turn] calls it.
func (d *delivery) TakeOver() {
	d.polling.quick = 0
	if d.own {
		d.own, d.lent = false, true
		d.answered = make(chan struct{})
		d.w.Header()["Connection"] = closeConnection
	}
	// What the handler has sent must not wait for what it waits for.
	d.conn.server.goroutines.Go(func() { d.conn.cork(d.polling, false) })
	d.start()
}

// received takes a packet that came over the transport, and says whether it was
// right.
func (c *Conn) received(p eio4.Packet, err error) bool {
	e := event{input: inPacket, packet: p.Type}
	if err != nil {
		e = event{input: inBad, cause: err}
	}
	done := c.step(e)
	if done&doDeliver != 0 {
		c.receiver.Receive(Message{Data: p.Data, Binary: p.Binary})
	}
	return done&doRefuse == 0
}
