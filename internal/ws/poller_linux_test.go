package ws

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"
)

// oneLoop is the configuration of connections that all share one loop. Nobody looks after
// turns that are borrowed for long if watched is false.
func oneLoop(t *testing.T, watched bool) *Config {
	config := newConfig(t)
	config.Poller.lanes = make([]lane, 1)
	if !watched {
		config.Monitor.Stop()
	}
	return config
}

// resting is a handler that has what is sent echoed; then the connection rests.
func resting(c *Conn, _ Message) { c.Renew() }

// settled waits until the poller waits for r.
func (r *rig) settled() {
	r.test.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); runtime.Gosched() {
		r.conn.mu.Lock()
		rests := r.conn.resting
		r.conn.mu.Unlock()
		if rests {
			return
		}
	}
	r.test.Fatal("the connection does not come to rest")
}

// exchange has a text echoed.
func (r *rig) exchange(text string) {
	r.test.Helper()
	r.send(AppendMasked(nil, OpText, []byte(text)))
	r.want("an echo", AppendFrame(nil, OpText, []byte(text)))
}

// prove exchanges messages until the loop runs the handlers.
func (r *rig) prove() {
	r.test.Helper()
	for range proven + 2 {
		r.exchange("quick")
	}
	r.settled()
	if r.conn.quick != proven {
		r.test.Errorf("%d quick batches are counted, want %d", r.conn.quick, proven)
	}
}

func TestAConnectionAtRestIsReadOn(t *testing.T) {
	r := oneLoop(t, true).newRig(t, tcp, resting)
	for range 5 {
		r.exchange("hello")
		r.settled()
	}
}

func TestAConnectionAtRestEnds(t *testing.T) {
	for name, test := range map[string]struct {
		end  func(r *rig)
		want error // as errors.Is has it
	}{
		"when the peer goes":   {func(r *rig) { r.peer.Close() }, io.EOF},
		"when the peer resets": {func(r *rig) { r.peer.(*net.TCPConn).SetLinger(0); r.peer.Close() }, nil},
		"when it is cut off":   {func(r *rig) { r.conn.CloseNow() }, net.ErrClosed},
		"when it is closed": {func(r *rig) {
			r.conn.Close(StatusGoingAway, "bye")
			r.want("a close frame", AppendClose(nil, StatusGoingAway, "bye", false))
			r.send(AppendClose(nil, StatusGoingAway, "", true))
		}, nil},
		"when the peer breaks the rules": {func(r *rig) { r.send([]byte{0x81, 0x01, 'x'}) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := oneLoop(t, true).newRig(t, tcp, resting)
			r.exchange("hello")
			r.settled()
			test.end(r)
			select {
			case err := <-r.closed:
				if test.want != nil && !errors.Is(err, test.want) {
					t.Errorf("ended with %v, want %v", err, test.want)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("the end was not noticed")
			}
		})
	}
}

func TestAConnectionClosedAtRestWaitsForItsPeerOnlySoLong(t *testing.T) {
	r := oneLoop(t, true).newRig(t, tcp, resting)
	r.exchange("hello")
	r.settled()
	r.conn.Close(StatusNormal, "")
	r.conn.nc.SetReadDeadline(time.Now()) // what Close has set, sooner
	<-r.closed
}

func TestAHandlerThatMayWaitHoldsUpNoOtherConnection(t *testing.T) {
	config := oneLoop(t, false) // so nobody would notice that it waits
	waits := make(chan struct{})
	slow := config.newRig(t, tcp, func(c *Conn, m Message) {
		c.Renew()
		c.MayWait()
		if string(m.Data) == "wait" {
			<-waits
		}
	})
	other := config.newRig(t, tcp, resting)
	slow.exchange("hello")
	slow.settled()
	other.exchange("hello")
	other.settled()
	slow.send(AppendMasked(nil, OpText, []byte("wait")))
	for range 3 {
		other.exchange("meanwhile")
	}
	close(waits)
	slow.want("the answer at last", AppendFrame(nil, OpText, []byte("wait")))
}

func TestAQuickConnectionThatWaitsAfterAllGivesTheLoopAway(t *testing.T) {
	config := oneLoop(t, true)
	waits := make(chan struct{})
	slow := config.newRig(t, tcp, func(c *Conn, m Message) {
		c.Renew()
		c.MayWait()
		if string(m.Data) == "wait" {
			<-waits
		}
	})
	other := config.newRig(t, tcp, resting)
	slow.prove()
	other.exchange("hello")
	other.settled()
	slow.send(AppendMasked(nil, OpText, []byte("wait")))
	for range 3 {
		other.exchange("meanwhile")
	}
	slow.exchange("read by a successor")
	close(waits)
	slow.want("the answer at last", AppendFrame(nil, OpText, []byte("wait")))
	slow.prove() // once more
}

func TestAHandlerThatHoldsThePeerBackHoldsUpNoOtherConnection(t *testing.T) {
	config := oneLoop(t, false)
	holds := make(chan struct{})
	full := config.newRig(t, tcp, func(c *Conn, m Message) {
		c.Renew()
		if string(m.Data) == "hold" {
			c.Hold()
			<-holds
		}
	})
	other := config.newRig(t, tcp, resting)
	full.exchange("hello")
	full.settled()
	other.exchange("hello")
	other.settled()
	full.send(AppendMasked(nil, OpText, []byte("hold")))
	other.exchange("meanwhile")
	full.send(AppendMasked(nil, OpText, []byte("later")))
	other.exchange("meanwhile")
	close(holds)
	full.want("the answer at last", AppendFrame(nil, OpText, []byte("hold")))
	full.want("and what came later", AppendFrame(nil, OpText, []byte("later")))
}

func TestALoopEndsWithItsLastConnection(t *testing.T) {
	config := oneLoop(t, true)
	for range 3 {
		r := config.newRig(t, tcp, resting)
		r.exchange("hello")
		r.settled()
		r.peer.Close()
		<-r.closed
		config.Goroutines.Wait()
		if config.Poller.lanes[0].loop != nil {
			t.Error("a loop without connections goes on")
		}
	}
}

// Connections that rest, wait, hold back and end at random moments, for the race detector.
func TestEndsAtRandom(t *testing.T) {
	config := oneLoop(t, true)
	var all sync.WaitGroup
	for seed := range 40 {
		random := rand.New(rand.NewPCG(uint64(seed), 2))
		r := config.newRig(t, tcp, func(c *Conn, m Message) {
			switch m.Data[0] % 4 {
			case 0:
				c.Renew()
			case 1:
				c.MayWait()
				c.HandOver()
			case 2:
				c.Renew()
				c.MayWait()
				runtime.Gosched()
			case 3:
				c.Hold()
			}
		})
		sent := random.IntN(3 * proven)
		end := []func(){
			r.conn.CloseNow,
			func() { r.conn.Close(StatusNormal, "") },
			func() { r.peer.Close() },
			func() { r.peer.Close(); r.conn.CloseNow() },
			func() { r.conn.Close(StatusNormal, ""); r.conn.CloseNow() },
		}[seed%5]
		all.Go(func() {
			go io.Copy(io.Discard, r.peer)
			for i := range sent {
				r.peer.Write(AppendMasked(nil, OpText, fmt.Appendf(nil, "%c", 'a'+random.IntN(4))))
				if i%3 == 0 {
					runtime.Gosched()
				}
			}
			end()
			r.peer.Close()
			<-r.closed
		})
	}
	all.Wait()
}
