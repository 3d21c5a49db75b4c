package socketio

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"socketio/engineio"
)

func TestWaitsKeepTheirJitterAtTheCap(t *testing.T) {
	b := Backoff{}.withDefaults()
	for attempt, want := range []time.Duration{1, 2, 4, 5, 5, 5, 5} {
		want *= time.Second
		low, high := want, want
		for range 1000 {
			got := b.wait(attempt, chance())
			if got < want/2 || got >= want+want/2 {
				t.Fatalf("attempt %d: %v, want %v give or take half of it", attempt, got, want)
			}
			low, high = min(low, got), max(high, got)
		}
		if high-low < want*9/10 {
			t.Errorf("attempt %d: between %v and %v only", attempt, low, high)
		}
	}
	if got := (Backoff{Min: 1, Max: 1 << 62, Jitter: -1}).withDefaults().wait(1000, 1); got != 1<<62 {
		t.Errorf("a far attempt waits %d", got)
	}
}

// A thousand clients that nobody answers show by the clock how long each waits: 1 s, 2 s,
// 4 s, and from then on 5 s, each give or take half of it.
func TestAThousandClientsWaitAsTheDefaultsSay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const clients, attempts = 1000, 7
		var mu sync.Mutex // guards waits
		var waits [attempts][]time.Duration
		nobody := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("nobody is there")
		}}
		var all sync.WaitGroup
		for range clients {
			all.Go(func() {
				last := time.Now()
				c := NewClient("http://in.memory", &ClientOptions{
					DialOptions: engineio.DialOptions{HTTPClient: &http.Client{Transport: nobody}},
					Backoff:     Backoff{Attempts: attempts},
					OnRetry: func(attempt int, wait time.Duration, _ error) {
						if attempt > 1 {
							mu.Lock()
							waits[attempt-2] = append(waits[attempt-2], time.Since(last))
							mu.Unlock()
						}
						last = time.Now()
					},
				})
				defer c.Close()
				if err := c.Connect(t.Context()); err == nil {
					t.Error("it connected")
				}
				mu.Lock()
				defer mu.Unlock()
				waits[attempts-1] = append(waits[attempts-1], time.Since(last))
			})
		}
		all.Wait()
		for i, want := range []time.Duration{1, 2, 4, 5, 5, 5, 5} {
			want *= time.Second
			slices.Sort(waits[i])
			low, middle, high := waits[i][0], waits[i][clients/2], waits[i][clients-1]
			if len(waits[i]) != clients || low < want/2 || high > want+want/2 {
				t.Errorf("attempt %d: %d waits between %v and %v, want %v give or take half of it", i+1, len(waits[i]), low, high, want)
			}
			if high-low < want*9/10 || middle < want*8/10 || middle > want*12/10 {
				t.Errorf("attempt %d: %v to %v, half of them below %v: not spread evenly", i+1, low, high, middle)
			}
		}
	})
}

func TestBackoffsThatCannotBe(t *testing.T) {
	for _, b := range []Backoff{{Min: -1}, {Min: 10 * time.Second}, {Jitter: 2}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v is let pass", b)
				}
			}()
			NewClient("http://x", &ClientOptions{Backoff: b})
		}()
	}
}

func TestAClientGivesUpAfterItsAttempts(t *testing.T) {
	for limit, want := range map[int]int{3: 3, -1: 0} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			inBubble(t, nil, func(r *rig) {
				retries := 0
				c := r.connected(&ClientOptions{
					Backoff: Backoff{Attempts: limit},
					OnRetry: func(attempt int, wait time.Duration, cause error) {
						if retries++; attempt != retries || wait <= 0 || cause == nil {
							r.t.Errorf("attempt %d after %v, because of %v", attempt, wait, cause)
						}
					},
				})
				r.srv.Close()
				err := c.Wait(r.t.Context())
				if err == nil || retries != want || c.Active() {
					r.t.Errorf("gave up after %d attempts: %v", retries, err)
				}
				if answer, ok := errors.AsType[*engineio.ResponseError](err); limit > 0 && (!ok || answer.Status != 503) {
					r.t.Errorf("the last failure is %v", err)
				}
			})
		})
	}
}

func TestAServersRetryAfterIsTheShortestWait(t *testing.T) {
	for header, least := range map[string]time.Duration{
		"":                              0,
		"7":                             7 * time.Second,
		"Sat, 01 Jan 2000 00:02:00 GMT": 2 * time.Minute, // a bubble's time begins with that year
		"999999":                        time.Hour,
		"-5":                            0,
		"soon":                          0,
	} {
		t.Run(header, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				web := httptest.NewTestServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					if header != "" {
						w.Header().Set("Retry-After", header)
					}
					w.WriteHeader(http.StatusServiceUnavailable)
				}))
				var waits []time.Duration
				o := &ClientOptions{
					Backoff: Backoff{Attempts: 1},
					OnRetry: func(_ int, wait time.Duration, _ error) { waits = append(waits, wait) },
				}
				o.HTTPClient = web.Client()
				c := NewClient(web.URL, o)
				defer c.Close()
				begun := time.Now()
				err := c.Connect(t.Context())
				if answer, ok := errors.AsType[*engineio.ResponseError](err); !ok || answer.Status != http.StatusServiceUnavailable {
					t.Errorf("Connect: %v", err)
				}
				took := time.Since(begun)
				if len(waits) != 1 || waits[0] < least || waits[0] > least+2*time.Second || took < waits[0] {
					t.Errorf("it waited %v, and took %v; want %v and a little", waits, took, least)
				}
			})
		})
	}
}

func TestReconnectDoesNotWait(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		c := r.connected(&ClientOptions{Backoff: Backoff{Min: time.Hour, Max: time.Hour}})
		c.Reconnect()
		c.Conn().Close()
		time.Sleep(time.Minute)
		if c.Connected() {
			r.t.Fatal("it did not wait")
		}
		c.Reconnect()
		time.Sleep(time.Second)
		if !c.Connected() {
			r.t.Error("Reconnect did not help")
		}
	})
}

func TestAConnectionThatLedNowhereDoesNotResetTheBackOff(t *testing.T) {
	inBubble(t, &Options{ConnectTimeout: time.Second}, func(r *rig) {
		r.srv.Use(func(ctx context.Context, s *Socket) (context.Context, error) {
			s.Conn().Close()
			return nil, nil
		})
		var waits []time.Duration
		c := r.goClient("", &ClientOptions{
			Backoff: Backoff{Jitter: -1, Attempts: 4},
			OnRetry: func(_ int, wait time.Duration, _ error) { waits = append(waits, wait/time.Second) },
		})
		if err := c.Connect(r.t.Context()); err == nil {
			r.t.Error("it connected")
		}
		if got := fmt.Sprint([]int{int(waits[0]), int(waits[1]), int(waits[2]), int(waits[3])}); got != "[1 2 4 5]" {
			r.t.Errorf("waited %v", waits)
		}
	})
}
