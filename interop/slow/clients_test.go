package slow

import (
	"bufio"
	"encoding/json/v2"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"socketio/internal/ws"
)

// roleVariable has the address of the server in the process of the clients.
const roleVariable = "SLOW_SERVER"

// A report is what the clients say when they have read all.
type report struct {
	Lost      int   // broadcasts that a reader has not got
	Reordered int   // broadcasts that came before an earlier one, or twice
	P99       int64 // nanoseconds from a broadcast to the reader
}

// clients is the process of the clients. Each line that it reads is an order: "reader N"
// and "stalled N" connect so many, "read N" waits until every reader has got the broadcast
// of that number, or has lost its connection, and says how that went.
func clients(address string) error {
	var readers, stalled []*reader
	defer func() { runtime.KeepAlive(stalled) }() // a connection that nobody holds is closed
	for orders := bufio.NewScanner(os.Stdin); orders.Scan(); {
		what, text, _ := strings.Cut(orders.Text(), " ")
		number, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		switch what {
		case "reader", "stalled":
			for range number {
				c, err := join(address, what)
				if err != nil {
					return err
				}
				if what == "stalled" {
					stalled = append(stalled, c)
					continue
				}
				readers = append(readers, c)
				go c.read()
			}
			fmt.Println("{}")
		case "read":
			answer, err := json.Marshal(collect(readers, number))
			if err != nil {
				return err
			}
			fmt.Println(string(answer))
		}
	}
	return nil
}

// collect waits for the last broadcast and begins anew.
func collect(readers []*reader, last int) (r report) {
	var took []time.Duration
	for _, c := range readers {
		c.mu.Lock()
		for c.next <= last && c.err == nil {
			c.news.Wait()
		}
		r.Lost += last + 1 - c.got
		r.Reordered += c.reordered
		took = append(took, c.took...)
		c.got, c.next, c.reordered, c.took = 0, 0, 0, nil
		c.mu.Unlock()
	}
	slices.Sort(took)
	if len(took) > 0 {
		r.P99 = int64(took[len(took)*99/100])
	}
	return r
}

// A reader is a bare client that looks at what it gets.
type reader struct {
	conn   net.Conn
	parser ws.Parser
	early  []byte

	mu        sync.Mutex // guards what follows
	news      *sync.Cond
	next, got int
	reordered int
	took      []time.Duration
	err       error
}

// join connects a client, of one kind or the other, to the main namespace.
func join(address, kind string) (*reader, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	if kind == "stalled" {
		conn.(*net.TCPConn).SetReadBuffer(4096)
	}
	_, err = io.WriteString(conn, "GET /socket.io/?EIO=4&transport=websocket&kind="+kind+" HTTP/1.1\r\nHost: slow\r\nConnection: Upgrade\r\n"+
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	if err != nil {
		return nil, err
	}
	c := &reader{conn: conn, parser: ws.Parser{Client: true}}
	c.news = sync.NewCond(&c.mu)
	in := make([]byte, 4096)
	for !strings.Contains(string(c.early), "\r\n\r\n") {
		n, err := conn.Read(in)
		if err != nil {
			return nil, err
		}
		c.early = append(c.early, in[:n]...)
	}
	_, rest, _ := strings.Cut(string(c.early), "\r\n\r\n")
	c.early = []byte(rest)
	if _, err := conn.Write(ws.AppendMasked(nil, ws.OpText, []byte("40"))); err != nil {
		return nil, err
	}
	joined := false
	for !joined {
		if err := c.receive(in, func(text string) { joined = joined || strings.HasPrefix(text, "40{") }); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// receive reads once and gives every message to handle.
func (c *reader) receive(in []byte, handle func(text string)) error {
	b := c.early
	if c.early = nil; len(b) == 0 {
		n, err := c.conn.Read(in)
		if err != nil {
			return err
		}
		b = in[:n]
	}
	for len(b) > 0 {
		m, n, err := c.parser.Next(b)
		if err != nil {
			return err
		}
		b = b[n:]
		if m.Op == ws.OpClose {
			return errors.New("closed")
		}
		if m.Op == ws.OpText {
			handle(string(m.Data[:min(len(m.Data), 100)]))
		}
	}
	return nil
}

// read takes what comes, until the end.
func (c *reader) read() {
	in := make([]byte, 64<<10)
	for {
		err := c.receive(in, c.take)
		if err == nil {
			continue
		}
		c.mu.Lock()
		c.err = err
		c.news.Broadcast()
		c.mu.Unlock()
		return
	}
}

// take looks at a broadcast: its number, and when it was sent.
func (c *reader) take(text string) {
	var number int
	var sent int64
	if n, _ := fmt.Sscanf(text, `42["broadcast",%d,%d,`, &number, &sent); n != 2 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if number < c.next {
		c.reordered++
		return
	}
	c.got++
	c.next = number + 1
	c.took = append(c.took, time.Duration(time.Now().UnixNano()-sent))
	c.news.Broadcast()
}
