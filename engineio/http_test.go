package engineio

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestAPollingClientThatDoesNotReadHoldsNothing(t *testing.T) {
	r := newRig(t, &Options{WriteTimeout: 100 * time.Millisecond}, nil)
	sid := r.poll()
	conn := r.server.find(sid)
	if err := conn.Send(Message{Data: []byte(strings.Repeat("x", 32<<20))}); err != nil {
		t.Fatal(err)
	}
	nc := r.connect()
	nc.Write([]byte("GET /socket.io/?EIO=4&transport=polling&sid=" + sid + " HTTP/1.1\r\nHost: x\r\n\r\n"))
	r.until("the queue is being written", func() bool { n, _ := conn.Buffered(); return n == 0 })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := r.server.Shutdown(ctx); err != nil {
		t.Errorf("the request is still being answered: %v", err)
	}
}
