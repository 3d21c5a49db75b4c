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
	"socketio/internal/ws"
)

// bodyTimeout is how long a POST's body may take to arrive.
const bodyTimeout = 30 * time.Second

// polling is what a connection needs while HTTP long-polling carries it.
type polling struct {
	token chan struct{}               // held while a POST is dealt with: one after the other
	turn  atomic.Pointer[serial.Turn] // of the POST that is being handled

	// Guarded by Conn.mu.
	queue   outbox
	get     *get    // the parked one
	corked  bool    // a POST is being handled: its end flushes
	leaving bool    // a close packet is to follow what waits
	probing *socket // the WebSocket that wants to take over
}

// A get is a GET that waits for packets.
type get struct {
	body chan []byte // of one
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
	if done&doAnswerProbe != 0 {
		p.probing.Write(ws.Frame{Op: ws.OpText, Prefix: byte(eio4.Pong), Data: probe})
	}
	if done&doRelease != 0 {
		p.answer(c, releaseBody)
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
	keepWriting(w, r)
	select {
	case body := <-g.body:
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
	if done&(doRefuse|doEnd) == 0 {
		p.get = g
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
	if c.Transport() == WebSocket {
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
	defer c.step(event{input: inPostDone})
	p := c.poll.Load()
	if p == nil {
		c.server.refuse(w, r, transportMismatch())
		return
	}
	select {
	case p.token <- struct{}{}:
		defer func() { <-p.token }()
	case <-r.Context().Done():
		c.step(event{input: inPostGone, cause: r.Context().Err()})
		return
	}
	if c.poll.Load() == nil {
		// The upgrade was completed while this POST was on its way: what it
		// has must not mix with what the WebSocket's reader delivers.
		c.server.refuse(w, r, transportMismatch())
		return
	}
	body, status, err := readBody(w, r, c.server.options.MaxPayload)
	if err != nil {
		c.step(event{input: inPostGone, cause: err})
		// net/http would wait for more of a body that nobody wants.
		http.NewResponseController(w).SetReadDeadline(time.Now())
		w.Header()["Connection"] = closeConnection
		c.server.writeStatus(w, r, status)
		return
	}
	if !c.handlePost(p, body) {
		c.server.writeStatus(w, r, http.StatusBadRequest)
		return
	}
	c.server.writeOK(w, r)
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

// handlePost has the packets of a POST handled, and says whether they were right.
// It returns when all are decoded, not when all handlers have: one that
// waits must not keep the client from sending what it waits for.
func (c *Conn) handlePost(p *polling, body []byte) bool {
	if eio4.Payload(body).Count() > eio4.MaxPackets {
		c.step(event{input: inBad, cause: protocolError("too many packets")})
		return false
	}
	c.cork(p, true)
	d := &delivery{conn: c, polling: p, rest: body, right: make(chan bool, 1)}
	d.start()
	right := <-d.right
	c.cork(p, false)
	return right
}

func (c *Conn) cork(p *polling, on bool) {
	c.mu.Lock()
	p.corked = on
	p.flush(c)
	c.mu.Unlock()
}

// A delivery gives the packets of a POST to the receiver.
type delivery struct {
	conn    *Conn
	polling *polling
	rest    eio4.Payload // the holder's of the turn
	right   chan bool    // gets one answer, when all is decoded
}

// start goes on with the rest on a goroutine of its own.
func (d *delivery) start() {
	d.conn.server.goroutines.Go(func() {
		t := d.conn.server.monitor.Borrow(d)
		d.polling.turn.Store(t)
		right, end := d.run(t)
		if end {
			d.polling.turn.Store(nil)
		}
		d.conn.server.monitor.Return(t)
		if end {
			d.right <- right // from here on the next POST may have its turn
		}
	})
}

// run delivers packets until the end, or until a successor goes on. It says whether
// all were right and whether it came to the end.
func (d *delivery) run(t *serial.Turn) (right, end bool) {
	for d.rest != nil {
		p, rest, err := d.rest.Next()
		d.rest = rest
		if !d.conn.received(p, err) {
			return false, true
		}
		if !t.Back() {
			return false, false
		}
	}
	return true, true
}

// TakeOver starts a successor. [serial.Turn] calls it.
func (d *delivery) TakeOver() {
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
