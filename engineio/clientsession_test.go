package engineio

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"socketio/eio4"
)

// clientStep is one event, at so many seconds, and what must follow.
type clientStep struct {
	at   float64
	e    clientEvent
	want clientEffects
}

func TestClientSession(t *testing.T) {
	packet := func(p eio4.Type) clientEvent { return clientEvent{input: clPacket, packet: p} }
	probed := func(p eio4.Type, probe bool) clientEvent {
		return clientEvent{input: clProbed, packet: p, probe: probe}
	}
	in := func(i clientInput) clientEvent { return clientEvent{input: i} }
	broken := clientEvent{input: clGone, cause: errors.New("reset")}
	for _, tt := range []struct {
		name   string
		via    clientCarrier
		steps  []clientStep
		reason string // empty: not over
	}{
		{"pings keep it alive", onWebSocket, []clientStep{
			{25, packet(eio4.Ping), clPong}, {69, in(clTick), 0}, {69, packet(eio4.Message), clDeliver},
			{70, in(clTick), clEnd},
		}, reasonPingTimeout},
		{"our own receiver holds the server back", onWebSocket, []clientStep{
			{45, in(clHeld), 0}, {89, in(clTick), 0}, {90, in(clTick), clEnd},
		}, reasonPingTimeout},
		{"an upgrade", onPolling, []clientStep{
			{0, in(clProbe), 0}, {0, in(clGetDone), clGet}, {1, probed(eio4.Pong, true), 0},
			{1, in(clGetDone), clSwitch}, {1, packet(eio4.Message), clDeliver},
		}, ""},
		{"an upgrade waits for the POST as well", onPolling, []clientStep{
			{0, in(clProbe), 0}, {1, probed(eio4.Pong, true), 0}, {1, in(clGetDone), 0}, {2, in(clPostDone), clSwitch},
		}, ""},
		{"an upgrade that takes too long", onPolling, []clientStep{
			{0, in(clProbe), 0}, {19, in(clTick), 0}, {20, in(clTick), clDropProbe}, {20, in(clGetDone), clGet},
		}, ""},
		{"the WebSocket that has taken over is no probe any more", onPolling, []clientStep{
			{0, in(clProbe), 0}, {1, probed(eio4.Pong, true), 0}, {2, in(clPostDone), 0}, {3, in(clGetDone), clSwitch},
			{3, in(clProbeGone), clDropProbe},
		}, ""},
		{"the WebSocket goes while the POST is waited for", onPolling, []clientStep{
			{0, in(clProbe), 0}, {1, probed(eio4.Pong, true), 0}, {1, in(clGetDone), 0}, {2, in(clProbeGone), clGet},
			{3, in(clPostDone), 0}, {3, in(clGetDone), clGet},
		}, ""},
		{"a wrong answer to the probe", onPolling, []clientStep{
			{0, in(clProbe), 0}, {1, probed(eio4.Pong, false), clDropProbe}, {2, probed(eio4.Pong, true), clDropProbe},
		}, ""},
		{"the server closes while probing", onPolling, []clientStep{
			{0, in(clProbe), 0}, {1, packet(eio4.Close), clEnd | clDropProbe}, {1, probed(eio4.Pong, true), clDropProbe},
			{1, in(clGetDone), 0},
		}, reasonTransportClose},
		{"closing over polling posts what waits", onPolling, []clientStep{
			{0, in(clClose), clOurs}, {0, in(clClose), 0}, {0, packet(eio4.Message), 0}, {0, in(clGetDone), 0}, {1, in(clPostDone), 0},
		}, ""},
		{"closing has its time", onPolling, []clientStep{
			{0, in(clClose), clOurs}, {9, in(clTick), 0}, {10, in(clTick), clEnd},
		}, reasonForcedClose},
		{"closing while probing", onPolling, []clientStep{
			{0, in(clProbe), 0}, {0, in(clClose), clOurs | clDropProbe}, {0, in(clProbe), 0},
		}, ""},
		{"closing a WebSocket", onWebSocket, []clientStep{{0, in(clClose), clHangUp | clOurs | clEnd}, {0, broken, 0}}, reasonForcedClose},
		{"the network fails", onWebSocket, []clientStep{{0, broken, clEnd}}, reasonTransportError},
		{"the server hangs up", onWebSocket, []clientStep{{0, clientEvent{input: clGone, cause: io.EOF}, clEnd}}, reasonTransportClose},
		{"a request fails", onPolling, []clientStep{{0, in(clFailed), clEnd}}, reasonTransportError},
		{"no packet", onPolling, []clientStep{{0, in(clBad), clEnd}}, reasonParseError},
		{"a packet of a client's", onPolling, []clientStep{{0, packet(eio4.Upgrade), clEnd}}, reasonParseError},
		{"pongs and noops mean nothing", onPolling, []clientStep{
			{0, packet(eio4.Pong), 0}, {0, packet(eio4.Noop), 0},
		}, ""},
		{"too much waits", onPolling, []clientStep{{0, in(clFull), clEnd}}, reasonTransportError},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := clientSession{patience: 45 * time.Second, grace: 20 * time.Second}
			s.start(0, tt.via)
			s.getting = tt.via == onPolling
			s.posting = strings.Contains(tt.name, "POST")
			for i, step := range tt.steps {
				now := time.Duration(step.at * float64(time.Second))
				if got := s.step(now, step.e); got != step.want {
					t.Fatalf("step %d: effects %b, want %b", i, got, step.want)
				}
				if due := s.due(); due != 0 && s.state == stateOver {
					t.Errorf("step %d: over, and something is due at %v", i, due)
				}
			}
			if s.ended != tt.reason || (s.state == stateOver) != (tt.reason != "") {
				t.Errorf("ended for %q in state %d, want %q", s.ended, s.state, tt.reason)
			}
		})
	}
}
