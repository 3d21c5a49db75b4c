package socketio

import (
	"context"
	"encoding/json/jsontext"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"socketio/engineio"
)

// Rows of docs/compatibility.md that no other test is about.

// shout is a type with a form of its own in JSON.
type shout string

func (s shout) MarshalJSON() ([]byte, error) {
	return []byte(`"` + strings.ToUpper(string(s)) + `"`), nil
}

func (s *shout) UnmarshalJSON(b []byte) error {
	if len(b) < 2 || b[0] != '"' {
		return errors.New("no text")
	}
	*s = shout(strings.ToLower(string(b[1 : len(b)-1])))
	return nil
}

func TestTypesBringTheirOwnJSON(t *testing.T) {
	type line struct {
		Word   shout          `json:"word"`
		Number jsontext.Value `json:"number"`
	}
	synctest.Test(t, func(t *testing.T) {
		r, c, _ := pair(t, nil)
		r.srv.OnAck("echo", func(_ context.Context, _ *Socket, l line) (line, error) {
			if l.Word != "hello" {
				t.Errorf("the word is %q", l.Word)
			}
			return l, nil
		})
		c.send(`421["echo",{"word":"Hello","number":12345678901234567890.10}]`)
		c.want(`431[{"word":"HELLO","number":12345678901234567890.10}]`)
	})
}

// counted counts how often it is encoded.
type counted struct{ times *int }

func (c counted) MarshalJSON() ([]byte, error) {
	*c.times++
	return []byte(`{}`), nil
}

func TestABroadcastEncodesItsPayloadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, "a", "b", "c")
		times := 0
		if err := c.rig.srv.Emit("event", counted{&times}); err != nil {
			t.Error(err)
		}
		if got := c.reached(`42["event",{}]`); len(got) != 3 || times != 1 {
			t.Errorf("reached %q, encoded %d times", got, times)
		}
	})
}

func TestTheNumberOfConnectionsIsRightAfterTenThousand(t *testing.T) {
	const connections, kept = 10_000, 100
	synctest.Test(t, func(t *testing.T) {
		srv := NewServer(nil)
		exchange := func(method, query, body string) string {
			w := httptest.NewRecorder()
			srv.ServeHTTP(w, httptest.NewRequest(method, "/socket.io/?EIO=4&transport=polling"+query, strings.NewReader(body)))
			return w.Body.String()
		}
		ids := make([]string, connections)
		for i := range ids {
			ids[i] = strings.Split(exchange("GET", "", ""), `"`)[3]
		}
		if n := srv.Engine().Len(); n != connections {
			t.Errorf("%d connections, want %d", n, connections)
		}
		leave := func(ids []string, left int) {
			for _, id := range ids {
				if answer := exchange("POST", "&sid="+id, "1"); answer != "ok" {
					t.Fatalf("the close packet is answered by %q", answer)
				}
			}
			time.Sleep(time.Second)
			if n := srv.Engine().Len(); n != left {
				t.Errorf("%d connections, want %d", n, left)
			}
		}
		leave(ids[kept:], kept)
		leave(ids[:kept], 0)
	})
}

func TestASocketThatHasEndedJoinsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _, s := pair(t, nil)
		s.Join("before")
		s.Disconnect()
		synctest.Wait()
		s.Join("after")
		s.Leave("before")
		if rooms := slices.Collect(s.Rooms()); rooms != nil {
			t.Errorf("it is in %q", rooms)
		}
		for room := range r.srv.Rooms() {
			t.Errorf("there is a room %q", room)
		}
	})
}

func TestQuestionsAreNotRecovered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, withRecovery(Recovery{}))
		first, other := r.sit("/", nil), r.sit("/", nil)
		r.tell("0")
		first.read()
		other.read()
		first.cut()
		answered := asked(func() (int, error) {
			for reply, err := range r.srv.All().EmitAcks[int](t.Context(), "question", None{}) {
				return reply.Value, err
			}
			return 0, errors.New("nobody was asked")
		})
		other.client.want(`420["question"]`) // without an offset
		other.client.send(`430[7]`)
		if got := <-answered; got.reply != 7 || got.err != nil {
			t.Errorf("the reply is %+v", got)
		}
		again := r.sit("/", first)
		again.wantSame(first)
		again.want()
		other.cut()
		again.cut()
	})
}

func TestAClientTalksInTheFormOfItsServer(t *testing.T) {
	inBubble(t, &Options{Codec: inline{}}, func(r *rig) {
		r.srv.OnAck("twice", func(_ context.Context, _ *Socket, b []byte) ([]byte, error) { return append(b, b...), nil })
		c := r.goClient("", &ClientOptions{Codec: inline{}, DialOptions: engineio.DialOptions{Transports: []string{engineio.WebSocket}}})
		r.connect(c)
		got, err := c.EmitAck[[]byte](r.t.Context(), "twice", []byte("ab"))
		if string(got) != "abab" || err != nil {
			r.t.Errorf("received %q, %v", got, err)
		}
	})
}
