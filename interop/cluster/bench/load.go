//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"socketio/internal/ws"
)

// The load: in each room as many clients of each server, and some messages that go round. Who
// is the first of its server in a room sends each that comes to it on to the room, so that
// every one of them has passed through Redis, and no server runs ahead of another.
const (
	rooms    = 10
	members  = 20 // of each room, on each server
	messages = 16 // that go round in each room
	padding  = 100
)

// A crowd is the clients of a fleet.
type crowd struct {
	deliveries atomic.Int64
	conns      []net.Conn
	readers    sync.WaitGroup
	failed     atomic.Pointer[error]
}

// A visitor is one client. It speaks as much of the protocol as it has to, by hand, so that
// the clients leave the processors to the servers.
type visitor struct {
	crowd  *crowd
	conn   net.Conn
	server int
	first  bool // of its server in its room
}

// enter connects all clients.
func enter(f *fleet) (*crowd, error) {
	c := new(crowd)
	for room := range rooms {
		for server, p := range f.servers {
			for i := range members {
				v := &visitor{crowd: c, server: server, first: i == 0}
				if err := v.connect(p.addr, fmt.Sprint("room", room)); err != nil {
					c.leave()
					return nil, err
				}
			}
		}
	}
	return c, nil
}

// connect connects a client to the server and the namespace, and begins to read.
func (v *visitor) connect(addr, room string) error {
	conn, r, err := dial(addr, room)
	if err != nil {
		return err
	}
	v.conn = conn
	v.crowd.conns = append(v.crowd.conns, conn)
	v.crowd.readers.Go(func() {
		if err := v.read(r); !errors.Is(err, net.ErrClosed) {
			v.crowd.failed.Store(&err)
		}
	})
	return nil
}

// dial connects to a server and joins the namespace.
func dial(addr, room string) (net.Conn, *frames, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	conn, early, _, err := ws.Dial(ctx, "ws://"+addr+"/socket.io/?EIO=4&transport=websocket&room="+room, ws.DialOptions{})
	if err != nil {
		return nil, nil, err
	}
	r := &frames{in: io.MultiReader(bytes.NewReader(early), conn), buf: make([]byte, 0, 64<<10)}
	_, err = conn.Write(ws.AppendMasked(nil, ws.OpText, []byte("40")))
	for answer := []byte(nil); err == nil && !bytes.HasPrefix(answer, []byte("40")); { // behind the open packet
		answer, err = r.next()
	}
	if err != nil {
		conn.Close()
	}
	return conn, r, err
}

func (v *visitor) write(packet string) error {
	_, err := v.conn.Write(ws.AppendMasked(nil, ws.OpText, []byte(packet)))
	return err
}

// event is how an event begins. Behind it is the number of the server whose turn it is.
const event = `42["say","`

// read counts what arrives, and sends on what is to be sent on.
func (v *visitor) read(r *frames) error {
	for {
		b, err := r.next()
		switch {
		case err != nil:
			return err
		case string(b) == "2":
			if err := v.write("3"); err != nil {
				return err
			}
		case bytes.HasPrefix(b, []byte(event)) && len(b) > len(event):
			v.crowd.deliveries.Add(1)
			if v.first && int(b[len(event)]-'0') == v.server {
				if err := v.pass((v.server + 1) % nodes); err != nil {
					return err
				}
			}
		}
	}
}

// pass sends a message to the room, to be sent on by a client of some server.
func (v *visitor) pass(server int) error {
	return v.write(event + fmt.Sprint(server) + strings.Repeat("x", padding) + `"]`)
}

// start sends the messages that go round from then on.
func (c *crowd) start(f *fleet) error {
	for room := range rooms {
		for i := range messages {
			server := i % nodes
			v := &visitor{crowd: c, server: server}
			if err := v.connect(f.servers[server].addr, fmt.Sprint("room", room)); err != nil {
				return err
			}
			if err := v.pass((server + 1) % nodes); err != nil {
				return err
			}
		}
	}
	return nil
}

// leave ends all connections.
func (c *crowd) leave() {
	for _, conn := range c.conns {
		conn.Close()
	}
	c.readers.Wait()
}

// frames reads the frames of a server, which are small.
type frames struct {
	in   io.Reader
	buf  []byte // what has been read
	done int    // of which so much has been returned
}

// next returns the payload of the next frame, valid until it is called again.
func (r *frames) next() ([]byte, error) {
	for {
		if payload, n := frame(r.buf[r.done:]); n > 0 {
			r.done += n
			return payload, nil
		}
		if r.done > 0 {
			r.buf = r.buf[:copy(r.buf, r.buf[r.done:])]
			r.done = 0
		}
		if len(r.buf) == cap(r.buf) {
			return nil, errors.New("a frame that is too large")
		}
		n, err := r.in.Read(r.buf[len(r.buf):cap(r.buf)])
		r.buf = r.buf[:len(r.buf)+n]
		if n == 0 && err != nil {
			return nil, err
		}
	}
}

// frame returns the payload of the first frame and how long that is, 0 if it is not whole.
func frame(b []byte) (payload []byte, n int) {
	if len(b) < 2 {
		return nil, 0
	}
	size, start := int(b[1]), 2
	if size == 126 {
		if len(b) < 4 {
			return nil, 0
		}
		size, start = int(binary.BigEndian.Uint16(b[2:])), 4
	}
	if len(b) < start+size {
		return nil, 0
	}
	return b[start : start+size], start + size
}
