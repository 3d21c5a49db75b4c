package engineio

import (
	"errors"
	"maps"
	"net/http"
	"net/netip"
	"strings"

	"socketio/internal/rate"
)

// An admission knows for which newcomers there is room. It is guarded by the server's mu.
type admission struct {
	closing  bool // nobody comes any more, and those who are here go
	draining bool // nobody comes any more

	perIP map[string]int // connections; nil if they are not limited

	handshakes rate.Limit
	buckets    map[string]rate.Bucket // that are not full, and some that are
	sweepAt    int                    // how many buckets there may be until the full ones are dropped
}

// Why there is no room for a newcomer.
var (
	errTooMany      = errors.New("engineio: Options.MaxConnections reached")
	errTooManyPerIP = errors.New("engineio: Options.MaxConnectionsPerIP reached")
	errTooOften     = errors.New("engineio: Options.HandshakesPerIP reached")
)

// minSweep is how many addresses are remembered without looking which of them matter.
const minSweep = 1024

func newAdmission(o *Options) admission {
	a := admission{handshakes: rate.PerSecond(o.HandshakesPerIP), sweepAt: minSweep}
	if o.MaxConnectionsPerIP > 0 {
		a.perIP = map[string]int{}
	}
	if a.handshakes.On() {
		a.buckets = map[string]rate.Bucket{}
	}
	return a
}

// countsPerIP says whether it matters where a newcomer comes from.
func (o *Options) countsPerIP() bool { return o.MaxConnectionsPerIP > 0 || o.HandshakesPerIP > 0 }

// newcomer is by what a request for a connection is counted, if it is.
func (s *Server) newcomer(r *http.Request) string {
	if !s.options.countsPerIP() {
		return ""
	}
	return subscriber(s.options.ClientIP(r))
}

// subscriber is by what connections from an address are counted: itself, or for version 6
// the first 64 bits, since every subscriber has all addresses that begin so.
func subscriber(address string) string {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return address // whatever Options.ClientIP means by it
	}
	if addr = addr.Unmap(); addr.Is4() {
		return addr.String()
	}
	network, _ := addr.Prefix(64) // which every address of version 6 has
	return network.String()
}

// room says whether there is room for a connection more, by a subscriber. The caller
// holds mu.
func (s *Server) room(from string) error {
	switch {
	case s.closing || s.draining:
		return ErrServerClosed
	case s.options.MaxConnections > 0 && len(s.conns) >= s.options.MaxConnections:
		return errTooMany
	case s.budget.tight():
		return errOverBudget
	case s.perIP != nil && s.perIP[from] >= s.options.MaxConnectionsPerIP:
		return errTooManyPerIP
	}
	return nil
}

// mayTry says whether a subscriber has not made too many handshakes. The caller holds mu.
func (s *Server) mayTry(from string) bool {
	if !s.handshakes.On() {
		return true
	}
	now := s.now()
	if len(s.buckets) >= s.sweepAt {
		maps.DeleteFunc(s.buckets, func(_ string, b rate.Bucket) bool { return b.Full(now) })
		s.sweepAt = max(2*len(s.buckets), minSweep)
	}
	bucket := s.buckets[from]
	taken := bucket.Take(s.handshakes, 1, now)
	s.buckets[from] = bucket
	return taken
}

// admit keeps Shutdown waiting until release, for a handshake. The error says why there is
// no room for it.
func (s *Server) admit(from string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.room(from); err != nil {
		return err
	}
	if !s.mayTry(from) {
		return errTooOften
	}
	s.goroutines.Add(1)
	return nil
}

// add registers a connection, unless there is no room for it or the id is taken. It
// counts the goroutine that will handle the connection.
func (s *Server) add(c *Conn) error {
	from := s.subscriberOf(c)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.room(from); err != nil {
		return err
	}
	if s.conns[c.id] != nil {
		return errTaken
	}
	s.conns[c.id] = c
	if s.perIP != nil {
		s.perIP[from]++
	}
	s.goroutines.Add(1)
	return nil
}

const errTaken = protocolError("the session id is taken")

func (s *Server) remove(c *Conn) {
	from := s.subscriberOf(c)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns[c.id] != c {
		return
	}
	delete(s.conns, c.id)
	s.ended.add(c.id)
	if s.perIP != nil {
		if s.perIP[from]--; s.perIP[from] == 0 {
			delete(s.perIP, from)
		}
	}
	if s.closing && len(s.conns) == 0 {
		close(s.empty)
	}
}

// subscriberOf is by what a connection is counted, if it is.
func (s *Server) subscriberOf(c *Conn) string {
	if s.options.MaxConnectionsPerIP <= 0 {
		return ""
	}
	return subscriber(c.RemoteAddr())
}

// turnAway answers a handshake for which there is no room, or whose id is taken. A
// WebSocket that is accepted and then closed at once would be no answer to the widespread
// clients: they go on waiting.
func (s *Server) turnAway(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, errTaken) {
		s.refuse(w, r, badRequest("ID_GENERATION_ERROR: "+err.Error()))
		return
	}
	s.count.turnedAway(err)
	w.Header().Set("Retry-After", retryLater)
	s.writeStatus(w, r, &refusal{status: http.StatusServiceUnavailable, cause: strings.TrimPrefix(err.Error(), "engineio: "), advice: s.adviseNoRoom(r, err)})
}

// retryLater is after how many seconds a client that was turned away may come again: a
// bucket of handshakes is full by then.
const retryLater = "1"
