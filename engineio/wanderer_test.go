package engineio

import (
	"context"
	"encoding/base64"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A wanderer is the client of an interleaving, which goes from one transport to the other
// as its plan says: one goroutine polls, one writes, one upgrades, and one reads the
// WebSocket.
type wanderer struct {
	x      *interleaving
	query  string
	ctx    context.Context // of its requests
	vanish context.CancelFunc

	mute      atomic.Bool    // it answers no ping
	pongs     chan struct{}  // due
	switching chan *wsClient // for the writer: whereto
	leaving   chan struct{}  // closed when a close packet is to be written
	over      chan struct{}  // closed when the session has ended

	left sync.Once

	// What follows is guarded by the interleaving's mu.
	received []int
	written  int
	carrier  *wsClient // once switched
	switched bool
}

// newWanderer opens the session.
func newWanderer(x *interleaving) *wanderer {
	x.Helper()
	ctx, cancel := context.WithCancel(x.Context())
	c := &wanderer{
		x: x, query: "/socket.io/?EIO=4&transport=polling&sid=" + x.poll(), ctx: ctx, vanish: cancel,
		pongs: make(chan struct{}, 100), switching: make(chan *wsClient), leaving: make(chan struct{}), over: make(chan struct{}),
	}
	<-x.begun
	return c
}

// act starts what the client does.
func (c *wanderer) act(acting *sync.WaitGroup) {
	acting.Go(c.write)
	acting.Go(func() {
		random := rand.New(rand.NewPCG(c.x.seed, 3))
		polling := c.poll(acting)
		ways := []int{c.x.upgrade}
		if c.x.again {
			ways = append(ways, politeUpgrade)
		}
		for _, way := range ways {
			if way == noUpgrade {
				continue
			}
			time.Sleep(pause(random, 200*time.Millisecond))
			if polling = c.upgrade(acting, random, way, polling); polling == nil {
				return
			}
		}
	})
}

// leave has a close packet written.
func (c *wanderer) leave() { c.left.Do(func() { close(c.leaving) }) }

// cut breaks what carries the session, and what it goes over to after that.
func (c *wanderer) cut() {
	c.vanish()
	c.x.mu.Lock()
	defer c.x.mu.Unlock()
	if c.carrier != nil {
		c.carrier.Conn.Close()
	}
}

// complete says whether everything has arrived, in both directions.
func (c *wanderer) complete() bool {
	x := c.x
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.emitted && x.handling == 0 && len(x.received) == x.writes && len(c.received) == x.sent
}

// request makes a request and returns the body of the answer; not ok unless its status is 200.
func (c *wanderer) request(method, body string) (answer string, ok bool) {
	req, err := http.NewRequestWithContext(c.ctx, method, c.x.http.URL+c.query, strings.NewReader(body))
	if err != nil {
		c.x.Errorf("%s: %v", method, err)
		return "", false
	}
	resp, err := c.x.http.Client().Do(req)
	if err != nil {
		c.x.tell("%s: %v", method, err)
		return "", false
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	c.x.tell("%s %q: %d %q", method, body, resp.StatusCode, b)
	return string(b), err == nil && resp.StatusCode == http.StatusOK
}

// A polls is a goroutine that polls until it is stopped or a GET is refused.
type polls struct{ stop, done chan struct{} }

func (c *wanderer) poll(acting *sync.WaitGroup) *polls {
	p := &polls{make(chan struct{}), make(chan struct{})}
	acting.Go(func() {
		defer close(p.done)
		for {
			select {
			case <-p.stop:
				return
			default:
			}
			body, ok := c.request("GET", "")
			if !ok {
				return
			}
			for packet := range strings.SplitSeq(body, "\x1e") {
				if packet == "1" {
					return
				}
				c.take(packet)
			}
		}
	})
	return p
}

// take takes a packet as polling encodes it.
func (c *wanderer) take(packet string) {
	switch {
	case packet == "2" && !c.mute.Load():
		c.pongs <- struct{}{} // there is room for more than there can be
	case strings.HasPrefix(packet, "4"):
		c.note(packet[1:])
	case strings.HasPrefix(packet, "b"):
		data, err := base64.StdEncoding.DecodeString(packet[1:])
		if err != nil {
			c.x.Errorf("received %q: %v", packet, err)
		}
		c.note(string(data))
	}
}

func (c *wanderer) note(number string) {
	n, err := strconv.Atoi(number)
	if err != nil {
		c.x.Errorf("received %q", number)
	}
	c.x.mu.Lock()
	defer c.x.mu.Unlock()
	c.received = append(c.received, n)
}

// write writes messages and what else is due, all by one transport or the other, until the
// session has ended or a request is refused.
func (c *wanderer) write() {
	random := rand.New(rand.NewPCG(c.x.seed, 4))
	next := time.NewTimer(pause(random, c.x.pace))
	defer next.Stop()
	for left := c.x.writes; ; {
		ok := true
		select {
		case <-c.pongs:
			ok = c.send("3")
		case carrier := <-c.switching:
			c.goOver(carrier)
		case <-next.C:
			count := min(left, 1+random.IntN(3))
			left -= count
			if ok = c.send(c.messages(count)...); left > 0 {
				next.Reset(pause(random, c.x.pace))
			}
		case <-c.leaving:
			c.send("1")
			return
		case <-c.over:
			return
		}
		if !ok {
			return
		}
	}
}

// messages are the next numbers.
func (c *wanderer) messages(count int) (packets []string) {
	c.x.mu.Lock()
	defer c.x.mu.Unlock()
	for range count {
		packets = append(packets, "4"+strconv.Itoa(c.written))
		c.written++
	}
	return packets
}

// send is for the writer.
func (c *wanderer) send(packets ...string) bool {
	if len(packets) == 0 {
		return true
	}
	if c.carrier == nil {
		_, ok := c.request("POST", strings.Join(packets, "\x1e"))
		return ok
	}
	return c.frames(c.carrier, packets...)
}

func (c *wanderer) frames(to *wsClient, packets ...string) bool {
	var b []byte
	for _, packet := range packets {
		b = appendText(b, packet)
	}
	_, err := to.Write(b)
	c.x.tell("frames %q: %v", packets, err)
	return err == nil
}

// goOver writes the upgrade packet. From then on the WebSocket carries the session.
func (c *wanderer) goOver(carrier *wsClient) {
	c.frames(carrier, "5")
	c.x.mu.Lock()
	defer c.x.mu.Unlock()
	c.carrier, c.switched = carrier, true
	if c.ctx.Err() != nil {
		carrier.Conn.Close()
	}
}

// upgrade goes over to a WebSocket in one of the ways. It returns who polls if that has
// failed.
func (c *wanderer) upgrade(acting *sync.WaitGroup, random *rand.Rand, way int, polling *polls) *polls {
	carrier, refused := c.x.handshake(strings.Replace(c.query, "polling", "websocket", 1))
	c.x.tell("upgrade %d: %v %d", way, carrier != nil, refused.status)
	if carrier == nil {
		return polling
	}
	if way != silentProbe {
		c.frames(carrier, "2probe")
	}
	if m, err := carrier.tryNext(); err != nil || m.text != "3probe" || way == garbledProbe || way == abandonedProbe {
		if err == nil && way == garbledProbe {
			c.frames(carrier, "4garbage")
			_, _ = carrier.tryNext() // the close frame
		}
		carrier.Conn.Close()
		return polling
	}
	ended := make(chan struct{})
	acting.Go(func() {
		defer close(ended)
		c.read(carrier, polling.done)
	})
	if way == politeUpgrade {
		close(polling.stop)
		<-polling.done
	}
	time.Sleep(pause(random, 20*time.Millisecond))
	select {
	case c.switching <- carrier:
		if way != politeUpgrade {
			close(polling.stop)
		}
		return nil
	case <-ended: // the server has given the WebSocket up
	case <-c.over:
	}
	carrier.Conn.Close()
	if way == politeUpgrade {
		return c.poll(acting)
	}
	return polling
}

// read takes what comes over the WebSocket, once everything has been taken that came by
// polling.
func (c *wanderer) read(carrier *wsClient, polled <-chan struct{}) {
	defer carrier.Conn.Close()
	for {
		m, err := carrier.tryNext()
		c.x.tell("read %q %d: %v", m.text, m.code, err)
		if err != nil || m.text == "close" && !m.binary {
			return
		}
		<-polled
		if m.binary {
			c.note(m.text)
		} else {
			c.take(m.text)
		}
	}
}
