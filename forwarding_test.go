package socketio

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"socketio/adapter"
	"socketio/engineio"
	"socketio/internal/forward"
)

// forwardPatience is how long these tests wait for what must happen.
const forwardPatience = 30 * time.Second

const testSecret = "a secret of the tests"

// A fleet is servers of a cluster that are reached by round robin, one request here and the
// next one there.
type forwardFleet struct {
	t      testing.TB
	bus    adapter.Bus
	front  *httptest.Server
	number atomic.Int64

	mu      sync.Mutex // guards what follows
	members []*forwardMember
}

// A forwardMember is one of them, which listens on an address of its own as well.
type forwardMember struct {
	srv      *Server
	listener *httptest.Server
}

func newForwardFleet(t testing.TB, size int, o Options) *forwardFleet {
	t.Helper()
	f := &forwardFleet{t: t, bus: adapter.NewMemory()}
	for range size {
		f.add(o)
	}
	f.open()
	return f
}

// open begins to take clients when the members know each other.
func (f *forwardFleet) open() {
	t := f.t
	t.Helper()
	f.front = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.next().srv.ServeHTTP(w, r)
	}))
	t.Cleanup(f.front.Close)
	for _, m := range f.members {
		<-m.srv.node.Settled()
	}
}

// add starts a server more.
func (f *forwardFleet) add(o Options) *forwardMember {
	f.t.Helper()
	m := &forwardMember{}
	m.listener = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.srv.ServeHTTP(w, r)
	}))
	o.Bus, o.Advertise, o.ClusterSecret = f.bus, m.listener.Listener.Addr().String(), testSecret
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	m.srv = NewServer(&o)
	m.srv.OnAck("echo", func(_ context.Context, _ *Socket, text string) (string, error) { return text, nil })
	if o.ClusterTLS != nil {
		m.listener.TLS = o.ClusterTLS
		m.listener.Config.ErrorLog = log.New(io.Discard, "", 0)
		m.listener.StartTLS()
	} else {
		m.listener.Start()
	}
	f.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), forwardPatience)
		defer cancel()
		if err := m.srv.Shutdown(ctx); err != nil {
			f.t.Errorf("a server did not end: %v", err)
		}
		m.listener.CloseClientConnections()
		m.listener.Close()
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	f.members = append(f.members, m)
	return m
}

// next is the member whose turn it is.
func (f *forwardFleet) next() *forwardMember {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.members[int(f.number.Add(1))%len(f.members)]
}

// stats adds up what the members have counted.
func (f *forwardFleet) stats() (sum Stats) {
	for _, m := range f.members {
		s := m.srv.Stats()
		sum.Forwarded += s.Forwarded
		sum.ForwardsFailed += s.ForwardsFailed
		sum.Relayed += s.Relayed
		sum.Sockets += s.Sockets
		sum.Refused[1] += s.Refused[1]
	}
	return sum
}

// within waits for a condition.
func within(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(forwardPatience); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("in vain waited for %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestAnyServerServesEverySession(t *testing.T) {
	f := newForwardFleet(t, 3, Options{})
	for _, tt := range []struct {
		name       string
		transports []string
	}{
		{"polling", []string{engineio.Polling}},
		{"polling and then a WebSocket", []string{engineio.Polling, engineio.WebSocket}},
		{"a WebSocket", []string{engineio.WebSocket}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var clients sync.WaitGroup
			for range 6 {
				clients.Go(func() { f.converse(t, tt.transports) })
			}
			clients.Wait()
		})
	}
	s := f.stats()
	if s.Forwarded == 0 || s.ForwardsFailed != 0 || s.Refused[1] != 0 {
		t.Errorf("%d requests were forwarded, %d not, %d of unknown sessions; want some, none, none", s.Forwarded, s.ForwardsFailed, s.Refused[1])
	}
	within(t, "the end of what was relayed", func() bool { return f.stats().Relayed == 0 })
}

// converse is a client that asks and is answered.
func (f *forwardFleet) converse(t *testing.T, transports []string) {
	var o ClientOptions
	o.Transports = transports
	o.Logger = slog.New(slog.DiscardHandler)
	c := NewClient(f.front.URL, &o)
	defer c.Close()
	var lost atomic.Int64
	c.OnDisconnect(func(context.Context, *ClientSocket, Reason) error { lost.Add(1); return nil })
	ctx, cancel := context.WithTimeout(t.Context(), forwardPatience)
	defer cancel()
	if err := c.Connect(ctx); err != nil {
		t.Error(err)
		return
	}
	for i := range 20 {
		text := fmt.Sprint(i, strings.Repeat("x", i*1000))
		got, err := c.EmitAck[string](ctx, "echo", text)
		if err != nil || got != text {
			t.Errorf("the answer has %d bytes, %v, want %d", len(got), err, len(text))
			return
		}
	}
	if n := lost.Load(); n != 0 {
		t.Errorf("the connection was lost %d times", n)
	}
}

func TestTheSessionOfADeadServerIsUnknownAtOnce(t *testing.T) {
	f := newForwardFleet(t, 2, Options{})
	dead, alive := f.members[0], f.members[1]
	id := openPolling(t, dead.listener.URL)
	if status, body := get(t, alive.listener.URL, id); status != http.StatusOK || !strings.HasPrefix(body, "40{") {
		t.Fatalf("before its death the session answers %d %q", status, body)
	}
	dead.listener.Listener.Close()
	dead.listener.CloseClientConnections()
	alive.srv.forward.Close() // of the connections that there are
	for _, id := range []string{id, forward.NewID(1 << 23), "AAAAAAAAAAAAAAAAAAAA", "%41AAAAAAAAAAAAAAAAAAA", strings.Repeat("x", 100)} {
		if status, body := get(t, alive.listener.URL, id); status != http.StatusBadRequest || !strings.HasPrefix(body, `{"code":1,`) {
			t.Errorf("the session %s answers %d %q", id, status, body)
		}
	}
	if s := alive.srv.Stats(); s.Forwarded != 1 || s.ForwardsFailed != 1 || s.Refused[1] != 5 {
		t.Errorf("%d requests were forwarded, %d not, %d sessions were unknown; want 1, 1, 5", s.Forwarded, s.ForwardsFailed, s.Refused[1])
	}
}

// openPolling opens a session and joins its main namespace.
func openPolling(t testing.TB, base string) (id string) {
	t.Helper()
	_, body := get(t, base, "")
	_, rest, _ := strings.Cut(body, `"sid":"`)
	id, _, _ = strings.Cut(rest, `"`)
	res, err := http.Post(base+"/socket.io/?EIO=4&transport=polling&sid="+id, "text/plain", strings.NewReader("40"))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("joining is answered by %d", res.StatusCode)
	}
	return id
}

// get polls a session, or opens one.
func get(t testing.TB, base, id string) (status int, body string) {
	t.Helper()
	url := base + "/socket.io/?EIO=4&transport=polling"
	if id != "" {
		url += "&sid=" + id
	}
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func TestOptionsThatAdvertiseInVain(t *testing.T) {
	good := Options{Bus: adapter.NewMemory(), Advertise: "10.0.0.7:3000", ClusterSecret: testSecret}
	for name, change := range map[string]func(*Options){
		"no bus":       func(o *Options) { o.Bus = nil },
		"no secret":    func(o *Options) { o.ClusterSecret = "" },
		"short secret": func(o *Options) { o.ClusterSecret = "123456789012345" },
		"no port":      func(o *Options) { o.Advertise = "10.0.0.7" },
		"any port":     func(o *Options) { o.Advertise = "10.0.0.7:0" },
		"no host":      func(o *Options) { o.Advertise = ":3000" },
		"a URL":        func(o *Options) { o.Advertise = "http://10.0.0.7:3000" },
		"other ids":    func(o *Options) { o.GenerateID = func(*http.Request) (string, error) { return "", nil } },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if v := recover(); v == nil {
					t.Error("NewServer did not panic")
				}
			}()
			o := good
			change(&o)
			NewServer(&o)
		})
	}
}
