package engineio

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

func TestDropOldestLetsPollingClientsMissTheOldest(t *testing.T) {
	var told atomic.Int64
	r := newServerRig(t, &Options{QueueBytes: 700, DropOldest: true}, nil)
	r.server.Trace(&Trace{Dropped: func(_ *Conn, messages int) { told.Add(int64(messages)) }})
	r.listen()
	query := "transport=polling&sid=" + r.poll()
	conn := r.only()
	send := func(ms ...Message) {
		t.Helper()
		if err := conn.Send(ms...); err != nil {
			t.Fatal(err)
		}
	}
	send(Message{Data: []byte("kept"), Keep: true})
	for i := range 10 {
		send(Message{Data: fmt.Appendf(nil, "header %d", i)}, Message{Data: []byte{byte(i)}, Binary: true})
	}
	// 70 bytes for what is kept, 141 for each of the others.
	r.want("the last four", "GET", query, "", 200,
		"4kept\x1e4header 6\x1ebBg==\x1e4header 7\x1ebBw==\x1e4header 8\x1ebCA==\x1e4header 9\x1ebCQ==")
	if got := r.server.Stats().OldestDropped; got != 12 || told.Load() != 12 {
		t.Errorf("%d dropped messages are counted, and %d told, want 12", got, told.Load())
	}
	send(Message{Data: []byte("x")})
	send(Message{Data: bytes.Repeat([]byte("y"), 1000)}) // takes the place of all
	send(Message{Data: []byte("z")})
	r.want("the newest", "GET", query, "", 200, "4z")
	send(Message{Data: []byte("kept"), Keep: true})
	if err := conn.Send(Message{Data: bytes.Repeat([]byte("y"), 1000), Keep: true}); err != ErrQueueFull {
		t.Errorf("Send: %v, want ErrQueueFull", err)
	}
	if err := r.wantClosed(reasonTransportError); err != ErrQueueFull {
		t.Errorf("closed for %v, want ErrQueueFull", err)
	}
}

func TestDropOldestLeavesTheRestOfASplitMessageAlone(t *testing.T) {
	r := newRig(t, &Options{QueueBytes: 4000, DropOldest: true}, nil)
	query := "transport=polling&sid=" + r.poll()
	conn := r.only()
	parts := []Message{{Data: []byte("header")}}
	for range 20 {
		parts = append(parts, Message{Data: []byte("part")})
	}
	if err := conn.Send(parts...); err != nil {
		t.Fatal(err)
	}
	r.want("as much as a poll carries", "GET", query, "", 200, "4header"+strings.Repeat("\x1e4part", 15))
	for range 100 {
		if err := conn.Send(Message{Data: []byte("other")}); err != nil {
			t.Fatal(err)
		}
	}
	answer := r.ask("GET", "/socket.io/?EIO=4&"+query, "")
	if want := strings.Repeat("4part\x1e", 5) + "4other"; !strings.HasPrefix(answer.body, want) {
		t.Errorf("the next poll has %q", answer.body)
	}
}

func TestDropOldestKeepsAStalledWebSocketOpen(t *testing.T) {
	const limit = 1 << 20
	r := newRig(t, &Options{QueueBytes: limit, DropOldest: true}, nil)
	c := r.dial("transport=websocket").open()
	conn := r.only()
	number := 0
	for r.server.Stats().OldestDropped < 100 {
		text := fmt.Sprintf("%08d", number) + strings.Repeat("x", 50_000)
		if err := conn.Send(Message{Data: []byte(text)}); err != nil {
			t.Fatal(err)
		}
		if _, waiting := conn.Buffered(); waiting > limit {
			t.Fatalf("%d bytes wait", waiting)
		}
		number++
	}
	if err := conn.Send(Message{Data: []byte("last")}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for last := ""; last != "4last"; {
		last = c.next()
		got = append(got, last[:min(len(last), 9)])
	}
	if !slices.IsSorted(got[:len(got)-1]) || got[0] != "400000000" {
		t.Errorf("received %q", got)
	}
	if missing := number + 1 - len(got); missing != int(r.server.Stats().OldestDropped) {
		t.Errorf("%d did not arrive, %d are counted as dropped", missing, r.server.Stats().OldestDropped)
	}
}

func TestOverItsBudgetAServerCutsThoseThatHoldTheMost(t *testing.T) {
	var over atomic.Int64
	r := newServerRig(t, &Options{QueueBytes: 64 << 20, MemoryBudget: 40 << 20}, nil)
	r.server.Trace(&Trace{OverBudget: func(held, cut int) {
		if held <= 40<<20 {
			t.Errorf("%d bytes were held, which is not over the budget", held)
		}
		over.Add(int64(cut))
	}})
	r.listen()
	healthy := r.dial("transport=websocket").open()
	conns := r.connections(1)
	modest := "transport=polling&sid=" + r.poll()
	r.dial("transport=websocket").open()
	all := r.connections(3)
	greedy := all[slices.IndexFunc(all, func(c *Conn) bool { return c != conns[0] && c.Transport() == WebSocket })]
	poller := all[slices.IndexFunc(all, func(c *Conn) bool { return c.Transport() == Polling })]
	if err := poller.Send(Message{Data: bytes.Repeat([]byte("p"), 1<<20)}); err != nil {
		t.Fatal(err)
	}

	fill := func(until int) {
		for r.server.Stats().Held < until {
			if err := greedy.Send(Message{Data: bytes.Repeat([]byte("x"), 1<<20)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	volatile := Message{Data: []byte("volatile")}
	if !conns[0].TrySend(volatile) {
		t.Error("a volatile message is shed though there is room")
	}
	healthy.expect("it", "4volatile")
	fill(32 << 20)
	r.wantTurnedAway("")
	if got := r.server.Stats().HitMemoryBudget; got != 2 {
		t.Errorf("%d handshakes are counted as refused for the budget, want 2", got)
	}
	if !conns[0].TrySend(volatile) {
		t.Error("a volatile message is shed below 90 %")
	}
	healthy.expect("it", "4volatile")
	fill(37 << 20)
	if conns[0].TrySend(volatile) || conns[0].TrySendPrepared(Prepare(volatile)) {
		t.Error("a volatile message is sent above 90 %")
	}
	for greedy.Send(Message{Data: bytes.Repeat([]byte("x"), 1<<20)}) == nil {
	}
	if err := r.wantClosed(reasonTransportError); !errors.Is(err, ErrQueueFull) || !errors.Is(err, errOverBudget) {
		t.Errorf("closed for %v", err)
	}
	r.until("only what the poller has waits", func() bool { return r.server.Stats().Held < 2<<20 })
	r.until("the hook was told of one", func() bool { return over.Load() == 1 })
	healthy.send("4hello")
	healthy.expect("the healthy client's echo", "4hello")
	if a := r.ask("GET", "/socket.io/?EIO=4&"+modest, ""); len(a.body) != 1+1<<20 {
		t.Errorf("the poller received %d bytes", len(a.body))
	}
	r.until("nothing is held", func() bool { return r.server.Stats().Held == 0 })
	if got := r.server.Stats(); got.HitMemoryBudget != 3 || got.HitQueueBytes != 0 || got.VolatileDropped != 2 {
		t.Errorf("counted %+v", got)
	}
	if log := r.log.String(); strings.Count(log, "Options.MemoryBudget reached: the connections") != 1 {
		t.Errorf("the log says\n%s", log)
	}
	r.dial("transport=websocket").open() // there is room again
}

// connections returns those that the server has, once they are so many and their hearts beat.
func (r *rig) connections(number int) []*Conn {
	r.Helper()
	var all []*Conn
	r.until(fmt.Sprint("there are ", number, " connections"), func() bool {
		all = r.server.all()
		for _, c := range all {
			c.mu.Lock()
			begun := c.session.pingAt != 0
			c.mu.Unlock()
			if !begun {
				return false
			}
		}
		return len(all) == number
	})
	return all
}
