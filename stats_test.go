package socketio

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"socketio/adapter"
	"socketio/engineio"
)

// ownCounters returns what is in Stats and not in what it embeds, by name.
func ownCounters(stats *Stats) map[string]uint64 {
	counters := map[string]uint64{}
	for field, value := range reflect.ValueOf(stats).Elem().Fields() {
		if field.Type.Kind() == reflect.Uint64 {
			counters[field.Name] = value.Uint()
		}
	}
	return counters
}

// A provocation makes a counter count, and no other but those that it names, while a
// client is connected whose socket is s.
type provocation struct {
	options Options
	provoke func(r *rig, c *client, s *Socket)
	counts  uint64            // 0 is 1
	others  map[string]uint64 // besides Connected
}

// provocations are for all counters of Stats itself but those of clusters and recovery.
var provocations = map[string]provocation{
	"Connected": {counts: 2, provoke: func(r *rig, c *client, _ *Socket) {
		r.srv.Of("/more")
		c.join("/more")
	}},
	"Rejected": {counts: 2, provoke: func(r *rig, c *client, _ *Socket) {
		r.srv.Of("/private").Use(func(context.Context, *Socket) (context.Context, error) { return nil, &ConnectError{Message: "no"} })
		c.send("40/private,", "40/nowhere,")
		c.wantPrefix("44")
		c.wantPrefix("44")
	}},
	"Violations": {provoke: func(_ *rig, c *client, _ *Socket) {
		c.send("42", "42")
		c.wantEnd(time.Minute)
	}},
	"AckTimeouts": {provoke: func(_ *rig, c *client, s *Socket) {
		_, _ = s.EmitArgsAck(s.Context(), "question")
		ctx, cancel := context.WithCancel(s.Context())
		cancel()
		_, _ = s.EmitArgsAck(ctx, "question") // not the client's fault
	}},
	"AcksUnwanted": {counts: 2, provoke: func(_ *rig, c *client, _ *Socket) { c.send("4312[]", "4313[]") }},
	"HitConnectTimeout": {provoke: func(r *rig, _ *client, _ *Socket) {
		r.dial().wantEnd(time.Hour)
	}},
	"HitMaxNamespaces": {options: Options{MaxNamespaces: 1}, provoke: func(r *rig, c *client, _ *Socket) {
		r.srv.Of("/more")
		c.send("40/more,")
		c.wantEnd(time.Minute)
	}},
	"HitMaxRooms": {options: Options{MaxRooms: 2}, counts: 3, provoke: func(_ *rig, _ *client, s *Socket) {
		s.Join("a", "b", "c", "d")
		s.Join("a", "e")
	}},
	"HitMaxAcks": {options: Options{MaxAcks: 1}, others: map[string]uint64{"AckTimeouts": 1}, provoke: func(_ *rig, _ *client, s *Socket) {
		first := asked(func() (*Message, error) { return s.EmitArgsAck(s.Context(), "question") })
		synctest.Wait()
		_, _ = s.EmitArgsAck(s.Context(), "question")
		<-first
	}},
	"HitMaxAttachments": {options: Options{MaxAttachments: 2}, others: map[string]uint64{"Violations": 1}, provoke: func(_ *rig, c *client, _ *Socket) {
		c.send(`453-["x"]`)
		c.wantEnd(time.Minute)
	}},
	"HitInbox": {options: Options{Inbox: 100}, provoke: func(r *rig, c *client, _ *Socket) {
		release := make(chan struct{})
		r.srv.Handle("wait", func(context.Context, *Socket, *Message) error { <-release; return nil })
		c.send(`42["wait"]`, `42["a","`+strings.Repeat("x", 50)+`"]`, `42["b"]`)
		time.Sleep(time.Second) // until somebody else reads
		close(release)
	}},
	"HitEventsPerSecond": {options: Options{EventsPerSecond: 3}, provoke: func(_ *rig, c *client, _ *Socket) {
		c.send(eventTexts(4)...)
		c.wantEnd(time.Minute)
	}},
	"HitBytesPerSecond": {options: Options{BytesPerSecond: 50}, provoke: func(_ *rig, c *client, _ *Socket) {
		time.Sleep(2 * time.Second)
		c.send(`42["x","`+strings.Repeat("x", 100)+`"]`, `42["x"]`)
		c.wantEnd(time.Minute)
	}},
	"HitJoinsPerSecond": {options: Options{JoinsPerSecond: 2}, provoke: func(_ *rig, c *client, s *Socket) {
		s.Join("a", "b")
		s.Join("c")
		c.wantEnd(time.Minute)
	}},
	"HitConnectsPerSecond": {options: Options{ConnectsPerSecond: 2}, others: map[string]uint64{"Rejected": 1}, provoke: func(_ *rig, c *client, _ *Socket) {
		c.send("40/a,", "40/b,")
		c.wantEnd(time.Minute)
	}},
	"HitFixed": {others: map[string]uint64{"Rejected": 6}, provoke: func(_ *rig, c *client, _ *Socket) {
		c.send("40/a,", "40/b,", "40/c,", "40/d,", "40/e,", "40/f,")
		c.wantEnd(time.Minute)
	}},
}

func TestEveryCounterCounts(t *testing.T) {
	elsewhere := regexp.MustCompile("^(Bus|Forward)") // in tests of clusters
	for name := range ownCounters(new(Stats)) {
		recovers := strings.Contains(name, "ecovered") || name == "Incomplete" || name == "Expired"
		if _, ok := provocations[name]; !ok && !recovers && !elsewhere.MatchString(name) {
			t.Errorf("no test provokes Stats.%s", name)
		}
	}
	for name, p := range provocations {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, c, s := pair(t, &p.options)
				p.provoke(r, c, s)
				synctest.Wait()
				want := map[string]uint64{"Connected": 1}
				maps.Copy(want, p.others)
				want[name] = max(p.counts, 1)
				stats := r.srv.Stats()
				for name, got := range ownCounters(&stats) {
					if got != want[name] {
						t.Errorf("%s is %d, want %d", name, got, want[name])
					}
				}
			})
		})
	}
}

// Every rate lets through what is within it, for as long as one likes.
func TestWhatKeepsToTheRatesIsServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &Options{EventsPerSecond: 2, BytesPerSecond: 100, JoinsPerSecond: 2, ConnectsPerSecond: 1}
		r := newRig(t, o)
		r.srv.Handle("join", func(_ context.Context, s *Socket, m *Message) error {
			s.Join("a", "b")
			return m.Ack()
		})
		r.srv.Of("/more")
		c, _ := r.joined()
		for range 100 {
			time.Sleep(time.Second)
			c.send(`421["join"]`)
			c.want(`431[]`)
			c.join("/more")
			c.send(`41/more,`)
		}
		c.wantOpen()
	})
}

func TestAConnectionBeyondARateIsClosedWithOneLineInTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log lockedBuffer
		r := newRig(t, &Options{EventsPerSecond: 10, Options: engineio.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}})
		handled := 0
		ended := make(chan error, 1)
		r.srv.Handle("event", func(context.Context, *Socket, *Message) error { handled++; return nil })
		r.srv.OnDisconnect(func(_ context.Context, s *Socket, why Reason) error {
			ended <- fmt.Errorf("%s because of %w", why, context.Cause(s.Context()))
			return nil
		})
		c, _ := r.joined()
		c.send(eventTexts(100)...)
		c.wantEnd(time.Minute)
		if got, want := (<-ended).Error(), "forced server close because of socketio: disconnected: forced server close: socketio: too many events per second"; got != want {
			t.Errorf("ended with %s, want %s", got, want)
		}
		if handled != 10 {
			t.Errorf("%d events were handled, want 10", handled)
		}
		if n := strings.Count(log.String(), "\n"); n != 1 || !strings.Contains(log.String(), `why="too many events per second"`) {
			t.Errorf("the log has %d lines:\n%s", n, log.String())
		}
	})
}

func TestStatsCountSocketsByWhyTheyEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		for why, end := range map[Reason]func(c *client, s *Socket){
			ReasonClientDisconnect:  func(c *client, _ *Socket) { c.send("41") },
			ReasonServerDisconnect:  func(_ *client, s *Socket) { s.Disconnect() },
			ReasonForcedClose:       func(c *client, _ *Socket) { c.send("4!") },
			ReasonParseError:        func(c *client, _ *Socket) { c.send("!") },
			ReasonTransportError:    func(c *client, _ *Socket) { c.send("2") },
			ReasonTransportClose:    func(c *client, _ *Socket) { c.cut() },
			ReasonForcedServerClose: func(c *client, _ *Socket) { c.send(strings.Split(strings.Repeat("40/x,|", 6), "|")[:6]...) },
		} {
			c, id := r.joined()
			synctest.Wait()
			end(c, r.wantSocket(id))
			synctest.Wait()
			if got := r.srv.Stats().Disconnected[why]; got != 1 {
				t.Errorf("%d sockets ended with %s, want 1: %v", got, why, r.srv.Stats().Disconnected)
			}
		}
		r.joined()
		synctest.Wait()
		if got := r.srv.Stats(); got.Sockets != 1 || got.Connected != 8 || len(got.Disconnected) != len(serverReasons) {
			t.Errorf("there are %d sockets of %d: %v", got.Sockets, got.Connected, got.Disconnected)
		}
		r.srv.Close()
		synctest.Wait()
		if got := r.srv.Stats(); got.Sockets != 0 || got.Disconnected[ReasonServerShutdown] != 1 {
			t.Errorf("there are %d sockets: %v", got.Sockets, got.Disconnected)
		}
	})
}

func TestStatsCountPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &Options{OnError: func(context.Context, *Socket, error) { panic("while a panic is reported") }}
		r, c, _ := pair(t, o)
		r.srv.Handle("oops", func(context.Context, *Socket, *Message) error { panic("oops") })
		r.srv.OnDisconnect(func(context.Context, *Socket, Reason) error { panic("oops") })
		c.send(`42["oops"]`)
		synctest.Wait()
		if got := r.srv.Stats().Panics; got != 2 {
			t.Errorf("%d panics, want 2", got)
		}
		c.cut()
		synctest.Wait()
		if got := r.srv.Stats().Panics; got != 4 {
			t.Errorf("%d panics, want 4", got)
		}
	})
}

func TestStatsCountRecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, withRecovery(Recovery{}))
		want := func(parked int, recovered, not, incomplete, expired uint64) {
			t.Helper()
			synctest.Wait()
			got := r.srv.Stats()
			if got.Parked != parked || got.Recovered != recovered || got.NotRecovered != not || got.Incomplete != incomplete || got.Expired != expired {
				t.Errorf("parked %d, recovered %d, not %d, incomplete %d, expired %d", got.Parked, got.Recovered, got.NotRecovered, got.Incomplete, got.Expired)
			}
		}
		first := r.sit("/", nil)
		if err := r.srv.EmitArgs("news"); err != nil {
			t.Error(err)
		}
		first.take(first.client.next())
		want(0, 0, 0, 0, 0)
		first.client.cut()
		want(1, 0, 0, 0, 0)
		again := r.sit("/", first)
		want(0, 1, 0, 0, 0)
		again.client.cut()
		r.sit("/", &seat{PID: again.PID, offset: "none"})
		want(1, 1, 0, 1, 0)
		r.sit("/", &seat{PID: "nobody", offset: first.offset})
		want(1, 1, 1, 1, 0)
		time.Sleep(testWindow + time.Second)
		want(0, 1, 1, 1, 1)
	})
}

func TestStatsCountTheBus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := adapter.NewMemory()
		rigs := newCluster(t, bus, Options{}, Options{})
		rigs[0].srv.Of("/")
		before := rigs[1].srv.Stats()
		if err := rigs[0].srv.EmitArgs("news"); err != nil {
			t.Error(err)
		}
		if _, err := bus.Publish(t.Context(), adapter.Topic{}, []byte("?")); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		sender, receiver := rigs[0].srv.Stats(), rigs[1].srv.Stats()
		if sender.BusPublished == 0 || receiver.BusReceived != before.BusReceived+1 || receiver.BusMalformed != 1 {
			t.Errorf("the sender counts %+v,\nthe receiver %+v", sender, receiver)
		}
		if counts := rigs[0].srv.node.Counts(); sender.BusFailed != counts.Failed || sender.BusDropped != counts.Dropped {
			t.Errorf("failed are %d and dropped %d, of %+v", sender.BusFailed, sender.BusDropped, counts)
		}
	})
}

func TestStatsMayBeAskedForAtAnyTime(t *testing.T) {
	r := newRig(t, nil)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 20 {
				c, _ := r.joined()
				c.send(`42["x"]`)
				c.cut()
			}
		})
	}
	for range 100 {
		if stats := r.srv.Stats(); stats.Sockets < 0 || stats.Sockets > 4 {
			t.Errorf("there are %d sockets", stats.Sockets)
		}
	}
	all.Wait()
}

func TestDrainEndsSocketsOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		var mu sync.Mutex
		type end struct {
			after time.Duration
			why   Reason
		}
		var ended []end
		start := time.Now()
		r.srv.OnDisconnect(func(_ context.Context, s *Socket, why Reason) error {
			mu.Lock()
			defer mu.Unlock()
			ended = append(ended, end{time.Since(start), why})
			return nil
		})
		var clients []*client
		for range 4 {
			c, _ := r.joined()
			clients = append(clients, c)
		}
		synctest.Wait()
		start = time.Now()
		done := make(chan error, 1)
		go func() { done <- r.srv.Drain(t.Context(), 4*time.Second) }()
		time.Sleep(1500 * time.Millisecond)
		if err := r.srv.EmitArgs("still here"); err != nil {
			t.Error(err)
		}
		if status := r.get("transport=polling&EIO=4"); status != http.StatusServiceUnavailable {
			t.Errorf("a newcomer is answered %d", status)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		synctest.Wait()
		for i, end := range ended { // each in its second
			if end.why != ReasonServerShutdown || end.after < time.Duration(i)*time.Second || end.after > time.Duration(i+1)*time.Second+20*time.Millisecond {
				t.Errorf("the end number %d is %+v", i, end)
			}
		}
		if len(ended) != 4 {
			t.Errorf("%d have ended, want 4", len(ended))
		}
		here := 0
		for _, c := range clients {
			select {
			case m := <-c.arrived:
				here += bytes.Count(m.Data, []byte("still here"))
			default:
			}
		}
		if here != 2 && here != 3 {
			t.Errorf("%d clients got the event, want the two or three that had not been ended", here)
		}
	})
}

// eventTexts are so many events.
func eventTexts(n int) []string { return slices.Repeat([]string{`42["event"]`}, n) }

// get makes a request and returns the status of the answer.
func (r *rig) get(query string) int {
	r.t.Helper()
	transport := &http.Transport{DialContext: r.pipes.dial, DisableKeepAlives: true}
	response, err := (&http.Client{Transport: transport}).Get("http://in.memory/socket.io/?" + query)
	if err != nil {
		r.t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}
