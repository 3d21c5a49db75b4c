package socketio_test

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"socketio"
	"socketio/engineio"
)

func TestBadUpgrades(t *testing.T) {
	testBadInputs(t, []badInput{
		{"B64 upgrade packet without a probe", nil, func(v *victim) {
			sid := v.joined()
			parked := v.park(sid)
			l := v.upgrade(upgrading(sid)).text("5", `421["echo"]`)
			v.want("the GET that waited", parked.answer("GET"), 200, "6")
			l.want("431[]")
			v.wantError("a poll afterwards", v.get(sid), badRequest)
		}},
		{"B65 no probe first", nil, func(v *victim) {
			for _, first := range []string{
				frame(0x81, "2"), frame(0x81, "2probex"), frame(0x81, "40"), frame(0x81, "3probe"), frame(0x81, "6"), frame(0x81, "1"),
				frame(0x81, "zzz"), frame(0x81, ""), frame(0x82, "2probe"), frame(0x82, ""), frame(0x81, "bMnByb2Jl"),
			} {
				wantFailedUpgrade(v, first, 1005)
			}
		}},
		{"B65 bad frame first", nil, func(v *victim) {
			wantFailedUpgrade(v, frame(0x83, "x"), 1002)
			wantFailedUpgrade(v, frame(0x81, "2\xff"), 1007)
			wantFailedUpgrade(v, "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 1009)
			wantFailedUpgrade(v, frame(0x81, "2probe")+frame(0x88, "\x03\xe8"), 1000)
		}},
		{"B65 gone after the probe", nil, func(v *victim) {
			sid := v.session()
			for range 20 {
				v.until("another one is probed", func() bool {
					l, got := v.tryUpgrade(upgrading(sid))
					return got.status == http.StatusSwitchingProtocols && l.text("2probe").next() == "3probe" && l.Close() == nil
				})
			}
			v.wantKept(sid)
		}},
		{"B66 silence after the probe", hasty(), func(v *victim) {
			sid := v.session()
			v.upgrade(upgrading(sid)).text("2probe").want("3probe").wantClosed(1005)
			v.upgrade(upgrading(sid)).wantClosed(1005)
			v.upgrade(upgrading(sid)).text("2probe", "5").want("3probe").text("40").wantPrefix("40{")
		}},
		{"B67 second upgrade", nil, func(v *victim) {
			sid := v.joined()
			first := v.upgrade(upgrading(sid)).text("2probe").want("3probe")
			v.upgrade(upgrading(sid)).wantClosed(1005)
			first.text("5", `421["echo"]`).want("431[]")
			v.upgrade(upgrading(sid)).wantClosed(1005)
			first.text(`422["echo"]`).want("432[]")
		}},
		{"B68 upgrade packet twice", nil, func(v *victim) {
			sid := v.joined()
			v.upgrade(upgrading(sid)).text("2probe", "5", "5", `421["echo"]`, "5").want("3probe", "431[]")
		}},
		{"B69 polling during the probe", nil, attackWhileProbing},
		{"B69 bad frame right behind the handshake, CVE-2022-21676", nil, func(v *victim) {
			for _, bad := range []string{frame(0xA1, "2probe"), frame(0x91, "2probe"), "\xff\xff\xff\xff"} {
				sid := v.session() // which may still be busy with the last upgrade when that has been told
				l := v.dial().write(handshake("EIO=4&transport=websocket") + bad)
				v.want("a new session", l.answer("GET"), 101, "")
				l.wantPrefix(`0{"sid":"`)
				l.wantClosed(1002)
				l = v.dial().write(handshake(upgrading(sid)) + bad)
				v.want("an upgrade", l.answer("GET"), 101, "")
				l.wantClosed(1002)
				v.wantError("no session", v.dial().write(handshake(upgrading("x"))+bad).answer("GET"), sessionUnknown)
				v.wantError("no transport", v.dial().write(handshake("EIO=4&transport=x")+bad).answer("GET"), transportUnknown)
				v.wantKept(sid)
			}
		}},
		{"B69 probe right behind the handshake", nil, func(v *victim) {
			l := v.dial().write(handshake(upgrading(v.joined())) + frame(0x81, "2probe") + frame(0x81, "5") + frame(0x81, `421["echo"]`))
			v.want("the handshake", l.answer("GET"), 101, "")
			l.want("3probe", "431[]")
		}},
		{"B69 reset of a refused upgrade, CVE-2022-41940", nil, func(v *victim) {
			for range 1000 {
				l := v.dial().write(handshake(upgrading("x")))
				l.Conn.(*net.TCPConn).SetLinger(0)
				l.Close()
			}
		}},
		{"B69 upgrade with another revision, CVE-2026-102599", nil, func(v *victim) {
			sid := v.session()
			for _, query := range []string{"EIO=3&", "", "EIO=5&", "EIO=&"} {
				_, got := v.tryUpgrade(query + "transport=websocket&sid=" + sid)
				v.wantError("an upgrade with "+query, got, badRequest)
				v.wantError("a GET with "+query, v.do("GET", query+"transport=polling&sid="+sid, ""), badRequest)
				v.wantError("a POST with "+query, v.do("POST", query+"transport=polling&sid="+sid, "4x"), badRequest)
			}
			v.wantKept(sid)
		}},
	})
}

// upgrading is the query of a WebSocket that wants a session.
func upgrading(sid string) string { return "EIO=4&transport=websocket&sid=" + sid }

// hasty are options with a short time for upgrades.
func hasty() *socketio.Options {
	return &socketio.Options{Options: engineio.Options{UpgradeTimeout: 30 * time.Millisecond}}
}

// wantFailedUpgrade expects that a WebSocket which begins so is closed with the code,
// and that its session goes on with polling.
func wantFailedUpgrade(v *victim, first string, code int) {
	v.Helper()
	sid := v.joined()
	l := v.upgrade(upgrading(sid)).write(first)
	if strings.HasPrefix(first, "\x81\x86") && code == 1000 {
		l.want("3probe")
	}
	l.wantClosed(code)
	v.want("an event", v.post(sid, `421["echo"]`), 200, "ok")
	v.want("its answer", v.get(sid), 200, "431[]")
	v.wantKept(sid)
}

// attackWhileProbing polls as if nothing were, and is sent to the WebSocket with
// patience.
func attackWhileProbing(v *victim) {
	sid := v.joined()
	parked := v.park(sid)
	start := time.Now()
	l := v.upgrade(upgrading(sid)).text("2probe").want("3probe")
	v.want("the GET that waited", parked.answer("GET"), 200, "6")
	v.want("a POST", v.post(sid, "6"), 200, "ok")
	for range 3 {
		v.want("a GET", v.get(sid), 200, "6")
	}
	if d := time.Since(start); d < 300*time.Millisecond {
		v.Errorf("four noops within %v", d)
	}
	v.want("an event", v.post(sid, `421["echo"]`), 200, "ok")
	v.want("its answer", v.get(sid), 200, "431[]")
	l.text("5", `422["echo"]`).want("432[]")
	v.wantError("a GET afterwards", v.get(sid), badRequest)
	v.wantError("a POST afterwards", v.post(sid, "6"), badRequest)
}
