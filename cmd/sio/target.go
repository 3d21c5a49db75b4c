package main

import (
	"context"
	"crypto/tls"
	"encoding/json/jsontext"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"socketio"
	"socketio/engineio"
	"socketio/msgpack"
)

// A target is how a server is reached, as the flags say that all commands with a URL have.
type target struct {
	namespace  string
	path       string
	transports []string
	auth       jsontext.Value
	header     http.Header
	query      url.Values
	timeout    time.Duration
	answer     time.Duration // 0 is timeout
	insecure   bool
	eio3       bool // the server is one of version 2
	msgpack    bool
	verbose    bool
	bare       bool // no session waits for what it has sent, and none is slowed down

	format format
}

// bind declares the flags.
func (t *target) bind(flags *flag.FlagSet) {
	t.header, t.query = http.Header{}, url.Values{}
	flags.DurationVar(&t.answer, "answer", 0, "wait `TIME` for an answer or an event; default that of --timeout")
	flags.Func("auth", "what the server's middleware sees as auth, a `JSON` object; @FILE has it from a file", t.setAuth)
	flags.Func("eio", "the server speaks Engine.IO `REVISION` 4, or 3, which is Socket.IO 2; default 4", t.setRevision)
	flags.Func("header", "send a header with every request, `NAME:VALUE`; may be repeated", t.addHeader)
	flags.BoolVar(&t.insecure, "insecure", false, "accept any TLS certificate")
	t.format.bind(flags)
	flags.BoolVar(&t.msgpack, "msgpack", false, "the server uses socket.io-msgpack-parser")
	flags.StringVar(&t.namespace, "namespace", "", "join `NAME` in place of the URL's path")
	flags.StringVar(&t.path, "path", "/socket.io/", "the server is mounted at `PATH`")
	flags.Func("query", "add to the URL's query, `NAME=VALUE`; may be repeated", t.addQuery)
	flags.DurationVar(&t.timeout, "timeout", 20*time.Second, "wait `TIME` to be connected, and until what was sent is out")
	flags.Func("transport", "`polling` or websocket, or both with a comma between; default polling,websocket", t.setTransports)
	flags.BoolVar(&t.verbose, "verbose", false, "tell what happens below, on standard error")
}

func (t *target) setRevision(value string) error {
	t.eio3 = value == "3"
	if value != "3" && value != "4" {
		return errors.New("there are 3 and 4")
	}
	return nil
}

func (t *target) setAuth(value string) error {
	text := []byte(value)
	if name, ok := strings.CutPrefix(value, "@"); ok {
		var err error
		if text, err = os.ReadFile(name); err != nil {
			return err
		}
	}
	v := jsontext.Value(strings.TrimSpace(string(text)))
	if !v.IsValid() || v.Kind() != '{' {
		return errors.New(`want a JSON object, as '{"token":"abc"}'`)
	}
	t.auth = v
	return nil
}

func (t *target) addHeader(value string) error {
	name, content, ok := strings.Cut(value, ":")
	if !ok || strings.TrimSpace(name) == "" {
		return errors.New("want NAME:VALUE")
	}
	t.header.Add(strings.TrimSpace(name), strings.TrimSpace(content))
	return nil
}

func (t *target) addQuery(value string) error {
	name, content, ok := strings.Cut(value, "=")
	if !ok || name == "" {
		return errors.New("want NAME=VALUE")
	}
	t.query.Add(name, content)
	return nil
}

func (t *target) setTransports(value string) error {
	t.transports = strings.Split(value, ",")
	for _, name := range t.transports {
		if name != engineio.Polling && name != engineio.WebSocket {
			return fmt.Errorf("%q is none of polling and websocket", name)
		}
	}
	return nil
}

// address is the server's URL and the namespace to join. A URL without a scheme means
// http, and one that begins with a colon is a port of this machine.
func (t *target) address(raw string) (server *url.URL, namespace string, err error) {
	if strings.HasPrefix(raw, ":") {
		raw = "127.0.0.1" + raw
	}
	if !strings.Contains(raw, "://") {
		raw = "http://" + raw
	}
	server, err = url.Parse(raw)
	switch {
	case err != nil:
		return nil, "", usage("%q is no URL: %v", raw, errors.Unwrap(err))
	case !slices.Contains([]string{"http", "https", "ws", "wss"}, server.Scheme):
		return nil, "", usage("%q is no URL of a server: it has to begin with http, https, ws or wss", raw)
	case server.Host == "":
		return nil, "", usage("%q has no host", raw)
	}
	namespace = server.Path
	if t.namespace != "" {
		namespace = t.namespace
	}
	if !strings.HasPrefix(namespace, "/") {
		namespace = "/" + namespace
	}
	server.Path, server.RawPath = "", ""
	return server, namespace, nil
}

// transport makes the requests of one client.
func (t *target) transport() *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: t.insecure} //nolint:gosec // the flag says so
	return transport
}

// withJar returns a client with a jar, since balancers tell clients apart by cookies.
func withJar(transport http.RoundTripper) *http.Client {
	jar, _ := cookiejar.New(nil) // never fails without options
	return &http.Client{Transport: transport, Jar: jar}
}

// patience is how long an answer is waited for.
func (t *target) patience() time.Duration {
	if t.answer > 0 {
		return t.answer
	}
	return t.timeout
}

// dialOptions are those of a connection.
func (t *target) dialOptions(p *program, transport http.RoundTripper) engineio.DialOptions {
	o := engineio.DialOptions{
		Path: t.path, Query: t.query, Header: t.header, Transports: t.transports, EIO3: t.eio3,
		DialTimeout: t.timeout, HTTPClient: withJar(transport), Logger: slog.New(slog.DiscardHandler),
	}
	if t.verbose {
		o.Logger = slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return o
}

// A session is a client that has, or had, a connection.
type session struct {
	*socketio.Client
	wire  *wire       // nil if it is not to be known what is out
	began atomic.Bool // it was connected once
}

// connect connects, and calls prepare before, to register handlers. The first failure ends
// it; once connected the client comes back when the connection is lost, and tells.
func (t *target) connect(ctx context.Context, p *program, rawURL string, prepare func(*session)) (*session, error) {
	server, namespace, err := t.address(rawURL)
	if err != nil {
		return nil, err
	}
	connecting, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	s := &session{}
	bare := t.transport()
	transport := http.RoundTripper(bare)
	if !t.bare {
		s.wire = newWire(bare)
		transport = s.wire
	}
	var failure error // written before cancel is called
	options := &socketio.ClientOptions{
		DialOptions: t.dialOptions(p, transport), AckTimeout: t.patience(),
		OnRetry: func(_ int, wait time.Duration, cause error) {
			if !s.began.Load() {
				failure = cause
				cancel()
				return
			}
			fmt.Fprintf(p.stderr, "connection lost: %s; the next attempt is in %v\n", innermost(cause), wait.Round(time.Millisecond))
		},
		OnError: func(_ context.Context, _ *socketio.ClientSocket, err error) { fmt.Fprintln(p.stderr, "sio:", err) },
	}
	if t.auth != nil {
		options.Auth = t.auth
	}
	if t.msgpack {
		options.Codec = msgpack.Codec{}
	}
	target := *server
	target.Path = namespace
	s.Client = socketio.NewClient(target.String(), options)
	if prepare != nil {
		prepare(s)
	}
	if err := s.Connect(connecting); err != nil {
		s.Close()
		if ctx.Err() != nil {
			return nil, errInterrupted
		}
		if errors.Is(connecting.Err(), context.Canceled) && failure != nil {
			err = failure
		}
		return nil, &connectFailure{url: server.String(), finding: findingOf(err, namespace)}
	}
	s.began.Store(true)
	return s, nil
}

// end closes the client, and waits until what was sent is out. The error says that it is
// not.
func (s *session) end(timeout time.Duration) error {
	conn := s.Conn()
	s.Close()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	why := s.Wait(ctx)
	if gone, ok := errors.AsType[*socketio.DisconnectError](why); ok && gone.Unsent > 0 {
		return fmt.Errorf("the connection was lost, and %s with it", count(gone.Unsent, "event"))
	}
	if conn != nil && s.wire != nil && s.wire.drained(ctx, conn) != nil {
		return fmt.Errorf("%w within %v", errNotTaken, timeout)
	}
	return nil
}

var errInterrupted = errors.New("interrupted")

// A connectFailure says why there is no connection, and what to do about it.
type connectFailure struct {
	url     string
	finding finding
}

func (e *connectFailure) Error() string {
	return fmt.Sprintf("cannot connect to %s: %s\n  cause: %s\n  try:   %s\n  more:  sio doctor %s",
		e.url, e.finding.Seen, e.finding.Cause, e.finding.Fix, e.url)
}
