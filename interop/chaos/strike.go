package chaos

import (
	"fmt"
	"time"
)

// A Kind is a way in which [Proxy.Strike] breaks links.
type Kind int

// The kinds, each of which ends a link: by a close in good order; by RST; by a close of one
// side only; and, after a time, while everything is late, nothing goes through, or little.
const (
	Cuts Kind = iota
	Resets
	HalfOpens
	Delays
	Drops
	Slows

	kinds = 6
)

// KindOf returns the kind of the n-th strike of a series that takes them in turn.
func KindOf(n int) Kind { return Kind(n % kinds) }

func (k Kind) String() string {
	return [...]string{"cut", "RST", "half-open", "delay", "drop", "slow"}[k]
}

// Strike breaks all links that there are at the moment; not those that come after. It
// returns when they are broken: Delays, Drops and Slows last so long before, and then
// reset the link. A side that is left of one that is half open has to find out by itself.
func (p *Proxy) Strike(k Kind, lasting time.Duration) {
	links := p.Links()
	switch k {
	case Cuts:
		each(links, (*Link).Cut)
	case Resets:
		each(links, (*Link).Reset)
	case HalfOpens:
		each(links, func(l *Link) { l.HalfOpen(p.anySide()) })
	case Delays:
		p.suffer(links, Fault{Delay: lasting / 4, Jitter: lasting / 2}, lasting)
	case Drops:
		p.suffer(links, Fault{Silent: true}, lasting)
	case Slows:
		p.suffer(links, Fault{Rate: 2000}, lasting)
	default:
		panic(fmt.Sprintf("chaos: no kind %d", k))
	}
}

// suffer gives links a fault for so long and then resets them.
func (p *Proxy) suffer(links []*Link, f Fault, lasting time.Duration) {
	each(links, func(l *Link) { l.Set(f) })
	timer := time.NewTimer(lasting)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.ctx.Done():
	}
	each(links, (*Link).Reset)
}

func (p *Proxy) anySide() Side {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Client + Side(p.random.IntN(2))
}

func each(links []*Link, do func(*Link)) {
	for _, l := range links {
		do(l)
	}
}
