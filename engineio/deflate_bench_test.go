package engineio

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"socketio/internal/ws"
)

// benchRows is JSON of about so many bytes, as a table's rows are sent.
func benchRows(size int) string {
	var b strings.Builder
	b.WriteString(`2["rows",[`)
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, `{"id":%d,"name":"user %d","x":%d.25,"active":%v},`, i, i*7919%1000, i*31337%977, i%3 == 0)
	}
	return b.String()[:size-3] + `0]]`
}

// newCompressingRig is newBenchRig with options.
func newCompressingRig(b *testing.B, o Options) *benchRig {
	r := new(rig)
	o.Logger = slog.New(slog.DiscardHandler)
	r.server = NewServer(func(c *Conn) { c.Attach(bareEcho{c}) }, &o)
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

// compressing returns a connection, and what was agreed on with it.
func (r *benchRig) compressing(d *ws.Deflater) (net.Conn, *ws.Compression) {
	nc, early, resp, err := ws.Dial(r.B.Context(), r.http.URL+"/socket.io/?EIO=4&transport=websocket", ws.DialOptions{Deflater: d})
	if err != nil {
		r.B.Fatal(err)
	}
	r.B.Cleanup(func() { nc.Close() })
	agreed, _ := d.Agreed(resp)
	parser := ws.Parser{Client: true, Compression: agreed}
	for {
		m, _, err := parser.Next(early)
		if err != nil {
			r.B.Fatal(err)
		}
		if m.Op != 0 { // the open packet
			return nc, agreed
		}
		early = make([]byte, 1000)
		n, err := nc.Read(early)
		if err != nil {
			r.B.Fatal(err)
		}
		early = early[:n]
	}
}

// BenchmarkEchoDeflate measures an echo whose message and answer are compressed, beside
// one where they are not. The client only repeats what it has once compressed.
func BenchmarkEchoDeflate(b *testing.B) {
	for _, size := range []int{1 << 10, 4 << 10, 32 << 10} {
		message := ws.Frame{Op: ws.OpText, Prefix: '4', Data: []byte(benchRows(size))}
		for _, level := range []int{-1, 0, 1, 6} {
			name := fmt.Sprintf("%d bytes/level %d", size, level)
			if level < 0 {
				name = fmt.Sprintf("%d bytes/off", size)
			}
			b.Run(name, func(b *testing.B) {
				r := newCompressingRig(b, Options{Deflate: Deflate{Enable: level >= 0, Level: max(level, 0)}})
				nc, agreed := r.compressing(ws.NewDeflater(ws.DeflateOptions{Level: max(level, 0)}))
				answer := ws.AppendFrame(nil, ws.OpText, append([]byte("4"), message.Data...))
				if agreed != nil {
					answer = agreed.Append(nil, message)
				}
				request := maskedCopy(answer)
				got := make([]byte, len(answer))
				b.SetBytes(int64(size))
				for b.Loop() {
					r.exchange(nc, request, got)
				}
				b.ReportMetric(float64(len(answer)), "B/answer")
			})
		}
	}
}

// BenchmarkBroadcastDeflate measures a message of 4 KiB for a hundred connections, for
// each of them: as it is, compressed once, and compressed for each.
func BenchmarkBroadcastDeflate(b *testing.B) {
	message := Message{Data: []byte(benchRows(4 << 10))}
	const receivers = 100
	for _, way := range []struct {
		name string
		d    Deflate
	}{{"off", Deflate{}}, {"once", Deflate{Enable: true}}, {"for each", Deflate{Enable: true, ContextTakeover: true}}} {
		b.Run(way.name, func(b *testing.B) {
			r := newCompressingRig(b, Options{Deflate: way.d})
			for range receivers {
				nc, _ := r.compressing(ws.NewDeflater(ws.DeflateOptions{ContextTakeover: way.d.ContextTakeover}))
				go io.Copy(io.Discard, nc) // until the end
			}
			r.server.mu.Lock()
			defer r.server.mu.Unlock()
			for b.Loop() {
				p := Prepare(message)
				for _, c := range r.server.conns {
					if err := c.SendPrepared(p); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/receivers, "ns/receiver")
		})
	}
}

// BenchmarkPollingGzip measures a POST and the poll that is answered by its echo.
func BenchmarkPollingGzip(b *testing.B) {
	for _, size := range []int{2 << 10, 32 << 10} {
		for _, accept := range []string{"identity", "deflate", "gzip"} {
			b.Run(fmt.Sprintf("%d bytes/%s", size, accept), func(b *testing.B) {
				r := newCompressingRig(b, Options{})
				_, body := fetch(r.rig, "GET", r.http.URL+"/socket.io/?EIO=4&transport=polling", "")
				_, rest, _ := strings.Cut(body, `{"sid":"`)
				nc, err := net.Dial("tcp", r.http.Listener.Addr().String())
				if err != nil {
					b.Fatal(err)
				}
				defer nc.Close()
				target := "/socket.io/?EIO=4&transport=polling&sid=" + rest[:20] + " HTTP/1.1\r\nHost: x\r\n"
				message := "4" + benchRows(size-1)
				post := []byte("POST " + target + "Content-Length: " + strconv.Itoa(len(message)) + "\r\n\r\n" + message)
				get := []byte("GET " + target + "Accept-Encoding: " + accept + "\r\n\r\n")
				answer := message
				if coding := acceptedCoding([]string{accept}); coding != nil {
					answer = coding.encode([]byte(message)).body.String()
				}
				buf := make([]byte, len(answer)+4096)
				b.SetBytes(int64(size))
				for b.Loop() {
					r.request(nc, post, buf, "ok")
					r.request(nc, get, buf, answer)
				}
				b.ReportMetric(float64(len(answer)), "B/answer")
			})
		}
	}
}
