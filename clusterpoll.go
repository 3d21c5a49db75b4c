package socketio

import (
	"context"
	"sync"
	"time"

	"socketio/adapter"
	"socketio/engineio"
	"socketio/sio5"
)

// askOthers makes the other servers ask their sockets the event in f.
func (b *Broadcast) askOthers(ctx context.Context, p *poll, f *frame) error {
	if !b.clustered() || b.nobody() {
		return nil
	}
	m := &adapter.Message{
		Type: adapter.Broadcast, Targets: b.targets(), ByID: true,
		Event: f.json(), Attachments: f.attachments,
	}
	m.Targets.Timeout = max(b.ns.server.options.AckTimeout, 0)
	if deadline, limited := ctx.Deadline(); limited {
		m.Targets.Timeout = max(time.Until(deadline), time.Millisecond)
	}
	var err error
	p.others, err = b.ns.group.Ask(m, p.news)
	return published(err)
}

// A proxy asks sockets for another server and passes their answers on.
type proxy struct {
	ns       *Namespace
	id       uint64           // of the acknowledgements
	question *adapter.Message // whose RequestID, UID and ByID count

	mu   sync.Mutex // guards what follows
	open map[*Socket]struct{}
	stop func() bool // the timer that gives up, once it runs
}

// askFor asks the event in f for another server. That is told first how many answers
// to expect.
func (b *Broadcast) askFor(m *adapter.Message, f *frame) error {
	srv := b.ns.server
	p := &proxy{ns: b.ns, id: b.ns.nextID(), question: m, open: map[*Socket]struct{}{}}
	f.uncompressed = b.uncompressed
	if err := f.seal(sio5.Event, p.id, true, srv.options.MaxAttachments); err != nil {
		return err
	}
	asked := b.sockets()
	b.ns.respond(m, &adapter.Message{Type: adapter.BroadcastClientCount, Clients: len(asked)})
	if len(asked) == 0 {
		return nil
	}
	for _, s := range asked {
		p.open[s] = struct{}{}
	}
	timeout := m.Targets.Timeout
	if timeout <= 0 {
		timeout = srv.options.AckTimeout
	}
	if timeout > 0 {
		p.mu.Lock()
		p.stop = time.AfterFunc(timeout, p.giveUp).Stop
		p.mu.Unlock()
	}
	prepared := engineio.Prepare(f.messages...)
	for _, s := range asked {
		p.ask(s, f, prepared, b.volatile)
	}
	return nil
}

// ask asks one socket.
func (p *proxy) ask(s *Socket, f *frame, prepared *engineio.Prepared, volatile bool) {
	err := s.expect(p.id, p)
	if err != nil {
		p.abandon(s, err)
		return
	}
	if sent, err := s.emitPrepared(f, prepared, volatile); !sent && s.take(p.id) != nil {
		p.abandon(s, err)
	}
}

// answer passes on what a socket has acknowledged: the first argument, as the format
// has no place for more.
func (p *proxy) answer(s *Socket, a answer) {
	if !p.settle(s) {
		return
	}
	m := &adapter.Message{Type: adapter.BroadcastAck}
	m.Reply, m.Attachments = a.first()
	if p.question.ByID {
		m.SocketID = s.id
	}
	p.ns.respond(p.question, m)
}

// abandon says that no answer will come, to who understands it.
func (p *proxy) abandon(s *Socket, _ error) {
	if p.settle(s) && p.question.ByID {
		p.ns.respond(p.question, &adapter.Message{Type: adapter.BroadcastAck, SocketID: s.id, Gone: true})
	}
}

// settle says whether s was still waited for, which it is not any more.
func (p *proxy) settle(s *Socket) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, waiting := p.open[s]
	delete(p.open, s)
	if len(p.open) == 0 && p.stop != nil {
		p.stop()
	}
	return waiting
}

// giveUp stops waiting for those who have not answered, as the other server does.
func (p *proxy) giveUp() {
	p.mu.Lock()
	open := p.open
	p.open = nil
	p.mu.Unlock()
	for s := range open {
		s.take(p.id)
	}
}

// first returns the first argument of an answer and the attachments in it.
func (a answer) first() (arg []byte, att [][]byte) {
	arg, rest := a.args.Next()
	if len(a.att) == 0 || len(rest) == 0 {
		return arg, a.att
	}
	tree, err := decodeTree(arg, a.att)
	if err != nil {
		return nil, nil
	}
	if arg, att, err = appendTree(nil, nil, tree, 1); err != nil {
		return nil, nil
	}
	return arg, att
}
