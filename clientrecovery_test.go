package socketio

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"socketio/engineio"
)

// A server that restores states sends what was missed before its answer to CONNECT. If the
// connection is lost between the two, the client has not taken it, and asks for it again.
func TestWhatCameBeforeAnAnswerToConnectThatWasLostIsAskedForAgain(t *testing.T) {
	const answer = `0{"sid":"a","pid":"p"}`
	// What the server sends on each connection, before it closes it.
	connections := [][]string{
		{answer, `2["n",1,"first"]`},
		{`2["n",2,"second"]`, `2["n",3,"third"]`},
		{`2["n",2,"second"]`, `2["n",3,"third"]`, answer},
		{`2["n",4,"fourth"]`, `0{"sid":"b","pid":"q"}`}, // where it is not restored
		{answer},
	}
	synctest.Test(t, func(t *testing.T) {
		pipes := newPipes()
		var asked, handled journal
		made := 0
		serveEngine(t, pipes, engineio.NewServer(func(c *engineio.Conn) {
			m, err := c.Receive(t.Context())
			if err != nil || made >= len(connections) {
				return
			}
			asked.add("%s", m.Data)
			for _, text := range connections[made] {
				c.Send(engineio.Message{Data: []byte(text)})
			}
			made++
			time.Sleep(time.Second)
		}, nil))
		r := &rig{t: t, pipes: pipes}
		c := r.goClient("", &ClientOptions{DialOptions: overWebSocket})
		c.Handle("n", func(_ context.Context, _ *ClientSocket, m *Message) error {
			var n int
			m.Decode(&n)
			handled.add("%d", n)
			return nil
		})
		r.connect(c)
		time.Sleep(time.Minute)
		want := `0, 0{"pid":"p","offset":"first"}, 0{"pid":"p","offset":"first"}, 0{"pid":"p","offset":"third"}, 0{"pid":"q"}`
		if got := asked.take(); got != want {
			t.Errorf("the client asked\n%s, want\n%s", got, want)
		}
		if got := handled.take(); got != "1, 2, 3, 4" {
			t.Errorf("it handled %s", got)
		}
	})
}

// The program may close the connection while a handler runs: the client goes on, and asks
// for what comes behind the last event that it has got, so those before are handled.
func TestWhatWaitsWhenTheProgramClosesAConnectionIsHandledIfTheStateIsRestored(t *testing.T) {
	inBubble(t, withRecovery(Recovery{}), func(r *rig) {
		var handled journal
		c := r.goClient("", &ClientOptions{DialOptions: overWebSocket})
		c.On("n", func(_ context.Context, _ *ClientSocket, n int) error {
			time.Sleep(time.Second)
			handled.add("%d", n)
			return nil
		})
		r.connect(c)
		var want []string
		for n := range 10 {
			r.srv.Emit("n", n)
			want = append(want, fmt.Sprint(n))
			if n == 5 {
				time.Sleep(500 * time.Millisecond) // until others are read while the handler waits
				c.Conn().Close()
			}
		}
		time.Sleep(time.Minute)
		if got := handled.take(); got != strings.Join(want, ", ") || !c.Recovered() {
			r.t.Errorf("it handled %s; recovered %v", got, c.Recovered())
		}
	})
}
