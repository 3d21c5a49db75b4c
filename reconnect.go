package socketio

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"log/slog"
	"slices"
	"time"

	"socketio/engineio"
)

// A Backoff says how long a [Client] waits before it tries to connect again: Min before
// the first time and twice as long before each further one, up to Max; and then more or
// less by a random part of it, of at most Jitter, so that many clients that have lost
// one server do not come back at the same moment, however long it was away.
type Backoff struct {
	Min    time.Duration // default 1 s
	Max    time.Duration // default 5 s
	Jitter float64       // from 0 to 1; default 0.5, a negative one is none

	// Attempts is after how many attempts in a row the client gives up, the first
	// one not counted; default 0, never. With a negative one it does not reconnect.
	Attempts int
}

func (b Backoff) withDefaults() Backoff {
	b.Min = orDefault(b.Min, time.Second)
	b.Max = orDefault(b.Max, 5*time.Second)
	b.Jitter = max(orDefault(b.Jitter, 0.5), 0)
	if b.Min < 0 || b.Max < b.Min || b.Jitter > 1 {
		panic("socketio: a Backoff has a Min below 0, a Max below Min, or a Jitter above 1")
	}
	return b
}

// wait returns how long to wait before an attempt, counted from 0. Chance is from 0 to 1.
func (b Backoff) wait(attempt int, chance float64) time.Duration {
	wait := b.Min
	for range attempt {
		if wait >= b.Max/2 {
			wait = b.Max
			break
		}
		wait *= 2
	}
	wait = min(wait, b.Max)
	return wait + time.Duration(float64(wait)*b.Jitter*(2*chance-1))
}

// chance returns a random number from 0 to 1, without 1. Session ids come from the same
// package; it is fast enough here as well, and no other is linked for it.
func chance() float64 {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return float64(binary.LittleEndian.Uint64(b[:])>>11) / (1 << 53)
}

// A pursuit is the goroutine that tries to connect. There is one at most, and none while
// there is a connection.
type pursuit struct {
	ctx    context.Context // ends when nobody wants a connection any more
	cancel context.CancelFunc
	now    chan struct{} // has an element if the next attempt is not to wait
}

// pursue begins to connect, unless that is under way or done. With a cause, the
// first attempt waits. The caller holds mu.
func (c *Client) pursue(cause error) {
	if c.closed || c.pursuit != nil || c.link != nil {
		return
	}
	p := &pursuit{now: make(chan struct{}, 1)}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	c.pursuit = p
	c.core.tasks.start(func() { c.run(p, cause) })
}

// run tries until there is a connection, or nobody wants one any more.
func (c *Client) run(p *pursuit, cause error) {
	defer p.cancel()
	for {
		if cause != nil {
			attempt := int(c.failures.Add(1))
			if limit := c.options.Backoff.Attempts; limit < 0 || limit > 0 && attempt > limit {
				c.giveUp(p, cause)
				return
			}
			if !c.waitFor(p, attempt, cause) {
				break
			}
		}
		if cause = c.attempt(p); cause == nil || p.ctx.Err() != nil {
			break
		}
		c.noteFailure(cause)
	}
	c.mu.Lock()
	if c.pursuit == p {
		c.pursuit = nil
	}
	c.signal()
	c.mu.Unlock()
}

// waitFor waits before an attempt, counted from 1, and says whether to make it.
func (c *Client) waitFor(p *pursuit, attempt int, cause error) bool {
	wait := c.options.Backoff.wait(attempt-1, chance())
	if answer, ok := errors.AsType[*engineio.ResponseError](cause); ok {
		wait += answer.RetryAfter
	}
	c.tellRetry(attempt, wait, cause)
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.now:
	case <-p.ctx.Done():
		return false
	}
	return true
}

func (c *Client) tellRetry(attempt int, wait time.Duration, cause error) {
	if c.options.OnRetry == nil {
		c.core.log.Warn("socketio: connecting again", slog.Int("attempt", attempt),
			slog.Duration("wait", wait), slog.Any("cause", cause))
		return
	}
	var failure error
	func() {
		defer contain(&failure)
		c.options.OnRetry(attempt, wait, cause)
	}()
	if failure != nil {
		c.core.report(context.Background(), nil, "OnRetry", failure)
	}
}

// attempt tries to connect once, and joins the namespaces.
func (c *Client) attempt(p *pursuit) error {
	auth, err := c.auth(p.ctx)
	if err != nil {
		return err
	}
	options := c.dialOptions()
	if c.options.EIO3 {
		options.Query = withQuery(options.Query, auth)
	}
	conn, err := engineio.Dial(p.ctx, c.url, &options)
	if err != nil {
		return err
	}
	l := &clientConn{peer: newPeer(c.core, conn), client: c}
	c.mu.Lock()
	if c.pursuit != p || p.ctx.Err() != nil {
		c.mu.Unlock()
		l.drop()
		return p.ctx.Err()
	}
	c.pursuit, c.link = nil, l
	c.mu.Unlock()
	c.joinAll(l, auth)
	conn.Attach(l)
	c.closeIdle()
	return nil
}

// dialOptions are those of the next attempt, which begins with WebSocket if the last
// connection was on one and that is to be remembered.
func (c *Client) dialOptions() engineio.DialOptions {
	options := c.options.DialOptions
	c.mu.Lock()
	remembered := c.options.RememberUpgrade && c.upgraded
	c.upgraded = false // until this attempt has shown that it works
	c.mu.Unlock()
	if len(options.Transports) == 0 {
		options.Transports = []string{engineio.Polling, engineio.WebSocket}
	}
	if remembered && slices.Contains(options.Transports, engineio.WebSocket) {
		others := slices.DeleteFunc(slices.Clone(options.Transports), func(name string) bool { return name == engineio.WebSocket })
		options.Transports = append([]string{engineio.WebSocket}, others...)
	}
	return options
}

// noteFailure keeps why the last attempt has failed, for who waits in vain.
func (c *Client) noteFailure(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failure = err
}

// giveUp ends a pursuit that has had its attempts.
func (c *Client) giveUp(p *pursuit, cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pursuit == p {
		c.pursuit = nil
	}
	for _, s := range c.sockets {
		if s.active {
			s.active, s.err = false, cause
		}
	}
	c.signal()
}

// Reconnect makes a client that waits before its next attempt to connect try now. It is
// for programs that know that the network is back. While the client is connected, or
// not to be, it does nothing.
func (c *Client) Reconnect() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pursuit != nil {
		select {
		case c.pursuit.now <- struct{}{}:
		default: // it will
		}
	}
}
