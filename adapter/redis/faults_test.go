package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"net"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"socketio"
	"socketio/adapter"
)

// The faults of the project's list that have to do with the broker, by their numbers there. Of
// those that take their time, a few rounds are run unless the flag says otherwise.
var restarts = flag.Int("restarts", 2, "how often the broker is restarted")

// forKinds runs a test for each kind of Bus, with a Redis of its own.
func forKinds(t *testing.T, test func(t *testing.T, b *broker, open func(c rueidis.Client) adapter.Bus)) {
	for kind, open := range kinds {
		t.Run(kind, func(t *testing.T) { test(t, own(t), open) })
	}
}

// numbersFrom returns n numbers.
func numbersFrom(first, n int) (numbers []int) {
	for i := range n {
		numbers = append(numbers, first+i)
	}
	return numbers
}

func TestF04TheBrokerIsRestarted(t *testing.T) {
	forKinds(t, func(t *testing.T, b *broker, open func(c rueidis.Client) adapter.Bus) {
		a, z := newSite(t, open(b.client(t))), newSite(t, open(b.client(t)))
		var rooms []string
		for i := range 200 {
			rooms = append(rooms, fmt.Sprint("room", i))
		}
		if err := z.srv.All().SocketsJoin(rooms...); err != nil {
			t.Fatal(err)
		}
		met(t, a, z)
		most := 0
		for i := range *restarts {
			b.kill()
			local := numbersFrom(1000*(i+1), 20)
			a.emit(local...)
			a.wantNext("while the broker is away", local...)
			if err := b.restart(); err != nil {
				t.Fatal(err)
			}
			back := time.Now()
			probe := -1000 * (i + 1)
			until(t, "hearing the others again", func() bool {
				_ = a.srv.To("room7").Emit("n", probe) // which may fail
				return slices.Contains(z.heard(), probe)
			})
			t.Logf("restart %d: the servers hear each other %v after the broker's return", i+1, time.Since(back))
			met(t, a, z)
			if most == 0 {
				most = runtime.NumGoroutine() + 10
			}
		}
		goroutines(t, most)
		if n := a.reports(); n == 0 || n > 10**restarts {
			t.Errorf("%d errors were reported", n)
		}
	})
}

func TestF05TheBrokerStalls(t *testing.T) {
	forKinds(t, func(t *testing.T, b *broker, open func(c rueidis.Client) adapter.Bus) {
		a, z := newSite(t, open(b.client(t))), newSite(t, open(b.client(t)))
		met(t, a, z)
		if err := b.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		numbers := numbersFrom(1, 200)
		a.emit(numbers...)
		a.wantNext("while the broker stalls", numbers...)
		if err := b.cmd.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		z.wantNext("when it goes on", numbers...)
	})
}

func TestF05TheBrokerIsFull(t *testing.T) {
	b := own(t)
	control := b.client(t)
	a, z := newSite(t, kinds["streams"](b.client(t))), newSite(t, kinds["streams"](b.client(t)))
	met(t, a, z)
	do(t, control, "CONFIG", "SET", "maxmemory-policy", "noeviction")
	do(t, control, "CONFIG", "SET", "maxmemory", "1")
	before := a.reports()
	numbers := numbersFrom(1, 50)
	a.emit(numbers...)
	a.wantNext("while the broker is full", numbers...)
	if s := a.srv.Stats(); s.BusFailed == 0 {
		t.Error("nothing is counted")
	}
	if n := a.reports() - before; n != 1 {
		t.Errorf("%d errors were reported of one reason, want 1", n)
	}
	do(t, control, "CONFIG", "SET", "maxmemory", "0")
	met(t, a, z)
	// The other client has missed what could not be published, and nobody can tell.
	// Those that got it without a place in the stream cannot be recovered.
	a.gate.close()
	a.emit(51)
	if a.comeBack() {
		t.Error("a client was recovered that has events without a place")
	}
}

func TestF05TheBrokerWantsAPassword(t *testing.T) {
	forKinds(t, func(t *testing.T, b *broker, open func(c rueidis.Client) adapter.Bus) {
		control := b.client(t)
		a, z := newSite(t, open(b.client(t))), newSite(t, open(b.client(t)))
		met(t, a, z)
		do(t, control, "CONFIG", "SET", "requirepass", "secret")
		do(t, control, "CLIENT", "KILL", "TYPE", "pubsub")
		do(t, control, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
		numbers := numbersFrom(1, 50)
		a.emit(numbers...)
		a.wantNext("while the broker refuses", numbers...)
		until(t, "the report", func() bool { return a.reports() > 0 })
		if n := a.reports(); n > 3 {
			t.Errorf("%d errors were reported of one reason", n)
		}
		do(t, control, "CONFIG", "SET", "requirepass", "")
		met(t, a, z)
	})
}

func TestF06AServerIsCutOffFromTheBroker(t *testing.T) {
	forKinds(t, func(t *testing.T, b *broker, open func(c rueidis.Client) adapter.Bus) {
		way := new(link)
		client, err := rueidis.NewClient(rueidis.ClientOption{
			InitAddress: []string{b.addr}, DisableCache: true,
			DialCtxFn: func(ctx context.Context, addr string, _ *net.Dialer, _ *tls.Config) (net.Conn, error) {
				return way.dial(ctx, addr)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		a, z := newSite(t, open(b.client(t))), newSite(t, open(client))
		met(t, a, z)
		way.cut(true)
		a.emit(numbersFrom(1, 20)...)
		z.emit(numbersFrom(101, 20)...)
		a.wantNext("on this side", numbersFrom(1, 20)...)
		z.wantNext("on the other", numbersFrom(101, 20)...)
		infos, err := a.srv.All().FetchSockets(t.Context())
		partial, ok := errors.AsType[*socketio.PartialError](err)
		if len(infos) != 1 || !ok || len(partial.Silent) != 1 || len(partial.Silent[0]) != 16 {
			t.Errorf("a request returned %d sockets, %v; want one, and the name of the server that is cut off", len(infos), err)
		}
		way.cut(false)
		met(t, a, z) // forgets what the stream brings late
		a.emit(201, 202)
		z.wantNext("after that", 201, 202)
		a.wantNext("after that", 201, 202)
	})
}

func TestF23ServersOfOtherVersions(t *testing.T) {
	forKinds(t, func(t *testing.T, b *broker, open func(c rueidis.Client) adapter.Bus) {
		control := b.client(t)
		bus := open(b.client(t))
		a, z := newSite(t, bus), newSite(t, open(b.client(t)))
		met(t, a, z)
		before := z.srv.Stats().BusMalformed
		for _, body := range []string{"{", "\xc1", "not JSON", `{"type":3}`, `[1,2]`, `{"type":3,"nsp":"/","uid":"u","data":{}}`} {
			for _, channel := range []string{"socket.io#/#", "socket.io-request#/#"} {
				do(t, control, "PUBLISH", channel, body)
				do(t, control, "SPUBLISH", channel, body)
			}
			do(t, control, "XADD", "socket.io", "*", "uid", "u", "nsp", "/", "type", "3", "data", body)
			do(t, control, "XADD", "socket.io", "*", "something", "else")
		}
		for _, m := range []adapter.Message{{Type: 42}, {Type: 99, RequestID: "r"}, {Type: adapter.LetGo, Session: "none"}} {
			m.UID, m.Namespace = "0123456789abcdef", "/"
			if _, err := bus.Publish(t.Context(), m.Topic(), m.Append(nil)); err != nil {
				t.Errorf("a message of type %d: %v", m.Type, err)
			}
		}
		met(t, a, z)
		if got := z.srv.Stats().BusMalformed; got == before {
			t.Error("what is no message is not counted")
		}
		if n := z.reports(); n != 1 {
			t.Errorf("%d errors were reported, want 1", n)
		}
	})
}

func TestF23ServersWithAnotherPrefixAreAnotherCluster(t *testing.T) {
	b := own(t)
	a, z := newSite(t, kinds["classic"](b.client(t))), newSite(t, kinds["classic"](b.client(t)))
	stranger := newSite(t, NewClassic(b.client(t), &ClassicOptions{Prefix: "socket.io-other"}))
	met(t, a, z)
	met(t, stranger)
	a.emit(1)
	stranger.emit(2)
	a.emit(3)
	z.wantNext("within the cluster", 1, 3)
	stranger.wantNext("within the other", 2)
	if n, err := a.srv.ServerCount(t.Context()); n != 2 || err != nil {
		t.Errorf("there are %d servers (%v), want 2", n, err)
	}
}

func TestF24WhatIsKeptIsGone(t *testing.T) {
	for name, harm := range map[string]func(t *testing.T, control rueidis.Client){
		"FLUSHALL":              func(t *testing.T, control rueidis.Client) { do(t, control, "FLUSHALL") },
		"the stream is deleted": func(t *testing.T, control rueidis.Client) { do(t, control, "DEL", "socket.io") },
		"the stream is trimmed": func(t *testing.T, control rueidis.Client) { do(t, control, "XTRIM", "socket.io", "MAXLEN", "1") },
		"the session is gone": func(t *testing.T, control rueidis.Client) {
			for _, key := range sessionKeys(t, control) {
				do(t, control, "DEL", key)
			}
		},
		"the session is something else": func(t *testing.T, control rueidis.Client) {
			for _, key := range sessionKeys(t, control) {
				do(t, control, "SET", key, "something else")
			}
		},
		"nothing": nil, // in which case the client is recovered
	} {
		t.Run(name, func(t *testing.T) {
			b := own(t)
			control := b.client(t)
			a, z := newSite(t, kinds["streams"](b.client(t))), newSite(t, kinds["streams"](b.client(t)))
			met(t, a, z)
			a.emit(1)
			z.wantNext("before", 1)
			z.goAway(control)
			a.emit(2, 3, 4)
			a.wantNext("the other client", 1, 2, 3, 4)
			if harm != nil {
				harm(t, control)
			}
			recovered := z.comeBack()
			if recovered != (harm == nil) {
				t.Errorf("recovered: %t", recovered)
			}
			want := []int{5}
			if recovered {
				want = []int{2, 3, 4, 5}
			}
			until(t, "hearing each other again", func() bool {
				a.emit(5)
				return slices.Contains(z.heard(), 5)
			})
			z.wantNext("afterwards", want...)
			if !recovered && z.srv.Stats().Recovered != 0 {
				t.Error("a recovery is counted")
			}
		})
	}
}
