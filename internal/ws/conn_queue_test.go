package ws

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A forgetful is a handler that counts what Config.DropOldest drops.
type forgetful struct {
	echo
	dropped int
}

func (f *forgetful) Dropped(frames int) { f.dropped += frames }

// forget returns a connection whose peer does not read, with one message that is being
// written to it, "first", and room for 1,000 bytes.
func forget(t *testing.T, config *Config) (f *forgetful, peer net.Conn) {
	t.Helper()
	config.DropOldest, config.QueueBytes = true, 1000
	ours, peer := net.Pipe()
	f = &forgetful{echo: echo{closed: make(chan error, 1)}}
	f.conn.Init(ours, config, f)
	config.Goroutines.Go(func() { f.conn.Serve(nil) })
	t.Cleanup(func() { peer.Close() })
	if err := f.conn.Write(Frame{Op: OpText, Data: []byte("first")}); err != nil {
		t.Fatal(err)
	}
	return f, peer
}

// received reads the texts that come until one is last.
func received(t *testing.T, peer net.Conn, last string) (texts []string) {
	t.Helper()
	parser := Parser{Client: true, Limit: 1 << 20}
	buf := make([]byte, 4096)
	for !slices.Contains(texts, last) {
		n, err := peer.Read(buf)
		if err != nil {
			t.Fatalf("after %q: %v", texts, err)
		}
		for b := buf[:n]; len(b) > 0; {
			m, used, err := parser.Next(b)
			if err != nil {
				t.Fatal(err)
			}
			b = b[used:]
			if m.Op != 0 {
				texts = append(texts, string(m.Data))
			}
		}
	}
	return texts
}

func TestTheOldestAreDroppedToMakeRoom(t *testing.T) {
	f, peer := forget(t, newConfig(t))
	for i := range 20 {
		text := fmt.Sprintf("%02d", i)
		// Each takes 2 + 2 + 64 bytes, so 14 have room beside the first.
		if err := f.conn.Write(Frame{Op: OpText, Keep: i == 1, Data: []byte(text)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.conn.Write(Frame{Op: OpText, Data: []byte("header")}, Frame{Op: OpBinary, Data: []byte("attachment")}); err != nil {
		t.Fatal(err)
	}
	got := received(t, peer, "attachment")
	want := []string{"first", "01"}
	for i := 9; i < 20; i++ {
		want = append(want, fmt.Sprintf("%02d", i))
	}
	want = append(want, "header", "attachment")
	if !slices.Equal(got, want) {
		t.Errorf("received %q, want %q", got, want)
	}
	if want := 20 - 12; f.dropped != want {
		t.Errorf("told of %d dropped frames, want %d", f.dropped, want)
	}
}

func TestFramesThatBelongTogetherAreDroppedTogether(t *testing.T) {
	f, peer := forget(t, newConfig(t))
	for i := range 10 {
		header := Frame{Op: OpText, Data: fmt.Appendf(nil, "header %d", i)}
		if err := f.conn.Write(header, Frame{Op: OpBinary, Data: fmt.Appendf(nil, "attachment %d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	got := received(t, peer, "attachment 9")
	if len(got)%2 != 1 || len(got) == 21 {
		t.Fatalf("received %q", got)
	}
	for i := 1; i < len(got); i += 2 {
		if number, found := strings.CutPrefix(got[i], "header "); !found || got[i+1] != "attachment "+number {
			t.Errorf("received %q", got)
		}
	}
	if want := 20 - (len(got) - 1); f.dropped != want {
		t.Errorf("told of %d dropped frames, want %d", f.dropped, want)
	}
}

func TestWhatHasNoRoomEvenSoIsDroppedItself(t *testing.T) {
	f, peer := forget(t, newConfig(t))
	large := bytes.Repeat([]byte("x"), 1000)
	if err := f.conn.WriteEncoded(AppendFrame(nil, OpText, large), 1, false); err != nil {
		t.Errorf("WriteEncoded: %v", err)
	}
	if f.dropped != 1 {
		t.Errorf("told of %d dropped frames, want 1", f.dropped)
	}
	if err := f.conn.Write(Frame{Op: OpText, Keep: true, Data: large}); err != ErrQueueFull {
		t.Errorf("what must be kept: %v, want ErrQueueFull", err)
	}
	if err := f.conn.Write(Frame{Op: OpText, Data: []byte("last")}); err != nil {
		t.Fatal(err)
	}
	if got, want := received(t, peer, "last"), []string{"first", "last"}; !slices.Equal(got, want) {
		t.Errorf("received %q, want %q", got, want)
	}
}

// The queue against a model that copies.
func TestDroppingKeepsOrderAndContents(t *testing.T) {
	type entry struct {
		text string
		keep bool
	}
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 0))
		c := &Conn{config: &Config{DropOldest: true, QueueBytes: 2000, Goroutines: newConfig(t).Goroutines}, writing: true, inflight: 100}
		var model []entry
		total := func() int {
			n := 100
			for _, e := range model {
				n += len(e.text) + 2 + frameCost
			}
			return n
		}
		for i := range 100 {
			e := entry{fmt.Sprintf("%d:%s", i, strings.Repeat("x", random.IntN(100))), random.IntN(4) == 0}
			encoded := AppendFrame(nil, OpText, []byte(e.text))
			err := c.WriteEncoded(encoded, 1, e.keep)
			for k := 0; k < len(model) && total()+len(encoded)+frameCost > 2000; {
				if model[k].keep {
					k++
				} else {
					model = slices.Delete(model, k, k+1)
				}
			}
			fits := total()+len(encoded)+frameCost <= 2000
			if fits {
				model = append(model, e)
			}
			if wantErr := !fits && e.keep; (err == ErrQueueFull) != wantErr || err != nil && !wantErr {
				t.Fatalf("seed %d, step %d: %v", seed, i, err)
			}
			var want []byte
			for _, e := range model {
				want = AppendFrame(want, OpText, []byte(e.text))
			}
			if c.frames != len(model) || !bytes.Equal(c.output(), want) {
				t.Fatalf("seed %d, step %d: %d frames wait, %q; want %d, %q", seed, i, c.frames, c.out.b, len(model), want)
			}
		}
	}
}

func TestWhatIsHeldIsToldAndTakenBack(t *testing.T) {
	bothKinds(t, func(t *testing.T, pair func(*testing.T) (net.Conn, net.Conn)) {
		var held atomic.Int64
		config := newConfig(t)
		config.Held = func(bytes int) { held.Add(int64(bytes)) }
		config.QueueBytes = 32 << 20
		r := config.newRig(t, pair, nil)
		message := bytes.Repeat([]byte("x"), 8<<20) // more than the kernel takes
		if err := r.conn.Write(Frame{Op: OpBinary, Data: message}, Frame{Op: OpText, Data: []byte("y")}); err != nil {
			t.Fatal(err)
		}
		if got := held.Load(); got < 1<<20 || got != int64(r.conn.Holds()) {
			t.Errorf("%d bytes are held, by the connection's own account %d", got, r.conn.Holds())
		}
		r.want("the message", AppendFrame(nil, OpBinary, message))
		r.want("the other", AppendFrame(nil, OpText, []byte("y")))
		eventually(t, "nothing is held", func() bool { return held.Load() == 0 })

		part := AppendMasked(nil, OpBinary, bytes.Repeat([]byte("x"), 900_000))
		r.send(part[:800_000])
		eventually(t, "the part of a message is held", func() bool { return held.Load() >= 790_000 })
		r.send(part[800_000:])
		r.want("its echo", AppendFrame(nil, OpBinary, bytes.Repeat([]byte("x"), 900_000)))
		eventually(t, "nothing is held again", func() bool { return held.Load() == 0 })

		r.send(part[:800_000])
		eventually(t, "another part is held", func() bool { return held.Load() >= 790_000 })
		r.peer.Close()
		<-r.closed
		eventually(t, "a closed connection holds nothing", func() bool { return held.Load() == 0 && r.conn.Holds() == 0 })
	})
}

// eventually waits for something to become so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it did not happen that %s", what)
		}
	}
}
