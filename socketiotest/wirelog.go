package socketiotest

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"time"

	"socketio/internal/ws"
)

const (
	maxLines = 500 // of a wire log; older ones go
	maxShown = 300 // bytes of a line
)

// A wireLog is what went over a client's connections, as lines, and what the client has
// logged.
type wireLog struct {
	start time.Time

	mu    sync.Mutex // guards what follows
	taps  int
	lines []string
}

func newWireLog() *wireLog { return &wireLog{start: time.Now()} }

// add notes a line.
func (w *wireLog) add(format string, args ...any) {
	line := fmt.Sprintf("%8.3fs ", time.Since(w.start).Seconds()) + fmt.Sprintf(format, args...)
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.lines) == maxLines {
		w.lines = w.lines[1:]
	}
	w.lines = append(w.lines, line)
}

// Write notes a line of the client's own log.
func (w *wireLog) Write(b []byte) (int, error) {
	w.add("log: %s", bytes.TrimSpace(b))
	return len(b), nil
}

// String returns the log.
func (w *wireLog) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return "the wire, > sent, < received, each connection by its number:\n" + strings.Join(w.lines, "\n")
}

// tap begins to record another connection.
func (w *wireLog) tap() *tap {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.taps++
	t := &tap{log: w, number: w.taps}
	t.in.parser.Client, t.in.parser.Limit = true, maxMessage
	t.out.parser.Limit = maxMessage
	return t
}

// maxMessage is the longest message that a wire log takes apart.
const maxMessage = 100_000_000

// A tap records one connection: HTTP until an answer switches protocols, and then the
// messages of a WebSocket.
type tap struct {
	log    *wireLog
	number int

	mu      sync.Mutex // guards what follows
	frames  bool       // it is a WebSocket
	in, out direction
}

// A direction is one way of a connection.
type direction struct {
	parser ws.Parser
	lost   bool // what it carries could not be taken apart
}

func (t *tap) received(b []byte) { t.record("<", &t.in, b) }
func (t *tap) sent(b []byte)     { t.record(">", &t.out, b) }

// record notes what b is. The bytes are not kept.
func (t *tap) record(mark string, d *direction, b []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(b) == 0 {
		return
	}
	if !t.frames {
		head, body, _ := bytes.Cut(b, []byte("\r\n\r\n"))
		first, _, _ := bytes.Cut(head, []byte("\r\n"))
		if !bytes.HasPrefix(first, []byte("HTTP/1.1 101")) {
			t.note(mark, strings.TrimSpace(string(first)+" "+string(body)))
			return
		}
		t.note(mark, string(first))
		t.frames = true
		b = body
	}
	t.messages(mark, d, bytes.Clone(b)) // taking frames apart unmasks them in place
}

func (t *tap) messages(mark string, d *direction, b []byte) {
	for len(b) > 0 && !d.lost {
		if space := d.parser.Space(); space != nil {
			n := copy(space, b)
			b = b[n:]
			t.message(mark, d, func() (ws.Message, error) { return d.parser.Filled(n) })
			continue
		}
		t.message(mark, d, func() (ws.Message, error) {
			m, n, err := d.parser.Next(b)
			b = b[n:]
			return m, err
		})
	}
}

func (t *tap) message(mark string, d *direction, next func() (ws.Message, error)) {
	m, err := next()
	switch {
	case err != nil:
		d.lost = true
		t.note(mark, "no frame: "+err.Error())
	case m.Op == ws.OpText:
		t.note(mark, string(m.Data))
	case m.Op == ws.OpBinary:
		t.note(mark, fmt.Sprintf("binary %q", m.Data))
	case m.Op == ws.OpClose:
		t.note(mark, "close frame")
	}
}

func (t *tap) note(mark, what string) {
	if len(what) > maxShown {
		what = fmt.Sprintf("%s… (%d bytes)", what[:maxShown], len(what))
	}
	t.log.add("%d %s %s", t.number, mark, what)
}
