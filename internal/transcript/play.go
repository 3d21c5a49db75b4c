package transcript

import (
	"net"
	"slices"
	"strings"
	"time"
)

// A Target is a server to which transcripts are played.
type Target struct {
	// Dial connects to it.
	Dial func() (net.Conn, error)

	// Path is where it serves, such as "/socket.io/".
	Path string

	// Settle returns when the server has dealt with all that it was sent: within
	// a bubble of synctest it is synctest.Wait. Otherwise it can only wait for a
	// time.
	Settle func()

	// Patience is how long the server may take for anything.
	Patience time.Duration
}

// Play plays the client's part to a server. The error is an *Error that says what the
// server did not do as written.
func (t *Transcript) Play(target Target) error {
	p := &player{Transcript: t, target: target, vars: variables{}, sockets: map[string]*conn{}}
	defer p.end()
	spoke := ""
	for i := range t.steps {
		s := &t.steps[i]
		if s.client {
			// What the server does by itself after its answer, and what is said on two
			// connections, has an order only so.
			on := s.channel + ":" + s.name
			if i > 0 && spoke != on {
				target.Settle()
			}
			spoke = on
			if err := p.speak(s); err != nil {
				return err
			}
			continue
		}
		spoke = ""
		if err := p.listen(s); err != nil {
			return err
		}
	}
	return p.finish()
}

// A player is a transcript that is being played.
type player struct {
	*Transcript
	target   Target
	vars     variables
	sockets  map[string]*conn // open, by name
	requests []*conn          // that have no answer yet, oldest first
	all      []*conn
}

// end hangs up all connections.
func (p *player) end() {
	for _, c := range p.all {
		c.hangUp()
	}
}

// finish expects that all has been said.
func (p *player) finish() error {
	p.target.Settle()
	for _, c := range p.requests {
		return p.fail(c.line, "has no answer at the end")
	}
	for name, c := range p.sockets {
		select {
		case h, open := <-c.heard:
			if open {
				return p.fail(p.last, "at the end the server also says, on %s: %s", name, h)
			}
		default:
		}
	}
	return nil
}

// speak plays a line of the client's.
func (p *player) speak(s *step) error {
	if s.kind == request || s.kind == opening {
		return p.open(s)
	}
	if s.channel != "ws" {
		return p.cutRequest(s)
	}
	c, err := p.socket(s)
	if err != nil {
		return err
	}
	switch s.kind {
	case binaryMessage:
		err = c.writeFrame(binaryFrame, s.data)
	case closing:
		err = c.writeClose(s.code)
	case hangUp:
		c.hangUp()
		delete(p.sockets, c.name)
	default:
		data, unknown := p.vars.expand(s.data)
		if unknown != "" {
			return p.fail(s.line, "the server has not said yet what %s stands for", unknown)
		}
		err = c.writeFrame(textFrame, data)
	}
	if err != nil {
		return p.fail(s.line, "the server does not take it: %v", err)
	}
	return nil
}

// nameOf returns what a connection is known by: its channel and the name behind it.
func (s *step) nameOf(channel string) string {
	if s.name == "" {
		return channel
	}
	return channel + ":" + s.name
}

// open sends a request on a connection of its own.
func (p *player) open(s *step) error {
	query, unknown := p.vars.expand(s.query)
	body, alsoUnknown := p.vars.expand(s.data)
	if unknown += alsoUnknown; unknown != "" {
		return p.fail(s.line, "the server has not said yet what %s stands for", unknown)
	}
	nc, err := p.target.Dial()
	if err != nil {
		return p.fail(s.line, "no connection: %v", err)
	}
	nc.SetDeadline(time.Now().Add(2 * p.target.Patience))
	c := newConn(nc, s.nameOf(s.channel), s.line)
	p.all = append(p.all, c)
	method := s.channel
	if s.kind == opening {
		method = "GET"
	}
	if err := c.send(method, p.target.Path+query, body, s.headers); err != nil {
		return p.fail(s.line, "the server does not take it: %v", err)
	}
	if s.kind == opening {
		return p.handshake(s, c)
	}
	c.listen(method)
	p.requests = append(p.requests, c)
	if !s.parked {
		return nil
	}
	p.target.Settle()
	select {
	case h := <-c.heard:
		return p.fail(s.line, "is answered at once: %s", h)
	default:
		return nil
	}
}

// handshake reads the answer to a WebSocket's handshake. If that is refused, the answer
// waits for a line.
func (p *player) handshake(s *step, c *conn) error {
	h, err := c.readResponse("GET")
	if err != nil {
		return p.fail(s.line, "no answer to the handshake: %v", err)
	}
	if h.code != 101 {
		c.heard <- h
		close(c.heard)
		p.requests = append(p.requests, c)
		return nil
	}
	c.listenFrames()
	p.sockets[c.name] = c
	return nil
}

// cutRequest hangs up a request that waits for its answer.
func (p *player) cutRequest(s *step) error {
	i := p.latest(s.nameOf(s.channel))
	if i < 0 {
		return p.fail(s.line, "no such request waits for an answer")
	}
	p.requests[i].hangUp()
	p.requests = slices.Delete(p.requests, i, i+1)
	return nil
}

// latest returns the index of the last request with that name.
func (p *player) latest(name string) int {
	for i, c := range slices.Backward(p.requests) {
		if c.name == name {
			return i
		}
	}
	return -1
}

// socket returns the WebSocket that a line speaks of.
func (p *player) socket(s *step) (*conn, error) {
	name := s.nameOf("ws")
	if c := p.sockets[name]; c != nil {
		return c, nil
	}
	for _, c := range p.requests {
		if c.name == name {
			return nil, p.fail(c.line, "is refused: %s", <-c.heard)
		}
	}
	return nil, p.fail(s.line, "%s is not open", name)
}

// listen compares what the server says with a line.
func (p *player) listen(s *step) error {
	if s.kind == response || s.kind == anyBody {
		return p.listenResponse(s)
	}
	c, err := p.socket(s)
	if err != nil {
		return err
	}
	if s.kind == silence {
		p.target.Settle()
		select {
		case h := <-c.heard:
			return p.fail(s.line, "the server says: %s", h)
		default:
			return nil
		}
	}
	h, err := p.hear(s, c)
	if err != nil {
		return err
	}
	same := h.data == s.data
	if s.kind == message {
		same = p.vars.match(s.data, h.data)
	}
	if !same || h.kind != s.kind || h.code != s.code {
		return p.fail(s.line, "the server says: %s", h)
	}
	if h.kind == closing {
		// Nobody may be there to take it.
		_ = c.writeClose(h.code)
	}
	if h.kind == closing || h.kind == hangUp {
		c.hangUp()
		delete(p.sockets, c.name)
	}
	return nil
}

// listenResponse compares an answer with a line.
func (p *player) listenResponse(s *step) error {
	i := len(p.requests) - 1
	if s.name != "" {
		i = slices.IndexFunc(p.requests, func(c *conn) bool { return strings.HasSuffix(c.name, ":"+s.name) })
	}
	if i < 0 {
		return p.fail(s.line, "no such request waits for an answer")
	}
	c := p.requests[i]
	h, err := p.hear(s, c)
	if err != nil {
		return err
	}
	p.requests = slices.Delete(p.requests, i, i+1)
	if h.code != s.code || s.kind == response && !p.vars.match(toSigns.Replace(s.data), toSigns.Replace(h.data)) {
		return p.fail(s.line, "the server says: %s", h)
	}
	for _, want := range s.headers {
		value, unknown := p.vars.expand(want.value)
		if unknown != "" {
			return p.fail(want.line, "the server has not said yet what %s stands for", unknown)
		}
		got := strings.Join(h.headers.Values(want.name), ", ")
		if got != value && !(got == "" && value == "(none)") {
			return p.fail(want.line, "%s is %q", want.name, got)
		}
	}
	c.hangUp()
	return nil
}

// hear waits for what the server says next on a connection.
func (p *player) hear(s *step, c *conn) (heard, error) {
	timeout := time.NewTimer(p.target.Patience)
	defer timeout.Stop()
	select {
	case h, open := <-c.heard:
		if !open {
			return h, p.fail(s.line, "the server hangs up")
		}
		return h, nil
	case <-timeout.C:
		return heard{}, p.fail(s.line, "the server says nothing within %v", p.target.Patience)
	}
}
