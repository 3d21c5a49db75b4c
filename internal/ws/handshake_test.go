package ws

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// rfcKey and rfcAccept are the example of RFC 6455 §1.3.
const (
	rfcKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	rfcAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// handshake is a request that is right.
func handshake() *http.Request {
	r := httptest.NewRequest("GET", "/engine.io/?transport=websocket", nil)
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "websocket")
	r.Header.Set("Sec-WebSocket-Version", "13")
	r.Header.Set("Sec-WebSocket-Key", rfcKey)
	return r
}

func TestCheckAcceptsWhatClientsSend(t *testing.T) {
	for _, c := range []struct {
		name  string
		alter func(http.Header)
	}{
		{"the least", func(http.Header) {}},
		{"tokens among others", func(h http.Header) { h.Set("Connection", "keep-alive ,\tUPGRADE") }},
		{"tokens on two lines", func(h http.Header) { h["Connection"] = []string{"keep-alive", "upgrade"} }},
		{"case of the protocol", func(h http.Header) { h.Set("Upgrade", "WebSocket") }},
		{"subprotocols", func(h http.Header) { h.Set("Sec-WebSocket-Protocol", "a, b.c ,!#$%&'*+-.^_`|~") }},
		{"subprotocols on two lines", func(h http.Header) { h["Sec-Websocket-Protocol"] = []string{"a", "b, c"} }},
		{"extension", func(h http.Header) { h.Set("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits") }},
		{"bad extension", func(h http.Header) { h.Set("Sec-WebSocket-Extensions", "constructor;;, =\"") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := handshake()
			c.alter(r.Header)
			if err := Check(r); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCheckRefusesWhatIsNoHandshake(t *testing.T) {
	set := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[http.CanonicalHeaderKey(name)] = values }
	}
	for _, c := range []struct {
		name   string
		alter  func(*http.Request)
		status int
	}{
		{"POST", func(r *http.Request) { r.Method = "POST" }, 400},
		{"HTTP/1.0", func(r *http.Request) { r.ProtoMinor = 0 }, 400},
		{"HTTP/2.1", func(r *http.Request) { r.ProtoMajor = 2 }, 400},
		{"no Connection", set("Connection"), 400},
		{"Connection without upgrade", set("Connection", "keep-alive, upgraded"), 400},
		{"no Upgrade", set("Upgrade"), 400},
		{"another protocol", set("Upgrade", "foo"), 400},
		{"no version", set("Sec-WebSocket-Version"), 426},
		{"version 12", set("Sec-WebSocket-Version", "12"), 426},
		{"two versions", set("Sec-WebSocket-Version", "13", "8"), 426},
		{"no key", set("Sec-WebSocket-Key"), 400},
		{"empty key", set("Sec-WebSocket-Key", ""), 400},
		{"two keys", set("Sec-WebSocket-Key", rfcKey, rfcKey), 400},
		{"key of 15 bytes", set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAA"), 400},
		{"key of 17 bytes", set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAAA="), 400},
		{"key not in base64", set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAA!=="), 400},
		{"key in base64 for URLs", set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAA-_=="), 400},
		{"empty subprotocol", set("Sec-WebSocket-Protocol", "a,,b"), 400},
		{"no subprotocol in the header", set("Sec-WebSocket-Protocol", ""), 400},
		{"subprotocol that is no token", set("Sec-WebSocket-Protocol", "a b"), 400},
		{"subprotocol twice", set("Sec-WebSocket-Protocol", "a, b", "a"), 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := handshake()
			c.alter(r)
			got := Check(r)
			if got == nil {
				t.Fatal("accepted")
			}
			if got.Status != c.status || got.Reason == "" {
				t.Errorf("got %d %q, want %d and a reason", got.Status, got.Reason, c.status)
			}
			if version := got.Header.Values("Sec-WebSocket-Version"); (c.status == 426) != (len(version) == 1 && version[0] == "13") {
				t.Errorf("Sec-WebSocket-Version is %q", version)
			}
		})
	}
}

func TestCheckTakesLinearTime(t *testing.T) {
	for _, value := range []string{
		strings.Repeat(" ", 64<<10), strings.Repeat(",", 64<<10), strings.Repeat(" ,", 32<<10),
		"a" + strings.Repeat("\t", 64<<10) + "b", strings.Repeat("a", 64<<10),
	} {
		for _, name := range []string{"Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Connection", "Upgrade", "Sec-WebSocket-Key"} {
			short, long := handshake(), handshake()
			short.Header.Set(name, value[:1<<10])
			long.Header.Set(name, value)
			if a, b := fastestCheck(short), fastestCheck(long); b > 64*20*(a+time.Microsecond) {
				t.Errorf("%s of %.4q…: %v for 1 KiB, %v for 64 KiB", name, value, a, b)
			}
		}
	}
}

func fastestCheck(r *http.Request) time.Duration {
	fastest := time.Hour
	for range 5 {
		start := time.Now()
		Check(r)
		fastest = min(fastest, time.Since(start))
	}
	return fastest
}

// accepted is what Accept returned.
type accepted struct {
	conn  net.Conn
	early []byte
	err   error
}

// acceptServer starts a server that accepts with the headers given.
func acceptServer(t *testing.T, h http.Header) (address string, results chan accepted) {
	results = make(chan accepted, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := Check(r); err != nil {
			results <- accepted{err: err}
			return
		}
		conn, early, err := Accept(w, r, h, nil)
		if conn != nil {
			t.Cleanup(func() { conn.Close() })
		}
		results <- accepted{conn, early, err}
	}))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String(), results
}

// request sends what is given and returns the connection and a reader of it.
func request(t *testing.T, address, text string) (net.Conn, *bufio.Reader) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	return conn, bufio.NewReader(conn)
}

const rawHandshake = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + rfcKey + "\r\n"

func TestAcceptAnswersAndTakesTheConnectionOver(t *testing.T) {
	address, results := acceptServer(t, nil)
	frame := string(AppendMasked(nil, OpText, []byte("early")))
	client, reader := request(t, address, rawHandshake+"\r\n"+frame)
	got := <-results
	if got.err != nil {
		t.Fatal(got.err)
	}
	if _, ok := got.conn.(*net.TCPConn); !ok {
		t.Errorf("the connection is a %T", got.conn)
	}
	want := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + rfcAccept + "\r\n\r\n"
	answer := make([]byte, len(want))
	if _, err := io.ReadFull(reader, answer); err != nil || string(answer) != want {
		t.Errorf("answer %q, error %v", answer, err)
	}
	// What came behind the handshake may be early or still to be read, but it
	// must all be there.
	rest := make([]byte, len(frame)-len(got.early))
	if _, err := io.ReadFull(got.conn, rest); err != nil || string(got.early)+string(rest) != frame {
		t.Errorf("early %q, then %q, error %v", got.early, rest, err)
	}
	if _, err := got.conn.Write([]byte("down")); err != nil {
		t.Fatal(err)
	}
	down := make([]byte, 4)
	if _, err := io.ReadFull(reader, down); err != nil || string(down) != "down" {
		t.Errorf("read %q, error %v", down, err)
	}
	client.Close()
	if _, err := got.conn.Read(down); err != io.EOF {
		t.Errorf("reading behind the end: %v", err)
	}
}

func TestAcceptKeepsWhatWasReadWithTheRequest(t *testing.T) {
	frame := AppendMasked(nil, OpText, []byte("early"))
	server, client := net.Pipe()
	defer client.Close()
	go func() {
		http.ReadResponse(bufio.NewReader(client), nil)
		client.Write([]byte("something else"))
	}()
	buffered := bufio.NewReaderSize(io.MultiReader(strings.NewReader(string(frame)), server), 64)
	if _, err := buffered.Peek(1); err != nil {
		t.Fatal(err)
	}
	w := &hijackable{conn: server, reader: buffered}
	conn, early, err := Accept(w, handshake(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if string(early) != string(frame) {
		t.Errorf("early %q, want %q", early, frame)
	}
	buffered.Discard(len(frame))
	if _, err := buffered.Peek(len("something else")); err != nil {
		t.Fatal(err)
	}
	if string(early) != string(frame) {
		t.Error("early is not a copy")
	}
}

// hijackable is a ResponseWriter of which a connection can be taken.
type hijackable struct {
	http.ResponseWriter
	conn   net.Conn
	reader *bufio.Reader
}

func (h *hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.conn, bufio.NewReadWriter(h.reader, bufio.NewWriter(h.conn)), nil
}

func TestAcceptMakesExtraHeadersSafe(t *testing.T) {
	address, results := acceptServer(t, http.Header{
		"X-Plain":              {"one", "two"},
		"X-Broken":             {"a\r\nX-Smuggled: b\r\n\r\n\x00\x7F\tc"},
		"X-Bad\r\nX-Smuggled":  {"b"},
		"X Bad":                {"b"},
		"":                     {"b"},
		"connection":           {"close"},
		"Upgrade":              {"h2c"},
		"Content-Length":       {"5"},
		"Transfer-Encoding":    {"chunked"},
		"sec-websocket-accept": {"wrong"},
	})
	_, reader := request(t, address, rawHandshake+"\r\n")
	if got := <-results; got.err != nil {
		t.Fatal(got.err)
	}
	resp, err := http.ReadResponse(reader, handshake())
	if err != nil {
		t.Fatal(err)
	}
	want := http.Header{
		"Upgrade":              {"websocket"},
		"Connection":           {"Upgrade"},
		"Sec-Websocket-Accept": {rfcAccept},
		"X-Plain":              {"one", "two"},
		"X-Broken":             {"a  X-Smuggled: b      \tc"},
	}
	if len(resp.Header) != len(want) {
		t.Errorf("got %q, want %q", resp.Header, want)
	}
	for name, values := range want {
		if strings.Join(resp.Header[name], "|") != strings.Join(values, "|") {
			t.Errorf("%s is %q, want %q", name, resp.Header[name], values)
		}
	}
}

func TestAcceptChoosesTheFirstSubprotocolUnlessToldOtherwise(t *testing.T) {
	for _, c := range []struct {
		name    string
		offered string
		h       http.Header
		want    string
	}{
		{"none", "", nil, ""},
		{"first", "Sec-WebSocket-Protocol: one , two\r\n", nil, "one"},
		{"told", "Sec-WebSocket-Protocol: one, two\r\n", http.Header{"Sec-WebSocket-Protocol": {"two"}}, "two"},
	} {
		t.Run(c.name, func(t *testing.T) {
			address, results := acceptServer(t, c.h)
			_, reader := request(t, address, rawHandshake+c.offered+"\r\n")
			if got := <-results; got.err != nil {
				t.Fatal(got.err)
			}
			resp, err := http.ReadResponse(reader, handshake())
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(resp.Header["Sec-Websocket-Protocol"], "|"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestAcceptClearsTheDeadlinesOfTheServer(t *testing.T) {
	server, client := net.Pipe()
	defer client.Close()
	go io.Copy(io.Discard, client)
	conn := &deadlines{Conn: server, read: time.Unix(1, 0), write: time.Unix(1, 0)}
	if _, _, err := Accept(&hijackable{conn: conn, reader: bufio.NewReader(conn)}, handshake(), nil, nil); err != nil {
		t.Fatal(err)
	}
	if !conn.read.IsZero() || !conn.write.IsZero() {
		t.Errorf("deadlines %v and %v are left", conn.read, conn.write)
	}
	if conn.writes != 1 {
		t.Errorf("the answer took %d writes", conn.writes)
	}
}

// deadlines notes the deadlines that are set, and counts writes.
type deadlines struct {
	net.Conn
	read, write time.Time
	writes      int
}

func (d *deadlines) SetDeadline(t time.Time) error {
	d.read, d.write = t, t
	return nil
}

func (d *deadlines) Write(b []byte) (int, error) {
	d.writes++
	return d.Conn.Write(b)
}

func TestAcceptNamesTheWrapperThatCannotBeTakenOver(t *testing.T) {
	w := struct{ http.ResponseWriter }{httptest.NewRecorder()}
	conn, _, err := Accept(w, handshake(), nil, nil)
	if conn != nil || !errors.Is(err, http.ErrNotSupported) || errors.Is(err, ErrLost) || !strings.Contains(err.Error(), "struct { http.ResponseWriter }") {
		t.Errorf("connection %v, error %v", conn, err)
	}
}

func TestAcceptReportsAConnectionThatIsGone(t *testing.T) {
	server, client := net.Pipe()
	client.Close()
	conn, _, err := Accept(&hijackable{conn: server, reader: bufio.NewReader(server)}, handshake(), nil, nil)
	if conn != nil || !errors.Is(err, io.ErrClosedPipe) || !errors.Is(err, ErrLost) {
		t.Errorf("connection %v, error %v", conn, err)
	}
}

func TestAcceptKeyIsThatOfTheRFC(t *testing.T) {
	if got := acceptKey(rfcKey); got != rfcAccept {
		t.Errorf("got %q, want %q", got, rfcAccept)
	}
}
