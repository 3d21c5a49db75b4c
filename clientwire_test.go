package socketio_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"socketio"
	"socketio/engineio"
	"socketio/internal/ws"
)

// What the Go client says is told by transcripts as well, which TestTranscripts plays to a
// server. Here the client itself has to say what they have it say.

func TestTheGoClientSaysWhatItsTranscriptsSay(t *testing.T) {
	for file, transports := range map[string][]string{
		"client-go-polling":   {engineio.Polling},
		"client-go-upgrade":   {engineio.Polling, engineio.WebSocket},
		"client-go-websocket": {engineio.WebSocket},
	} {
		t.Run(file, func(t *testing.T) {
			text, err := os.ReadFile("testdata/wire/" + file + ".txtar")
			if err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				said := converse(t, transports)
				if n := strings.Count(strings.Join(said, "\n")+"\n", " "+firstConnect+"\n"); n != 1 {
					t.Errorf("it has joined %d times", n)
				}
				for _, channel := range []string{"GET", "POST", "ws"} {
					got, want := on(channel, said), clientLines(string(text), channel)
					if channel == "GET" && len(transports) > 1 {
						want = want[:min(len(got), len(want))] // it may be done with upgrading before its second poll
					}
					if !slices.Equal(got, want) {
						t.Errorf("%s: it said\n%s\nand should have said\n%s", channel, strings.Join(got, "\n"), strings.Join(want, "\n"))
					}
				}
			})
		})
	}
}

// converse has a client talk to the transcripts' server, and returns what it has said, line
// by line.
func converse(t *testing.T, transports []string) []string {
	t.Helper()
	listener := newMemory()
	serveTranscripts(t, listener)
	var taps tapped
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		nc, err := listener.dial()
		return taps.add(nc), err
	}}
	defer transport.CloseIdleConnections()
	o := &socketio.ClientOptions{Auth: map[string]string{"token": "secret"}}
	o.Transports, o.HTTPClient, o.Logger = transports, &http.Client{Transport: transport}, slog.New(slog.DiscardHandler)
	c := socketio.NewClient("http://in.memory", o)
	back := make(chan string, 2)
	c.Handle("message-back", func(_ context.Context, _ *socketio.ClientSocket, m *socketio.Message) error {
		back <- m.Event
		return nil
	})
	if err := c.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second) // for the upgrade
	if err := errors.Join(c.Emit("message", "hello"), c.Emit("message", []byte{1, 2, 255})); err != nil {
		t.Error(err)
	}
	<-back
	<-back
	if got, err := c.EmitAck[int](t.Context(), "message-with-ack", 7); got != 7 || err != nil {
		t.Errorf("the answer is %v, %v", got, err)
	}
	if err := c.Of("/custom").Connect(t.Context()); err != nil {
		t.Error(err)
	}
	c.Close()
	time.Sleep(time.Second)
	return taps.lines(t)
}

// tapped are connections of which is kept what is written to them.
type tapped struct {
	mu     sync.Mutex // guards what follows
	conns  []*tap
	writes int
}

type tap struct {
	net.Conn
	of      *tapped
	written []byte   // guarded by tapped.mu
	order   [][2]int // which write of all began where
}

func (t *tapped) add(nc net.Conn) net.Conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.conns = append(t.conns, &tap{Conn: nc, of: t})
	return t.conns[len(t.conns)-1]
}

func (c *tap) Write(b []byte) (int, error) {
	c.of.mu.Lock()
	c.of.writes++
	c.order = append(c.order, [2]int{c.of.writes, len(c.written)})
	c.written = append(c.written, b...)
	c.of.mu.Unlock()
	return c.Conn.Write(b)
}

// varying is what differs between two conversations.
var varying = regexp.MustCompile(`&t=[^&]*|(sid=)[^&]*`)

// A tappedRequest is what was said by a request, and behind it if it has opened a WebSocket.
type tappedRequest struct {
	write int // by which it was begun
	lines []string
}

// lines is all that was written, as transcripts have it, in order.
func (t *tapped) lines(test *testing.T) (lines []string) {
	test.Helper()
	t.mu.Lock()
	defer t.mu.Unlock()
	var requests []tappedRequest
	for _, c := range t.conns {
		requests = append(requests, c.requests(test)...)
	}
	slices.SortFunc(requests, func(a, b tappedRequest) int { return a.write - b.write })
	for _, r := range requests {
		lines = append(lines, r.lines...)
	}
	return lines
}

func (c *tap) requests(t *testing.T) (requests []tappedRequest) {
	t.Helper()
	rest := bytes.NewReader(c.written)
	for r := bufio.NewReader(rest); ; {
		at := len(c.written) - rest.Len() - r.Buffered()
		request, err := http.ReadRequest(r)
		if err != nil {
			return requests
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			t.Fatal(err)
		}
		said := tappedRequest{write: c.writeAt(at)}
		query := "?" + strings.Replace(varying.ReplaceAllString(request.URL.RawQuery, "$1"), "sid=", "sid=$sid", 1)
		if request.Header.Get("Upgrade") != "" {
			said.lines = append([]string{"ws " + query}, frames(t, r)...)
			return append(requests, said)
		}
		for packet := range strings.SplitSeq(string(body), "\x1e") {
			said.lines = append(said.lines, strings.TrimSpace(request.Method+" "+query+" "+packet))
		}
		requests = append(requests, said)
	}
}

// writeAt is the number of the write that a byte was in.
func (c *tap) writeAt(offset int) (write int) {
	for _, o := range c.order {
		if o[1] <= offset {
			write = o[0]
		}
	}
	return write
}

// frames are those of a client, as transcripts have them.
func frames(t *testing.T, r io.Reader) (lines []string) {
	t.Helper()
	rest, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	var parser ws.Parser
	for len(rest) > 0 {
		m, n, err := parser.Next(rest)
		if err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
		switch m.Op {
		case ws.OpText:
			lines = append(lines, "ws "+string(m.Data))
		case ws.OpBinary:
			lines = append(lines, fmt.Sprintf("ws (binary % x)", m.Data))
		case ws.OpClose:
			lines = append(lines, fmt.Sprintf("ws (close %d)", ws.ParseClose(m.Data).Code))
		default: // the end of what was written, or a ping of the WebSocket's own
		}
	}
	return lines
}

// firstConnect is the first packet of the client.
const firstConnect = `40{"token":"secret"}`

// clientLines are those that a transcript has a client say on a channel.
func clientLines(text, channel string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if said, ok := strings.CutPrefix(line, "C "); ok {
			said = strings.Join(strings.Fields(said), " ")
			said = strings.TrimSuffix(said, " (parked)")
			first, rest, several := strings.Cut(said, "␞")
			lines = append(lines, first)
			if several {
				request := first[:strings.LastIndex(first, "sid=$sid")+len("sid=$sid ")]
				for packet := range strings.SplitSeq(rest, "␞") {
					lines = append(lines, request+packet)
				}
			}
		}
	}
	return on(channel, lines)
}

// on picks a channel's lines. How many polls there are is a matter of time, and on what a
// client that upgrades says its first CONNECT: of polls that repeat each other one is left,
// and that CONNECT is left out.
func on(channel string, lines []string) []string {
	lines = slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return !strings.HasPrefix(line, channel+" ") })
	if channel == "GET" {
		return slices.Compact(lines)
	}
	return slices.DeleteFunc(lines, func(line string) bool { return strings.HasSuffix(line, firstConnect) })
}
