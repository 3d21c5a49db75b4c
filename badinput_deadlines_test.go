package socketio_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// What ends by a deadline of the default options is tested on connections in memory,
// within synctest, where it takes no time.
func TestBadInputThatOnlyTimeEnds(t *testing.T) {
	for _, input := range []badInput{
		{"B17 Allow waits for ever", allowing(func(r *http.Request) error { <-r.Context().Done(); return r.Context().Err() }), func(v *victim) {
			l := v.dial()
			v.wantAfter(10*time.Second, func() {
				v.want("a GET", l.write(request("GET", "/socket.io/?EIO=4&transport=polling", "")).answer("GET"), 500, "")
			})
			l = v.dial()
			v.wantAfter(10*time.Second, func() {
				v.want("an upgrade", l.write(handshake("EIO=4&transport=websocket")).answer("GET"), 500, "")
			})
		}},
		{"B17 Allow takes no notice of the time", allowing(func(*http.Request) error { time.Sleep(11 * time.Second); return nil }), func(v *victim) {
			l := v.dial()
			v.wantAfter(10*time.Second, func() {
				v.want("a GET", l.write(request("GET", "/socket.io/?EIO=4&transport=polling", "")).answer("GET"), 500, "")
			})
			time.Sleep(time.Second) // Allow returns
		}},
		{"B35 slow body", nil, func(v *victim) {
			sid := v.session()
			l := v.dial().write(request("POST", "/socket.io/?"+polling(sid), "", "Content-Length: 1000"))
			stop := l.dribble("4", time.Second)
			v.wantAfter(30*time.Second, func() { v.want("a POST", l.answer("POST"), 408, "") })
			l.wantEnd()
			stop()
			v.wantGone(sid)
		}},
		{"B35 slow body of a refused request", nil, func(v *victim) {
			l := v.dial().write(request("POST", "/socket.io/?"+polling("x"), "", "Content-Length: 1000"))
			stop := l.dribble("4", time.Second)
			v.wantAfter(30*time.Second, func() { v.wantError("a POST", l.answer("POST"), sessionUnknown) })
			l.wantEnd()
			stop()
		}},
		{"B59 no answer to the server's close frame", nil, func(v *victim) {
			l := v.joinedWebSocket().text("1").want("close 1005")
			v.wantAfter(5*time.Second, l.wantEnd)
		}},
		{"B59 data without end after the server's close frame", nil, func(v *victim) {
			l := v.joinedWebSocket().text("1").want("close 1005")
			stop := l.dribble(frame(0x81, `42["relay"]`), 100*time.Millisecond)
			v.wantAfter(5*time.Second, l.wantEnd)
			stop()
			v.wantNothingDelivered()
		}},
		{"B59 a refused peer that stays", nil, func(v *victim) {
			l := v.joinedWebSocket().write(frame(0x83, "")).want("close 1002")
			v.wantAfter(5*time.Second, l.wantEnd)
		}},
		{"B61 frame that comes byte by byte", nil, func(v *victim) {
			l := v.joinedWebSocket()
			stop := l.dribble("\x81", 10*time.Second)
			v.wantAfter(45*time.Second, func() { l.want("2", "close 1005") })
			stop()
		}},
		{"B61 payload that comes byte by byte", nil, func(v *victim) {
			l := v.joinedWebSocket().write("\x81\xff\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00" + "4")
			stop := l.dribble("2", 10*time.Second)
			v.wantAfter(45*time.Second, func() { l.want("2", "close 1005") })
			stop()
		}},
		{"B66 silence after the probe", nil, func(v *victim) {
			sid := v.session()
			l := v.upgrade(upgrading(sid)).text("2probe").want("3probe")
			v.wantAfter(10*time.Second, func() { l.wantClosed(1005) })
			v.wantKept(sid)
		}},
		{"B84 no CONNECT", nil, func(v *victim) {
			l := v.webSocket()
			v.wantAfter(45*time.Second, func() { l.want("2").text("3").wantClosed(1005) })
			sid := v.session()
			v.wantAfter(25*time.Second, func() { v.want("a poll", v.get(sid), 200, "2") })
			v.want("a pong", v.post(sid, "3"), 200, "ok")
			v.wantAfter(20*time.Second, func() { v.want("a poll", v.get(sid), 200, "1") })
			v.wantGone(sid)
		}},
		{"B104 attachments that do not come", nil, func(v *victim) {
			l := v.joinedWebSocket().text("453-" + placeholders("relay", 3))
			v.wantAfter(30*time.Second, func() { l.want("2").text("3").wantClosed(1005) })
			l = v.joinedWebSocket().text("453-" + placeholders("relay", 3))
			v.wantAfter(25*time.Second, func() { l.want("2").text("3") })
			l.binary("first") // does not make the others welcome for longer
			v.wantAfter(5*time.Second, func() { l.wantClosed(1005) })
			v.wantNothingDelivered()
		}},
		{"B116 no namespace left", nil, func(v *victim) {
			l := v.joinedWebSocket().text("41", `42["relay"]`)
			v.wantAfter(45*time.Second, func() { l.want("2").text("3").wantClosed(1005) })
			v.wantNothingDelivered()
		}},
	} {
		t.Run(input.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := newVictimInMemory(t, input.options)
				input.attack(v)
				v.settle()
			})
		})
	}
}

// wantAfter expects that f takes so long, but for what a timer may be late.
func (v *victim) wantAfter(d time.Duration, f func()) {
	v.Helper()
	start := time.Now()
	f()
	if took := time.Since(start); took < d || took > d+200*time.Millisecond {
		v.Errorf("took %v, want %v", took, d)
	}
}

// dribble goes on to write text, one byte at a time, until the function that it
// returns is called.
func (l *line) dribble(text string, every time.Duration) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	tick := time.NewTicker(every)
	go func() {
		defer close(ended)
		for rest := strings.Repeat(text, 1000); ; rest = rest[1:] {
			select {
			case <-tick.C:
				l.Write([]byte(rest[:1]))
			case <-done:
				return
			}
		}
	}()
	return func() {
		tick.Stop()
		close(done)
		l.Close() // a write may wait for a reader
		<-ended
	}
}
