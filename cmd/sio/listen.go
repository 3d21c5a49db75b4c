package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"sync"
	"time"

	"socketio"
)

func listenCommand() command {
	return command{
		name: "listen", args: "URL [EVENT…]", least: 1, most: -1,
		brief: "print events as they come",
		about: `Only those of the names given, if there are any. Each is a line: for people, or of JSON
where it is piped, as {"event":"chat","args":["hello"]}. {"base64":"…"} is a binary value. It
comes back when the connection is lost, and goes on.

The exit code is 0 when --count or --until is reached, or when without either it is
interrupted or --for is over; 1 otherwise.

  sio listen :3000 chat --count 1
  sio listen :3000 --until done --for 30s | jq .args`,
		bind: func(flags *flag.FlagSet) action {
			var l listening
			l.target.bind(flags)
			flags.IntVar(&l.count, "count", 0, "end after `N` events")
			flags.StringVar(&l.until, "until", "", "end after an event of the name `EVENT`")
			flags.DurationVar(&l.period, "for", 0, "end after `TIME`, whatever has come")
			return l.run
		},
	}
}

// A listening is what listen does.
type listening struct {
	target target
	count  int
	until  string
	period time.Duration

	only []string // the names of the events that are printed; all if empty
	out  *output

	mu    sync.Mutex
	heard int
	done  chan struct{} // closed when what was waited for has come
	over  bool
}

func (l *listening) run(ctx context.Context, p *program, args []string) error {
	l.only, l.out, l.done = args[1:], p.output(l.target.format), make(chan struct{})
	if l.until != "" && len(l.only) > 0 && !slices.Contains(l.only, l.until) {
		l.only = append(slices.Clone(l.only), l.until)
	}
	s, err := l.target.connect(ctx, p, args[0], func(s *session) { s.OnAny(l.hear) })
	if errors.Is(err, errInterrupted) {
		return l.unfinished()
	}
	if err != nil {
		return err
	}
	defer s.end(time.Second) //nolint:errcheck // it has sent nothing
	waiting, cancel := context.WithCancel(ctx)
	defer cancel()
	if l.period > 0 {
		waiting, cancel = context.WithTimeout(ctx, l.period)
		defer cancel()
	}
	lost := make(chan error, 1)
	go func() { lost <- s.Wait(waiting) }()
	select {
	case <-l.done:
		return nil
	case why := <-lost:
		if waiting.Err() != nil {
			return l.unfinished()
		}
		return fmt.Errorf("the connection has ended: %w", why)
	}
}

// unfinished is the error of a listening that ends before what it waits for has come.
func (l *listening) unfinished() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.count > 0 && !l.over:
		return fmt.Errorf("%d of %d events have come", l.heard, l.count)
	case l.until != "" && !l.over:
		return errors.New("no event " + l.until + " has come")
	}
	return nil
}

// hear is called with each event.
func (l *listening) hear(_ context.Context, s *socketio.ClientSocket, m *socketio.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over || len(l.only) > 0 && !slices.Contains(l.only, m.Event) {
		return nil
	}
	if err := l.out.event(s, m); err != nil {
		return err
	}
	l.heard++
	if l.heard == l.count || l.until != "" && m.Event == l.until {
		l.over = true
		close(l.done)
	}
	return nil
}
