package socketio

import (
	"context"
	"errors"
	"iter"
	"sync"

	"socketio/engineio"
	"socketio/internal/cluster"
	"socketio/sio5"
)

// A Reply is what one of many sockets answered.
type Reply[R any] struct {
	ID    string // of the socket; "" if that is on a server for Node
	Value R
}

// EmitAcks sends a call to the selected sockets and returns their replies as they
// come. It sends when the loop over it begins, and leaving the loop forgets the
// replies that have not come.
//
// A reply that cannot be decoded comes with its ID and the error. Sockets that end are
// not waited for. If some of the others have not answered when ctx ends, or without a
// deadline in ctx within [Options].AckTimeout, the last pair is a zero Reply and a
// [*PartialError]. Errors of [Broadcast.Emit] are the only pair. Of what a socket of
// another server acknowledges only the first argument comes.
func (b Broadcast) EmitAcks[R, Q any](ctx context.Context, c Call[Q, R], q Q) iter.Seq2[Reply[R], error] {
	return func(yield func(Reply[R], error) bool) {
		f := newFrame(b.ns)
		err := encode(f, string(c), q)
		for a, err := range b.poll(ctx, f, err) {
			r := Reply[R]{ID: a.id}
			if err == nil {
				r.Value, err = decodePayload[R]("", a.args, a.att)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// EmitArgsAcks is [Broadcast.EmitAcks] with any number of arguments of any types, and
// undecoded replies.
func (b Broadcast) EmitArgsAcks(ctx context.Context, event string, args ...any) iter.Seq2[Reply[*Message], error] {
	return func(yield func(Reply[*Message], error) bool) {
		f := newFrame(b.ns)
		err := f.encodeArgs(event, args)
		for a, err := range b.poll(ctx, f, err) {
			r := Reply[*Message]{ID: a.id}
			if err == nil {
				r.Value = a.message()
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

// A ballot is the answer of one socket.
type ballot struct {
	id string
	answer
}

// A poll waits for the acknowledgements of many sockets.
type poll struct {
	id   uint64        // of the acknowledgements
	news chan struct{} // has an element after a change of what follows

	mu      sync.Mutex // guards what follows
	ballots []ballot   // not yet taken
	open    map[*Socket]struct{}
	missing int   // how many could not be asked
	why     error // for the last of these

	others *cluster.Request // what other servers have been asked; nil without any
}

func (p *poll) answer(s *Socket, a answer) {
	p.mu.Lock()
	delete(p.open, s)
	p.ballots = append(p.ballots, ballot{s.id, a})
	p.mu.Unlock()
	p.tell()
}

func (p *poll) abandon(s *Socket, _ error) {
	p.mu.Lock()
	delete(p.open, s)
	p.mu.Unlock()
	p.tell()
}

func (p *poll) tell() {
	select {
	case p.news <- struct{}{}:
	default:
	}
}

// poll asks the event in f, unless it could not be encoded, releases f, and returns
// the answers.
func (b *Broadcast) poll(ctx context.Context, f *frame, err error) iter.Seq2[ballot, error] {
	return func(yield func(ballot, error) bool) {
		p := &poll{id: b.ns.nextID(), news: make(chan struct{}, 1), open: map[*Socket]struct{}{}}
		if err == nil {
			err = b.askAll(ctx, p, f)
		}
		f.release()
		if err != nil {
			yield(ballot{}, err)
			return
		}
		defer p.forget()
		if b.sender != nil {
			b.sender.peer.conn.HandOver()
		}
		defer beginWait(ctx, nil)()
		p.collect(ctx, b.ns.server, yield)
	}
}

// askAll sends the event in f to all, who are registered before.
func (b *Broadcast) askAll(ctx context.Context, p *poll, f *frame) error {
	srv := b.ns.server
	if srv.closed.Load() {
		return ErrServerClosed
	}
	ask := func(ns *Namespace, f *frame) error { return b.askThose(ctx, ns, p, f) }
	if b.ns.family != nil {
		return f.forEach(b.ns.family.all(), ask)
	}
	return ask(b.ns, f)
}

// askThose is askAll for those of one namespace.
func (b *Broadcast) askThose(ctx context.Context, ns *Namespace, p *poll, f *frame) error {
	f.uncompressed = b.uncompressed
	if err := f.seal(sio5.Event, p.id, true, ns.server.options.MaxAttachments); err != nil {
		return err
	}
	if err := b.askOthers(ctx, p, f); err != nil {
		return err
	}
	var prepared *engineio.Prepared
	b.eachOf(ns, func(s *Socket) {
		if prepared == nil {
			prepared = engineio.Prepare(f.messages...)
		}
		p.ask(s, f, prepared, b.volatile)
	})
	return nil
}

// ask asks one socket. One that cannot be asked is absent from the start, unless it
// is about to end.
func (p *poll) ask(s *Socket, f *frame, prepared *engineio.Prepared, volatile bool) {
	p.mu.Lock()
	p.open[s] = struct{}{}
	p.mu.Unlock()
	err := s.expect(p.id, p)
	if err == nil {
		var sent bool
		if sent, err = s.emitPrepared(f, prepared, volatile); sent {
			return
		}
		if s.take(p.id) == nil {
			return // it has ended, which the poll was told
		}
		if err == nil {
			err = errDropped
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, s)
	if !errors.Is(err, ErrDisconnected) {
		p.missing++
		p.why = err
	}
}

// collect yields the answers until all are in or it has taken too long, and at the end
// that some are absent.
func (p *poll) collect(ctx context.Context, srv *Server, yield func(ballot, error) bool) {
	patience := newPatience(ctx, srv.options.AckTimeout)
	defer patience.stop()
	got := 0
	for over := false; ; {
		ballots, rest := p.take()
		for _, a := range ballots {
			got++
			if !yield(a, nil) {
				return
			}
		}
		if over {
			rest.why = patience.err(ctx)
		}
		if over || !rest.pending {
			if err := p.shortfall(got, rest); err != nil {
				yield(ballot{}, err)
			}
			return
		}
		select {
		case <-p.news:
		case <-ctx.Done():
			over = true
		case <-patience.over:
			over = true
		}
	}
}

// A remainder is the answers that have not come.
type remainder struct {
	pending bool  // some may still come
	absent  int   // how many
	why     error // if none will come
}

// take returns the answers that came since the last call, and what has not come.
func (p *poll) take() (ballots []ballot, rest remainder) {
	p.mu.Lock()
	ballots, p.ballots = p.ballots, nil
	rest = remainder{pending: len(p.open) > 0, absent: p.missing + len(p.open), why: p.why}
	p.mu.Unlock()
	if p.others == nil {
		return ballots, rest
	}
	replies, left := p.others.Take()
	for _, m := range replies {
		ballots = append(ballots, ballot{m.SocketID, answer{sio5.Args(m.Reply), m.Attachments}})
	}
	rest.absent += left.Clients
	rest.pending = rest.pending || left.Nodes > 0
	if left.Lost > 0 {
		rest.why = errLost
	}
	return ballots, rest
}

// shortfall returns the error that says what has not come, nil if everything has.
func (p *poll) shortfall(got int, rest remainder) error {
	var silent []string
	if p.others != nil {
		silent = p.others.Silent()
	}
	if rest.absent == 0 && len(silent) == 0 {
		return nil
	}
	return &PartialError{Got: got, Want: got + rest.absent, Err: rest.why, Silent: silent}
}

// forget stops waiting for those who have not answered.
func (p *poll) forget() {
	if p.others != nil {
		p.others.End()
	}
	p.mu.Lock()
	open := p.open
	p.open = map[*Socket]struct{}{}
	p.mu.Unlock()
	for s := range open {
		s.take(p.id)
	}
}
