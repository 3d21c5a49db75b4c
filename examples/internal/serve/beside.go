package serve

import (
	"context"
	"log"
	"sync"
)

// A beside is what runs beside the server.
type beside struct {
	stop  context.CancelFunc
	ended sync.WaitGroup
}

var besides []func(ctx context.Context, url string) error

// Beside has [Run] start f with the URL once it listens, in a goroutine. When the program is
// interrupted f's context ends, and Run waits for f before it shuts down the servers. An
// error of f ends the program.
func Beside(f func(ctx context.Context, url string) error) { besides = append(besides, f) }

// startBesides starts what was given to Beside.
func startBesides(url string) *beside {
	ctx, stop := context.WithCancel(context.Background())
	b := &beside{stop: stop}
	for _, f := range besides {
		b.ended.Go(func() {
			if err := f(ctx, url); err != nil {
				log.Fatal(err)
			}
		})
	}
	return b
}

// end ends it, and waits for that.
func (b *beside) end() {
	b.stop()
	b.ended.Wait()
}
