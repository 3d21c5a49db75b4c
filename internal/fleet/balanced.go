package fleet

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json/v2"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"socketio"
	"socketio/adapter"
	"socketio/internal/child"
)

// How much a balanced fleet has to do.
const (
	balancedServers  = 3
	balancedClients  = 18 // a third of them for each way of connecting
	balancedMessages = 10 // of each, while all is well
)

// A balanced fleet is servers in Go behind a load balancer that sends each request to another.
type balanced struct {
	t    *testing.T
	open func(t *testing.T) adapter.Bus

	mu       sync.Mutex // guards what follows
	servers  []*balancedServer
	next     int
	received map[string]bool // the messages that were acknowledged
}

// A balancedServer is one of them.
type balancedServer struct {
	srv  *socketio.Server
	web  *http.Server
	addr string
}

// RunBalanced checks that servers in Go whose Bus open returns take the requests of each other's
// sessions: official clients, by polling, by polling and then WebSocket, and by WebSocket, behind
// a load balancer that is not sticky. Then one of the servers is drained and replaced, while the
// clients go on. What has been acknowledged must have arrived.
func RunBalanced(t *testing.T, open func(t *testing.T) adapter.Bus) {
	t.Helper()
	f := &balanced{t: t, open: open, received: map[string]bool{}}
	for range balancedServers {
		f.servers = append(f.servers, f.start())
	}
	for _, one := range f.servers {
		until(t, "the meeting of the servers", func() bool {
			n, err := one.srv.ServerCount(t.Context())
			return n == balancedServers && err == nil
		})
	}
	balancer := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.Out.URL.Scheme = "http"; r.SetXForwarded() },
		Transport: f, FlushInterval: -1, ErrorLog: log.New(io.Discard, "", 0),
	})
	t.Cleanup(balancer.Close)
	clients := startClients(t, balancer.URL)

	clients.hear()
	clients.tell("go")
	if steady := clients.hear(); steady.Acked != balancedClients*balancedMessages || steady.Wrong > 0 || steady.Disconnects > 0 {
		t.Errorf("while all was well: %+v, want %d messages acknowledged", steady, balancedClients*balancedMessages)
	}
	var unknown, forwarded uint64
	for _, one := range f.servers {
		s := one.srv.Stats()
		unknown, forwarded = unknown+s.Refused[1], forwarded+s.Forwarded
	}
	if unknown > 0 || forwarded == 0 {
		t.Errorf("%d requests were for unknown sessions, %d were passed on", unknown, forwarded)
	}

	clients.tell("on")
	f.replaceFirst()
	fresh := f.servers[0].srv
	until(t, "requests that the new server passes on", func() bool { return fresh.Stats().Forwarded > balancedClients })
	clients.tell("stop")
	all := clients.hear()
	f.mu.Lock()
	defer f.mu.Unlock()
	if lost := all.Acked - len(f.received); lost != 0 || all.Wrong > 0 {
		t.Errorf("of %d messages that were acknowledged %d have not arrived: %+v", all.Acked, lost, all)
	}
}

// start starts a server.
func (f *balanced) start() *balancedServer {
	f.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		f.t.Fatal(err)
	}
	one := &balancedServer{addr: l.Addr().String()}
	o := &socketio.Options{
		Bus: f.open(f.t), Advertise: one.addr, ClusterSecret: "only for these tests",
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Logger:         slog.New(slog.DiscardHandler),
	}
	if _, keeps := o.Bus.(adapter.History); keeps {
		o.Recovery.Window = time.Minute
	}
	one.srv = socketio.NewServer(o)
	one.srv.OnAck("message", func(_ context.Context, _ *socketio.Socket, id string) (string, error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.received[id] = true
		return id, nil
	})
	one.web = &http.Server{Handler: one.srv, ReadHeaderTimeout: patience}
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := one.web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			f.t.Error(err)
		}
	}()
	f.t.Cleanup(func() {
		one.srv.Close()
		one.web.Close()
		<-served
	})
	return one
}

// replaceFirst drains a server as docs/shutting-down.md says, and starts another.
func (f *balanced) replaceFirst() {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), 2*patience)
	defer cancel()
	old := f.servers[0]
	if err := errors.Join(old.srv.Drain(ctx, time.Second), old.srv.Shutdown(ctx), old.web.Shutdown(ctx)); err != nil {
		f.t.Errorf("Drain, Shutdown and Shutdown: %v", err)
	}
	fresh := f.start()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.servers[0] = fresh
}

// RoundTrip sends a request to the next server, and to the one after that if it is not there or
// takes nobody new.
func (f *balanced) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	for tried := 1; ; tried++ {
		out := r.Clone(r.Context())
		out.Body = io.NopCloser(bytes.NewReader(body))
		f.mu.Lock()
		out.URL.Host = f.servers[f.next%balancedServers].addr
		f.next++
		f.mu.Unlock()
		answer, err := oneRequest.RoundTrip(out)
		refused, failed := errors.AsType[*net.OpError](err)
		switch {
		case tried == balancedServers, err != nil && (!failed || refused.Op != "dial"):
			return answer, err
		case err == nil && answer.StatusCode != http.StatusServiceUnavailable:
			return answer, nil
		case err == nil:
			answer.Body.Close()
		}
	}
}

// oneRequest has a connection for each request, as one that was kept might be closed meanwhile.
var oneRequest = &http.Transport{DisableKeepAlives: true, DisableCompression: true}

// balancedNews is what the clients say; see interop/cluster/roundrobin/clients.mjs.
type balancedNews struct {
	Acked       int            `json:"acked"`
	Wrong       int            `json:"wrong"`
	Disconnects int            `json:"disconnects"`
	Troubles    map[string]int `json:"troubles"`
}

// balancedCrowd is a process with the clients.
type balancedCrowd struct {
	t    *testing.T
	in   io.Writer
	news chan balancedNews
}

func startClients(t *testing.T, url string) *balancedCrowd {
	t.Helper()
	_, source, _, _ := runtime.Caller(0)
	interop := filepath.Join(filepath.Dir(source), "../../interop")
	if _, err := os.Stat(filepath.Join(interop, "js/node_modules")); err != nil {
		t.Skip("npm ci has not run in interop/js; make test-cluster does that")
	}
	cmd := exec.Command("node", filepath.Join(interop, "cluster/roundrobin/clients.mjs"), url, fmt.Sprint(balancedClients), fmt.Sprint(balancedMessages))
	in, out := child.Start(t, cmd)
	c := &balancedCrowd{t: t, in: in, news: make(chan balancedNews, 4)}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var n balancedNews
			if json.Unmarshal(lines.Bytes(), &n) == nil {
				c.news <- n
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-read
		_ = cmd.Wait()
	})
	return c
}

func (c *balancedCrowd) tell(word string) {
	c.t.Helper()
	if _, err := io.WriteString(c.in, word+"\n"); err != nil {
		c.t.Fatal(err)
	}
}

func (c *balancedCrowd) hear() (n balancedNews) {
	c.t.Helper()
	select {
	case n = <-c.news:
	case <-time.After(3 * patience):
		c.t.Fatal("the clients say nothing")
	}
	return n
}
