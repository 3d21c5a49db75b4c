package main

import (
	"context"
	"encoding/json/jsontext"
	"errors"
	"fmt"
	"time"
)

const (
	// fewest is into how many intervals the time is divided at least; else they last a minute.
	fewest = 10

	// patience is how long the clients may take to be all connected and no more.
	patience = 3 * time.Minute
)

// stillness is for how long nothing changes before the server is looked at. A connection
// comes to rest with its first ping.
func (p plan) stillness() time.Duration { return p.Ping * 6 / 5 }

// pong is how long a pong may take.
func (p plan) pong() time.Duration { return 4 * p.Ping }

// intervals returns how many there are, and how long each lasts.
func (p plan) intervals() (n int, each time.Duration) {
	n = max(fewest, int(p.Time/time.Minute))
	return n, p.Time / time.Duration(n)
}

// A run is the processes, as their parent sees them.
type run struct {
	plan
	server, proxy, clients *process
}

// supervise starts the processes, prints samples, and judges them.
func supervise(ctx context.Context, p plan) error {
	r := &run{plan: p}
	before, err := r.start(ctx)
	if err != nil {
		return err
	}
	show("before", before)
	during, err := r.watch(ctx)
	if err != nil {
		return err
	}
	var t tally
	var cuts int
	if err := errors.Join(r.clients.ask("leave", &t), r.proxy.ask("rest", &cuts)); err != nil {
		return err
	}
	after, err := r.settle(ctx, before)
	if err != nil {
		return err
	}
	show("after", after)
	fmt.Printf("connects=%d lives=%d cuts=%d sent=%d acked=%d lost=%d skipped=%d twice=%d given-up=%d\n",
		after.Connects, t.Lives, cuts, t.Sent, t.Acked, t.Lost, t.Skipped, t.Twice, t.GivenUp)
	return errors.Join(
		judgeEnds(before, after), judgeHeap(during), p.judgeRSS(during), t.judge(),
		r.clients.end(), r.proxy.end(), r.server.end(),
	)
}

// start starts the processes, and samples the server before there is a client.
func (r *run) start(ctx context.Context) (before sample, err error) {
	var address, proxied string
	if r.server, err = start(ctx, r.plan, "server"); err != nil {
		return before, err
	}
	if err = r.server.next(&address); err != nil {
		return before, err
	}
	if r.proxy, err = start(ctx, r.plan, "proxy", "-address", address); err != nil {
		return before, err
	}
	if err = r.proxy.next(&proxied); err != nil {
		return before, err
	}
	if err = r.server.ask("sample", &before); err != nil {
		return before, err
	}
	r.clients, err = start(ctx, r.plan, "clients", "-address", address, "-proxied", proxied)
	return before, err
}

// watch takes a sample of the server at the end of each interval.
func (r *run) watch(ctx context.Context) ([]sample, error) {
	n, each := r.intervals()
	samples := make([]sample, n)
	ticker := time.NewTicker(each)
	defer ticker.Stop()
	for i := range samples {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if err := r.atRest(ctx, func() error { return r.server.ask("sample", &samples[i]) }); err != nil {
			return nil, err
		}
		show(fmt.Sprintf("%d/%d", i+1, n), samples[i])
	}
	return samples, nil
}

// atRest has clients and proxy rest, waits until the server is still, and has something
// done. Without that, heap says more about how many come and go at the moment than about
// what is kept.
func (r *run) atRest(ctx context.Context, do func() error) error {
	if err := r.tell(r.proxy, "rest"); err != nil {
		return err
	}
	// Sessions of whom it has cut off last end by and by.
	_, each := r.intervals()
	pause(ctx, min(r.Ping+r.pong(), each/2))
	if err := r.tell(r.clients, "rest"); err != nil {
		return err
	}
	if err := r.still(ctx); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	return errors.Join(r.tell(r.proxy, "go on"), r.tell(r.clients, "go on"))
}

// still waits until each client has been connected, once, and no goroutine of the server
// has ended, for that long.
func (r *run) still(ctx context.Context) error {
	var now sample
	fewest, since := 0, time.Now()
	for deadline := since.Add(patience); time.Since(since) < r.stillness(); {
		if err := r.server.ask("count", &now); err != nil {
			return err
		}
		if now.Clients != r.Clients || now.Sessions != r.Clients || fewest == 0 || now.Goroutines < fewest {
			fewest, since = now.Goroutines, time.Now()
		}
		if since.After(deadline) {
			return fmt.Errorf("of %d clients %d are connected by %d sessions after %v", r.Clients, now.Clients, now.Sessions, patience)
		}
		if !pause(ctx, 200*time.Millisecond) {
			return ctx.Err()
		}
	}
	return nil
}

// tell asks for something whose answer is of no interest.
func (r *run) tell(who *process, what string) error {
	var answer jsontext.Value
	return who.ask(what, &answer)
}

// settle waits until nothing is left of the clients, and returns how the server is then, or
// how it still is when its time is over.
func (r *run) settle(ctx context.Context, before sample) (after sample, err error) {
	deadline := time.Now().Add(r.Patience)
	for {
		if err := r.server.ask("sample", &after); err != nil {
			return after, err
		}
		if judgeEnds(before, after) == nil || time.Now().After(deadline) || !pause(ctx, time.Second) {
			return after, nil
		}
	}
}

func show(when string, s sample) {
	const mib = 1 << 20
	fmt.Printf("%-6s clients=%d goroutines=%d fds=%d heap=%.2fMiB rss=%.1fMiB connects=%d\n",
		when, s.Clients, s.Goroutines, s.FDs, float64(s.Heap)/mib, float64(s.RSS)/mib, s.Connects)
}
