package socketiotest_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"socketio"
	"socketio/engineio"
	"socketio/socketiotest"
)

// A history is what a server has received, and what a client knows to have arrived.
type history struct {
	mu       sync.Mutex // guards what follows
	received []int
	acked    []int
}

// verdict compares the two. Missing are those that were acknowledged and not received;
// reordered, first arrivals behind a later one; twice, those that came again.
func (h *history) verdict() (missing, reordered, twice int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	seen := map[int]bool{}
	last := -1
	for _, n := range h.received {
		switch {
		case seen[n]:
			twice++
		case n < last:
			reordered++
		default:
			last = n
		}
		seen[n] = true
	}
	for _, n := range h.acked {
		if !seen[n] {
			missing++
		}
	}
	return missing, reordered, twice
}

func TestAVerdictFindsWhatIsWrong(t *testing.T) {
	h := history{received: []int{0, 2, 1, 1}, acked: []int{0, 1, 2, 3}}
	if missing, reordered, twice := h.verdict(); missing != 1 || reordered != 1 || twice != 1 {
		t.Errorf("missing=%d reordered=%d twice=%d, want 1 each", missing, reordered, twice)
	}
}

func TestWhatIsAcknowledgedIsNotLostOverManyCuts(t *testing.T) {
	const cuts, sent = 60, 600
	for _, retries := range []int{0, 1000} {
		for _, list := range [][]string{{engineio.Polling}, {engineio.WebSocket}, nil} {
			t.Run(fmt.Sprint(retries, list), func(t *testing.T) {
				seed := rand.Uint64()
				synctest.Test(t, func(t *testing.T) { cutOften(t, seed, cuts, sent, retries, list) })
			})
		}
	}
}

func cutOften(t *testing.T, seed uint64, cuts, sent, retries int, list []string) {
	random := rand.New(rand.NewPCG(seed, 1))
	var h history
	srv := socketio.NewServer(&socketio.Options{Options: engineio.Options{Logger: slog.New(slog.DiscardHandler)}})
	srv.OnAck("n", func(_ context.Context, _ *socketio.Socket, n int) (socketio.None, error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.received = append(h.received, n)
		return socketio.None{}, nil
	})
	c := socketiotest.NewServer(t, srv).Client(t, &socketio.ClientOptions{
		DialOptions: engineio.DialOptions{Transports: list}, Retries: retries, AckTimeout: 2 * time.Second,
		Backoff: socketio.Backoff{Min: 20 * time.Millisecond, Max: 200 * time.Millisecond},
	})
	var cutting sync.WaitGroup
	cutting.Go(func() {
		for range cuts {
			time.Sleep(time.Duration(random.IntN(200)) * time.Millisecond)
			c.Cut()
			time.Sleep(time.Duration(random.IntN(50)) * time.Millisecond)
			c.Resume()
		}
	})
	for n := range sent {
		_, err := c.EmitAck[socketio.None](t.Context(), "n", n)
		if err == nil {
			h.mu.Lock()
			h.acked = append(h.acked, n)
			h.mu.Unlock()
		} else if retries > 0 {
			t.Errorf("%d is given up: %v", n, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	cutting.Wait()
	missing, reordered, twice := h.verdict()
	t.Logf("cuts=%d sent=%d acked=%d missing=%d reordered=%d twice=%d", cuts, sent, len(h.acked), missing, reordered, twice)
	if missing+reordered > 0 || retries == 0 && twice > 0 || retries > 0 && len(h.acked) < sent {
		t.Errorf("seed %d: acked=%d missing=%d reordered=%d twice=%d", seed, len(h.acked), missing, reordered, twice)
	}
}
