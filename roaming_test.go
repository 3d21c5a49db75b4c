package socketio

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"socketio/adapter"
)

// newFleet starts servers on one bus that keeps events and sessions.
func newFleet(t *testing.T, bus adapter.Bus, count int, more Recovery) []*rig {
	t.Helper()
	options := make([]Options, count)
	for i := range options {
		options[i] = *withRecovery(more)
	}
	return newCluster(t, bus, options...)
}

func TestAClientComesBackToAnotherServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := newFleet(t, adapter.NewMemory(), 2, Recovery{})
		a, b := rigs[0], rigs[1]
		admitted := 0
		b.srv.Use(func(context.Context, *Socket) (context.Context, error) { admitted++; return nil, nil })
		first := a.sit("/", nil)
		s := a.wantSocket(first.SID)
		s.Join("room")
		s.SetData(map[string]any{"name": "Ada", "key": []byte{1, 2}})
		b.tell("0")
		first.read().want(`["say","0"]`)
		first.cut()
		a.tell("1")
		for _, emit := range []func() error{
			func() error { return b.srv.To("room").Emit("say", []byte("x")) },
			func() error { return a.srv.To("elsewhere").Emit("say", "not for it") },
			func() error { return a.srv.Except("room").Emit("say", "not for it") },
			func() error { return a.srv.All().Volatile().Emit("say", "volatile") },
			func() error { return a.srv.All().Local().Emit("say", "local") },
			func() error { return a.srv.Of("/else").Emit("say", "in another namespace") },
			func() error { return b.srv.To(first.SID, "room").Emit("say", "2") },
		} {
			synctest.Wait() // the next goes over another server
			if err := emit(); err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		again := b.dial()
		again.send(fmt.Sprintf(`40{"pid":%q,"offset":%q}`, first.PID, first.offset))
		again.wantPrefix(`42["say","1","`)
		again.wantPrefix(`451-["say",{"_placeholder":true,"num":0},"`)
		again.want(`binary "x"`)
		again.wantPrefix(`42["say","2","`)
		again.want(fmt.Sprintf(`40{"sid":%q,"pid":%q}`, first.SID, first.PID))
		again.wantNothing()
		if admitted != 0 {
			t.Errorf("middleware ran %d times", admitted)
		}
		s = b.wantSocket(first.SID)
		if rooms := slices.Sorted(s.Rooms()); !s.Recovered() || len(rooms) != 2 || !slices.Contains(rooms, "room") {
			t.Errorf("recovered %v, the rooms are %q", s.Recovered(), rooms)
		}
		infos, err := a.srv.To("room").FetchSockets(t.Context())
		if err != nil || len(infos) != 1 {
			t.Fatalf("FetchSockets returned %v, %v", infos, err)
		}
		type data struct {
			Name string `json:"name"`
			Key  []byte `json:"key"`
		}
		want := data{"Ada", []byte{1, 2}}
		if got, err := infos[0].Data[data](); err != nil || got.Name != want.Name || !slices.Equal(got.Key, want.Key) {
			t.Errorf("of the data another server tells %+v, %v", got, err)
		}
		if got, ok := s.Data[data](); !ok || got.Name != want.Name || !slices.Equal(got.Key, want.Key) {
			t.Errorf("the data is %+v, %v", got, ok)
		}
		if _, ok := s.Data[int](); ok {
			t.Error("the data is an int")
		}
		a.tell("live")
		again.wantPrefix(`42["say","live","`)
		if got := b.srv.Stats().Recovered; got != 1 {
			t.Errorf("Recovered is %d", got)
		}
	})
}

func TestAClientComesBackBeforeItsServerNoticesTheLoss(t *testing.T) {
	for name, to := range map[string]int{"to another server": 1, "to the same": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rigs := newFleet(t, adapter.NewMemory(), 2, Recovery{})
				first := rigs[0].sit("/", nil)
				rigs[0].tell("0")
				first.read().want(`["say","0"]`)
				again := rigs[to].sit("/", first)
				again.wantSame(first)
				rigs[0].tell("1")
				again.read().want(`["say","1"]`)
				first.client.wantEnd(time.Second)
			})
		})
	}
}

func TestASessionIsTakenUpOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := newFleet(t, adapter.NewMemory(), 2, Recovery{})
		first := rigs[0].sit("/", nil)
		rigs[0].tell("0")
		first.read().cut()
		rigs[1].sit("/", first).wantSame(first)
		rigs[0].sit("/", &seat{namespace: "/", SID: first.SID, PID: first.PID}).wantOther(first)
	})
}

func TestWhoCannotBeRecoveredOnAnotherServerIsTold(t *testing.T) {
	for name, lose := range map[string]func(t *testing.T, bus *adapter.Memory, rigs []*rig, first *seat){
		"the time is over": func(_ *testing.T, _ *adapter.Memory, _ []*rig, first *seat) {
			first.cut()
			time.Sleep(testWindow)
		},
		"the client left": func(_ *testing.T, _ *adapter.Memory, _ []*rig, first *seat) {
			first.client.send("41")
			synctest.Wait()
			first.cut()
		},
		"the session is gone": func(t *testing.T, bus *adapter.Memory, _ []*rig, first *seat) {
			first.cut()
			if _, err := bus.Take(t.Context(), first.PID); err != nil {
				t.Error(err)
			}
		},
		"an event is gone": func(t *testing.T, _ *adapter.Memory, rigs []*rig, first *seat) {
			first.cut()
			for range 10_001 {
				rigs[0].tell("many")
			}
			synctest.Wait()
		},
		"the offset is none": func(_ *testing.T, _ *adapter.Memory, _ []*rig, first *seat) {
			first.cut()
			first.offset = "nonsense"
		},
		"what is kept is no session": func(t *testing.T, bus *adapter.Memory, _ []*rig, first *seat) {
			first.cut()
			if err := bus.Save(t.Context(), first.PID, []byte("nonsense"), time.Minute); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bus := adapter.NewMemory()
				rigs := newFleet(t, bus, 2, Recovery{})
				first := rigs[0].sit("/", nil)
				rigs[0].tell("0")
				first.read()
				lose(t, bus, rigs, first)
				again := rigs[1].sit("/", first)
				again.wantOther(first)
				again.want()
				rigs[0].tell("live")
				again.read().want(`["say","live"]`)
			})
		})
	}
}

func TestAnOffsetThatTheBusDoesNotKeepAnyMoreIsGoodIfNothingWasMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := newFleet(t, adapter.NewMemory(), 2, Recovery{})
		first := rigs[0].sit("/", nil)
		rigs[0].tell("0")
		first.read().want(`["say","0"]`)
		for range 10_001 {
			if err := rigs[1].srv.To("elsewhere").Emit("say", "not for it"); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		first.cut()
		rigs[0].tell("1")
		synctest.Wait()
		again := rigs[1].sit("/", first)
		again.wantSame(first)
		again.want(`["say","1"]`)
	})
}

func TestAClientThatGotNoEventComesBackToAnotherServerIfTheOptionSaysSo(t *testing.T) {
	for _, without := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			rigs := newFleet(t, adapter.NewMemory(), 2, Recovery{WithoutOffset: without})
			rigs[0].tell("before") // else there is no place where it was let in
			synctest.Wait()
			first := rigs[0].sit("/", nil)
			first.cut()
			rigs[0].tell("1")
			synctest.Wait()
			again := rigs[1].sit("/", first)
			if !without {
				again.wantOther(first)
				return
			}
			again.wantSame(first)
			again.want(`["say","1"]`)
		})
	}
}

func TestEventsAreSentWithoutABusThatTakesTooLong(t *testing.T) {
	for name, trouble := range map[string]func(m *moody, on bool){
		"it stalls": func(m *moody, on bool) { m.stall.Store(on) },
		"it fails":  func(m *moody, on bool) { m.fail.Store(on) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bus := &moody{Memory: adapter.NewMemory()}
				rigs := newFleet(t, bus, 2, Recovery{})
				a, b := rigs[0], rigs[1]
				near := a.sit("/", nil)
				a.tell("0")
				near.read().want(`["say","0"]`)
				trouble(bus, true)
				began := time.Now()
				a.tell("1")
				a.tell("2")
				near.client.want(`42["say","1"]`, `42["say","2"]`)
				if waited := time.Since(began); waited > busPatience {
					t.Errorf("they came after %v", waited)
				}
				a.tell("3")
				near.client.want(`42["say","3"]`)
				near.cut()
				trouble(bus, false)
				time.Sleep(10 * time.Second) // whatever had been handed to the bus has failed
				b.sit("/", near).wantOther(near)

				a.tell("after it")
				synctest.Wait()
				fresh := a.sit("/", nil)
				a.tell("4")
				fresh.read().want(`["say","4"]`)
				fresh.cut()
				a.tell("5")
				synctest.Wait()
				again := b.sit("/", fresh)
				again.wantSame(fresh)
				again.want(`["say","5"]`)
				a.errors.take()
			})
		})
	}
}

func TestASessionOutlivesItsServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus := adapter.NewMemory()
		rigs := newFleet(t, bus, 2, Recovery{})
		first := rigs[0].sit("/", nil)
		rigs[0].tell("0")
		first.read()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := rigs[0].srv.Shutdown(ctx); err != nil {
			t.Fatal(err)
		}
		rigs[1].tell("1")
		synctest.Wait()
		next := newFleet(t, bus, 1, Recovery{})[0]
		again := next.sit("/", first)
		again.wantSame(first)
		again.want(`["say","1"]`)
	})
}

// Whatever a client gets, cut off again and again and coming back to any server, must be
// each event once, in the order of who emitted them.
func TestNoEventIsLostOrSentTwiceWhereverTheClientComesBack(t *testing.T) {
	const servers, events, cuts = 3, 300, 30
	synctest.Test(t, func(t *testing.T) {
		rigs := newFleet(t, adapter.NewMemory(), servers, Recovery{})
		now := rigs[0].sit("/", nil)
		rigs[0].tell("begin")
		now.take(now.client.next())
		now.got = nil
		var emitting sync.WaitGroup
		for e := range servers {
			emitting.Go(func() {
				for i := range events {
					if err := rigs[e].srv.Emit("say", fmt.Sprintf("%d %d", e, i)); err != nil {
						t.Error(err)
					}
					if i%10 == e {
						time.Sleep(time.Millisecond)
					}
				}
			})
		}
		var got []string
		for i := range cuts {
			for range 20 {
				select {
				case m := <-now.client.arrived:
					now.take(describe(m))
				case <-time.After(5 * time.Millisecond):
				}
			}
			got = append(got, now.got...)
			abandoned := now
			now = rigs[i%servers].sit("/", abandoned) // while the other is alive
			now.wantSame(abandoned)
			abandoned.client.cut()
		}
		emitting.Wait()
		rigs[0].tell("end")
		for len(now.got) == 0 || now.got[len(now.got)-1] != `["say","end"]` {
			now.take(now.client.next())
		}
		got = append(got, now.got...)
		next := map[int]int{}
		for _, event := range got[:len(got)-1] {
			var e, i int
			if _, err := fmt.Sscanf(event, `["say","%d %d"]`, &e, &i); err != nil || next[e] != i {
				t.Fatalf("received %s (%v), want number %d", event, err, next[e])
			}
			next[e]++
		}
		if want := map[int]int{0: events, 1: events, 2: events}; !maps.Equal(next, want) {
			t.Errorf("of the servers' events there are %v, want %v", next, want)
		}
	})
}

func TestWhatAServerGetsLateIsNotForAClientThatHasIt(t *testing.T) {
	g := &gap{from: "2", before: "0", entries: []roamingEntry{{at: "1"}, {at: "2"}, {at: "3"}, {at: "4"}}}
	all, ahead := g.join([]roamingEntry{{at: "3"}, {at: "4"}, {at: "5"}})
	var offsets []adapter.Offset
	for _, e := range all {
		offsets = append(offsets, e.at)
	}
	if want := []adapter.Offset{"3", "4", "5"}; !slices.Equal(offsets, want) {
		t.Errorf("the client gets %q, want %q", offsets, want)
	}
	if got := slices.Sorted(maps.Keys(ahead)); !slices.Equal(got, []adapter.Offset{"4", "5"}) {
		t.Errorf("to be skipped are %q", got)
	}
}

func TestWhoIsAwayWhileAnEventIsSentThatTheBusDoesNotHaveIsTold(t *testing.T) {
	for _, tt := range []struct {
		name, lossIn, clientIn string
		told                   bool
	}{
		{"in its namespace", "/", "/", true},
		{"in the main one", "/", "/other", true}, // which may stand for all
		{"in another", "/other", "/", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bus := &moody{Memory: adapter.NewMemory()}
				rigs := newFleet(t, bus, 2, Recovery{})
				a, b := rigs[0], rigs[1]
				for _, r := range rigs {
					r.srv.Of("/other")
				}
				away := a.sit(tt.clientIn, nil)
				if err := a.srv.Of(tt.clientIn).Emit("say", "0"); err != nil {
					t.Fatal(err)
				}
				away.read().want(`["say","0"]`)
				away.cut()
				synctest.Wait() // until its session is saved
				bus.fail.Store(true)
				if err := a.srv.Of(tt.lossIn).Emit("say", "1"); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				bus.fail.Store(false)
				time.Sleep(2 * digAgain)
				again := b.sit(tt.clientIn, away)
				if tt.told {
					again.wantOther(away)
				} else {
					again.wantSame(away)
				}
				// It is told once, and not of what comes afterwards.
				later := a.sit("/", nil)
				a.tell("2")
				later.read().want(`["say","2"]`)
				later.cut()
				a.tell("3")
				synctest.Wait()
				last := b.sit("/", later)
				last.wantSame(later)
				last.want(`["say","3"]`)
				a.errors.take()
			})
		})
	}
}
