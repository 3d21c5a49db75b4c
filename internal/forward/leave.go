package forward

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"
)

// Drain has the clients leave whose WebSockets are relayed, one after the other, spread over
// a time. It returns when that is over, or with the error of ctx.
func (f *Forwarder) Drain(ctx context.Context, over time.Duration) error {
	var relayed []*passage // in the order of a map, which has nothing to do with who came when
	for _, p := range f.all() {
		if p.relay {
			relayed = append(relayed, p)
		}
	}
	if len(relayed) == 0 {
		return ctx.Err()
	}
	pace := time.NewTicker(max(over/time.Duration(len(relayed)), 1))
	defer pace.Stop()
	for _, p := range relayed {
		select {
		case <-pace.C:
			f.tellOwner(ctx, p)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Shutdown refuses to relay WebSockets from now on, and has the clients leave whose requests
// and WebSockets are passed on. Requests that come are passed on as ever, but without waiting
// for news. Shutdown returns when what there was has ended; if ctx ends before, it cuts that
// off and returns the error of ctx.
func (f *Forwarder) Shutdown(ctx context.Context) error {
	all := f.close()
	defer f.transport.CloseIdleConnections()
	var persuaders sync.WaitGroup
	for _, p := range all {
		persuaders.Go(func() { f.persuade(ctx, p) })
	}
	defer persuaders.Wait()
	for _, p := range all {
		select {
		case <-p.ended:
		case <-ctx.Done():
			f.Close()
			return ctx.Err()
		}
	}
	f.relays.Wait()
	return nil
}

// Close cuts off all that is passed on, without waiting.
func (f *Forwarder) Close() {
	for _, p := range f.close() {
		f.mu.Lock()
		cut := p.cut
		f.mu.Unlock()
		cut()
	}
	f.transport.CloseIdleConnections()
}

// close makes the node end, and returns what is passed on.
func (f *Forwarder) close() []*passage {
	f.mu.Lock()
	f.closing = true
	f.mu.Unlock()
	return f.all()
}

func (f *Forwarder) all() []*passage {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]*passage, 0, len(f.passages))
	for p := range f.passages {
		all = append(all, p)
	}
	return all
}

// persuade has the client of a passage leave. It blocks until that is over, or ctx ends.
func (f *Forwarder) persuade(ctx context.Context, p *passage) {
	if !p.relay && !p.parked {
		return
	}
	// The owner may not have got the poll yet, or still be upgrading to the WebSocket.
	for wait := leaveAgain; ; wait = min(2*wait, leaveRarely) {
		f.tellOwner(ctx, p)
		again := time.NewTimer(wait)
		select {
		case <-again.C:
			continue
		case <-p.ended:
		case <-ctx.Done():
		}
		again.Stop()
		return
	}
}

// tellOwner asks the owner of a session to have its client send its next request another way.
// It blocks until that is said. If it cannot be, the passage is cut off later.
func (f *Forwarder) tellOwner(ctx context.Context, p *passage) {
	select {
	case f.telling <- struct{}{}:
		defer func() { <-f.telling }()
	case <-ctx.Done():
		return
	}
	ctx, cancel := context.WithTimeout(ctx, leaveTimeout)
	defer cancel()
	r := &http.Request{Method: http.MethodPost, RequestURI: uriOf(p.r), URL: p.r.URL, Host: p.r.Host}
	res, err := f.transport.RoundTrip(f.outgoing(ctx, r, p.owner, leave))
	if err != nil {
		return
	}
	io.Copy(io.Discard, io.LimitReader(res.Body, refusalSize)) //nolint:errcheck // what matters is that it was answered
	res.Body.Close()
}
