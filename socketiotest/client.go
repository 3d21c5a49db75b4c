package socketiotest

import (
	"context"
	"encoding/json/jsontext"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"socketio"
)

// A Client is a client that records the events of its main namespace from the first one
// on. Its methods may be called concurrently.
type Client struct {
	*socketio.Client

	network *network
	wire    *wireLog

	mu      sync.Mutex // guards what follows
	arrived []*socketio.Message
	changed chan struct{} // closed and renewed when one arrives
}

// Client returns a client that has connected to the main namespace, or fails the test. It
// is closed at the end of the test. Of the options, nil for the defaults, the transport
// of HTTPClient is replaced, and Logger by default is part of what a failed test shows.
func (s *Server) Client(t testing.TB, o *socketio.ClientOptions) *Client {
	t.Helper()
	var options socketio.ClientOptions
	if o != nil {
		options = *o
	}
	c := &Client{wire: newWireLog(), changed: make(chan struct{})}
	c.network = newNetwork(s.listener, c.wire)
	web := http.Client{}
	if options.HTTPClient != nil {
		web = *options.HTTPClient
	}
	web.Transport = c.network.transport
	options.HTTPClient = &web
	if options.Logger == nil {
		options.Logger = slog.New(slog.NewTextHandler(c.wire, nil))
	}
	c.Client = socketio.NewClient(s.URL, &options)
	c.OnAny(c.record)
	t.Cleanup(func() {
		_ = c.Close() // always nil
		c.network.transport.CloseIdleConnections()
		if t.Failed() {
			t.Log(c.wire.String())
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := c.Connect(ctx); err != nil {
		t.Fatalf("socketiotest: the client cannot connect: %v", err)
	}
	return c
}

// Cut breaks the client's connections without a word, and keeps it from making others.
func (c *Client) Cut() { c.network.cut() }

// Resume ends what Cut began: the client connects again at once.
func (c *Client) Resume() {
	c.network.resume()
	c.Reconnect()
}

// record keeps an event. Its bytes are the connection's again afterwards, so its
// arguments are encoded anew: as they are, unless there is something binary in them.
func (c *Client) record(_ context.Context, _ *socketio.ClientSocket, m *socketio.Message) error {
	n := m.Len()
	values, texts := make([]any, n), make([]jsontext.Value, n)
	into, plain := make([]any, n), make([]any, n)
	for i := range n {
		into[i] = &values[i]
	}
	if err := m.Decode(into...); err != nil {
		return err
	}
	if !isBinary(values) {
		for i := range n {
			into[i] = &texts[i]
		}
		if err := m.Decode(into...); err != nil {
			return err
		}
		for i := range n {
			plain[i] = texts[i]
		}
		values = plain
	}
	kept := m.With(values...)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.arrived = append(c.arrived, kept)
	close(c.changed)
	c.changed = make(chan struct{})
	return nil
}

// isBinary says whether there are bytes in what was decoded.
func isBinary(v any) bool {
	switch v := v.(type) {
	case []byte:
		return true
	case []any:
		return slices.ContainsFunc(v, isBinary)
	case map[string]any:
		for _, e := range v {
			if isBinary(e) {
				return true
			}
		}
	}
	return false
}

// Expect waits for the next event of that name and returns its payload. Events before it
// are skipped, for later calls too. If it does not come within ten seconds, or its payload
// is no T, the test fails.
func (c *Client) Expect[T any](t testing.TB, ev socketio.Event[T]) T {
	t.Helper()
	m := c.next(string(ev), patience, true)
	if m == nil {
		t.Fatalf("socketiotest: %q has not come\n%s", ev, c.wire)
	}
	var v T
	if err := m.Decode(arguments(&v)...); err != nil {
		t.Fatalf("socketiotest: %v\n%s", err, c.wire)
	}
	return v
}

// ExpectNone fails the test if an event of that name comes within the time, or has come
// since the last one that Expect returned. It skips nothing.
func (c *Client) ExpectNone[T any](t testing.TB, ev socketio.Event[T], within time.Duration) {
	t.Helper()
	if m := c.next(string(ev), within, false); m != nil {
		t.Fatalf("socketiotest: %q has come\n%s", ev, c.wire)
	}
}

// next waits for an event, and takes it and those before it out of the record.
func (c *Client) next(event string, within time.Duration, take bool) *socketio.Message {
	timer := time.NewTimer(within)
	defer timer.Stop()
	for {
		c.mu.Lock()
		for i, m := range c.arrived {
			if m.Event != event {
				continue
			}
			if take {
				c.arrived = c.arrived[i+1:]
			}
			c.mu.Unlock()
			return m
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-timer.C:
			return nil
		}
	}
}

// arguments are what the arguments of a message are decoded into, for the payload that p
// points to: see [socketio.Event].
func arguments[T any](p *T) []any {
	t := reflect.TypeFor[T]()
	own := t.PkgPath() == reflect.TypeFor[socketio.None]().PkgPath()
	switch {
	case own && t == reflect.TypeFor[socketio.None]():
		return nil
	case own && (strings.HasPrefix(t.Name(), "Args2[") || strings.HasPrefix(t.Name(), "Args3[")):
		var fields []any
		for i := range t.NumField() {
			fields = append(fields, reflect.ValueOf(p).Elem().Field(i).Addr().Interface())
		}
		return fields
	default:
		return []any{p}
	}
}
