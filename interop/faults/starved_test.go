//go:build unix

package faults

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"socketio/engineio"
)

// TestF11AfterAPauseOfTheProcessOnlyTheDeadAreCut promises: a server that was stopped for
// longer than PingTimeout, as by SIGSTOP or a suspended machine, cuts nobody whose pong has
// waited meanwhile, and does cut those who sent none.
func TestF11AfterAPauseOfTheProcessOnlyTheDeadAreCut(t *testing.T) {
	t.Parallel() // it waits most of the time
	const timeout, alive, dead = 8 * time.Second, 40, 5
	c := startChild(t, childOptions{PingInterval: time.Second, PingTimeout: timeout}, nil)
	stopped := make(chan struct{})
	var pinged, answered sync.WaitGroup
	ended := make(chan error, alive)
	gone := make(chan error, dead)
	for i := range alive + dead {
		ws := rawClient(t, c.address)
		pinged.Add(1)
		if i >= alive {
			go func() { pinged.Done(); gone <- readAll(ws) }()
			continue
		}
		answered.Add(1)
		go func() { ended <- answerPings(ws, stopped, &pinged, &answered) }()
	}
	pinged.Wait() // so each has a ping to answer, and none has answered
	c.signal(syscall.SIGSTOP)
	c.wantState('T')
	close(stopped)
	answered.Wait()
	time.Sleep(timeout + timeout/4) // the pause itself
	c.signal(syscall.SIGCONT)
	for range dead {
		if err := within(t, "the dead are cut", gone); err == nil {
			t.Error("somebody who is dead has not been cut")
		}
	}
	select {
	case err := <-ended:
		t.Errorf("one who lives was cut: %v", err)
	default:
	}
	late := newClient(t, c.url(), over(engineio.WebSocket))
	connect(t, late)
	ask(t, late)
}

// rawClient is a client of Engine.IO over a WebSocket that has joined the main namespace
// and then does nothing by itself.
func rawClient(t *testing.T, address string) *websocket.Conn {
	t.Helper()
	ws, _, err := websocket.DefaultDialer.Dial("ws://"+address+"/socket.io/?EIO=4&transport=websocket", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.Close() })
	ws.SetReadDeadline(time.Now().Add(2 * patience))
	if err := ws.WriteMessage(websocket.TextMessage, []byte("40")); err != nil {
		t.Fatal(err)
	}
	return ws
}

// readAll reads until the end.
func readAll(ws *websocket.Conn) error {
	for {
		if _, _, err := ws.ReadMessage(); err != nil {
			return err
		}
	}
}

// answerPings answers the first ping when it is let, and then each at once.
func answerPings(ws *websocket.Conn, first <-chan struct{}, pinged, answered *sync.WaitGroup) error {
	pings := 0
	for {
		_, text, err := ws.ReadMessage()
		if err != nil {
			return err
		}
		if string(text) != "2" {
			continue
		}
		if pings++; pings == 1 {
			pinged.Done()
			<-first
		}
		err = ws.WriteMessage(websocket.TextMessage, []byte("3"))
		if pings == 1 {
			answered.Done()
		}
		if err != nil {
			return err
		}
	}
}

// wantState waits until the system says that the child is in that state.
func (c *child) wantState(state byte) {
	c.t.Helper()
	eventually(c.t, fmt.Sprintf("the process is in state %c", state), func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.command.Process.Pid))
		_, rest, _ := strings.Cut(string(stat), ") ")
		return err != nil || rest != "" && rest[0] == state // without /proc the signal has to do
	})
}

// TestF13WithoutDescriptorsThoseWhoAreThereAreServed promises: when the process has no
// descriptors left newcomers wait, who is connected notices nothing, and when there are
// some again newcomers are let in without anybody's help.
func TestF13WithoutDescriptorsThoseWhoAreThereAreServed(t *testing.T) {
	c := startChild(t, childOptions{Files: 60}, nil)
	client := newClient(t, c.url(), over(engineio.WebSocket))
	connect(t, client)
	id := client.ID()
	var idle []net.Conn
	for range 100 {
		conn, err := net.Dial("tcp", c.address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		idle = append(idle, conn)
	}
	eventually(t, "the server runs out of descriptors", func() bool {
		ask(t, client)
		return c.log.count("too many open files") > 0
	})
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	newcomer := newClient(t, c.url(), over(engineio.WebSocket))
	if err := newcomer.Connect(ctx); err == nil {
		t.Error("somebody was let in without a descriptor")
	}
	for range 50 {
		ask(t, client)
	}
	for _, conn := range idle {
		conn.Close()
	}
	connect(t, newcomer)
	ask(t, newcomer)
	if client.ID() != id {
		t.Error("who was there was cut")
	}
}

// TestF16AFloodOfLargeMessagesIsSurvived promises: with GOMEMLIMIT and the default limits
// those who send a megabyte again and again to handlers that do not return, or begin one and
// never end it, do not bring the process down; what it takes is bounded by their number, and
// others are served.
func TestF16AFloodOfLargeMessagesIsSurvived(t *testing.T) {
	const attackers = 30
	c := startChild(t, childOptions{}, nil, "GOMEMLIMIT=64MiB")
	client := newClient(t, c.url(), over(engineio.WebSocket))
	connect(t, client)
	id := client.ID()
	var attack sync.WaitGroup
	event := `42["hold","` + strings.Repeat("x", 900_000) + `"]`
	for i := range attackers {
		ws := rawClient(t, c.address)
		attack.Go(func() {
			ws.SetWriteDeadline(time.Now().Add(2 * time.Second))
			if i%2 == 0 {
				ws.NetConn().Write(beginFrame(event))
				return
			}
			for ws.WriteMessage(websocket.TextMessage, []byte(event)) == nil { // until it is not read any more
			}
		})
	}
	done := make(chan struct{})
	go func() { attack.Wait(); close(done) }()
	for range 100 {
		ask(t, client)
	}
	<-done
	ask(t, client)
	late := newClient(t, c.url(), over(engineio.WebSocket))
	connect(t, late)
	ask(t, late)
	if client.ID() != id {
		t.Error("who does no harm was cut")
	}
	if peak := c.peakMemory(); peak > 64<<20+attackers*6_000_000 {
		t.Errorf("%d attackers took %d MB", attackers, peak>>20)
	}
}

// beginFrame returns a masked text frame that lacks its last byte.
func beginFrame(text string) []byte {
	frame := []byte{0x81, 0x80 | 127}
	frame = binary.BigEndian.AppendUint64(frame, uint64(len(text)))
	frame = append(frame, 0, 0, 0, 0) // the mask
	return append(frame, text[:len(text)-1]...)
}

// peakMemory returns the most that the child has had in memory, or 0 if nobody tells.
func (c *child) peakMemory() (bytes int) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.command.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscan(rest, &bytes); err != nil {
		c.t.Errorf("VmHWM: %v", err)
	}
	return bytes << 10
}

// TestF17AStarvedServerTimesNobodyOut promises: a server with one processor, which has more
// to do than that can, beside processes that keep all of them busy, loses no connection to a
// ping timeout: pings and pongs come through.
func TestF17AStarvedServerTimesNobodyOut(t *testing.T) {
	for range 4 {
		startChild(t, childOptions{Spin: true}, nil)
	}
	const clients, timeout = 20, 10 * time.Second
	l := newLedger(t, clients)
	c := startChild(t, childOptions{PingInterval: 300 * time.Millisecond, PingTimeout: timeout},
		func(sender, number, on int) { l.histories[sender].Arrived(number, on) }, "GOMAXPROCS=1")
	var sending sync.WaitGroup
	end := time.Now().Add(timeout + 2*time.Second) // a pong that was lost would be missed by then
	for i := range clients {
		client := newClient(t, c.url(), over(engineio.WebSocket))
		connect(t, client)
		id := client.ID()
		sending.Go(func() {
			for n := 0; time.Now().Before(end); n++ {
				l.send(client, i, n)
			}
			if client.ID() != id {
				t.Errorf("client %d was cut", i)
			}
		})
	}
	sending.Wait()
	if err := c.end(syscall.SIGTERM); err != nil {
		t.Errorf("the server ends with %v", err)
	}
	if sum := l.check(); sum.Acked != sum.Sent || sum.Twice != 0 {
		t.Errorf("%+v", sum)
	}
}
