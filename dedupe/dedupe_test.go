package dedupe

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A counter counts how often something is done.
type counter struct {
	mu sync.Mutex // guards n
	n  int
}

func (c *counter) do(context.Context) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return c.n, nil
}

func want(t *testing.T, store Store, key string, f func(context.Context) (int, error), result int) {
	t.Helper()
	if got, err := Once(t.Context(), store, key, f); got != result || err != nil {
		t.Errorf("%s: %d (%v), want %d", key, got, err, result)
	}
}

func TestWhatIsAskedForAgainIsDoneOnce(t *testing.T) {
	var c counter
	m := NewMemory(0, 0)
	want(t, m, "a", c.do, 1)
	want(t, m, "b", c.do, 2)
	want(t, m, "a", c.do, 1)
	want(t, m, "b", c.do, 2)
}

func TestWhatFailedIsDoneAgain(t *testing.T) {
	var c counter
	m := NewMemory(0, 0)
	failure := errors.New("no")
	if _, err := Once(t.Context(), m, "a", func(context.Context) (int, error) { return 7, failure }); !errors.Is(err, failure) {
		t.Errorf("the error is %v", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is lost")
			}
		}()
		_, _ = Once(t.Context(), m, "a", func(context.Context) (int, error) { panic("no") })
	}()
	if _, err := Once(t.Context(), m, "a", func(context.Context) (chan int, error) { return nil, nil }); err == nil {
		t.Error("what cannot be kept is no error")
	}
	want(t, m, "a", c.do, 1)
	if len(m.deeds) != 1 || len(m.done) != 1 {
		t.Errorf("kept are %d and %d", len(m.deeds), len(m.done))
	}
}

func TestWhoAsksMeanwhileWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(0, 0)
		var c counter
		slowly := func(ctx context.Context) (int, error) {
			time.Sleep(time.Second)
			if c.n == 0 {
				c.n++
				return 0, errors.New("the first time it fails")
			}
			return c.do(ctx)
		}
		var all sync.WaitGroup
		results := make(chan int, 5)
		for range 5 {
			all.Go(func() {
				if n, err := Once(t.Context(), m, "a", slowly); err == nil {
					results <- n
				}
			})
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		synctest.Wait()
		if _, err := Once(ctx, m, "a", slowly); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who does not wait gets %v", err)
		}
		all.Wait()
		close(results)
		got := 0
		for n := range results {
			if got++; n != 2 {
				t.Errorf("somebody got %d", n)
			}
		}
		if got != 4 || c.n != 2 {
			t.Errorf("%d got something, and it was tried %d times; want 4 and twice", got, c.n)
		}
	})
}

func TestAMemoryForgetsWhatIsOldAndWhatIsTooMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c counter
		m := NewMemory(time.Minute, 3)
		for i := range 4 {
			want(t, m, fmt.Sprint(i), c.do, i+1)
		}
		want(t, m, "1", c.do, 2)
		want(t, m, "0", c.do, 5) // and forgets "1"
		time.Sleep(time.Minute)
		want(t, m, "3", c.do, 6)
		if len(m.deeds) != 1 || len(m.done) != 1 {
			t.Errorf("kept are %d and %d", len(m.deeds), len(m.done))
		}
	})
}

func TestKeysAndResultsThatCannotBeAreRefused(t *testing.T) {
	var c counter
	m := NewMemory(0, 0)
	for _, key := range []string{"", strings.Repeat("k", maxKey+1)} {
		if _, err := Once(t.Context(), m, key, c.do); err == nil || c.n != 0 {
			t.Errorf("a key of %d bytes: %v, done %d times", len(key), err, c.n)
		}
	}
	want(t, m, strings.Repeat("k", maxKey), c.do, 1)
	want(t, m, "a", c.do, 2)
	if _, err := Once(t.Context(), m, "a", func(context.Context) (string, error) { return "", nil }); err == nil {
		t.Error("a number is taken for a text")
	}
}

func TestATableHasAPlainName(t *testing.T) {
	for name, plain := range map[string]bool{"once": true, "app.once": true, "": false, "a b": false, "a;b": false, "a.b.c": false} {
		func() {
			defer func() {
				if panicked := recover() != nil; panicked == plain {
					t.Errorf("%q panics: %v", name, panicked)
				}
			}()
			NewTable(name, Question)
		}()
	}
}
