package socketio

import (
	"context"
	"encoding/json/v2"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"socketio/engineio"
)

const testWindow = 2 * time.Minute

func withRecovery(more Recovery) *Options {
	more.Window = testWindow
	return &Options{Recovery: more}
}

// A seat is what a client knows of its session in a namespace.
type seat struct {
	client    *client
	namespace string
	SID       string `json:"sid"`
	PID       string `json:"pid"`
	offset    string
	got       []string // what came, without offsets
}

// prefix is what is in front of a packet's data.
func (s *seat) prefix() string {
	if s.namespace == "/" {
		return ""
	}
	return s.namespace + ","
}

// sit connects a client that has a seat, or else a new one, and reads up to the reply to
// the CONNECT.
func (r *rig) sit(namespace string, before *seat) *seat {
	r.t.Helper()
	now := &seat{client: r.dial(), namespace: namespace}
	auth := ""
	if before != nil {
		auth = fmt.Sprintf(`{"pid":%q}`, before.PID)
		if before.offset != "" {
			auth = fmt.Sprintf(`{"pid":%q,"offset":%q}`, before.PID, before.offset)
		}
		now.offset = before.offset
	}
	now.client.send("40" + now.prefix() + auth)
	for {
		text := now.client.next()
		if reply, ok := strings.CutPrefix(text, "40"+now.prefix()); ok {
			if err := json.Unmarshal([]byte(reply), now); err != nil || len(now.PID) != 20 {
				r.t.Fatalf("the reply to CONNECT is %s (%v)", text, err)
			}
			return now
		}
		now.take(text)
	}
}

// take notes an event and its offset.
func (s *seat) take(text string) {
	s.client.t.Helper()
	at, end := strings.LastIndex(text, `,"`), strings.LastIndex(text, `"]`)
	if !strings.HasPrefix(text, "42") || at < 0 || end < at {
		s.client.t.Fatalf("received %s, want an event with an offset", text)
	}
	s.offset = text[at+2 : end]
	s.got = append(s.got, strings.TrimPrefix(text[2:at]+"]", s.prefix()))
}

// read takes what has arrived once nothing happens any more. It works within synctest
// only.
func (s *seat) read() *seat {
	s.client.t.Helper()
	synctest.Wait()
	for {
		select {
		case m := <-s.client.arrived:
			s.take(describe(m))
		default:
			return s
		}
	}
}

// cut ends the connection, which the server sees.
func (s *seat) cut() {
	s.client.cut()
	synctest.Wait()
}

func (s *seat) want(events ...string) {
	s.client.t.Helper()
	if !slices.Equal(s.got, events) {
		s.client.t.Errorf("received %q, want %q", s.got, events)
	}
	s.got = nil
}

// wantSame fails unless the seat is that of before.
func (s *seat) wantSame(before *seat) {
	s.client.t.Helper()
	if s.SID != before.SID || s.PID != before.PID {
		s.client.t.Errorf("the session is not recovered")
	}
}

func (s *seat) wantOther(before *seat) {
	s.client.t.Helper()
	if s.SID == before.SID || s.PID == before.PID {
		s.client.t.Errorf("the session is recovered")
	}
}

// tell emits an event to everybody.
func (r *rig) tell(text string) {
	r.t.Helper()
	if err := r.srv.Emit("say", text); err != nil {
		r.t.Error(err)
	}
}

func TestAClientGetsWhatItMissedAndGoesOnAsBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, withRecovery(Recovery{}))
		admitted, greeted := 0, []bool{}
		r.srv.Use(func(context.Context, *Socket) (context.Context, error) { admitted++; return nil, nil })
		r.srv.OnConnect(func(_ context.Context, s *Socket) error {
			greeted = append(greeted, s.Recovered())
			return nil
		})
		first := r.sit("/", nil)
		s := r.wantSocket(first.SID)
		s.Join("room")
		s.SetData(42)
		r.tell("0")
		first.read().want(`["say","0"]`)
		first.cut()
		if _, there := r.srv.Socket(first.SID); there {
			t.Error("a socket without connection is one of the namespace's")
		}
		other := r.sit("/", nil)
		r.tell("1")
		if err := r.srv.To("room").Emit("say", []byte("x")); err != nil {
			t.Error(err)
		}
		for _, emit := range []func() error{
			func() error { return r.srv.To("elsewhere").Emit("say", "not for it") },
			func() error { return r.srv.Except("room").Emit("say", "not for it") },
			func() error { return r.srv.Except(first.SID).Emit("say", "not for it") },
			func() error { return r.srv.All().Volatile().Emit("say", "volatile") },
			func() error { return r.srv.Of("/else").Emit("say", "in another namespace") },
			func() error { return r.srv.To(first.SID, "room").Emit("say", "2") },
		} {
			if err := emit(); err != nil {
				t.Error(err)
			}
		}
		again := r.dial()
		again.send(fmt.Sprintf(`40{"pid":%q,"offset":%q}`, first.PID, first.offset))
		again.wantPrefix(`42["say","1","`)
		again.wantPrefix(`451-["say",{"_placeholder":true,"num":0},"`)
		again.want(`binary "x"`)
		again.wantPrefix(`42["say","2","`)
		again.want(fmt.Sprintf(`40{"sid":%q,"pid":%q}`, first.SID, first.PID))
		again.wantNothing()
		s = r.wantSocket(first.SID)
		if data, _ := s.Data[int](); data != 42 || !s.Recovered() {
			t.Errorf("the data is %d, recovered %v; want 42, true", data, s.Recovered())
		}
		if rooms := slices.Sorted(s.Rooms()); len(rooms) != 2 || !slices.Contains(rooms, "room") {
			t.Errorf("the rooms are %q", rooms)
		}
		if admitted != 2 || !slices.Equal(greeted, []bool{false, false, true}) {
			t.Errorf("middleware ran %d times, want 2; Recovered was %v", admitted, greeted)
		}
		if err := r.srv.To("room").Emit("say", "live"); err != nil {
			t.Error(err)
		}
		again.wantPrefix(`42["say","live","`)
		other.cut()
	})
}

func TestAllButTheEndsOfASocketCanBeRecovered(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(s *seat, server *Socket)
		same bool
	}{
		{"the connection was lost", func(s *seat, _ *Socket) { s.client.cut() }, true},
		{"no pong came", func(s *seat, _ *Socket) { s.client.deaf.Store(true); s.client.stall(); time.Sleep(time.Minute) }, true},
		{"the client broke the rules", func(s *seat, _ *Socket) { s.client.send("49") }, true},
		{"the client left", func(s *seat, _ *Socket) { s.client.send("41") }, false},
		{"the server disconnected it", func(_ *seat, s *Socket) { s.Disconnect() }, false},
		{"the server closed it", func(_ *seat, s *Socket) { s.Close() }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, withRecovery(Recovery{}))
				first := r.sit("/", nil)
				r.tell("0")
				first.read()
				tt.end(first, r.wantSocket(first.SID))
				synctest.Wait()
				r.tell("1")
				again := r.sit("/", first)
				if !tt.same {
					again.wantOther(first)
					again.read().want()
					return
				}
				again.wantSame(first)
				again.want(`["say","1"]`)
			})
		})
	}
}

func TestASessionIsKeptForTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, withRecovery(Recovery{}))
		var expired []string
		r.srv.Trace(&Trace{SessionExpired: func(id string) { expired = append(expired, id) }})
		early, late := r.sit("/", nil), r.sit("/", nil)
		r.tell("0")
		early.read()
		late.read()
		early.cut()
		late.cut()
		time.Sleep(testWindow - time.Millisecond)
		r.sit("/", early).wantSame(early)
		time.Sleep(time.Second)
		synctest.Wait()
		if want := []string{late.SID}; !slices.Equal(expired, want) {
			t.Errorf("expired are %q, want %q", expired, want)
		}
		r.sit("/", late).wantOther(late)
	})
}

func TestAnOffsetThatIsNotInTheLogAnyMoreIsGoodIfNothingWasMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, withRecovery(Recovery{}))
		idle, busy := r.sit("/", nil), r.sit("/", nil)
		r.tell("0")
		idle.read()
		busy.read()
		time.Sleep(time.Hour) // nothing for both
		if err := r.srv.To(busy.SID).Emit("say", "for the other"); err != nil {
			t.Error(err)
		}
		idle.cut()
		r.tell("1")
		again := r.sit("/", idle)
		again.wantSame(idle)
		again.want(`["say","1"]`)
	})
}

func TestWhoMissesAnEventThatIsGoneBeginsAnew(t *testing.T) {
	for _, tt := range []struct {
		name   string
		before func(r *rig, s *seat)
		after  func(r *rig, s *seat)
		same   bool
	}{
		{"it was sent, but did not arrive", func(r *rig, s *seat) {
			r.tell("lost on the way")
			synctest.Wait()
		}, func(r *rig, _ *seat) { r.tell(strings.Repeat("x", 5000)); r.tell(strings.Repeat("x", 5000)) }, false},
		{"it was emitted after the loss", nil, func(r *rig, _ *seat) {
			for range 20 {
				r.tell(strings.Repeat("x", 1000))
			}
		}, false},
		{"everything is there", nil, func(r *rig, _ *seat) { r.tell("1") }, true},
		{"what is gone had arrived", func(r *rig, s *seat) {
			for range 20 {
				r.tell(strings.Repeat("x", 1000))
			}
			s.read()
		}, func(r *rig, _ *seat) { r.tell("1") }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, withRecovery(Recovery{MaxBytes: 10_000}))
				var expired []string
				r.srv.Trace(&Trace{SessionExpired: func(id string) { expired = append(expired, id) }})
				first := r.sit("/", nil)
				r.tell("0")
				first.read()
				if tt.before != nil {
					tt.before(r, first)
				}
				first.cut()
				tt.after(r, first)
				again := r.sit("/", first)
				if tt.same {
					again.wantSame(first)
					again.want(`["say","1"]`)
					return
				}
				again.wantOther(first)
				again.read().want()
				if want := []string{first.SID}; !slices.Equal(expired, want) {
					t.Errorf("expired are %q, want %q", expired, want)
				}
				if h := r.srv.recovery.history; h.bytes > 10_000 || h.pushed == 0 {
					t.Errorf("the log has %d bytes, and dropped %d events", h.bytes, h.pushed)
				}
			})
		})
	}
}

func TestAClientThatGotNoEventIsRecoveredOnlyIfTheOptionSaysSo(t *testing.T) {
	for _, without := range []bool{false, true} {
		t.Run(fmt.Sprint(without), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, withRecovery(Recovery{WithoutOffset: without}))
				r.tell("before its time")
				first := r.sit("/", nil)
				first.cut()
				r.tell("1")
				again := r.sit("/", first)
				if !without {
					again.wantOther(first)
					again.read().want()
					return
				}
				again.wantSame(first)
				again.want(`["say","1"]`)
			})
		})
	}
}

func TestMiddlewareDecidesOnWhoComesBackIfTheOptionSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, withRecovery(Recovery{RunMiddleware: true}))
		refuse := false
		r.srv.Use(func(_ context.Context, s *Socket) (context.Context, error) {
			if refuse {
				return nil, &ConnectError{Message: "not today"}
			}
			s.Join("by middleware")
			return nil, nil
		})
		first := r.sit("/", nil)
		r.tell("0")
		first.read()
		first.cut()
		r.tell("1")
		refuse = true
		refused := r.dial()
		refused.send(fmt.Sprintf(`40{"pid":%q,"offset":%q}`, first.PID, first.offset))
		refused.want(`44{"message":"not today"}`)
		refuse = false
		again := r.sit("/", first)
		again.wantSame(first)
		again.want(`["say","1"]`)
		if rooms := slices.Sorted(r.wantSocket(first.SID).Rooms()); len(rooms) != 2 {
			t.Errorf("the rooms are %q", rooms)
		}
	})
}

func TestAClientThatComesBackBeforeTheLossIsNoticedTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, withRecovery(Recovery{}))
		var log []string
		r.srv.OnConnect(func(context.Context, *Socket) error { log = append(log, "connect"); return nil })
		r.srv.OnDisconnect(func(_ context.Context, _ *Socket, why Reason) error {
			time.Sleep(time.Second)
			log = append(log, string(why))
			return nil
		})
		first := r.sit("/", nil)
		r.tell("0")
		first.read()
		first.client.deaf.Store(true)
		r.tell("1")
		again := r.sit("/", first)
		again.wantSame(first)
		again.want(`["say","1"]`)
		synctest.Wait()
		if want := []string{"connect", "transport close", "connect"}; !slices.Equal(log, want) {
			t.Errorf("what happened is %q, want %q", log, want)
		}
		first.client.wantEnd(time.Second)
		r.tell("2")
		again.read().want(`["say","2"]`)
		if n := len(slices.Collect(r.srv.Sockets())); n != 1 {
			t.Errorf("there are %d sockets, want 1", n)
		}
	})
}

func TestOfferedSessionsThatAreNoneAreIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, withRecovery(Recovery{}))
		r.srv.Of("/else")
		first := r.sit("/", nil)
		r.tell("0")
		first.read()
		offset := first.offset
		first.cut()
		for _, auth := range []string{
			`{"pid":1,"offset":2}`, `{"pid":{}}`, `{"pid":"","offset":""}`,
			fmt.Sprintf(`{"pid":"nobody","offset":%q}`, offset),
			fmt.Sprintf(`{"pid":%q}`, first.PID),
			fmt.Sprintf(`{"pid":%q,"offset":"hello"}`, first.PID),
			fmt.Sprintf(`{"pid":%q,"offset":%q}`, first.PID, strings.ToUpper(offset)+"X"),
		} {
			c := r.dial()
			c.send("40" + auth)
			if reply := c.wantPrefix(`40{"sid":"`); strings.Contains(reply, first.SID) {
				t.Errorf("%s: the session is recovered", auth)
			}
		}
		elsewhere := r.sit("/else", first)
		elsewhere.wantOther(first)
		r.sit("/", first).wantSame(first)
	})
}

func BenchmarkBroadcastWithRecovery(b *testing.B) {
	for name, options := range map[string]*Options{"off": nil, "on": withRecovery(Recovery{})} {
		b.Run(name, func(b *testing.B) {
			srv := NewServer(options)
			overTCP(b, srv)
			payload := strings.Repeat("x", 100)
			b.ReportAllocs()
			for b.Loop() {
				// To nobody: what it costs beside sending.
				if err := srv.To("nobody").Emit("say", payload); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestWithoutRecoveryNothingIsAdded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		c, id := r.joined()
		r.tell("0")
		c.want(`42["say","0"]`)
		if s := r.wantSocket(id); s.session != nil || s.Recovered() {
			t.Error("a socket has a session although recovery is off")
		}
	})
}

func TestAChildNamespaceStaysForWhoMayComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, withRecovery(Recovery{}))
		tenants := r.srv.OfFunc(matchTenants)
		first := r.sit("/tenant-1", nil)
		other := r.sit("/tenant-2", nil)
		say := func(text string) {
			if err := tenants.Emit("say", text); err != nil {
				t.Error(err)
			}
		}
		say("0")
		first.read().want(`["say","0"]`)
		other.read().want(`["say","0"]`)
		first.cut()
		r.wantNames("/", "/tenant-1", "/tenant-2")
		say("1")
		other.read().want(`["say","1"]`)
		again := r.sit("/tenant-1", first)
		again.wantSame(first)
		again.want(`["say","1"]`)
		again.cut()
		other.cut()
		time.Sleep(testWindow + time.Second)
		r.wantNames("/")
	})
}

// Between the log and the sockets an emitter may be held up for any time.
func TestAnEventThatWasSentAgainIsNotSentByALateEmitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, withRecovery(Recovery{}))
		now := r.sit("/", nil)
		r.tell("begin")
		now.read().want(`["say","begin"]`)
		h := r.srv.recovery.history
		late := &logged{ns: r.srv.Namespace, event: "late"}
		h.append(late)
		late.messages = []engineio.Message{{Data: []byte(`2["late","` + h.offset(late.number) + `"]`)}}
		for _, missed := range []string{`["late"]`, `["say","between"]`} {
			now.cut()
			if missed != `["late"]` {
				r.tell("between")
			}
			before := now
			now = r.sit("/", before)
			now.wantSame(before)
			now.read().want(missed)
		}
		x := r.wantSocket(now.SID).session
		if _, err := x.deliver(late, func(c *engineio.Conn) error { return c.Send(late.messages...) }); err != nil {
			t.Error(err)
		}
		now.read().want()
	})
}

// An emitter is one of several that emit at the same time. Whatever the client gets, cut
// off again and again, must be each of their events once, in the emitter's order.
func TestNoEventIsLostOrSentTwiceHoweverOftenTheClientIsCutOff(t *testing.T) {
	const emitters, events, cuts = 4, 300, 30
	r := newRig(t, withRecovery(Recovery{}))
	first := r.sit("/", nil)
	r.tell("begin")
	first.take(first.client.next())
	first.got = nil
	var emitting sync.WaitGroup
	for e := range emitters {
		emitting.Go(func() {
			for i := range events {
				if err := r.srv.Emit("say", fmt.Sprintf("%d %d", e, i)); err != nil {
					t.Error(err)
				}
				if i%10 == e {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	var got []string
	now := first
	for range cuts {
		for range 20 {
			select {
			case m := <-now.client.arrived:
				now.take(describe(m))
			case <-time.After(5 * time.Millisecond):
			}
		}
		got = append(got, now.got...)
		abandoned := now
		now = r.sit("/", abandoned) // while the other is alive
		now.wantSame(abandoned)
		abandoned.client.cut()
	}
	emitting.Wait()
	r.tell("end")
	for len(now.got) == 0 || now.got[len(now.got)-1] != `["say","end"]` {
		now.take(now.client.next())
	}
	got = append(got, now.got...)
	next := make([]int, emitters)
	for _, event := range got[:len(got)-1] {
		var e, i int
		if _, err := fmt.Sscanf(event, `["say","%d %d"]`, &e, &i); err != nil || next[e] != i {
			t.Fatalf("received %s (%v), want number %d", event, err, next[e])
		}
		next[e]++
	}
	for e, n := range next {
		if n != events {
			t.Errorf("of emitter %d there are %d events, want %d", e, n, events)
		}
	}
}
