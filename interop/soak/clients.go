package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"socketio"
	"socketio/engineio"
)

// tally is what the clients tell.
type tally struct {
	Lives     int `json:"lives"`
	Connected int `json:"connected"` // times, by coming again too
	Sent      int `json:"sent"`
	Acked     int `json:"acked"`
	GivenUp   int `json:"givenUp"`
	verdict
}

// A crowd is the clients.
type crowd struct {
	plan
	gate            // closed while the clients rest
	server, proxied string

	mu    sync.Mutex // guards what follows
	tally tally
}

func (c *crowd) count(change func(t *tally)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.tally)
}

// drive is the clients' process. It answers each question with the tally: "rest", after which
// clients connect where they are not, and do nothing else; "go on"; and "leave", when the last
// client has gone.
func drive(ctx context.Context, p plan, server, proxied string) error {
	c := &crowd{plan: p, gate: newGate(), server: server, proxied: proxied}
	held, leave := context.WithCancel(ctx)
	defer leave()
	var clients sync.WaitGroup
	for i := range p.Clients {
		clients.Go(func() {
			// They come within ten seconds, or a tenth of the time.
			if pause(held, rand.N(min(p.Time/10, 10*time.Second))) {
				c.live(held, i)
			}
		})
	}
	questions(ctx, func(question string) {
		switch question {
		case "rest":
			c.shut()
		case "go on":
			c.open()
		case "leave":
			leave()
			clients.Wait()
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		say(c.tally)
	})
	return nil
}

// live is one client after the other, until ctx ends.
func (c *crowd) live(ctx context.Context, place int) {
	for life := 0; ctx.Err() == nil; life++ {
		c.count(func(t *tally) { t.Lives++ })
		c.liveOnce(ctx, place, life)
	}
}

// transports are how clients connect, each as often as it is named. A place keeps its own, so
// that as many clients are as many of each at any time.
var transports = [][]string{
	{engineio.WebSocket}, {engineio.WebSocket}, {engineio.WebSocket}, {engineio.WebSocket}, {engineio.WebSocket},
	{engineio.WebSocket}, {engineio.WebSocket},
	{engineio.Polling, engineio.WebSocket}, {engineio.Polling, engineio.WebSocket},
	{engineio.Polling},
}

// liveOnce is one client: it connects, sends until its time is over or ctx ends, asks what has
// arrived, and goes. Whatever it has begun it brings to an end.
func (c *crowd) liveOnce(ctx context.Context, place, life int) {
	url := c.server
	if place%2 == 0 {
		url = c.proxied
	}
	client := socketio.NewClient(url, &socketio.ClientOptions{
		DialOptions: engineio.DialOptions{
			Transports: transports[place/2%len(transports)], DialTimeout: 20 * time.Second,
			Logger: slog.New(slog.DiscardHandler),
		},
		Backoff:    socketio.Backoff{Min: 100 * time.Millisecond, Max: 10 * time.Second},
		AckTimeout: 10 * time.Second,
		Retries:    30,
		OnRetry:    func(int, time.Duration, error) {},
	})
	defer client.Close()
	client.OnConnect(func(context.Context, *socketio.ClientSocket) error {
		c.count(func(t *tally) { t.Connected++ })
		return nil
	})
	client.On(News, func(context.Context, *socketio.ClientSocket, string) error { return nil })
	if err := client.Connect(ctx); err != nil {
		return
	}
	c.talk(ctx, client, fmt.Sprint(place, ".", life))
}

// talk sends until the client's time is over.
func (c *crowd) talk(ctx context.Context, client *socketio.Client, name string) {
	until := time.Now().Add(time.Duration(float64(c.Life) * rand.ExpFloat64()))
	acked := 0
	for number := 1; ; number++ {
		rested, ok := c.pass(ctx)
		if until = until.Add(rested); !ok || number > 1 && time.Now().After(until) {
			break
		}
		if rested > 0 && !pause(ctx, rand.N(2*c.Pause)) { // not all at once
			break
		}
		c.count(func(t *tally) { t.Sent++ })
		// Not with ctx: what has been sent has to be decided.
		if _, err := client.EmitAck(context.Background(), Say, message{name, number, "hello from " + name}); err != nil {
			c.giveUp(name, number, err)
			break
		}
		acked = number
		c.count(func(t *tally) { t.Acked++ })
		if !pause(ctx, rand.N(2*c.Pause)) {
			break
		}
	}
	v, err := client.EmitAck(context.Background(), Judge, farewell{name, acked})
	if err == nil {
		_, err = client.EmitAck(context.Background(), Forget, name)
	}
	if err != nil {
		c.giveUp(name, 0, err)
	}
	c.count(func(t *tally) {
		t.Lost += v.Lost
		t.Skipped += v.Skipped
		t.Twice += v.Twice
	})
}

// giveUp notes that a message was given up, which Retries should not let happen.
func (c *crowd) giveUp(name string, number int, why error) {
	fmt.Fprintf(os.Stderr, "soak: client %s gives up message %d: %v\n", name, number, why)
	c.count(func(t *tally) { t.GivenUp++ })
}

// pause returns false if ctx ends meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
