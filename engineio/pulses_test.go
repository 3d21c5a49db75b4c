package engineio

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// traceHeartbeats has the rig's server tell how long each pong took.
func (r *timeRig) traceHeartbeats() *[]time.Duration {
	var took []time.Duration
	r.server.Trace(&Trace{Heartbeat: func(_ *Conn, rtt time.Duration) { took = append(took, rtt) }})
	return &took
}

// waiting is how many pings are kept whose pong is due.
func (p *pulses) waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.sent)
}

func TestHeartbeatSaysHowLongThePongTook(t *testing.T) {
	inTime(t, nil, nil, func(r *timeRig) {
		took := r.traceHeartbeats()
		c := r.dial("transport=websocket").open()
		for i := range 3 {
			c.expect("a ping", "2")
			time.Sleep(time.Duration(i+1) * time.Second)
			c.send("4x") // which the wait for the pong is extended by
			c.expect("the echo", "4x")
			time.Sleep(time.Second)
			c.send("3")
			c.send("3") // nobody asked for this one
			synctest.Wait()
		}
		if got := fmt.Sprint(*took); got != "[2s 3s 4s]" {
			t.Errorf("the pongs took %s", got)
		}
		c.expect("a ping", "2")
		if r.server.pulses.waiting() != 1 {
			t.Error("the ping is not kept")
		}
		r.sleep(10 * time.Minute)
		if n := r.server.pulses.waiting(); n != 0 || len(*took) != 3 {
			t.Errorf("after the end %d pings are kept, and %v told", n, *took)
		}
	})
}

func TestHeartbeatTellsOfPingsThatWereAnswered(t *testing.T) {
	inTime(t, &Options{EIO3: true}, nil, func(r *timeRig) {
		took := r.traceHeartbeats()
		c := r.dialAny("EIO=3&transport=websocket").open()
		c.send("2")
		c.expect("a pong", "3")
		synctest.Wait()
		if got := fmt.Sprint(*took); got != "[0s]" {
			t.Errorf("told: %s", got)
		}
	})
}

func TestAClientsTraceTellsOfItsConnection(t *testing.T) {
	inTime(t, nil, nil, func(r *timeRig) {
		var mu sync.Mutex
		var got []string
		add := func(what string, c *Conn) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, what+" "+c.Transport())
		}
		c := r.dialed(DialOptions{Trace: &Trace{
			Opened:    func(c *Conn) { add("opened", c) },
			Upgraded:  func(c *Conn) { add("upgraded", c) },
			Heartbeat: func(c *Conn, rtt time.Duration) { add("heartbeat", c) },
			Closed:    func(c *Conn, why *CloseError) { add(why.Reason, c) },
		}})
		r.sleep(time.Minute)
		c.Close()
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		want := "[opened polling upgraded websocket heartbeat websocket heartbeat websocket forced close websocket]"
		if fmt.Sprint(got) != want {
			t.Errorf("told %v, want %s", got, want)
		}
	})
}
