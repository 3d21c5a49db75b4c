package socketio

import (
	"context"
	"errors"

	"socketio/engineio"
	"socketio/sio5"
)

// A Sender sends to one peer, with flags; see [Socket.Volatile]. It is a value that
// can be kept and shared.
type Sender struct {
	socket       *Socket       // nil at a client
	client       *ClientSocket // nil at a server
	volatile     bool
	uncompressed bool
}

// namespace is that of the peer.
func (p Sender) namespace() *Namespace {
	if p.client != nil {
		return p.client.ns
	}
	return p.socket.ns
}

// Volatile returns a Sender whose messages are dropped if they cannot be sent at
// once, because something for this client waits already.
func (s *Socket) Volatile() Sender { return Sender{socket: s, volatile: true} }

// Compress returns a Sender whose messages may be compressed, as they may be anyway, or
// may not. It says nothing about those that the client sends. What is compressed, and
// when, is decided by Options.Deflate and Options.HTTPCompression.
func (s *Socket) Compress(on bool) Sender { return Sender{socket: s}.Compress(on) }

// Emit sends an event to the client. It does not block, and the payload is encoded
// when it returns.
//
// The error says that the payload cannot be encoded, has too many attachments, or
// that the event name is reserved; [ErrDisconnected] that the socket has ended; or
// [ErrQueueFull] that too much waits to be sent to the client, which ends the
// connection. That a volatile message was dropped is no error.
func (s *Socket) Emit[T any](ev Event[T], v T) error { return Sender{socket: s}.Emit(ev, v) }

// EmitArgs is [Socket.Emit] with any number of arguments of any types.
func (s *Socket) EmitArgs(event string, args ...any) error {
	return Sender{socket: s}.EmitArgs(event, args...)
}

// EmitAck sends an event to the client and waits for the acknowledgement. A handler
// may wait for the client that it serves.
//
// The error is that of [Socket.Emit]; that of the context, whose place
// [Options].AckTimeout takes if it has no deadline, so that errors.Is with
// [context.DeadlineExceeded] holds if the client took too long; [ErrDisconnected], as
// soon as the socket ends; or a [*DecodeError] if the reply is no R.
func (s *Socket) EmitAck[R, Q any](ctx context.Context, c Call[Q, R], q Q) (R, error) {
	return Sender{socket: s}.EmitAck(ctx, c, q)
}

// EmitArgsAck is [Socket.EmitAck] with any number of arguments of any types, and an
// undecoded reply.
func (s *Socket) EmitArgsAck(ctx context.Context, event string, args ...any) (*Message, error) {
	return Sender{socket: s}.EmitArgsAck(ctx, event, args...)
}

// Volatile is [Socket.Volatile].
func (p Sender) Volatile() Sender {
	p.volatile = true
	return p
}

// Compress is [Socket.Compress].
func (p Sender) Compress(on bool) Sender {
	p.uncompressed = !on
	return p
}

// Emit is [Socket.Emit].
func (p Sender) Emit[T any](ev Event[T], v T) error {
	f := newFrame(p.namespace())
	defer f.release()
	if err := encode(f, string(ev), v); err != nil {
		return err
	}
	return p.send(f)
}

// EmitArgs is [Socket.EmitArgs].
func (p Sender) EmitArgs(event string, args ...any) error {
	f := newFrame(p.namespace())
	defer f.release()
	if err := f.encodeArgs(event, args); err != nil {
		return err
	}
	return p.send(f)
}

// EmitAck is [Socket.EmitAck].
func (p Sender) EmitAck[R, Q any](ctx context.Context, c Call[Q, R], q Q) (R, error) {
	var none R
	f := newFrame(p.namespace())
	if err := encode(f, string(c), q); err != nil {
		f.release()
		return none, err
	}
	a, err := p.ask(ctx, f)
	if err != nil {
		return none, err
	}
	return decodePayload[R]("", a.args, a.att)
}

// EmitArgsAck is [Socket.EmitArgsAck].
func (p Sender) EmitArgsAck(ctx context.Context, event string, args ...any) (*Message, error) {
	f := newFrame(p.namespace())
	if err := f.encodeArgs(event, args); err != nil {
		f.release()
		return nil, err
	}
	a, err := p.ask(ctx, f)
	if err != nil {
		return nil, err
	}
	return a.message(), nil
}

func (p Sender) send(f *frame) error {
	f.uncompressed = f.uncompressed || p.uncompressed
	if p.client != nil {
		return p.client.send(f, p.volatile)
	}
	if !p.volatile && p.socket.Connected() && p.socket.session != nil {
		return p.socket.emitLogged(f)
	}
	if err := f.seal(sio5.Event, 0, false, p.socket.peer.srv.options.MaxAttachments); err != nil {
		return err
	}
	_, err := p.socket.emit(f, p.volatile)
	return err
}

// emit sends a sealed event, which the OnAnyOutgoing hooks see before.
func (s *Socket) emit(f *frame, volatile bool) (sent bool, err error) {
	if err := s.gone(); err != nil {
		return false, err
	}
	s.showOutgoing(f)
	if sent, err = s.transmit(f, volatile); sent {
		s.peer.srv.traceEmitted(s, f)
	}
	return sent, err
}

// emitPrepared is emit for one of many receivers of the same event.
func (s *Socket) emitPrepared(f *frame, prepared *engineio.Prepared, volatile bool) (sent bool, err error) {
	s.showOutgoing(f)
	if volatile {
		sent = s.peer.conn.TrySendPrepared(prepared)
	} else {
		err = s.peer.srv.sendPrepared(s, prepared)
		sent = err == nil
	}
	if sent {
		s.peer.srv.traceEmitted(s, f)
		return true, nil
	}
	return false, s.notSent(err)
}

// transmit sends a sealed frame, and says whether it did.
func (s *Socket) transmit(f *frame, volatile bool) (sent bool, err error) {
	if err = s.gone(); err != nil {
		return false, err
	}
	if volatile {
		sent = s.peer.conn.TrySend(f.messages...)
	} else {
		err = s.peer.conn.Send(f.messages...)
		sent = err == nil
	}
	if sent {
		return true, nil
	}
	return false, s.notSent(err)
}

// notSent returns the error for a message that the connection has not taken: nil if
// it was volatile.
func (s *Socket) notSent(err error) error {
	if err == nil || errors.Is(err, ErrQueueFull) {
		s.peer.srv.traceSlow(s, 1)
		return err
	}
	if gone := s.gone(); gone != nil {
		return gone
	}
	return ErrDisconnected
}

// showOutgoing runs the OnAnyOutgoing hooks.
func (s *Socket) showOutgoing(f *frame) {
	ns, own := s.ns.hooks().anyOutgoing, s.registry.load().anyOutgoing
	if len(ns)+len(own) == 0 {
		return
	}
	m := f.message()
	defer m.expire()
	ctx := s.Context()
	s.observe(ctx, m, ns)
	s.observe(ctx, m, own)
}
