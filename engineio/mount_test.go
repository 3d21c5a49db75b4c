package engineio

import (
	"crypto/tls"
	"encoding/binary"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPaths(t *testing.T) {
	const served, not = 200, 404
	direct := func(s *Server) http.Handler { return s }
	stripped := func(s *Server) http.Handler { return http.StripPrefix("/app/socket.io", s) }
	mux := func(s *Server) http.Handler {
		m := http.NewServeMux()
		m.Handle("/socket.io/", s)
		return m
	}
	tests := []struct {
		name  string
		path  string // Options.Path
		mount func(*Server) http.Handler
		ask   string
		want  int
	}{
		{"the default", "", direct, "/socket.io/", served},
		{"B09: without the last slash", "", direct, "/socket.io", served},
		{"B08: something below", "", direct, "/socket.io/foo", not},
		{"B08: dots", "", direct, "/socket.io/%2e%2e/", not},
		{"another", "", direct, "/other/", not},
		{"a longer one", "", direct, "/socket.iox/", not},
		{"in capitals", "", direct, "/SOCKET.IO/", not},
		{"a path of one's own", "/my/path/", direct, "/my/path/", served},
		{"written without its last slash", "/my/path", direct, "/my/path/", served},
		{"and asked for without", "/my/path", direct, "/my/path", served},
		{"not the default then", "/my/path", direct, "/socket.io/", not},
		{"behind StripPrefix", "", stripped, "/app/socket.io/", served},
		{"behind StripPrefix, nothing left", "", stripped, "/app/socket.io", served},
		{"behind StripPrefix, something below", "", stripped, "/app/socket.io/foo", not},
		{"in a ServeMux", "", mux, "/socket.io/", served},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newServerRig(t, &Options{Path: test.path}, nil)
			r.serve(httptest.NewServer(test.mount(r.server)))
			const query = "?EIO=4&transport="
			if a := r.ask("GET", test.ask+query+Polling, ""); a.status != test.want {
				t.Errorf("polling: %d %s, want %d", a.status, a.body, test.want)
			}
			c, a := r.handshake(test.ask + query + WebSocket)
			if (c != nil) != (test.want == served) {
				t.Errorf("WebSocket: %d", a.status)
			}
			if n := r.server.Len(); test.want == not && n != 0 {
				t.Errorf("%d connections", n)
			}
		})
	}
}

func TestOtherPathsGetOneHintInTheLog(t *testing.T) {
	r := newRig(t, nil, nil)
	for range 3 {
		r.ask("GET", "/engine.io/?EIO=4&transport=polling", "")
		r.ask("GET", "/favicon.ico", "")
	}
	log := r.log.String()
	if strings.Count(log, "got=/engine.io/ want=/socket.io/") != 3 || strings.Count(log, "got=/favicon.ico") != 3 ||
		strings.Count(log, "Options.Path") != 1 || strings.Count(log, "level=WARN") != 1 {
		t.Errorf("the log says %s", log)
	}
}

// plainWriter is what a middleware's wrapper looks like that forgot about the rest.
type plainWriter struct{ http.ResponseWriter }

func TestAWriterThatCannotBeHijackedPollsOn(t *testing.T) {
	r := newServerRig(t, nil, nil)
	r.serve(httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.server.ServeHTTP(struct{ plainWriter }{plainWriter{onlyWriter{w}}}, req)
	})))
	sid := r.poll()
	for _, target := range []string{"", "&sid=" + sid} {
		if c, a := r.handshake("/socket.io/?EIO=4&transport=websocket" + target); c != nil || a.status != 500 {
			t.Errorf("%q: %d, want 500", target, a.status)
		}
	}
	if log := r.log.String(); !strings.Contains(log, "plainWriter") {
		t.Errorf("the log does not name the type: %s", log)
	}
	query := "transport=polling&sid=" + sid
	parked := r.parked(sid)
	r.want("polling goes on", "POST", query, "4x", 200, "ok")
	if got := <-parked; got != "4x" {
		t.Errorf("got %q", got)
	}
	if n := r.server.Len(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// onlyWriter hides what else a writer can do.
type onlyWriter struct{ w http.ResponseWriter }

func (w onlyWriter) Header() http.Header         { return w.w.Header() }
func (w onlyWriter) Write(b []byte) (int, error) { return w.w.Write(b) }
func (w onlyWriter) WriteHeader(status int)      { w.w.WriteHeader(status) }

// unwrapWriter is what a wrapper looks like that did not forget.
type unwrapWriter struct{ http.ResponseWriter }

func (w unwrapWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func TestAWriterThatUnwrapsUpgrades(t *testing.T) {
	r := newServerRig(t, nil, nil)
	r.serve(httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.server.ServeHTTP(unwrapWriter{w}, req)
	})))
	c, _ := r.upgraded()
	c.send("4x")
	c.expect("echo", "4x")
}

func TestHTTP10Polls(t *testing.T) { // B14
	r := newRig(t, nil, nil)
	a := r.raw("GET /socket.io/?EIO=4&transport=polling HTTP/1.0\r\n\r\n")
	if a.status != 200 || !strings.HasPrefix(a.body, `0{"sid":"`) {
		t.Fatalf("%d %s", a.status, a.body)
	}
	sid := a.body[9:29]
	if a := r.raw("POST /socket.io/?EIO=4&transport=polling&sid=" + sid + " HTTP/1.0\r\nContent-Length: 2\r\n\r\n4x"); a.status != 200 || a.body != "ok" {
		t.Errorf("POST: %d %s", a.status, a.body)
	}
	if a := r.raw("GET /socket.io/?EIO=4&transport=polling&sid=" + sid + " HTTP/1.0\r\n\r\n"); a.status != 200 || a.body != "4x" {
		t.Errorf("GET: %d %s", a.status, a.body)
	}
	upgrade := "GET /socket.io/?EIO=4&transport=websocket HTTP/1.0\r\n" + headerLines(nil) + "\r\n"
	if a := r.raw(upgrade); a.status != 400 || !strings.Contains(a.body, `"code":3`) {
		t.Errorf("WebSocket: %d %s", a.status, a.body)
	}
	if a := r.raw("GET /socket.io/?EIO=4&transport=polling HTTP/1.0\r\nOrigin: null\r\n\r\n"); a.status != 403 {
		t.Errorf("no host, and the origin null: %d", a.status)
	}
}

func TestHTTP2Polls(t *testing.T) {
	r := newServerRig(t, &Options{PingInterval: suiteInterval}, nil)
	h := httptest.NewUnstartedServer(r.server)
	h.EnableHTTP2 = true
	h.StartTLS()
	r.serve(h)
	resp, err := h.Client().Get(h.URL + "/socket.io/?EIO=4&transport=polling")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.ProtoMajor != 2 {
		t.Fatalf("protocol %s", resp.Proto)
	}
	sid := r.poll()
	query := "transport=polling&sid=" + sid
	parked := r.parked(sid)
	r.want("a POST beside the GET, on one connection", "POST", query, "4x", 200, "ok")
	if got := <-parked; got != "4x" {
		t.Errorf("got %q", got)
	}
	r.want("a ping", "GET", query, "", 200, "2")
	conn := r.server.find(sid)
	large := strings.Repeat("x", 3_000_000)
	conn.Send(Message{Data: []byte(large)})
	r.want("a large answer", "GET", query, "", 200, "4"+large)
	if !conn.Request().Secure {
		t.Error("not secure")
	}
	if a := r.ask("GET", "/socket.io/?EIO=4&transport=websocket", ""); a.status != 400 {
		t.Errorf("WebSocket: %d", a.status)
	}
	c := r.dial("transport=websocket&sid=" + sid) // on a connection of its own, by HTTP/1.1
	c.send("2probe", "5", "4y")
	c.expect("upgraded", "3probe", "4y")
	r.want("a body over the limit", "POST", "transport=polling&sid="+r.poll(), strings.Repeat("4", 1_000_001), 413, "")
}

func TestHTTPSAndWSS(t *testing.T) {
	r := newServerRig(t, nil, nil)
	r.serve(httptest.NewTLSServer(r.server))
	c, sid := r.upgraded()
	large := "4" + strings.Repeat("x", 500_000)
	c.send("4x", large)
	c.expect("echoes", "4x", large)
	if conn := r.server.find(sid); !conn.Request().Secure || !conn.Upgraded() {
		t.Errorf("secure %v, upgraded %v", conn.Request().Secure, conn.Upgraded())
	}
	direct := r.dial("transport=websocket").open()
	direct.send("4y", "1")
	direct.expect("echo, and the end", "4y", "close")
	c.Conn.Close()
	r.wantClosed("transport close")
	r.wantClosed("transport close")
}

// settings reads the first frame of an HTTP/2 server, by identifier (RFC 9113 §6.5).
func settings(t *testing.T, conn io.ReadWriter) map[uint16]uint32 {
	t.Helper()
	// The client's preface and its settings, of which there are none.
	if _, err := io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"); err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 9)
	if _, err := io.ReadFull(conn, head); err != nil || head[3] != 4 {
		t.Fatalf("%x, %v; want a SETTINGS frame", head, err)
	}
	body := make([]byte, int(head[1])<<8|int(head[2]))
	if _, err := io.ReadFull(conn, body); err != nil {
		t.Fatal(err)
	}
	found := map[uint16]uint32{}
	for ; len(body) >= 6; body = body[6:] {
		found[binary.BigEndian.Uint16(body)] = binary.BigEndian.Uint32(body[2:])
	}
	return found
}

// Go's server does not offer WebSockets over HTTP/2 (RFC 8441 §3), so browsers open them
// over HTTP/1.1. When this fails, docs/mounting.md has to be told.
func TestHTTP2OffersNoExtendedConnect(t *testing.T) {
	r := newServerRig(t, nil, nil)
	h := httptest.NewUnstartedServer(r.server)
	h.EnableHTTP2 = true
	h.StartTLS()
	r.serve(h)
	config := h.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	config.NextProtos = []string{"h2"}
	conn, err := tls.Dial("tcp", h.Listener.Addr().String(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const maxConcurrentStreams, enableConnectProtocol = 3, 8
	offered := settings(t, conn)
	if _, ok := offered[maxConcurrentStreams]; !ok {
		t.Errorf("the settings %v are none of net/http's", offered)
	}
	if _, ok := offered[enableConnectProtocol]; ok {
		t.Error("extended CONNECT is offered")
	}
}

// Without TLS: a proxy may speak HTTP/2 with prior knowledge.
func TestHTTP2WithoutTLSPolls(t *testing.T) {
	r := newServerRig(t, &Options{PingInterval: suiteInterval}, nil)
	h := httptest.NewUnstartedServer(r.server)
	h.Config.Protocols = new(http.Protocols)
	h.Config.Protocols.SetHTTP1(true)
	h.Config.Protocols.SetUnencryptedHTTP2(true)
	h.Start()
	r.serve(h)
	onlyHTTP2 := &http.Transport{Protocols: new(http.Protocols)}
	onlyHTTP2.Protocols.SetUnencryptedHTTP2(true)
	defer onlyHTTP2.CloseIdleConnections()
	client := &http.Client{Transport: onlyHTTP2}
	ask := func(method, query, body string) (status int, answer string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, h.URL+"/socket.io/?EIO=4&"+query, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.ProtoMajor != 2 {
			t.Errorf("protocol %s", resp.Proto)
		}
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text)
	}

	_, opened := ask("GET", "transport=polling", "")
	session := "transport=polling&sid=" + opened[9:29]
	if status, answer := ask("POST", session, "4x"); status != 200 || answer != "ok" {
		t.Errorf("POST: %d %q", status, answer)
	}
	if status, answer := ask("GET", session, ""); status != 200 || answer != "4x" {
		t.Errorf("GET: %d %q", status, answer)
	}
	for _, query := range []string{"transport=websocket", "transport=websocket&sid=" + opened[9:29]} {
		if status, answer := ask("GET", query, ""); status != 400 || !strings.Contains(answer, `"code":3`) {
			t.Errorf("%s: %d %q", query, status, answer)
		}
	}
	if status, answer := ask("POST", session, "4y"); status != 200 || answer != "ok" {
		t.Errorf("after the refused upgrade: %d %q", status, answer)
	}
	c := r.dial("transport=websocket&sid=" + opened[9:29]) // by HTTP/1.1
	c.send("2probe")
	c.expect("the upgrade", "3probe")
}
