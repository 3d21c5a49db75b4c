package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	intervals = 10

	// tolerance is by how much live heap may differ between early and late.
	tolerance = 0.02

	// patience is how long the server may take to let go of the last client.
	patience = time.Minute
)

// supervise starts the processes, prints samples, and judges them.
func supervise(ctx context.Context, p plan) error {
	server, err := start(ctx, p, "server")
	if err != nil {
		return err
	}
	var address, proxied string
	if err := server.next(&address); err != nil {
		return err
	}
	proxy, err := start(ctx, p, "proxy", "-address", address)
	if err != nil {
		return err
	}
	if err := proxy.next(&proxied); err != nil {
		return err
	}
	var before sample
	if err := server.ask("before", &before); err != nil {
		return err
	}
	clients, err := start(ctx, p, "clients", "-address", address, "-proxied", proxied)
	if err != nil {
		return err
	}
	during, err := watch(ctx, p, server)
	if err != nil {
		return err
	}
	var t tally
	if err := clients.ask("leave", &t); err != nil {
		return err
	}
	after, err := settle(ctx, server, before)
	if err != nil {
		return err
	}
	show("after", after)
	fmt.Printf("connects=%d lives=%d sent=%d acked=%d lost=%d skipped=%d twice=%d given-up=%d\n",
		after.Connects, t.Lives, t.Sent, t.Acked, t.Lost, t.Skipped, t.Twice, t.GivenUp)
	return errors.Join(
		judge(p, before, during, after), t.judge(),
		clients.end(), proxy.end(), server.end(),
	)
}

// watch takes a sample of the server at the end of each interval.
func watch(ctx context.Context, p plan, server *process) ([]sample, error) {
	var samples []sample
	ticker := time.NewTicker(p.Time / intervals)
	defer ticker.Stop()
	for i := range intervals {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		var s sample
		if err := server.ask("sample", &s); err != nil {
			return nil, err
		}
		show(fmt.Sprintf("%d/%d", i+1, intervals), s)
		samples = append(samples, s)
	}
	return samples, nil
}

// settle waits until nothing is left of the clients, and returns how the server is then, or
// how it still is when its time is over.
func settle(ctx context.Context, server *process, before sample) (after sample, err error) {
	deadline := time.Now().Add(patience)
	for {
		if err := server.ask("sample", &after); err != nil {
			return after, err
		}
		clean := after.FDs == before.FDs && after.Goroutines == before.Goroutines && after.left() == 0
		if clean || time.Now().After(deadline) || !pause(ctx, time.Second) {
			return after, nil
		}
	}
}

// left returns how much is left of the clients.
func (s *sample) left() int { return s.Clients + s.Sessions + s.InMemory + s.Senders }

func show(when string, s sample) {
	const mib = 1 << 20
	fmt.Printf("%-6s clients=%d goroutines=%d fds=%d heap=%.1fMiB rss=%.1fMiB connects=%d\n",
		when, s.Clients, s.Goroutines, s.FDs, float64(s.Heap)/mib, float64(s.RSS)/mib, s.Connects)
}

// judge says what is amiss with the server.
func judge(p plan, before sample, during []sample, after sample) error {
	var errs []error
	if after.Goroutines != before.Goroutines {
		errs = append(errs, fmt.Errorf("%d goroutines after the last client, %d before the first", after.Goroutines, before.Goroutines))
	}
	if after.FDs != before.FDs {
		errs = append(errs, fmt.Errorf("%d descriptors after the last client, %d before the first", after.FDs, before.FDs))
	}
	if after.left() != 0 {
		errs = append(errs, fmt.Errorf("after the last client there are %d sockets in memory, %d connected, %d sessions, %d senders",
			after.InMemory, after.Clients, after.Sessions, after.Senders))
	}
	early, late := perClient(during[2:5]), perClient(during[intervals-3:])
	fmt.Printf("heap/client: intervals 3-5 %.0f bytes, the last three %.0f bytes, %+.2f %%\n", early, late, 100*(late/early-1))
	if late > early*(1+tolerance) {
		errs = append(errs, fmt.Errorf("live heap for each client has grown by more than %.0f %%", 100*tolerance))
	}
	for _, s := range during[2:] {
		if s.Clients < p.Clients*9/10 {
			errs = append(errs, fmt.Errorf("only %d of %d clients were held", s.Clients, p.Clients))
			break
		}
	}
	return errors.Join(errs...)
}

// perClient returns the live heap for each client, on average.
func perClient(samples []sample) (bytes float64) {
	for _, s := range samples {
		bytes += float64(s.Heap) / float64(max(s.Clients, 1)) / float64(len(samples))
	}
	return bytes
}

// judge says what is amiss with the messages. Some arrive twice: those whose acknowledgement
// was lost.
func (t *tally) judge() error {
	if t.Lost+t.Skipped+t.GivenUp > 0 || t.Acked == 0 {
		return fmt.Errorf("%d acknowledged messages are lost, %d were overtaken, %d were given up, of %d", t.Lost, t.Skipped, t.GivenUp, t.Sent)
	}
	return nil
}
