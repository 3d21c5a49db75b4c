package engineio

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// benchText is the data of the messages that are measured: 32 bytes.
const benchText = `2["echo","0123456789abcdef0123"]`

// A benchRig is an echo server, with clients that allocate nothing while they are
// measured, so that the allocations are the server's.
type benchRig struct {
	*rig
	*testing.B
}

// A bareEcho is a receiver that sends back what it gets and does nothing else.
type bareEcho struct{ c *Conn }

func (e bareEcho) Receive(m Message)  { e.c.Send(m) }
func (e bareEcho) Closed(*CloseError) {}

func newBenchRig(b *testing.B) *benchRig {
	r := new(rig)
	r.server = NewServer(func(c *Conn) { c.Attach(bareEcho{c}) }, &Options{Logger: slog.New(slog.DiscardHandler)})
	r.http = httptest.NewServer(r.server)
	b.Cleanup(func() {
		if err := r.server.Shutdown(context.Background()); err != nil {
			b.Error(err)
		}
		r.http.Close()
	})
	b.ReportAllocs()
	return &benchRig{r, b}
}

// webSocket returns a connection that has sent and received nothing yet.
func (r *benchRig) webSocket() net.Conn {
	c, err := openIdleClient(r.http.URL)
	if err != nil {
		r.B.Fatal(err)
	}
	r.B.Cleanup(func() { c.Conn.Close() })
	for range 2 { // the open packet, and the echo of its first message
		if _, err := c.tryNext(); err != nil {
			r.B.Fatal(err)
		}
	}
	return c.Conn
}

// exchange sends request, and reads so many bytes.
func (r *benchRig) exchange(nc net.Conn, request, answer []byte) {
	if _, err := nc.Write(request); err != nil {
		r.B.Fatal(err)
	}
	if _, err := io.ReadFull(nc, answer); err != nil {
		r.B.Fatal(err)
	}
}

func BenchmarkEchoWebSocket(b *testing.B) {
	r := newBenchRig(b)
	nc := r.webSocket()
	request, answer := appendText(nil, "4"+benchText), make([]byte, 2+1+len(benchText))
	for b.Loop() {
		r.exchange(nc, request, answer)
	}
}

// BenchmarkBatch16 has 16 messages under way at once; it counts batches.
func BenchmarkBatch16(b *testing.B) {
	r := newBenchRig(b)
	nc := r.webSocket()
	request := bytes.Repeat(appendText(nil, "4"+benchText), 16)
	answer := make([]byte, 16*(2+1+len(benchText)))
	for b.Loop() {
		r.exchange(nc, request, answer)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/16, "ns/message")
}

// BenchmarkPollingEcho sends a message by a POST and fetches its echo by a GET, on one
// connection.
func BenchmarkPollingEcho(b *testing.B) {
	r := newBenchRig(b)
	_, body := fetch(r.rig, "GET", r.http.URL+"/socket.io/?EIO=4&transport=polling", "")
	_, rest, _ := strings.Cut(body, `{"sid":"`)
	nc, err := net.Dial("tcp", r.http.Listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer nc.Close()
	target := "/socket.io/?EIO=4&transport=polling&sid=" + rest[:20] + " HTTP/1.1\r\nHost: x\r\n"
	message := "4" + benchText
	post := []byte("POST " + target + "Content-Length: " + strconv.Itoa(len(message)) + "\r\n\r\n" + message)
	get := []byte("GET " + target + "\r\n")
	buf := make([]byte, 4096)
	for b.Loop() {
		r.request(nc, post, buf, "ok")
		r.request(nc, get, buf, message)
	}
}

// request sends a request and reads the answer, which must end with body.
func (r *benchRig) request(nc net.Conn, request, buf []byte, body string) {
	if _, err := nc.Write(request); err != nil {
		r.B.Fatal(err)
	}
	for n := 0; ; {
		more, err := nc.Read(buf[n:])
		if err != nil {
			r.B.Fatal(err)
		}
		n += more
		if head := bytes.Index(buf[:n], []byte("\r\n\r\n")); head >= 0 && n == head+4+len(body) {
			if !bytes.HasSuffix(buf[:n], []byte(body)) {
				r.B.Fatalf("got %q", buf[:n])
			}
			return
		}
	}
}

// BenchmarkSendPrepared sends a message that was prepared once over one connection after
// the other, as a broadcast does. The clients read what comes, in this process.
func BenchmarkSendPrepared(b *testing.B) {
	for _, size := range []int{32, 1024, 32 << 10} {
		b.Run(fmt.Sprint(size, " bytes"), func(b *testing.B) {
			r := newBenchRig(b)
			for range 16 {
				nc := r.webSocket()
				go io.Copy(io.Discard, nc) // until the end
			}
			r.server.mu.Lock()
			conns := slices.Collect(maps.Values(r.server.conns))
			r.server.mu.Unlock()
			p := Prepare(Message{Data: bytes.Repeat([]byte("x"), size)})
			b.SetBytes(int64(size))
			i := 0
			for b.Loop() {
				c := conns[i%len(conns)]
				for {
					if _, waiting := c.Buffered(); waiting < 1<<20 {
						break
					}
					runtime.Gosched()
				}
				if err := c.SendPrepared(p); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}

func BenchmarkHandshakeWebSocket(b *testing.B) {
	r := newBenchRig(b)
	for b.Loop() {
		nc, err := net.Dial("tcp", r.http.Listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		io.WriteString(nc, handshakeRequest)
		buf := make([]byte, 1024)
		for n := 0; !bytes.Contains(buf[:n], []byte(`0{"sid"`)); {
			more, err := nc.Read(buf[n:])
			if err != nil {
				b.Fatal(err)
			}
			n += more
		}
		nc.(*net.TCPConn).SetLinger(0) // leaves no TIME_WAIT behind
		nc.Close()
	}
}

var handshakeRequest = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n" + headerLines(nil) + "\r\n"
