package transcript

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// play plays lines to a small server that is no server of Socket.IO, but does and says
// what it is asked to. It works in a bubble of synctest, where nothing takes time.
func play(t *testing.T, lines string) (err error) {
	t.Helper()
	played, err := Parse("t.txtar", "Prose.\n-- wire --\n"+lines)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		p := &puppet{accepted: make(chan net.Conn), closed: make(chan struct{}), released: make(chan struct{})}
		server := http.Server{Handler: p}
		var serving sync.WaitGroup
		serving.Go(func() { server.Serve(p) })
		err = played.Play(Target{Dial: p.dial, Path: "/puppet/", Settle: synctest.Wait, Patience: time.Second})
		server.Close()
		serving.Wait()
	})
	return err
}

// A puppet is the small server, and the listener that it has.
type puppet struct {
	accepted chan net.Conn
	closed   chan struct{}
	released chan struct{}
}

func (p *puppet) dial() (net.Conn, error) {
	near, far := net.Pipe()
	p.accepted <- far
	return near, nil
}

func (p *puppet) Accept() (net.Conn, error) {
	select {
	case nc := <-p.accepted:
		return nc, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *puppet) Close() error {
	close(p.closed)
	return nil
}

func (p *puppet) Addr() net.Addr { return &net.UnixAddr{Name: "puppet", Net: "pipe"} }

func (p *puppet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	switch query := r.URL.RawQuery; {
	case r.URL.Path != "/puppet/":
		http.NotFound(w, r)
	case query == "wait":
		select {
		case <-p.released:
			io.WriteString(w, "released")
		case <-r.Context().Done():
		}
	case query == "release":
		close(p.released)
	case query == "ws":
		p.serveFrames(w, r)
	case query == "refuse":
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, "no")
	case strings.HasPrefix(query, "say="):
		w.Header().Set("X-Said", r.Method)
		w.Header().Set("X-Heard", r.Header.Get("X-Asked"))
		io.WriteString(w, strings.ReplaceAll(query[4:], "+", "\x1e"))
	default:
		w.Write(body)
	}
}

// serveFrames does what short frames say: each frame that it gets is one.
func (p *puppet) serveFrames(w http.ResponseWriter, r *http.Request) {
	nc, rw, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer nc.Close()
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	fmt.Fprintf(nc, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		base64.StdEncoding.EncodeToString(sum[:]))
	for {
		first, data, err := readMasked(rw.Reader)
		if err != nil {
			return
		}
		switch string(data) {
		case "close":
			nc.Write([]byte("\x88\x02\x03\xe9"))
		case "drop":
			return
		case "binary":
			nc.Write([]byte("\x82\x03\x01\x02\xff"))
		case "ping":
			nc.Write([]byte("\x89\x00"))
		case "long":
			nc.Write(append([]byte("\x81\x7e\x01\x00"), strings.Repeat("x", 256)...))
		case "silence":
		case "twice":
			nc.Write([]byte("\x81\x01a\x81\x01b"))
		default:
			nc.Write(append([]byte{first, byte(len(data))}, data...))
			if first == closeFrame {
				return
			}
		}
	}
}

// readMasked reads a short frame.
func readMasked(r *bufio.Reader) (first byte, data []byte, err error) {
	head := make([]byte, 6)
	if _, err := io.ReadFull(r, head); err != nil {
		return 0, nil, err
	}
	data = make([]byte, head[1]&0x7f)
	_, err = io.ReadFull(r, data)
	for i := range data {
		data[i] ^= head[2+i%4]
	}
	return head[0], data, err
}

func TestWhatIsAsWrittenPasses(t *testing.T) {
	for name, lines := range map[string]string{
		"requests": `
C  GET   ?say=hello
   X-Asked: something
S  200   hello
   X-Said: GET
   X-Heard: something
   X-Else: (none)
# A remark.
C  POST  ?echo  a body  with spaces
S  200   a body  with spaces
C  GET   ?say=4a+4b
S  200   4a␞4b
C  POST  ?echo  4a␞b␊4b
S  200   4a␞b␊4b
C  POST  ?echo
S  200`,
		"variables": `
C  GET   ?say={"sid":"aB_-9","again":"aB_-9"}
S  200   {"sid":"$sid","again":"$sid"}
C  POST  ?echo  $sid,$sid
S  200   aB_-9,$sid
C  POST  ?echo  x.$sid.y
S  200   $_.$_.$_`,
		"a GET that waits": `
C  GET   ?wait  (parked)
C  POST  ?release
S  200
S  200   released`,
		"two by name": `
C  GET:first   ?wait  (parked)
C  GET:second  ?wait  (parked)
C  POST        ?release
S  200
S  200:first   released
S  200:second  released`,
		"a GET that is given up": `
C  GET   ?wait  (parked)
C  GET   (cut)`,
		"WebSockets": `
C  ws       ?ws
C  ws:b     ?ws
C  ws       2probe
S  ws       2probe
C  ws:b     silence
C  ws       (binary 00 ff)
S  ws       (binary 00ff)
C  ws       twice
S  ws       a
S  ws       b
S  ws       (nothing)
C  ws       binary
S  ws       (binary 01 02 ff)
C  ws       long
S  ws       ` + strings.Repeat("x", 256) + `
C  ws       close
S  ws       (close 1001)
C  ws:b     (cut)`,
		"closing": `
C  ws       ?ws
C  ws       (close 1000)
S  ws       (close 1000)
C  ws:b     ?ws
C  ws:b     (close 1005)
S  ws:b     (close 1005)
C  ws:c     ?ws
C  ws:c     drop
S  ws:c     (end)
C  ws:c     ?ws
C  ws:c     again
S  ws:c     again
C  ws:c     (cut)`,
		"a WebSocket that is refused": `
C  ws   ?refuse
S  403  no`,
	} {
		t.Run(name, func(t *testing.T) {
			if err := play(t, lines); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWhatIsNotAsWrittenFails(t *testing.T) {
	for name, test := range map[string]struct{ lines, want string }{
		"another body":                      {"C GET ?say=a\nS 200 b", `t.txtar:4: the server says: 200 a`},
		"more of a body":                    {"C GET ?say=ab\nS 200 a", `t.txtar:4: the server says: 200 ab`},
		"another status":                    {"C GET ?say=a\nS 400 a", `t.txtar:4: the server says: 200 a`},
		"another status of any body":        {"C GET ?say=a\nS 400 (any)", `t.txtar:4: the server says: 200 a`},
		"another header":                    {"C GET ?say=a\nS 200 a\n   X-Said: POST", `t.txtar:5: X-Said is "GET"`},
		"no header":                         {"C GET ?say=a\nS 200 a\n   X-Else: yes", `t.txtar:5: X-Else is ""`},
		"a header too many":                 {"C GET ?say=a\nS 200 a\n   X-Said: (none)", `t.txtar:5: X-Said is "GET"`},
		"separators are shown":              {"C GET ?say=4a+4b\nS 200 4a", `t.txtar:4: the server says: 200 4a␞4b`},
		"a variable that changes":           {"C GET ?say=one\nS 200 $x\nC GET ?say=two\nS 200 $x", `t.txtar:6: the server says: 200 two`},
		"a variable that changes in a line": {"C GET ?say=one,two\nS 200 $x,$x", `t.txtar:4: the server says: 200 one,two`},
		"a variable for too much":           {"C GET ?say=a.b\nS 200 $x", `t.txtar:4: the server says: 200 a.b`},
		"a variable that is not known":      {"C POST ?echo $x", `t.txtar:3: the server has not said yet what $x stands for`},
		"an answer at once":                 {"C GET ?say=a (parked)\nS 200 a", `t.txtar:3: is answered at once: 200 a`},
		"no answer":                         {"C GET ?wait\nS 200 a", `t.txtar:4: the server says nothing within 1s`},
		"no answer at the end":              {"C GET ?wait (parked)", `t.txtar:3: has no answer at the end`},
		"an answer that nobody speaks of":   {"C GET ?say=a", `t.txtar:3: has no answer at the end`},
		"no question":                       {"C GET ?say=a\nS 200 a\nS 200 a", `t.txtar:5: no such request waits for an answer`},
		"no question to give up":            {"C GET (cut)", `t.txtar:3: no such request waits for an answer`},
		"no such name":                      {"C GET:a ?say=a\nS 200:b a", `t.txtar:4: no such request waits for an answer`},
		"another text":                      {"C ws ?ws\nC ws a\nS ws b", `t.txtar:5: the server says: a`},
		"text for binary":                   {"C ws ?ws\nC ws a\nS ws (binary 61)", `t.txtar:5: the server says: a`},
		"binary for text":                   {"C ws ?ws\nC ws (binary 61)\nS ws a", `t.txtar:5: the server says: (binary 61)`},
		"other binary data":                 {"C ws ?ws\nC ws binary\nS ws (binary 0102)", `t.txtar:5: the server says: (binary 01 02 ff)`},
		"a message too many":                {"C ws ?ws\nC ws twice\nS ws a", `t.txtar:5: at the end the server also says, on ws: b`},
		"a message too few":                 {"C ws ?ws\nC ws a\nS ws a\nS ws b", `t.txtar:6: the server says nothing within 1s`},
		"a message instead of silence":      {"C ws ?ws\nC ws a\nS ws (nothing)", `t.txtar:5: the server says: a`},
		"a ping":                            {"C ws ?ws\nC ws ping\nS ws a", `t.txtar:5: the server says: (a frame of WebSocket, 0x89)`},
		"a close frame":                     {"C ws ?ws\nC ws close\nS ws a", `t.txtar:5: the server says: (close 1001)`},
		"another code":                      {"C ws ?ws\nC ws close\nS ws (close 1000)", `t.txtar:5: the server says: (close 1001)`},
		"a close that nobody speaks of":     {"C ws ?ws\nC ws close", `t.txtar:4: at the end the server also says, on ws: (close 1001)`},
		"an end that nobody speaks of":      {"C ws ?ws\nC ws drop", `t.txtar:4: at the end the server also says, on ws: (end)`},
		"an end":                            {"C ws ?ws\nC ws drop\nS ws a", `t.txtar:5: the server says: (end)`},
		"no end":                            {"C ws ?ws\nC ws silence\nS ws (end)", `t.txtar:5: the server says nothing within 1s`},
		"a closed WebSocket":                {"C ws ?ws\nC ws close\nS ws (close 1001)\nC ws a", `t.txtar:6: ws is not open`},
		"a WebSocket that nobody opened":    {"S ws:b a", `t.txtar:3: ws:b is not open`},
		"a refusal":                         {"C ws ?refuse\nC ws a", `t.txtar:3: is refused: 403 no`},
		"another refusal":                   {"C ws ?refuse\nS 400 no", `t.txtar:4: the server says: 403 no`},
		"no refusal":                        {"C ws ?ws\nS 400 no", `t.txtar:4: no such request waits for an answer`},
	} {
		t.Run(name, func(t *testing.T) {
			if err := play(t, test.lines); err == nil || err.Error() != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	played, err := Parse("t.txtar", "-- wire --\nC GET ?say=a")
	if err != nil {
		t.Fatal(err)
	}
	err = played.Play(Target{Dial: func() (net.Conn, error) { return nil, io.ErrClosedPipe }})
	if want := "t.txtar:2: no connection: io: read/write on closed pipe"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestWhatIsNoTranscriptSaysWhere(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"nothing":               {"", "t.txtar:1: no section called wire"},
		"no section":            {"Prose.\nMore.", "t.txtar:2: no section called wire"},
		"another section":       {"Prose.\n-- wires --\nC GET ?x", `t.txtar:2: section "wires"; there is one, called wire`},
		"two sections":          {"-- wire --\nC GET ?x\n-- wire --\n", `t.txtar:3: section "wire"; there is one, called wire`},
		"no lines":              {"-- wire --\n# nothing\n", "t.txtar:2: nobody says anything"},
		"nobody":                {"-- wire --\nX GET ?x", "t.txtar:2: a line begins with C or S"},
		"no method":             {"-- wire --\nC FETCH ?x", `t.txtar:2: "FETCH" is neither a method nor ws`},
		"no query":              {"-- wire --\nC GET /x", "t.txtar:2: a request has a query, which begins with ?"},
		"no status":             {"-- wire --\nS GET ?x", `t.txtar:2: "GET" is neither a status nor ws`},
		"half a status":         {"-- wire --\nS 20 x", `t.txtar:2: "20" is neither a status nor ws`},
		"no code":               {"-- wire --\nS ws (close)", "t.txtar:2: a close frame has a code, such as (close 1000)"},
		"no digits":             {"-- wire --\nS ws (binary xyz)", "t.txtar:2: binary data is written in hexadecimal digits"},
		"a client that ends":    {"-- wire --\nC ws (end)", `t.txtar:2: "(end)" is nothing that the client can do`},
		"a server that cuts":    {"-- wire --\n\nS ws (cut)", `t.txtar:3: "(cut)" is nothing that the server can do`},
		"a header of nothing":   {"-- wire --\n  Name: value", "t.txtar:2: a header belongs to a line above it"},
		"a header of a message": {"-- wire --\nC ws x\n  Name: value", "t.txtar:3: only requests and responses have headers"},
		"no header":             {"-- wire --\nC GET ?x\n  value", `t.txtar:3: an indented line is a header, such as "Name: value"`},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Parse("t.txtar", test.text); err == nil || err.Error() != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}

func TestFieldsOfTheProse(t *testing.T) {
	got, err := Parse("t.txtar", "What it is about.\n\nServer: fast\nOurs alone: it is quicker.\n-- wire --\nC GET ?x\n")
	if err != nil {
		t.Fatal(err)
	}
	if got.Server != "fast" || got.OursAlone != "it is quicker." || !strings.HasPrefix(got.Prose, "What it is about.\n") {
		t.Errorf("got %+v", got)
	}
}
