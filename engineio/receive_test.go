package engineio

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// newLoopRig is a rig whose connections are handled by a function that receives.
func newLoopRig(t *testing.T, o *Options, handle func(*Conn)) *rig {
	r := &rig{T: t, wait: 10 * time.Second}
	r.server = NewServer(handle, r.quiet(o))
	r.listen()
	return r
}

func TestReceiveMayBeCalledByManyAtOnce(t *testing.T) {
	const callers, each = 4, 50
	for _, transport := range []string{Polling, WebSocket} {
		t.Run(transport, func(t *testing.T) {
			var mu sync.Mutex
			seen := map[string]int{}
			r := newLoopRig(t, nil, func(c *Conn) {
				var wg sync.WaitGroup
				for range callers {
					wg.Go(func() {
						for {
							m, err := c.Receive(context.Background())
							if err != nil {
								return
							}
							mu.Lock()
							seen[string(m.Data)]++
							mu.Unlock()
						}
					})
				}
				wg.Wait()
			})
			var texts []string
			for i := range callers * each {
				texts = append(texts, fmt.Sprint("4", i))
			}
			if transport == Polling {
				query := "transport=polling&sid=" + r.poll()
				r.want("all", "POST", query, strings.Join(texts, "\x1e"), 200, "ok")
				r.want("the end", "POST", query, "1", 200, "ok")
			} else {
				c := r.dial("transport=websocket").open()
				c.send(append(texts, "1")...)
				c.expect("the end", "close")
				c.Conn.Close()
			}
			r.until("all are received, once", func() bool {
				mu.Lock()
				defer mu.Unlock()
				for _, n := range seen {
					if n != 1 {
						t.Fatalf("received %d times", n)
					}
				}
				return len(seen) == callers*each
			})
		})
	}
}

func TestReceiveHoldsThePeerBackWhateverItSends(t *testing.T) {
	for name, message := range map[string]string{"nothing": "4", "a little": "4abc", "much": "4" + strings.Repeat("x", 100_000)} {
		t.Run(name, func(t *testing.T) {
			conns := make(chan *Conn, 1)
			release := make(chan struct{})
			r := newLoopRig(t, &Options{Transports: []string{WebSocket}}, func(c *Conn) {
				if _, err := c.Receive(context.Background()); err != nil {
					t.Error(err)
				}
				conns <- c
				<-release
			})
			defer close(release)
			c := r.dial("transport=websocket").open()
			flooded := make(chan struct{})
			go func() {
				defer close(flooded)
				var batch []byte
				for range 100 {
					batch = appendText(batch, message)
				}
				for {
					c.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
					if _, err := c.Write(batch); err != nil {
						return // nobody reads any more
					}
				}
			}()
			box := (<-conns).receiver.(*mailbox)
			<-flooded
			box.mu.Lock()
			defer box.mu.Unlock()
			// Each is worth its bytes and a few words of the list.
			if kept := len(box.messages)*40 + size(box.messages); kept > 2*mailboxBytes {
				t.Errorf("%d messages, %d bytes are kept", len(box.messages), kept)
			}
		})
	}
}

func TestReceiveEndsWithItsContextOrWithTheConnection(t *testing.T) {
	results := make(chan error, 2)
	r := newLoopRig(t, nil, func(c *Conn) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := c.Receive(ctx)
		results <- err
		_, err = c.Receive(context.Background())
		results <- err
	})
	c := r.dial("transport=websocket").open()
	if err := <-results; err != context.Canceled {
		t.Errorf("got %v, want context.Canceled", err)
	}
	c.Conn.Close()
	var closed *CloseError
	if err := <-results; !errors.As(err, &closed) || closed.Reason != "transport close" {
		t.Errorf("got %v, want the end of the connection", err)
	}
}

func TestWhatArrivedBeforeTheEndIsReceived(t *testing.T) {
	ended := make(chan struct{})
	got := make(chan string, 1)
	r := newLoopRig(t, nil, func(c *Conn) {
		m, err := c.Receive(context.Background())
		for err == nil {
			<-ended
			got <- string(m.Data)
			m, err = c.Receive(context.Background())
		}
		close(got)
	})
	c := r.dial("transport=websocket").open()
	c.send("4a", "4b", "4c", "1")
	c.expect("the end", "close")
	c.Conn.Close()
	r.until("the connection has ended", func() bool { return r.server.Len() == 0 })
	close(ended)
	var all string
	for text := range got {
		all += text
	}
	if all != "abc" {
		t.Errorf("received %q, want all that came before the end", all)
	}
}

func TestAConnectionThatNobodyReceivesFromIsClosed(t *testing.T) {
	r := newLoopRig(t, nil, func(*Conn) {})
	c := r.dial("transport=websocket").open()
	c.expect("nobody is there", "close")
	r.want("nor over polling", "GET", "transport=polling&sid="+r.poll(), "", 200, "1")
}

func TestReceiveAndAttachExcludeEachOther(t *testing.T) {
	panics := make(chan any, 3)
	recovering := func(f func()) {
		defer func() { panics <- recover() }()
		f()
	}
	r := newLoopRig(t, nil, func(c *Conn) {
		receiver := &echo{c: c, rig: &rig{closed: make(chan *CloseError, 1)}}
		if c.Request().URL.Query().Get("receive") == "" {
			c.Attach(receiver)
			recovering(func() { c.Attach(receiver) })
			recovering(func() { c.Receive(context.Background()) })
			return
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		c.Receive(ctx)
		recovering(func() { c.Attach(receiver) })
	})
	r.dial("transport=websocket").open()
	r.dial("receive=1&transport=websocket").open()
	for range 3 {
		if text, _ := (<-panics).(string); !strings.HasPrefix(text, "engineio: ") {
			t.Errorf("panic %q, want a sentence", text)
		}
	}
}
