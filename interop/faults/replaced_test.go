//go:build unix

package faults

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"socketio/interop/chaos"
)

// TestRecoveryWhenTheProcessIsReplaced promises: official clients of a server with recovery
// whose process is replaced under load, in order or by SIGKILL, are each told that they are
// not recovered, since what is kept is in memory; and with retries every message arrives in
// the end, in order, and none is lost that was acknowledged.
func TestRecoveryWhenTheProcessIsReplaced(t *testing.T) {
	const clients, messages = 15, 300
	l := newLedger(t, clients)
	for _, h := range l.histories {
		for n := range messages {
			h.Sent(n)
		}
	}
	arrived := func(sender, number, on int) { l.histories[sender].Arrived(number, on) }
	start := func(first int) *child {
		return startChild(t, childOptions{
			PingInterval: time.Second, PingTimeout: 2 * time.Second, Recovery: time.Minute, First: first,
		}, arrived)
	}
	server := start(0)
	proxy, err := chaos.Listen(server.address, 6)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { proxy.Close() })
	js := startJS(t, proxy.URL(), clients, messages, func(client, message, on int) { l.histories[client].Acked(message, on) })

	for i, how := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		js.wantAcked((i + 1) * clients * messages / 4)
		proxy.Refuse(true) // until the successor is there
		if err := server.end(how); err != nil && how == syscall.SIGTERM {
			t.Errorf("the server ends with %v", err)
		}
		server = start((i + 1) * 1_000_000)
		proxy.Forward(chaos.To(server.address))
		proxy.Refuse(false)
		js.wantTold(i + 1)
	}
	js.wantAcked(clients * messages)
	sum := l.check()
	fmt.Printf("%v %v\n", sum, &js.comings)
	if sum.Arrived != clients*messages {
		t.Errorf("%d messages have arrived", sum.Arrived)
	}
	js.wantNothingSilent()
}

// wantAcked waits for acknowledgements.
func (j *jsClients) wantAcked(number int) {
	j.t.Helper()
	eventually(j.t, fmt.Sprintf("%d messages are acknowledged", number), func() bool {
		j.mu.Lock()
		defer j.mu.Unlock()
		return j.acked >= number
	})
}

// wantTold waits until each client has been told so often that it was not recovered.
func (j *jsClients) wantTold(times int) {
	j.t.Helper()
	eventually(j.t, fmt.Sprintf("each client is told for the %d. time", times), func() bool {
		j.mu.Lock()
		defer j.mu.Unlock()
		for _, told := range j.toldEach {
			if told < times {
				return false
			}
		}
		return true
	})
}
