package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"socketio/interop/chaos"
)

// suffering is how long a connection is slow or silent before it is reset.
const suffering = 3 * time.Second

// relay is the proxy process: it says where it listens and breaks connections, one at a
// time, in all ways in turn, until its input ends.
func relay(ctx context.Context, p plan, server string) error {
	seed := uint64(time.Now().UnixNano())
	fmt.Fprintln(os.Stderr, "soak: the seed of the proxy is", seed)
	proxy, err := chaos.Listen(strings.TrimPrefix(server, "http://"), seed)
	if err != nil {
		return err
	}
	defer proxy.Close()
	say(proxy.URL())
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	broken := make(chan int)
	go func() { broken <- strike(ctx, p, proxy, rand.New(rand.NewPCG(seed, 1))) }()
	questions(ctx, func(string) { say(len(proxy.Links())) })
	stop()
	<-broken
	return nil
}

// strike breaks connections and returns how many.
func strike(ctx context.Context, p plan, proxy *chaos.Proxy, random *rand.Rand) (broken int) {
	ticker := time.NewTicker(p.Strike)
	defer ticker.Stop()
	for ; ; broken++ {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return broken
		}
		links := proxy.Links()
		if len(links) == 0 {
			continue
		}
		link := links[random.IntN(len(links))]
		switch chaos.KindOf(broken) {
		case chaos.Cuts:
			link.Cut()
		case chaos.Resets:
			link.Reset()
		case chaos.HalfOpens:
			link.HalfOpen(chaos.Client + chaos.Side(random.IntN(2)))
		case chaos.Delays:
			suffer(link, chaos.Fault{Delay: time.Second, Jitter: time.Second})
		case chaos.Drops:
			suffer(link, chaos.Fault{Silent: true})
		case chaos.Slows:
			suffer(link, chaos.Fault{Rate: 200})
		}
	}
}

func suffer(link *chaos.Link, f chaos.Fault) {
	link.Set(f)
	time.AfterFunc(suffering, link.Reset)
}
