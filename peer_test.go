package socketio

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestPacketsThatEndTheConnection(t *testing.T) {
	packets := []string{
		`42`, `42[]`, `42[null]`, `42[true]`, `42[{}]`, `42{}`, `42["x"`, `42["x"]x`,
		`42["connect"]`, `42["connect_error"]`, `42["disconnect"]`, `42["disconnecting"]`,
		`42["newListener"]`, `42["removeListener"]`,
		`42/other,["x"]`, `41/other,`, `430`, `430{}`, `44{}`, `44"x"`, `41{}`, `47`, `49`, `4`, `4 `, `4a`,
		`42 1["x"]`, `42-1["x"]`, `429007199254740992["x"]`,
		`450-["x"]`, `45["x"]`, `451["x"]`, `4511-["x"]`, `451-["x"]`, `451-["x",{"_placeholder":true,"num":1}]`,
		`451-["x",{"_placeholder":true,"num":"0"}]`,
		"42[\"x\"," + strings.Repeat("[", 600) + strings.Repeat("]", 600) + "]",
	}
	for _, packet := range packets {
		t.Run(packet[:min(len(packet), 40)], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, nil)
				r.srv.OnAny(func(_ context.Context, _ *Socket, m *Message) error {
					t.Errorf("event %q was delivered", m.Event)
					return nil
				})
				var why *DisconnectError
				r.srv.OnDisconnect(func(_ context.Context, s *Socket, reason Reason) error {
					why, _ = errors.AsType[*DisconnectError](context.Cause(s.Context()))
					return nil
				})
				c, _ := r.joined()
				c.send(packet)
				c.wantEnd(time.Second)
				synctest.Wait()
				if why == nil || why.Reason != ReasonForcedClose || why.Err == nil {
					t.Errorf("the socket ended because of %v", why)
				}
			})
		})
	}
}

func TestAttachments(t *testing.T) {
	start := func(t *testing.T) *client {
		r := newRig(t, &Options{MaxPayload: 1000})
		r.srv.Handle("event", func(_ context.Context, s *Socket, m *Message) error {
			var v any
			if err := m.Decode(&v); err != nil {
				return err
			}
			return s.EmitArgs("event", v)
		})
		c, _ := r.joined()
		return c
	}
	t.Run("come back in place", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := start(t)
			packet := `452-["event",{"a":[{"b":{"_placeholder":true,"num":0}},{"_placeholder":true,"num":1}]}]`
			c.send(packet)
			c.sendBinary("first")
			c.sendBinary("")
			c.want(packet, `binary "first"`, `binary ""`)
		})
	})
	t.Run("interrupted by a text", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := start(t)
			c.send(`451-["event",{"_placeholder":true,"num":0}]`, `42["event",1]`)
			c.wantEnd(time.Second)
		})
	})
	t.Run("not announced", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := start(t)
			c.sendBinary("x")
			c.wantEnd(time.Second)
		})
	})
	t.Run("too large together", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := start(t)
			c.send(`452-["event",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`)
			c.sendBinary(strings.Repeat("x", 600))
			c.wantOpen()
			c.sendBinary(strings.Repeat("x", 600))
			c.wantEnd(time.Second)
		})
	})
	t.Run("late", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := start(t)
			packet := `451-["event",{"_placeholder":true,"num":0}]`
			for range 2 { // the deadline begins anew with each packet
				c.send(packet)
				time.Sleep(29 * time.Second)
				c.sendBinary("x")
				c.want(packet, `binary "x"`)
			}
			time.Sleep(time.Minute)
			c.wantOpen()
			c.send(packet)
			c.wantEnd(31 * time.Second)
		})
	})
}

func TestPacketsForALeftNamespaceAreIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, c, s := pair(t, nil)
		got := asked(func() (int, error) { return s.EmitAck[int](t.Context(), "question", 1) })
		c.want(`420["question",1]`)
		s.Disconnect()
		<-got
		c.want(`41`)
		c.send(`42["event"]`, `430[1]`, `41`) // were under way
		c.wantOpen()
		c.send(`42/other,["event"]`)
		c.wantEnd(time.Second)
		r.errors.take()
	})
}

func TestOnlySoManyLeftNamespacesAreKnown(t *testing.T) {
	srv := NewServer(nil)
	p := &peer{srv: srv}
	for n := range maxLeft + 5 {
		ns := srv.Of(fmt.Sprint(n))
		for range 2 {
			p.joined++
			p.drop(newSocket(ns, p, nil), connected)
			p.stopDeadline()
		}
	}
	if _, left := p.socketIn("/5"); !left || len(p.left) != maxLeft {
		t.Errorf("of %d namespaces, /5 is known: %v", len(p.left), left)
	}
	if _, left := p.socketIn("/4"); left {
		t.Error("a namespace that was left long ago is known")
	}
}

// TestWhatHandlersGetIsTheirs keeps everything that was decoded while the buffers that
// it came in are used again and again.
func TestWhatHandlersGetIsTheirs(t *testing.T) {
	type payload struct {
		Text string         `json:"text"`
		Data []byte         `json:"data"`
		Any  map[string]any `json:"any"`
	}
	synctest.Test(t, func(t *testing.T) {
		const events = 300
		r, release, _ := stuck(t, nil)
		var kept []payload
		var names []string
		r.srv.OnAny(func(_ context.Context, _ *Socket, m *Message) error {
			if strings.HasPrefix(m.Event, "name") {
				names = append(names, m.Event)
			}
			return nil
		})
		r.srv.On("keep", func(_ context.Context, _ *Socket, p payload) error {
			kept = append(kept, p)
			return nil
		})
		c, _ := r.joined()
		for n := range events {
			switch n {
			case 100: // from here on, what is received waits in the inbox
				c.send(`42["wait",""]`)
				time.Sleep(10 * time.Millisecond)
			case 200:
				synctest.Wait()
				release()
			}
			c.send(fmt.Sprintf(`451-["keep",{"text":"text %d","data":{"_placeholder":true,"num":0},"any":{"key %d":["%d"]}}]`, n, n, n))
			c.sendBinary(fmt.Sprint("data ", n))
			c.send(fmt.Sprintf(`42["name %d",%d]`, n, n))
		}
		synctest.Wait()
		if len(kept) != events || len(names) != events {
			t.Fatalf("%d events and %d names were kept", len(kept), len(names))
		}
		for n, p := range kept {
			list, _ := p.Any[fmt.Sprint("key ", n)].([]any)
			if p.Text != fmt.Sprint("text ", n) || string(p.Data) != fmt.Sprint("data ", n) || len(list) != 1 || list[0] != fmt.Sprint(n) {
				t.Errorf("event %d has become %+v", n, p)
			}
			if names[n] != fmt.Sprint("name ", n) {
				t.Errorf("the name of event %d has become %q", n, names[n])
			}
		}
	})
}

func TestNobodyWaitsForAttachmentsOfAConnectionThatHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		c, id := r.joined()
		p := r.wantSocket(id).peer
		c.send(`452-["event",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`)
		c.sendBinary("the first")
		synctest.Wait()
		c.cut()
		synctest.Wait()
		if p.late.timer.Stop() {
			t.Error("the timer still runs, and holds the attachments that came")
		}
	})
}
