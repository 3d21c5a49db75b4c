package ws

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// payloads are what is compressed in the tests: text that repeats itself near and far,
// and bytes that do not.
func payloads() []string {
	source := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 3000)
	for i := range noise {
		noise[i] = byte(source.Uint32())
	}
	far := string(noise[:100])
	return []string{
		"a", strings.Repeat("a", 127), strings.Repeat("hello ", 30), strings.Repeat("κόσμε", 10_000),
		strings.Repeat(far+strings.Repeat("b", 300)+far+strings.Repeat("c", 5000), 20), string(noise), strings.Repeat(string(noise), 30),
	}
}

func TestWhatIsCompressedComesBack(t *testing.T) {
	for _, takeover := range []bool{false, true} {
		for level := range 10 {
			t.Run(fmt.Sprintf("level %d, takeover %v", level, takeover), func(t *testing.T) {
				comeBack(t, DeflateOptions{Level: level, ContextTakeover: takeover}, maxBits)
			})
		}
		for bits := minBits; bits < maxBits; bits++ { // at which the level makes no difference
			t.Run(fmt.Sprintf("%d bits, takeover %v", bits, takeover), func(t *testing.T) {
				comeBack(t, DeflateOptions{ContextTakeover: takeover}, bits)
			})
		}
	}
}

func comeBack(t *testing.T, o DeflateOptions, bits int) {
	offer := fmt.Sprintf("permessage-deflate; server_max_window_bits=%d", bits)
	_, ours := NewDeflater(o).Accept([]string{offer})
	_, theirs := NewDeflater(o).Accept([]string{"permessage-deflate"}) // keeps what it receives if ours keeps what it sends
	p := Parser{Client: true, Limit: 5e6, Compression: theirs}
	shrunk := false
	for range 2 {
		for _, want := range payloads() {
			b := ours.Append(nil, Frame{Op: OpBinary, Data: []byte(want)})
			if len(b) > len(want)+maxHeader+ours.tolerance() {
				t.Errorf("%d bytes became %d", len(want), len(b))
			}
			shrunk = shrunk || len(b) < len(want)
			m, n, err := p.Next(b)
			if err != nil || n != len(b) || m.Op != OpBinary || string(m.Data) != want {
				t.Fatalf("%d bytes became %d and then %d, %v", len(want), len(b), len(m.Data), err)
			}
		}
	}
	if !shrunk {
		t.Error("nothing was compressed")
	}
}

// TestNarrowWindowsAreKept looks at each piece by itself: it must be understood with
// no more than half a window before it, and be no longer than the other half.
func TestNarrowWindowsAreKept(t *testing.T) {
	payload := []byte(strings.Repeat("0123456789abcdefghij", 500))
	// The reader gives a piece out when it comes to the empty block that ends it.
	for bits := minBits; bits < maxBits; bits++ {
		half := 1 << bits / 2
		p := borrowPress(0)
		p.press(payload, payload, 1<<bits)
		source := bytes.NewReader(append(bytes.Clone(p.out), flushed...))
		p.giveBack()
		before, rest := payload[len(payload)-min(half, len(payload)):], payload
		for len(rest) > 0 {
			want := rest[:min(half, len(rest))]
			got := make([]byte, len(want))
			if _, err := io.ReadFull(flate.NewReaderDict(source, before), got); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%d bits, %d bytes left: %q and %v", bits, len(rest), got, err)
			}
			before, rest = want, rest[len(want):]
		}
	}
}

func TestOnlyWhatIsToBeCompressedIs(t *testing.T) {
	long := bytes.Repeat([]byte("a"), 100)
	for _, tt := range []struct {
		name string
		f    Frame
		want bool
	}{
		{"as long as the threshold", Frame{Op: OpText, Data: long}, true},
		{"with its prefix as long as the threshold", Frame{Op: OpText, Prefix: '4', Data: long[1:]}, true},
		{"shorter than the threshold", Frame{Op: OpText, Data: long[1:]}, false},
		{"plain", Frame{Op: OpBinary, Plain: true, Data: long}, false},
		{"a ping", Frame{Op: OpPing, Data: long}, false},
		{"a close frame", Frame{Op: OpClose, Data: long}, false},
	} {
		for _, takeover := range []bool{false, true} {
			c := alone()
			if takeover {
				c = keeping(DeflateOptions{})
			}
			c.options = &DeflateOptions{Threshold: 100}
			b := c.Append(nil, tt.f)
			if got := b[0]&rsv1 != 0; got != tt.want {
				t.Errorf("%s: compressed %v, want %v", tt.name, got, tt.want)
			}
			if takeover && (len(c.sent.data) > 0) != tt.want {
				t.Errorf("%s: %d bytes to refer back to", tt.name, len(c.sent.data))
			}
		}
	}
}

func TestWhatGetsNoSmallerIsSentAsItIs(t *testing.T) {
	noise := []byte(payloads()[5])
	if b := alone().Append(nil, Frame{Op: OpBinary, Data: noise}); b[0]&rsv1 != 0 {
		t.Errorf("%d bytes were compressed to %d", len(noise), len(b))
	}
	// Where it can be referred back to it is compressed, so that it costs nothing to say again.
	c := keeping(DeflateOptions{})
	first := c.Append(nil, Frame{Op: OpBinary, Data: noise})
	again := c.Append(nil, Frame{Op: OpBinary, Data: noise})
	if first[0]&rsv1 == 0 || len(again) > len(noise)/10 {
		t.Errorf("%d bytes became %d, and %d when they came again", len(noise), len(first), len(again))
	}
	// But not at any price.
	_, narrow := NewDeflater(DeflateOptions{ContextTakeover: true}).Accept([]string{"permessage-deflate; server_max_window_bits=8"})
	if b := narrow.Append(nil, Frame{Op: OpBinary, Data: noise}); b[0]&rsv1 != 0 || len(narrow.sent.data) > 0 {
		t.Errorf("%d bytes were compressed to %d", len(noise), len(b))
	}
}

func TestReferringBackSavesMostOfASmallMessage(t *testing.T) {
	c := keeping(DeflateOptions{})
	size := 0
	for i := range 100 {
		size += len(c.Append(nil, Frame{Op: OpText, Prefix: '4', Data: fmt.Appendf(nil, `2["position",{"id":%d,"x":%d.5,"y":%d}]`, i, i*7, i*13)}))
	}
	if size > 100*25 {
		t.Errorf("%d bytes for 100 messages of 45 bytes that are alike", size)
	}
	if kept := cap(c.sent.data); kept > 2*keptSent {
		t.Errorf("%d bytes are kept", kept)
	}
}

func TestGuardCompressingCostsNoAllocation(t *testing.T) {
	f := Frame{Op: OpText, Prefix: '4', Data: bytes.Repeat([]byte("hello "), 500)}
	for _, level := range []int{0, 1, 6} {
		c := &NewDeflater(DeflateOptions{Level: level}).shared[maxBits]
		dst := make([]byte, 0, 4096)
		if n := testing.AllocsPerRun(100, func() { sink += len(c.Append(dst, f)) }); n >= 1 {
			t.Errorf("level %d: %v allocations", level, n)
		}
	}
}
