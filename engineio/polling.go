package engineio

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"socketio/eio4"
	"socketio/internal/serial"
	"socketio/internal/ws"
)

// polling is what a connection needs while HTTP long-polling carries it.
type polling struct {
	token chan struct{}               // held while a POST is dealt with: one after the other
	turn  atomic.Pointer[serial.Turn] // of the POST that is being handled
	quick uint8                       // POSTs in a row whose handlers did not wait; with the token

	// Guarded by Conn.mu.
	queue   outbox
	get     *get    // the parked one
	held    int     // what the server's budget knows of queue
	corked  bool    // a POST is being handled: its end flushes
	leaving bool    // a close packet is to follow what waits
	probing *socket // the WebSocket that wants to take over

	base64 bool // binary messages are to be text; set before the session is known
}

// A get is a GET that waits for packets.
type get struct {
	jsonp bool        // the payload must be text
	plain bool        // the body is not to be compressed
	form  payloadForm // of the body; set before that is sent
	body  chan []byte // of one; nil is an error
	buf   []byte      // what the body may be made in
}

// newGet returns one that nobody waits with. Those of servers that run in different
// bubbles of testing/synctest must not mix.
func (s *Server) newGet() *get {
	if g, ok := s.gets.Get().(*get); ok {
		return g
	}
	return &get{body: make(chan []byte, 1)}
}

// keepBody is how large a buffer for a body may have grown and still be used again.
const keepBody = 4 << 10

// keepGet takes g back, once its answer has been taken and written.
func (s *Server) keepGet(g *get) {
	if cap(g.buf) > keepBody {
		g.buf = nil
	}
	g.plain = false
	s.gets.Put(g)
}

func newPolling() *polling {
	return &polling{token: make(chan struct{}, 1)}
}

// apply does what effects mean for the packets that wait and the parked GET. It
// returns the WebSocket that is to be closed, if any, and why what waits could not move
// to the one that takes over. Conn.mu is held.
func (p *polling) apply(c *Conn, done effects) (dropped *socket, err error) {
	if done&doPing != 0 {
		p.queue.add(byte(eio4.Ping)|keepRecord, nil)
		p.flush(c)
	}
	if done&doPong != 0 && c.socket.Load() == nil {
		if !p.queue.admits(0, 1, c.server.options.QueueBytes) {
			return nil, ws.ErrQueueFull
		}
		p.queue.add(byte(eio4.Pong)|keepRecord, nil)
		p.flush(c)
	}
	if done&doRelease != 0 && done&doAnswerProbe == 0 {
		p.answer(c, c.releaseBody())
	}
	if done&doTurnAway != 0 {
		p.answer(c, nil)
	}
	if done&doSwitch != 0 {
		s := p.probing
		p.probing = nil
		err = p.queue.moveTo(s)
		s.upgraded = true
		c.socket.Store(s)
	}
	if done&doDropProbe != 0 && p.probing != nil {
		dropped, p.probing = p.probing, nil
		c.server.count.notUpgraded.Add(1)
	}
	if done&doClose != 0 {
		p.leaving = true
		p.flush(c)
	}
	if done&doEnd != 0 {
		p.answer(c, c.closeBody())
	}
	return dropped, err
}

var probe = []byte("probe")

// put lets messages wait. With a full queue it drops older ones for them, or themselves, if
// Options.DropOldest says so, and returns how many; or else it does nothing and ok is
// false. Conn.mu is held.
func (p *polling) put(ms []Message, o *Options) (dropped int, ok bool) {
	bytes := size(ms)
	if !p.queue.admits(bytes, len(ms), o.QueueBytes) {
		if !o.DropOldest {
			return 0, false
		}
		dropped = p.queue.dropOldest(p.queue.cost() + bytes + packetCost*len(ms) - o.QueueBytes)
		switch {
		case p.queue.admits(bytes, len(ms), o.QueueBytes):
		case ms[0].Keep:
			return dropped, false
		default:
			return dropped + len(ms), true
		}
	}
	p.queue.addMessages(ms)
	return dropped, true
}

// flush answers the parked GET with what waits, and when nothing does with the close
// packet that is due. That has an answer of its own because a widespread client, which
// puts messages off a little, would take it before the messages in front of it.
// Conn.mu is held.
func (p *polling) flush(c *Conn) {
	switch {
	case p.get == nil || p.corked:
	case p.queue.packets > 0:
		g := p.get
		g.form = p.form(c)
		g.buf, g.plain = p.queue.appendPayload(g.buf[:0], g.form)
		p.answer(c, g.buf)
	case p.leaving:
		p.leaving = false
		p.answer(c, c.closeBody())
	}
}

// form is the form of the payload for the GET that is parked. Conn.mu is held.
func (p *polling) form(c *Conn) payloadForm {
	switch {
	case !c.session.v3():
		return separated
	case p.base64 || p.get.jsonp || !p.queue.holdsBinary():
		return counted
	default:
		return bytewise
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
func (c *Conn) serveGet(w http.ResponseWriter, r *http.Request, q *query) {
	p := c.poll.Load()
	g := c.server.newGet()
	g.jsonp, g.form = q.jsonp, separated
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
	limited := hasWriteTimeout(r)
	if limited {
		writeUntil(w, time.Time{})
	}
	select {
	case body := <-g.body:
		if limited {
			writeUntil(w, time.Now().Add(c.server.options.WriteTimeout))
		}
		if body == nil {
			c.server.refuse(w, r, transportMismatch())
			return
		}
		c.server.writePayload(w, r, q, payload{body: body, plain: g.plain, form: g.form})
		c.server.keepGet(g)
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
		c.server.writeStatus(w, r, &refusal{status: http.StatusBadRequest, cause: "a request beside another one, over which the session has ended"})
		return
	}
	if c.Transport() != Polling || c.poll.Load() == nil {
		c.server.refuse(w, r, transportMismatch())
		return
	}
	c.server.refuse(w, r, unknownSession(sessionEnded))
}

// servePost takes the packets that a client sends (Engine.IO v4, "HTTP
// long-polling"). POSTs of one session are dealt with in order.
func (c *Conn) servePost(w http.ResponseWriter, r *http.Request, q *query) {
	if done := c.step(event{input: inPost}); done&doRefuse != 0 {
		c.refusePoll(w, r, done)
		return
	}
	p := c.poll.Load()
	if p == nil {
		c.step(event{input: inPostDone})
		c.server.refuse(w, r, transportMismatch())
		return
	}
	if !p.enter(r.Context()) {
		c.step(event{input: inPostGone, cause: r.Context().Err()})
		return
	}
	d := newDelivery(c, p, w, r)
	d.jsonp = q.jsonp
	d.serve()
}

// enter waits until it is a POST's turn, and says whether that came before its end.
func (p *polling) enter(ctx context.Context) bool {
	select {
	case p.token <- struct{}{}:
		return true
	default: // what Done needs is made when it is first called
	}
	select {
	case p.token <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
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
	if c.session.v3() {
		d.form = counted
		if isBinary(d.r) {
			d.form = bytewise
		}
	}
	var status int
	var err error
	d.body, status, err = readBody(d.w, d.r, d.body, c.server.options.MaxPayload, d.form)
	if err == nil && d.jsonp {
		if d.body, err = fromForm(d.body); err != nil {
			status = http.StatusBadRequest
		}
	}
	if err == nil {
		d.handle()
		return
	}
	c.step(event{input: inPostGone, cause: err})
	d.w.Header()["Connection"] = closeConnection
	c.server.writeStatus(d.w, d.r, &refusal{status: status, cause: err.Error(), advice: c.server.adviseBody(err)})
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

// handle has the packets of a POST handled, and answers it.
func (d *delivery) handle() {
	if d.form.count(d.body) > eio4.MaxPackets {
		d.conn.step(event{input: inBad, cause: protocolError("too many packets")})
		d.answer(false)
		return
	}
	d.rest = d.body
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
	c.accountPoll()
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
	body    []byte

	// What follows is the holder's of the turn.
	rest     []byte
	form     payloadForm   // of rest
	jsonp    bool          // the body is a form's
	own      bool          // the POST's own goroutine holds the turn
	lent     bool          // it did, and waits now
	answered chan struct{} // closed when another goroutine has answered
}

// deliveries are those that nobody uses.
var deliveries = sync.Pool{New: func() any { return new(delivery) }}

func newDelivery(c *Conn, p *polling, w http.ResponseWriter, r *http.Request) *delivery {
	d := deliveries.Get().(*delivery)
	d.conn, d.polling, d.w, d.r = c, p, w, r
	return d
}

// release gives d back, which no other goroutine has seen and no handler looks into.
func (d *delivery) release() {
	body := d.body[:0]
	if cap(body) > keepBody {
		body = nil
	}
	*d = delivery{body: body}
	deliveries.Put(d)
}

// here delivers on the POST's own goroutine.
func (d *delivery) here() {
	d.own = true
	t := d.conn.server.monitor.Borrow(d)
	d.polling.turn.Store(t)
	if d.run(t) {
		d.conn.server.monitor.Return(t)
		d.release()
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
//
// If a handler ends the goroutine, as testing.T.FailNow does, a successor goes on.
func (d *delivery) run(t *serial.Turn) bool {
	right, own, returned := true, d.own, false
	defer func() {
		if !returned {
			d.outlive(t, own)
		}
	}()
	for right && d.rest != nil {
		p, rest, err := d.form.next(d.rest)
		d.rest = rest
		right = d.conn.received(p, err)
		if !t.Back() {
			returned = true
			return false
		}
	}
	d.polling.turn.Store(nil)
	d.conn.cork(d.polling, false)
	d.answer(right)
	returned = true
	return true
}

// outlive lets a successor go on, as this goroutine ends; own says that it is the POST's.
func (d *delivery) outlive(t *serial.Turn, own bool) {
	t.MayWait()
	t.HandOver()
	t.Back()
	d.conn.server.monitor.Return(t)
	if own {
		<-d.answered // w must not be left while it is written to
	}
}

// answer answers the POST and is done with it.
func (d *delivery) answer(right bool) {
	if right {
		if d.polling.quick < provenPosts {
			d.polling.quick++
		}
		d.conn.server.writeOK(d.w, d.r, d.lent)
	} else {
		d.conn.server.writeStatus(d.w, d.r, &refusal{status: http.StatusBadRequest, cause: "a bad packet, over which the session has ended"})
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
	c.mu.Lock()
	if err == nil && p.Type == eio4.Message && c.session.calm() {
		c.mu.Unlock()
		c.deliver(&p)
		return true
	}
	e := event{input: inPacket, packet: p.Type}
	if err != nil {
		e = event{input: inBad, cause: err}
	}
	done := c.stepLocked(e)
	if done&doDeliver != 0 {
		c.deliver(&p)
	}
	return done&doRefuse == 0
}

// deliver gives a message that came over polling to the receiver.
func (c *Conn) deliver(p *eio4.Packet) {
	c.server.count.in.add(1, len(p.Data))
	c.give(Message{Data: p.Data, Binary: p.Binary})
}
