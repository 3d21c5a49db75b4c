package ws

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"socketio/internal/serial"
)

// An echo is a handler that sends back what it gets.
type echo struct {
	conn   Conn
	before func(m Message) // runs before the message is sent back
	closed chan error

	onClosed func() // runs when the connection has ended, unless nil
}

func (e *echo) Message(m Message) {
	if e.before != nil {
		e.before(m)
	}
	e.conn.Write(Frame{Op: m.Op, Data: m.Data})
}

func (e *echo) Closed(err error) {
	if e.onClosed != nil {
		e.onClosed()
	}
	e.closed <- err
}

// A rig is an echoing server's connection and the bare peer that speaks to it.
type rig struct {
	*echo
	peer  net.Conn
	serve *Config
	test  *testing.T
}

func newRig(t *testing.T, pair func(*testing.T) (net.Conn, net.Conn), before func(*Conn, Message)) *rig {
	t.Helper()
	return newConfig(t).newRig(t, pair, before)
}

// newConfig is for connections that the test's end waits for.
func newConfig(t *testing.T) *Config {
	config := &Config{
		MaxPayload: 1e6, QueueBytes: 1 << 20, WriteTimeout: 10 * time.Second,
		Monitor: new(serial.Monitor), Goroutines: new(sync.WaitGroup),
	}
	config.Poller = NewPoller(config.Goroutines)
	t.Cleanup(func() {
		config.Goroutines.Wait()
		config.Monitor.Stop()
	})
	return config
}

func (config *Config) newRig(t *testing.T, pair func(*testing.T) (net.Conn, net.Conn), before func(*Conn, Message)) *rig {
	t.Helper()
	ours, peer := pair(t)
	r := &rig{
		echo:  &echo{closed: make(chan error, 1)},
		peer:  peer,
		test:  t,
		serve: config,
	}
	r.conn.Init(ours, r.serve, r.echo)
	if before != nil {
		r.before = func(m Message) { before(&r.conn, m) }
	}
	config.Goroutines.Go(func() { r.conn.Serve(nil) })
	peer.SetDeadline(time.Now().Add(20 * time.Second))
	t.Cleanup(func() { peer.Close() })
	return r
}

func tcp(t *testing.T) (net.Conn, net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	peer, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ours, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return ours, peer
}

func pipe(*testing.T) (net.Conn, net.Conn) { return net.Pipe() }

// bothKinds runs a test over a descriptor and over a pipe, which has none.
func bothKinds(t *testing.T, f func(t *testing.T, pair func(*testing.T) (net.Conn, net.Conn))) {
	t.Run("tcp", func(t *testing.T) { f(t, tcp) })
	t.Run("pipe", func(t *testing.T) { f(t, pipe) })
}

func (r *rig) send(b []byte) {
	r.test.Helper()
	if _, err := r.peer.Write(b); err != nil {
		r.test.Errorf("write: %v", err)
	}
}

func (r *rig) want(why string, want []byte) {
	r.test.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(r.peer, got); err != nil {
		r.test.Fatalf("%s: got %d bytes %x, then %v", why, n, got[:n], err)
	}
	if !bytes.Equal(got, want) {
		r.test.Fatalf("%s: got %.80x, want %.80x", why, got, want)
	}
}

func (r *rig) wantEnd(why string) error {
	r.test.Helper()
	if n, err := r.peer.Read(make([]byte, 1)); err == nil {
		r.test.Fatalf("%s: got %d bytes, want the end", why, n)
	}
	return <-r.closed
}

func TestMessagesOfAnySizeComeBackInOrder(t *testing.T) {
	bothKinds(t, func(t *testing.T, pair func(*testing.T) (net.Conn, net.Conn)) {
		r := newRig(t, pair, nil)
		for _, size := range []int{0, 1, 125, 126, 4095, 8192, 65535, 65536, 999_999} {
			text := bytes.Repeat([]byte{'x'}, size)
			go r.send(append(AppendMasked(nil, OpText, text), AppendMasked(nil, OpBinary, []byte{1, 2})...))
			r.want(fmt.Sprint(size, " bytes of text"), AppendFrame(nil, OpText, text))
			r.want("the message behind", AppendFrame(nil, OpBinary, []byte{1, 2}))
		}
	})
}

func TestABatchIsAnsweredInOneWrite(t *testing.T) {
	ours, peer := tcp(t)
	counted := &countingConn{Conn: ours}
	r := newRig(t, func(*testing.T) (net.Conn, net.Conn) { return counted, peer }, nil)
	var in, out []byte
	for i := range 50 {
		in = AppendMasked(in, OpText, fmt.Appendf(nil, "message %d", i))
		out = AppendFrame(out, OpText, fmt.Appendf(nil, "message %d", i))
	}
	r.send(in)
	r.want("fifty answers", out)
	// The peer's write may have been cut in two by the network.
	if n := counted.count(); n > 2 {
		t.Errorf("fifty answers left in %d writes, want one", n)
	}
}

// A countingConn hides the descriptor, so that each write can be counted.
type countingConn struct {
	net.Conn
	mu     sync.Mutex
	writes int
}

func (c *countingConn) Write(b []byte) (int, error) {
	c.mu.Lock()
	c.writes++
	c.mu.Unlock()
	return c.Conn.Write(b)
}

func (c *countingConn) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.writes
}

func TestAnotherGoroutineReadsOnWhileAHandlerWaits(t *testing.T) {
	for name, announce := range map[string]bool{"announced": true, "noticed by the monitor": false} {
		t.Run(name, func(t *testing.T) {
			bothKinds(t, func(t *testing.T, pair func(*testing.T) (net.Conn, net.Conn)) {
				second := make(chan struct{})
				r := newRig(t, pair, func(c *Conn, m Message) {
					switch string(m.Data) {
					case "first":
						c.MayWait()
						if announce {
							c.HandOver()
						}
						<-second
					case "second":
						close(second)
					}
				})
				go r.send(append(AppendMasked(nil, OpText, []byte("first")), AppendMasked(nil, OpText, []byte("second"))...))
				got := make([]byte, len("..first..second"))
				if _, err := io.ReadFull(r.peer, got); err != nil {
					t.Fatalf("the handlers wait for each other: %v", err)
				}
				go r.send(AppendMasked(nil, OpText, []byte("third")))
				r.want("reading goes on", AppendFrame(nil, OpText, []byte("third")))
			})
		})
	}
}

func TestWithoutMayWaitNothingElseIsRead(t *testing.T) {
	hold := make(chan struct{})
	read := make(chan string, 2)
	r := newRig(t, tcp, func(c *Conn, m Message) {
		read <- string(m.Data)
		if string(m.Data) == "first" {
			c.HandOver() // does nothing: the handler did not say that it may wait
			<-hold
		}
	})
	r.send(append(AppendMasked(nil, OpText, []byte("first")), AppendMasked(nil, OpText, []byte("second"))...))
	if got := <-read; got != "first" {
		t.Fatalf("read %q", got)
	}
	if !r.conn.Handling() {
		t.Error("not handling, while a message is handled")
	}
	select {
	case got := <-read:
		t.Errorf("read %q while the handler held the connection back", got)
	default:
	}
	close(hold)
	if got := <-read; got != "second" {
		t.Errorf("read %q, want the second message", got)
	}
}

func TestThePeersCloseIsAnsweredWithItsCode(t *testing.T) {
	bothKinds(t, func(t *testing.T, pair func(*testing.T) (net.Conn, net.Conn)) {
		for _, code := range []int{StatusNormal, StatusGoingAway, StatusNoStatus} {
			r := newRig(t, pair, nil)
			go r.send(AppendClose(nil, code, "", true))
			r.want("the same code", AppendClose(nil, code, "", false))
			var why *CloseError
			if err := r.wantEnd("after the answer"); !asClose(err, &why) || why.Code != code {
				t.Errorf("closed with %v, want code %d", err, code)
			}
		}
	})
}

func asClose(err error, why **CloseError) bool {
	return errors.As(err, why)
}

func TestWhatThePeerDoesWrongIsToldWithACode(t *testing.T) {
	tests := []struct {
		name string
		in   []byte
		code int
	}{
		{"unmasked frame", AppendFrame(nil, OpText, []byte("x")), StatusProtocolError},
		{"invalid UTF-8", AppendMasked(nil, OpText, []byte{0xff}), StatusInvalidPayload},
		{"a megabyte and one", []byte{0x82, 0xff, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x41, 1, 2, 3, 4}, StatusTooBig},
		{"pings without end", bytes.Repeat(AppendMasked(nil, OpPing, nil), pingBudget+1), StatusPolicyViolation},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, tcp, nil)
			r.send(test.in)
			got := make([]byte, 4)
			for { // pongs may come before
				if _, err := io.ReadFull(r.peer, got[:2]); err != nil {
					t.Fatal(err)
				}
				if got[0]&0xf == byte(OpClose) {
					break
				}
				io.CopyN(io.Discard, r.peer, int64(got[1]))
			}
			if _, err := io.ReadFull(r.peer, got[2:]); err != nil {
				t.Fatal(err)
			}
			if code := int(got[2])<<8 | int(got[3]); code != test.code {
				t.Errorf("closed with %d, want %d", code, test.code)
			}
			if reason := int(got[1]) - 2; (test.code == StatusTooBig) != (reason == 0) {
				t.Errorf("the frame has %d bytes of reason; only code 1009 says everything", reason)
			}
			err := <-r.closed
			if why, ok := errors.AsType[*RefusedError](err); !ok || why.Code() != test.code {
				t.Errorf("the handler was told %v, want code %d", err, test.code)
			}
		})
	}
}

func TestTheEndIsToldAsItIsWhateverTheHandlerDoes(t *testing.T) {
	for name, test := range map[string]struct{ in, out []byte }{
		"the peer closes":      {AppendClose(nil, StatusGoingAway, "", true), AppendClose(nil, StatusGoingAway, "", false)},
		"the peer is at fault": {[]byte{0xff, 0xff}, AppendClose(nil, StatusProtocolError, "reserved bit set", false)},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, tcp, nil)
			r.onClosed = func() { r.conn.Close(StatusNoStatus, "") }
			r.send(test.in)
			r.want("the code", test.out)
			r.wantEnd("without waiting for the peer")
		})
	}
}

func TestEachPingOfABatchIsAnswered(t *testing.T) {
	bothKinds(t, func(t *testing.T, pair func(*testing.T) (net.Conn, net.Conn)) {
		r := newRig(t, pair, nil)
		var in, out []byte
		for i := range 10 {
			in = AppendMasked(in, OpPing, fmt.Append(nil, i))
			out = AppendFrame(out, OpPong, fmt.Append(nil, i))
		}
		go r.send(in)
		r.want("ten pongs", out)
	})
}

func TestASlowPeerGetsEverythingAndTheQueueIsBounded(t *testing.T) {
	bothKinds(t, func(t *testing.T, pair func(*testing.T) (net.Conn, net.Conn)) {
		r := newRig(t, pair, nil)
		part := bytes.Repeat([]byte("0123456789abcdef"), 4096)
		var sent int
		for ; ; sent++ {
			err := r.conn.Write(Frame{Op: OpBinary, Data: part})
			if err == ErrQueueFull {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, n := r.conn.Waiting(); n > r.serve.QueueBytes {
				t.Fatalf("%d bytes wait, the limit is %d", n, r.serve.QueueBytes)
			}
		}
		if r.conn.TryWrite(Frame{Op: OpText, Data: []byte("volatile")}) {
			t.Error("TryWrite wrote behind a full queue")
		}
		for range sent {
			r.want("a part", AppendFrame(nil, OpBinary, part))
		}
		if err := r.conn.Write(Frame{Op: OpText, Data: []byte("after")}); err != nil {
			t.Fatal(err)
		}
		r.want("the queue has room again", AppendFrame(nil, OpText, []byte("after")))
	})
}

func TestAPeerThatReadsNothingIsGivenUp(t *testing.T) {
	ours, peer := tcp(t)
	r := newRig(t, func(*testing.T) (net.Conn, net.Conn) { return ours, peer }, nil)
	r.serve.WriteTimeout = time.Millisecond
	for r.conn.Write(Frame{Op: OpBinary, Data: make([]byte, 100_000)}) == nil {
	}
	err := <-r.closed
	if te, ok := errors.AsType[net.Error](err); !ok || !te.Timeout() {
		t.Errorf("closed with %v, want the write's time-out", err)
	}
}

func TestPreparedFramesKeepTheirPlace(t *testing.T) {
	bothKinds(t, func(t *testing.T, pair func(*testing.T) (net.Conn, net.Conn)) {
		r := newRig(t, pair, nil)
		prepared := AppendFrame(nil, OpText, []byte("prepared"))
		go func() {
			r.conn.Write(Frame{Op: OpText, Prefix: '4', Data: []byte("one")})
			r.conn.WriteEncoded(prepared, 1, false)
			r.conn.Write(Frame{Op: OpText, Data: []byte("two")})
			r.conn.Close(StatusNormal, "bye")
		}()
		r.want("the first", AppendFrame(nil, OpText, []byte("4one")))
		r.want("the prepared one", prepared)
		r.want("the last", AppendFrame(nil, OpText, []byte("two")))
		r.want("the close frame behind all", AppendClose(nil, StatusNormal, "bye", false))
		go r.send(AppendClose(nil, StatusNormal, "", true))
		r.wantEnd("after the close handshake")
		if err := r.conn.Write(Frame{Op: OpText}); err != ErrClosed {
			t.Errorf("Write after the end: %v, want ErrClosed", err)
		}
	})
}

func TestARenewedReaderReadsOn(t *testing.T) {
	r := newRig(t, tcp, func(c *Conn, _ Message) { c.Renew() })
	for i := range 5 {
		text := fmt.Appendf(nil, "message %d", i)
		r.send(AppendMasked(nil, OpText, text))
		r.want("the answer", AppendFrame(nil, OpText, text))
	}
}
