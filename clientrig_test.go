package socketio

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"socketio/engineio"
)

// transports are the ways in which a client reaches a server.
var transports = map[string][]string{
	"polling":   {engineio.Polling},
	"websocket": {engineio.WebSocket},
	"upgrade":   {engineio.Polling, engineio.WebSocket},
}

// goClient returns a Client of the rig's server, which is closed at the end of the test.
func (r *rig) goClient(path string, o *ClientOptions) *Client {
	var options ClientOptions
	if o != nil {
		options = *o
	}
	transport := &http.Transport{DialContext: r.pipes.dial}
	options.HTTPClient = &http.Client{Transport: transport}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	c := NewClient("http://in.memory"+path, &options)
	r.t.Cleanup(func() {
		c.Close()
		transport.CloseIdleConnections()
	})
	return c
}

// connected returns a connected Client.
func (r *rig) connected(o *ClientOptions) *Client {
	r.t.Helper()
	c := r.goClient("", o)
	r.connect(c)
	return c
}

func (r *rig) connect(c *Client) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), testPatience)
	defer cancel()
	if err := c.Connect(ctx); err != nil {
		r.t.Fatalf("Connect: %v", err)
	}
}

// inBubble runs a test with a server and no network.
func inBubble(t *testing.T, o *Options, test func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(newRig(t, o)) })
}

// A journal is what happened, in order.
type journal struct {
	mu    sync.Mutex // guards what follows
	lines []string
}

func (j *journal) add(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(format, args...))
}

func (j *journal) take() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	all := strings.Join(j.lines, ", ")
	j.lines = nil
	return all
}

// watch notes what happens to a socket.
func (j *journal) watch(s *ClientSocket) {
	s.OnConnect(func(context.Context, *ClientSocket) error { j.add("%s connected", s.Name()); return nil })
	s.OnDisconnect(func(_ context.Context, _ *ClientSocket, why Reason) error {
		j.add("%s ended: %s", s.Name(), why)
		return nil
	})
}

// overTCPClient returns a client that is connected over a real network.
func overTCPClient(t *testing.T, srv *Server) *Client {
	t.Helper()
	web := httptest.NewServer(srv)
	t.Cleanup(web.Close)
	c := NewClient(web.URL, &ClientOptions{DialOptions: engineio.DialOptions{Transports: []string{engineio.WebSocket}}})
	t.Cleanup(func() { c.Close() })
	if err := c.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

// serveEngine serves an Engine.IO server of the test's own in memory.
func serveEngine(t *testing.T, pipes *pipes, engine *engineio.Server) {
	web := &http.Server{Handler: engine}
	var served sync.WaitGroup
	served.Go(func() { web.Serve(pipes) })
	t.Cleanup(func() {
		engine.Close()
		engine.Shutdown(context.Background())
		web.Close()
		served.Wait()
	})
}

// hidden returns the fields of Outer that have the name of one of Inner's.
func hidden[Outer, Inner any]() (names []string) {
	for field := range reflect.TypeFor[Inner]().Fields() {
		if outer, ok := reflect.TypeFor[Outer]().FieldByName(field.Name); ok && len(outer.Index) == 1 {
			names = append(names, field.Name)
		}
	}
	return names
}
