package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"time"

	"socketio/interop/chaos"
)

// suffering is how long a connection is slow or silent before it is reset.
const suffering = 3 * time.Second

// relay is the proxy process: it says where it listens and breaks connections, one at a
// time, in all ways in turn, until its input ends. After the question "rest" it breaks none,
// and all that it has broken come to their end at once; until "go on".
func relay(ctx context.Context, p plan, server string) error {
	seed := uint64(time.Now().UnixNano())
	fmt.Fprintln(os.Stderr, "soak: the seed of the proxy is", seed)
	proxy, err := chaos.Listen(strings.TrimPrefix(server, "http://"), seed)
	if err != nil {
		return err
	}
	defer proxy.Close()
	say(proxy.URL())
	ticker := time.NewTicker(p.Strike)
	defer ticker.Stop()
	s := &striker{proxy: proxy, random: rand.New(rand.NewPCG(seed, 1))}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var striking sync.WaitGroup
	defer striking.Wait()
	defer stop()
	striking.Go(func() {
		for {
			select {
			case <-ticker.C:
				s.strike()
			case <-ctx.Done():
				return
			}
		}
	})
	questions(ctx, func(question string) {
		say(s.rest(question == "rest"))
	})
	return nil
}

// A striker breaks the links of a proxy.
type striker struct {
	proxy *chaos.Proxy

	mu      sync.Mutex // guards what follows
	random  *rand.Rand
	strikes int
	struck  []*chaos.Link // since the last rest
	resting bool
}

// rest begins or ends a rest, and returns how often a connection has been broken so far.
func (s *striker) rest(begin bool) (strikes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resting = begin
	for _, link := range s.struck {
		link.Reset()
	}
	s.struck = nil
	return s.strikes
}

// strike breaks a connection.
func (s *striker) strike() {
	s.mu.Lock()
	defer s.mu.Unlock()
	links := s.proxy.Links()
	if s.resting || len(links) == 0 {
		return
	}
	link := links[s.random.IntN(len(links))]
	s.struck = append(s.struck, link)
	s.strikes++
	switch chaos.KindOf(s.strikes) {
	case chaos.Cuts:
		link.Cut()
	case chaos.Resets:
		link.Reset()
	case chaos.HalfOpens:
		link.HalfOpen(chaos.Client + chaos.Side(s.random.IntN(2)))
	case chaos.Delays:
		suffer(link, chaos.Fault{Delay: time.Second, Jitter: time.Second})
	case chaos.Drops:
		suffer(link, chaos.Fault{Silent: true})
	case chaos.Slows:
		suffer(link, chaos.Fault{Rate: 200})
	}
}

func suffer(link *chaos.Link, f chaos.Fault) {
	link.Set(f)
	time.AfterFunc(suffering, link.Reset)
}
