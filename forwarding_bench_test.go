//go:build unix

package socketio

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkHop compares a session whose requests come to its own server with one whose
// requests all come to another. The processor time is that of both servers and the client.
func BenchmarkHop(b *testing.B) {
	f := newForwardFleet(b, 2, Options{})
	owner := f.members[0].listener.URL
	for _, way := range []struct {
		name   string
		member *forwardMember
	}{{"own", f.members[0]}, {"other", f.members[1]}} {
		b.Run("polling/"+way.name, func(b *testing.B) {
			id := openPolling(b, owner)
			get(b, owner, id)
			url := way.member.listener.URL + "/socket.io/?EIO=4&transport=polling&sid=" + id
			measureHop(b, func() {
				post(b, url, `420["echo","hello"]`)
				if _, text := get(b, way.member.listener.URL, id); text != `430["hello"]` {
					b.Fatalf("the answer is %q", text)
				}
			})
		})
		b.Run("websocket/"+way.name, func(b *testing.B) {
			c := upgraded(b, f.members[0], way.member)
			measureHop(b, func() {
				if got, err := c.EmitAck[string](b.Context(), "echo", "hello"); err != nil || got != "hello" {
					b.Fatalf("the answer is %q, %v", got, err)
				}
			})
		})
	}
}

// measureHop runs do and reports the processor time that it takes.
func measureHop(b *testing.B, do func()) {
	do()
	before := processorTime(b)
	for b.Loop() {
		do()
	}
	b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
}

func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func post(b testing.TB, url, body string) {
	res, err := http.Post(url, "text/plain", strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	if text, _ := io.ReadAll(res.Body); string(text) != "ok" {
		b.Fatalf("a POST is answered by %d %q", res.StatusCode, text)
	}
}

// upgraded returns a client whose session one member has, and whose WebSocket comes to
// the same one or to another.
func upgraded(b testing.TB, session, socket *forwardMember) *Client {
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			socket.srv.ServeHTTP(w, r)
		} else {
			session.srv.ServeHTTP(w, r)
		}
	}))
	b.Cleanup(front.Close)
	var o ClientOptions
	o.Logger = slog.New(slog.DiscardHandler)
	c := NewClient(front.URL, &o)
	b.Cleanup(func() { c.Close() })
	before := session.srv.Stats().Upgraded
	if err := c.Connect(b.Context()); err != nil {
		b.Fatal(err)
	}
	within(b, "the upgrade", func() bool { return session.srv.Stats().Upgraded > before })
	return c
}
