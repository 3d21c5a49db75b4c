package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"socketio"
)

func benchCommand() command {
	return command{
		name: "bench", args: "URL", least: 1, most: 1,
		brief: "measure how fast a server connects, answers and broadcasts",
		about: `The scenarios, one after the other:
  connect    opens the connections, spread over --ramp or as fast as it goes
  echo       each client asks, and asks again when it is answered
  broadcast  one client emits --rate times a second, and all get it; the server has to pass
             the event on to everybody, as sio serve does
For each it tells how many there were in which time, and of the latencies the percentiles.
The exit code is 1 if anything failed or was not delivered.

  sio bench :3000 --clients 1000 --transport websocket
  sio bench :3000 --scenario connect,echo --json | jq .ms.p99`,
		bind: func(flags *flag.FlagSet) action {
			b := &benching{scenarios: []string{"connect", "echo", "broadcast"}}
			b.target.bind(flags)
			flags.IntVar(&b.clients, "clients", 100, "connect `N` clients")
			flags.DurationVar(&b.duration, "duration", 5*time.Second, "let echo and broadcast each go on for `TIME`")
			flags.StringVar(&b.event, "event", "bench", "the event is `NAME`")
			flags.BoolVar(&b.progress, "progress", false, "tell every second how far it is, on standard error, as is done anyway on a terminal")
			flags.DurationVar(&b.ramp, "ramp", 0, "spread connecting over `TIME`")
			flags.IntVar(&b.rate, "rate", 10, "broadcast `N` times a second")
			flags.Func("scenario", "`NAME` or names with commas between; default connect,echo,broadcast", b.setScenarios)
			flags.IntVar(&b.size, "size", 32, "each event carries `N` bytes of text")
			return b.run
		},
	}
}

// A benching is what bench does.
type benching struct {
	target    target
	scenarios []string
	clients   int
	ramp      time.Duration
	duration  time.Duration
	rate      int
	size      int
	event     string
	progress  bool

	url      string
	p        *program
	out      *output
	sessions []*session
}

func (b *benching) setScenarios(value string) error {
	b.scenarios = strings.Split(value, ",")
	for _, name := range b.scenarios {
		if !slices.Contains([]string{"connect", "echo", "broadcast"}, name) {
			return fmt.Errorf("%q is none of connect, echo and broadcast", name)
		}
	}
	return nil
}

func (b *benching) run(ctx context.Context, p *program, args []string) error {
	switch {
	case b.clients < 1:
		return usage("--clients %d: there has to be one", b.clients)
	case b.rate < 1:
		return usage("--rate %d: there has to be one", b.rate)
	case b.size < 0:
		return usage("--size %d is below 0", b.size)
	}
	b.target.bare = true
	b.url, b.p, b.out = args[0], p, p.output(b.target.format)
	defer b.hangUp()
	failed := false
	connected, err := b.connect(ctx)
	if err != nil {
		return err
	}
	for _, name := range b.scenarios {
		measured := connected
		switch name {
		case "echo":
			measured = b.echo(ctx)
		case "broadcast":
			measured = b.broadcast(ctx)
		}
		if ctx.Err() != nil {
			return errInterrupted
		}
		f := measured.figures(name, b.clients)
		b.out.put(f, f.String())
		if f.Failed > 0 {
			failed = true
			fmt.Fprintln(p.stderr, "sio:", measured.first)
		}
	}
	if failed {
		return errTold
	}
	return nil
}

// hangUp ends the sessions, beside each other.
func (b *benching) hangUp() {
	var all sync.WaitGroup
	for _, s := range b.sessions {
		all.Go(func() { _ = s.end(time.Second) }) // all that counts has been counted
	}
	all.Wait()
}

// connect opens the connections. It fails with the first that fails.
func (b *benching) connect(ctx context.Context) (*measure, error) {
	const atOnce = 64
	m := newMeasure()
	defer b.tell("connect", m)()
	var all sync.WaitGroup
	places := make(chan struct{}, atOnce)
	b.sessions = make([]*session, 0, b.clients)
	var mu sync.Mutex
	for i := range b.clients {
		if err := pause(ctx, time.Until(m.began.Add(b.ramp*time.Duration(i)/time.Duration(b.clients)))); err != nil {
			break
		}
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			began := time.Now()
			s, err := b.target.connect(ctx, b.p, b.url, nil)
			m.add(time.Since(began), err)
			if err == nil {
				mu.Lock()
				b.sessions = append(b.sessions, s)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	m.stop()
	if ctx.Err() != nil {
		return nil, errInterrupted
	}
	return m, m.first
}

// pause waits, unless ctx ends before.
func pause(ctx context.Context, wait time.Duration) error {
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// echo has each client ask, one question after the other.
func (b *benching) echo(ctx context.Context) *measure {
	m := newMeasure()
	defer b.tell("echo", m)()
	text := strings.Repeat("x", b.size)
	end := m.began.Add(b.duration)
	var all sync.WaitGroup
	for _, s := range b.sessions {
		all.Go(func() {
			for first := true; first || time.Now().Before(end); first = false {
				asking, cancel := context.WithTimeout(ctx, b.target.patience())
				began := time.Now()
				_, err := s.EmitArgsAck(asking, b.event, text)
				cancel()
				if ctx.Err() != nil {
					return
				}
				m.add(time.Since(began), err)
				if err != nil {
					return // it would only wait again
				}
			}
		})
	}
	all.Wait()
	m.stop()
	return m
}

// A stamped is the payload of a broadcast.
type stamped struct {
	N    int    `json:"n"`
	Text string `json:"text"`
}

// broadcast has the first client emit, and takes the time until it is at each.
func (b *benching) broadcast(ctx context.Context) *measure {
	m := newMeasure()
	defer b.tell("broadcast", m)()
	var mu sync.Mutex
	var sent []time.Time
	arrived := make(chan struct{}, 1)
	hear := func(_ context.Context, _ *socketio.ClientSocket, v stamped) error {
		now := time.Now()
		mu.Lock()
		defer mu.Unlock()
		if v.N >= 0 && v.N < len(sent) {
			m.add(now.Sub(sent[v.N]), nil)
		}
		select {
		case arrived <- struct{}{}:
		default:
		}
		return nil
	}
	for _, s := range b.sessions {
		s.On(socketio.Event[stamped](b.event), hear)
		defer s.Off(b.event)
	}
	v := stamped{Text: strings.Repeat("x", b.size)}
	var err error
	for end := m.began.Add(b.duration); err == nil && (v.N == 0 || time.Now().Before(end)); v.N++ {
		mu.Lock()
		sent = append(sent, time.Now())
		mu.Unlock()
		if err = b.sessions[0].Emit(socketio.Event[stamped](b.event), v); err == nil {
			err = pause(ctx, time.Until(m.began.Add(time.Second*time.Duration(v.N+1)/time.Duration(b.rate))))
		}
	}
	m.expect(ctx, v.N*b.clients, arrived, b.target.patience())
	m.stop()
	return m
}

// tell tells every second how far a scenario is, until the function is called that it
// returns.
func (b *benching) tell(scenario string, m *measure) (stop func()) {
	if !b.progress && (!b.p.terminal || b.out.json) {
		return func() {}
	}
	var w io.Writer = b.p.stderr
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			fmt.Fprintf(w, "%s: %d after %v\n", scenario, m.count(), time.Since(m.began).Round(time.Second))
			select {
			case <-ticker.C:
			case <-done:
				return
			}
		}
	}()
	return func() { close(done); <-ended }
}

var errUndelivered = errors.New("not everybody got every broadcast: does the server pass the event on to all?")
