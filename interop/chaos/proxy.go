package chaos

import (
	"context"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
)

// A Proxy forwards connections to a server, and breaks them when it is told to. It is made
// by [Listen] or [New]. All methods may be called concurrently.
type Proxy struct {
	listener net.Listener
	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
	seed     uint64
	running  sync.WaitGroup

	mu     sync.Mutex // guards what follows
	dial   Dial
	random *rand.Rand
	fault  Fault   // of links to come
	refuse bool    // links to come
	links  []*Link // oldest first
	made   uint64
}

// A Dial connects to the server behind a [Proxy].
type Dial func(ctx context.Context) (net.Conn, error)

// To returns a Dial for a TCP address.
func To(address string) Dial {
	return func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", address)
	}
}

// Listen returns a proxy on a free port of this machine, for the server at a TCP address.
// All that it does by chance follows from the seed.
func Listen(address string, seed uint64) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return New(l, To(address), seed), nil
}

// New returns a proxy for the connections that l accepts, which it closes in the end.
func New(l net.Listener, dial Dial, seed uint64) *Proxy {
	p := &Proxy{listener: l, seed: seed, dial: dial, random: rand.New(rand.NewPCG(seed, 0))}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.running.Go(p.accept)
	return p
}

// URL returns the address of the proxy for clients.
func (p *Proxy) URL() string { return "http://" + p.listener.Addr().String() }

// Forward makes the proxy connect the links to come to another server.
func (p *Proxy) Forward(dial Dial) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dial = dial
}

// Refuse makes the proxy reset new connections, or let them in again.
func (p *Proxy) Refuse(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = on
}

// Set gives all links a fault: those that there are, and those to come.
func (p *Proxy) Set(f Fault) {
	p.mu.Lock()
	p.fault = f
	p.mu.Unlock()
	for _, l := range p.Links() {
		l.Set(f)
	}
}

// Links returns the links that there are at the moment, oldest first.
func (p *Proxy) Links() []*Link {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.links)
}

// Close resets all links and returns when nothing of the proxy is left.
func (p *Proxy) Close() error {
	p.cancel()
	err := p.listener.Close()
	for _, l := range p.Links() {
		l.Reset()
	}
	p.running.Wait()
	return err
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.running.Go(func() { p.link(client) })
	}
}

// link connects a client with the server, and returns when both have gone.
func (p *Proxy) link(client net.Conn) {
	p.mu.Lock()
	dial, refuse := p.dial, p.refuse
	p.mu.Unlock()
	if refuse {
		_ = reset(client) // who has left already needs no more
		return
	}
	server, err := dial(p.ctx)
	if err != nil {
		_ = reset(client)
		return
	}
	l := p.add(client, server)
	if p.ctx.Err() != nil {
		l.Reset() // Close may not have seen it
	}
	l.run()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.links = slices.DeleteFunc(p.links, func(other *Link) bool { return other == l })
}

func (p *Proxy) add(client, server net.Conn) *Link {
	bound(client)
	bound(server)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.made++
	l := &Link{
		client: client, server: server,
		random:  rand.New(rand.NewPCG(p.seed, p.made)),
		fault:   p.fault,
		changed: make(chan struct{}), over: make(chan struct{}),
	}
	p.links = append(p.links, l)
	return l
}
