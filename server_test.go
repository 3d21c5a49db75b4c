package socketio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"socketio/engineio"
	"socketio/internal/ws"
)

func TestNamespacesAreMadeOnce(t *testing.T) {
	srv := NewServer(nil)
	var seen []string
	watch := func(who string) func(*Namespace) {
		return func(ns *Namespace) { seen = append(seen, who+ns.Name()) }
	}
	srv.OnNamespace(watch("1"))
	a := srv.Of("a")
	srv.OnNamespace(watch("2"))
	b := srv.Of("/b")
	if srv.Of("/a") != a || srv.Of("b") != b || srv.Of("/") != srv.Namespace || srv.Of("") != srv.Namespace {
		t.Error("a namespace was made twice")
	}
	if want := []string{"1/", "1/a", "2/", "2/a", "1/b", "2/b"}; !slices.Equal(seen, want) {
		t.Errorf("OnNamespace hooks saw %q, want %q", seen, want)
	}
	var names []string
	for ns := range srv.Namespaces() {
		names = append(names, ns.Name())
	}
	if want := []string{"/", "/a", "/b"}; !slices.Equal(names, want) {
		t.Errorf("the namespaces are %q", names)
	}
}

func TestOptionsThatContradictEachOtherPanic(t *testing.T) {
	tests := map[string]Options{
		"Credentials": {CORS: CORS{Origins: []string{"*"}, Credentials: true}},
		"Transports":  {Transports: []string{"pigeon"}},
		"negative":    {MaxPayload: -1},
	}
	for want, o := range tests {
		if got := panicOf(func() { NewServer(&o) }); !strings.Contains(got, want) {
			t.Errorf("panics with %q, want …%s…", got, want)
		}
	}
}

// TestNoOptionHidesOneOfTheEngine guards the rule that options of the engine are
// written as if they were the server's own.
func TestNoOptionHidesOneOfTheEngine(t *testing.T) {
	own := reflect.TypeFor[Options]()
	for engine := range reflect.TypeFor[engineio.Options]().Fields() {
		field, ok := own.FieldByName(engine.Name)
		if !ok || len(field.Index) != 2 {
			t.Errorf("Options.%s is not the engine's", engine.Name)
		}
	}
}

func TestNegativeOptionsSwitchLimitsOff(t *testing.T) {
	o := (&Options{MaxRooms: -1, MaxAcks: -1, MaxAttachments: -1, MaxNamespaces: -1, Inbox: -1, ConnectTimeout: -1, AckTimeout: -1}).withDefaults()
	for _, limit := range []int{o.MaxRooms, o.MaxAcks, o.MaxAttachments, o.MaxNamespaces, o.Inbox} {
		if limit < 1<<30 || 2*limit < limit {
			t.Errorf("a limit that is off is %d", limit)
		}
	}
	if o.ConnectTimeout >= 0 || o.AckTimeout >= 0 {
		t.Error("a timeout that is off is on")
	}
}

// A refusalError says what the client is told of it.
type refusalError string

func (e refusalError) Error() string  { return "refused: " + string(e) }
func (e refusalError) AckArgs() []any { return []any{string(e)} }

func TestErrorsAreLoggedByTheirKind(t *testing.T) {
	tests := []struct {
		err  error
		want string
	}{
		{errors.New("failed"), "ERROR"},
		{fmt.Errorf("saving: %w", &PanicError{Value: "oops", Stack: []byte("stack of it")}), "ERROR"},
		{&DecodeError{Event: "e", Err: errors.New("x")}, "WARN"},
		{fmt.Errorf("saying: %w", refusalError("not yours")), "WARN"},
		{fmt.Errorf("saying: %w", ErrDisconnected), "DEBUG"},
		{&DisconnectError{Reason: ReasonPingTimeout}, "DEBUG"},
	}
	for _, tt := range tests {
		var log bytes.Buffer
		handler := slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})
		srv := NewServer(&Options{Logger: slog.New(handler)})
		s := newSocket(srv.Namespace, nil, nil)
		srv.report(t.Context(), s, "say", tt.err)
		line := log.String()
		if !strings.Contains(line, "level="+tt.want) || !strings.Contains(line, "namespace=/") || !strings.Contains(line, "in=say") || strings.Contains(line, s.ID()) {
			t.Errorf("%v is logged as %s", tt.err, line)
		}
		if _, panicked := errors.AsType[*PanicError](tt.err); panicked != strings.Contains(line, "stack of it") {
			t.Errorf("%v is logged as %s", tt.err, line)
		}
	}
}

func TestWhatAClientDoesWrongIsLoggedWithoutItsWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lockedBuffer
		handler := slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})
		_, c, s := pair(t, &Options{Logger: slog.New(handler)})
		c.send(`42["secret",`)
		c.wantEnd(testPatience)
		synctest.Wait()
		got := log.String()
		if strings.Count(got, "\n") != 1 || !strings.Contains(got, "level=DEBUG") || strings.Contains(got, "secret") ||
			strings.Contains(got, s.ID()) || strings.Contains(got, s.Conn().ID()) {
			t.Errorf("logged %q", got)
		}
	})
}

func TestSocketsKeepData(t *testing.T) {
	s := newSocket(NewServer(nil).Namespace, new(peer), nil)
	if v, ok := s.Data[int](); ok {
		t.Errorf("data that was never set is %d", v)
	}
	s.SetData(5)
	if v, ok := s.Data[int](); !ok || v != 5 {
		t.Errorf("the data is %d, %v", v, ok)
	}
	if v, ok := s.Data[string](); ok {
		t.Errorf("the data is also %q", v)
	}
	if v, ok := s.Data[any](); !ok || v != 5 {
		t.Errorf("the data is %v, %v", v, ok)
	}
}

func TestTheHandshakeSaysWhatTheClientSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		transport := &http.Transport{DialContext: r.pipes.dial, DisableKeepAlives: true}
		nc, early, _, err := ws.Dial(t.Context(), "ws://in.memory/socket.io/?EIO=4&transport=websocket&x=1",
			ws.DialOptions{Client: &http.Client{Transport: transport}, Header: http.Header{"X-Test": {"yes"}}})
		if err != nil {
			t.Fatal(err)
		}
		c := serveClient(t, nc, early)
		defer c.cut()
		c.send(`40{"token":"t","list":[1]}`)
		id := strings.Split(c.wantPrefix(`40`), `"`)[3]
		synctest.Wait()
		h := r.wantSocket(id).Handshake()
		var auth struct {
			Token string
			List  []int
		}
		if err := h.DecodeAuth(&auth); err != nil || auth.Token != "t" || !slices.Equal(auth.List, []int{1}) {
			t.Errorf("the auth is %v, %v", auth, err)
		}
		if h.Header.Get("Host") != "in.memory" || h.Header.Get("X-Test") != "yes" || h.URL.Query().Get("x") != "1" {
			t.Errorf("header %v, URL %v", h.Header, h.URL)
		}
		if h.Secure || h.CrossOrigin || h.Time.IsZero() || h.RemoteAddr == "" {
			t.Errorf("the handshake is %+v", h)
		}
		h.Header.Set("Host", "changed")
		if got := r.wantSocket(id).Handshake().Header.Get("Host"); got != "in.memory" {
			t.Errorf("the next handshake says the host is %s", got)
		}
	})
}

func TestAnAuthThatDoesNotFitIsAnError(t *testing.T) {
	h := &Handshake{auth: []byte(`{"token":1}`)}
	var auth struct{ Token string }
	if err := h.DecodeAuth(&auth); err == nil {
		t.Errorf("decoded %v", auth)
	}
}

// TestPollingCarriesTheSame goes through a real listener and net/http's client.
func TestPollingCarriesTheSame(t *testing.T) {
	srv := NewServer(nil)
	srv.OnAck("echo", func(_ context.Context, _ *Socket, v string) (string, error) { return v, nil })
	srv.On("ask", func(ctx context.Context, s *Socket, _ None) error {
		n, err := s.EmitAck[int](ctx, "question", None{})
		return errors.Join(err, s.Emit("answer", n))
	})
	srv.On("binary", func(_ context.Context, s *Socket, b []byte) error { return s.Emit("binary", b) })
	web := httptest.NewServer(srv)
	defer web.Close()
	defer srv.Shutdown(t.Context())
	p := &poller{t: t, url: web.URL + "/socket.io/?EIO=4&transport=polling"}
	open := p.get()
	p.url += "&sid=" + strings.Split(open, `"`)[3]
	p.post(`40`)
	p.want(`40{"sid":"`)
	p.post(`421["echo","a"]` + "\x1e" + `422["echo","b"]`)
	p.want(`431["a"]`)
	p.want(`432["b"]`)
	p.post(`42["ask"]`)
	p.want(`420["question"]`)
	p.post(`430[7]`)
	p.want(`42["answer",7]`)
	p.post(`451-["binary",{"_placeholder":true,"num":0}]` + "\x1ebeHg=")
	p.want(`451-["binary",{"_placeholder":true,"num":0}]`)
	p.want(`beHg=`)
	for s := range srv.Sockets() {
		if s.Conn().Transport() != engineio.Polling || srv.Engine().Len() != 1 {
			t.Errorf("the transport is %s, of %d connections", s.Conn().Transport(), srv.Engine().Len())
		}
	}
	p.post(`41`)
}

// A poller is a client that polls.
type poller struct {
	t       *testing.T
	url     string
	packets []string // that have come and were not wanted yet
}

func (p *poller) get() string {
	p.t.Helper()
	resp, err := http.Get(p.url)
	return p.body(resp, err)
}

func (p *poller) post(body string) {
	p.t.Helper()
	resp, err := http.Post(p.url, "text/plain", strings.NewReader(body))
	if got := p.body(resp, err); got != "ok" {
		p.t.Fatalf("a POST was answered by %q", got)
	}
}

func (p *poller) body(resp *http.Response, err error) string {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		p.t.Fatalf("answered %s, %q, %v", resp.Status, body, err)
	}
	return string(body)
}

// want polls until there is a packet, which must begin with prefix.
func (p *poller) want(prefix string) {
	p.t.Helper()
	if len(p.packets) == 0 {
		p.packets = strings.Split(p.get(), "\x1e")
	}
	if !strings.HasPrefix(p.packets[0], prefix) {
		p.t.Fatalf("received %q, want %s…", p.packets, prefix)
	}
	p.packets = p.packets[1:]
}

// TestARealNetworkCarriesTheSame is the rig's way over TCP.
func TestARealNetworkCarriesTheSame(t *testing.T) {
	c := overTCP(t, echoServer())
	for n := range 100 {
		c.send(fmt.Sprintf(`42%d["echo","x"]`, n))
		c.want(fmt.Sprintf(`43%d["x"]`, n))
	}
}
