package ws

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"socketio/internal/serial"
)

// bareCases are frames of Engine.IO's WebTransport ("WebTransport" of its protocol) and
// what a parser with this limit makes of them.
func bareCases() []bareCase {
	long, longer := strings.Repeat("x", 126), strings.Repeat("y", 1<<16)
	return []bareCase{
		{"text of one byte", "\x01a", 0, []Message{message(OpText, "a")}, 0},
		{"binary data of one byte", "\x81\x00", 0, []Message{message(OpBinary, "\x00")}, 0},
		{"the longest short length", "\x7d" + long[:125], 0, []Message{message(OpText, long[:125])}, 0},
		{"the shortest length of 16 bits", "\x7e\x00\x7e" + long, 0, []Message{message(OpText, long)}, 0},
		{"binary data with a length of 16 bits", "\xfe\x00\x7e" + long, 0, []Message{message(OpBinary, long)}, 0},
		{"the longest length of 16 bits", "\x7e\xff\xff" + longer[1:], 0, []Message{message(OpText, longer[1:])}, 0},
		{"the shortest length of 64 bits", "\xff\x00\x00\x00\x00\x00\x01\x00\x00" + longer, 0, []Message{message(OpBinary, longer)}, 0},
		{"a length longer than it need be", "\x7e\x00\x01a", 0, []Message{message(OpText, "a")}, 0},
		{"several in a row", "\x012\x82\x02\x01\x013", 0, []Message{message(OpText, "2"), message(OpBinary, "\x02\x01"), message(OpText, "3")}, 0},
		{"binary data that is no UTF-8", "\x81\xff", 0, []Message{message(OpBinary, "\xff")}, 0},
		{"as much as the limit", "\x03abc", 3, []Message{message(OpText, "abc")}, 0},

		{"no payload", "\x00", 0, nil, StatusProtocolError},
		{"no binary data", "\x80", 0, nil, StatusProtocolError},
		{"a length of 16 bits that is 0", "\x7e\x00\x00", 0, nil, StatusProtocolError},
		{"a length of 64 bits that is 0", "\x7f\x00\x00\x00\x00\x00\x00\x00\x00", 0, nil, StatusProtocolError},
		{"more than the limit", "\x04abcd", 3, nil, StatusTooBig},
		{"more than the limit, before it has come", "\x7e\x03\xe9", 1000, nil, StatusTooBig},
		{"the largest length that a number of JavaScript holds", "\x7f\x00\x1f\xff\xff\xff\xff\xff\xff", 0, nil, StatusTooBig},
		{"the largest length", "\xff\xff\xff\xff\xff\xff\xff\xff\xff", 0, nil, StatusTooBig},
		{"text that is no UTF-8", "\x01\xff", 0, nil, StatusInvalidPayload},
		{"a mistake behind a message", "\x01a\x00", 0, []Message{message(OpText, "a")}, StatusProtocolError},
	}
}

type bareCase struct {
	name, input string
	limit       int
	want        []Message
	code        int
}

func TestBareFramesAreReadHoweverTheyAreCut(t *testing.T) {
	for _, c := range bareCases() {
		t.Run(c.name, func(t *testing.T) {
			eachCut(t, []byte(c.input), func(t *testing.T, how string, next func() int) {
				p := Parser{Bare: true, Limit: c.limit}
				got, err := feed(&p, []byte(c.input), next)
				if !sameMessages(got, c.want) || codeOf(err) != c.code {
					t.Errorf("%s: got %s and error %v, want %s and code %d", how, show(got), err, show(c.want), c.code)
				}
				if err == nil && !p.Idle() {
					t.Errorf("%s: something is half read", how)
				}
			})
		})
	}
}

func TestBareFramesAreWrittenWithTheShortestLength(t *testing.T) {
	for _, c := range []struct {
		op     Opcode
		n      int
		header string
	}{
		{OpText, 1, "\x01"},
		{OpBinary, 125, "\xfd"},
		{OpText, 126, "\x7e\x00\x7e"},
		{OpBinary, 65535, "\xfe\xff\xff"},
		{OpText, 65536, "\x7f\x00\x00\x00\x00\x00\x01\x00\x00"},
	} {
		payload := bytes.Repeat([]byte("z"), c.n)
		want := c.header + string(payload)
		if got := AppendBare(nil, c.op, payload); string(got) != want {
			t.Errorf("%d bytes: the frame begins with %x, want %x", c.n, got[:min(len(got), 9)], c.header)
		}
		f := Frame{Op: c.op, Prefix: 'z', Data: payload[1:]}
		if got := f.appendBare(nil); string(got) != want {
			t.Errorf("%d bytes with a prefix: the frame begins with %x, want %x", c.n, got[:min(len(got), 9)], c.header)
		}
	}
}

// FuzzBareParser is FuzzParser for bare frames. What was taken apart is put together
// again, and then gives the same.
func FuzzBareParser(f *testing.F) {
	for _, c := range bareCases() {
		if len(c.input) < 2000 {
			f.Add([]byte(c.input), uint16(c.limit), []byte{0, 7})
		}
	}
	f.Fuzz(func(t *testing.T, input []byte, limit uint16, cuts []byte) {
		checkCuts(t, Parser{Bare: true, Limit: int(limit)}, bytes.Clone(input), cuts)
		p := Parser{Bare: true, Limit: int(limit)}
		want, _ := feed(&p, input, always(1<<30))
		var again []byte
		for _, m := range want {
			again = AppendBare(again, m.Op, m.Data)
		}
		p = Parser{Bare: true, Limit: int(limit)}
		got, err := feed(&p, again, always(1<<30))
		if err != nil || !sameMessages(got, want) {
			t.Errorf("written again: got %s and error %v, want %s", show(got), err, show(want))
		}
	})
}

func TestAConnectionWithBareFramesEchoesAndEndsItsStream(t *testing.T) {
	bothKinds(t, func(t *testing.T, pair func(*testing.T) (net.Conn, net.Conn)) {
		config := newConfig(t)
		config.Bare = true
		r := config.newRig(t, pair, nil)
		sent := AppendBare(AppendBare(nil, OpText, []byte("text")), OpBinary, bytes.Repeat([]byte{0xff}, 1000))
		go r.peer.Write(sent)
		got := make([]byte, len(sent))
		if _, err := io.ReadFull(r.peer, got); err != nil || !bytes.Equal(got, sent) {
			t.Fatalf("got %d bytes and error %v, want what was sent", len(got), err)
		}
		r.peer.Close()
		if err := <-r.closed; !errors.Is(err, io.EOF) {
			t.Errorf("closed with %v, want EOF", err)
		}
	})
}

func TestClosingAConnectionWithBareFramesWritesWhatWaitsAndNothingElse(t *testing.T) {
	config := newConfig(t)
	config.Bare = true
	r := config.newRig(t, tcp, func(c *Conn, m Message) {
		if err := c.Write(Frame{Op: OpText, Data: []byte("last")}); err != nil {
			t.Error(err)
		}
		c.Close(StatusNormal, "a reason that nobody hears")
	})
	if _, err := r.peer.Write(AppendBare(nil, OpText, []byte("x"))); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r.peer) // until the half that the connection writes has ended
	if want := AppendBare(nil, OpText, []byte("last")); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %q and error %v, want %q", got, err, want)
	}
	r.peer.Close()
	<-r.closed
}

func TestAPeerThatDoesNotEndABareStreamIsCutOff(t *testing.T) {
	for _, c := range []struct {
		name, input string
		close       bool
	}{
		{"when we close", "", true},
		{"when we refuse what it sent", "\x00", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				config := &Config{Bare: true, MaxPayload: 100, Monitor: new(serial.Monitor), Goroutines: new(sync.WaitGroup)}
				r := config.newRig(t, pipe, nil)
				if c.close {
					r.conn.Close(StatusNormal, "")
				} else if _, err := io.WriteString(r.peer, c.input); err != nil {
					t.Fatal(err)
				}
				<-r.closed
				config.Goroutines.Wait()
				config.Monitor.Stop()
				if took := time.Since(start); took != bareLinger {
					t.Errorf("it took %v, want %v", took, bareLinger)
				}
			})
		})
	}
}
