package socketio

import (
	"time"

	"socketio/internal/rate"
)

// rateLimits are what one connection may do per second, by the options of its server.
type rateLimits struct {
	on bool // any of them is

	events, bytes, joins, connects rate.Limit

	start time.Time // of the clock of buckets
}

func newRateLimits(o *Options) rateLimits {
	l := rateLimits{
		events: rate.PerSecond(o.EventsPerSecond), bytes: rate.PerSecond(o.BytesPerSecond),
		joins: rate.PerSecond(o.JoinsPerSecond), connects: rate.PerSecond(o.ConnectsPerSecond),
		start: time.Now(),
	}
	l.on = l.events.On() || l.bytes.On() || l.joins.On() || l.connects.On()
	return l
}

// rates are what one connection has done of late. Without limits it has none.
type rates struct {
	// The reader's.
	events, bytes, connects rate.Bucket

	joins rate.Bucket // guarded by peer.mu
}

// newRates returns what counts for a new connection.
func (l *rateLimits) newRates() *rates {
	if !l.on {
		return nil
	}
	return &rates{}
}

// take takes n out of a bucket, and says whether there was as much.
func (l *rateLimits) take(b *rate.Bucket, limit rate.Limit, n int) bool {
	return !limit.On() || b.Take(limit, n, time.Since(l.start))
}

// maySend says whether a message of so many bytes keeps to the limit of bytes. If not it
// ends the connection, and so do the following ones.
func (p *peer) maySend(bytes int) bool {
	l := &p.srv.rates
	if p.rates == nil || l.take(&p.rates.bytes, l.bytes, bytes) {
		return true
	}
	p.exceed(&p.srv.count.bytesPerSecond, "bytes per second")
	return false
}

// mayEmit says whether one more event keeps to the limit.
func (p *peer) mayEmit() bool {
	l := &p.srv.rates
	if p.rates == nil || l.take(&p.rates.events, l.events, 1) {
		return true
	}
	p.exceed(&p.srv.count.eventsPerSecond, "events per second")
	return false
}

// mayConnect says whether one more CONNECT keeps to the limit.
func (p *peer) mayConnect() bool {
	l := &p.srv.rates
	if p.rates == nil || l.take(&p.rates.connects, l.connects, 1) {
		return true
	}
	p.exceed(&p.srv.count.connectsPerSecond, "CONNECTs per second")
	return false
}

// mayJoin says whether joining so many rooms more keeps to the limit.
func (p *peer) mayJoin(rooms int) bool {
	l := &p.srv.rates
	if p.rates == nil {
		return true
	}
	p.mu.Lock()
	may := l.take(&p.rates.joins, l.joins, rooms)
	p.mu.Unlock()
	if !may {
		p.exceed(&p.srv.count.joinsPerSecond, "rooms joined per second")
	}
	return may
}
