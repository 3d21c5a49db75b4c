package ws

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// squeezed is a payload as a peer compresses it, with the standard library.
func squeezed(payload string) string {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err != nil {
		panic(err)
	}
	if _, err := io.WriteString(w, payload); err != nil {
		panic(err)
	}
	if err := w.Flush(); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), flushed)
}

// zeros compresses so many zeros, without holding them.
func zeros(n int) string {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		panic(err)
	}
	for block := make([]byte, 1<<16); n > 0; n -= len(block) {
		if _, err := w.Write(block[:min(n, len(block))]); err != nil {
			panic(err)
		}
	}
	if err := w.Flush(); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), flushed)
}

func compressed(op Opcode, payload string) rawFrame {
	return rawFrame{finBit | rsv1 | byte(op), []byte(payload)}
}

func compressedPart(op Opcode, payload string) rawFrame {
	return rawFrame{rsv1 | byte(op), []byte(payload)}
}

// alone is the compression of a connection that keeps no context.
func alone() *Compression { return &NewDeflater(DeflateOptions{}).shared[maxBits] }

// keeping is that of one that keeps what both ends send.
func keeping(o DeflateOptions) *Compression {
	o.ContextTakeover = true
	_, c := NewDeflater(o).Accept([]string{"permessage-deflate"})
	return c
}

// compressedCases is what peers send that have agreed on compression. Where messages
// refer back, the rest of the table does not.
func compressedCases() []parserCase {
	const hello = "\xF2\x48\xCD\xC9\xC9\x07\x00" // RFC 7692 §7.2.3.1
	text := strings.Repeat("compress me, ", 200)
	short := squeezed(text)
	one, two := short[:5], short[5:]
	invalid := squeezed("\xC3\x28")
	return []parserCase{
		{name: "7.2.3.1 one block", frames: []rawFrame{compressed(OpText, hello)}, want: []Message{message(OpText, "Hello")}},
		{
			name:   "7.2.3.1 one block in two fragments",
			frames: []rawFrame{compressedPart(OpText, hello[:3]), whole(OpContinuation, hello[3:])},
			want:   []Message{message(OpText, "Hello")},
		},
		{
			name:   "7.2.3.3 a block without compression",
			frames: []rawFrame{compressed(OpText, "\x00\x05\x00\xFA\xFFHello\x00")},
			want:   []Message{message(OpText, "Hello")},
		},
		{
			name:   "7.2.3.4 a last block",
			frames: []rawFrame{compressed(OpText, "\xF3\x48\xCD\xC9\xC9\x07\x00\x00")},
			want:   []Message{message(OpText, "Hello")},
		},
		{
			name:   "a last block without padding",
			frames: []rawFrame{compressed(OpText, "\xF3\x48\xCD\xC9\xC9\x07\x00")},
			want:   []Message{message(OpText, "Hello")},
		},
		{
			name:   "more behind a last block",
			frames: []rawFrame{compressed(OpText, "\xF3\x48\xCD\xC9\xC9\x07\x00"+hello)},
			want:   []Message{message(OpText, "HelloHello")},
		},
		{
			name:   "7.2.3.5 two blocks",
			frames: []rawFrame{compressed(OpText, "\xF2\x48\x05\x00\x00\x00\xFF\xFF\xCA\xC9\xC9\x07\x00")},
			want:   []Message{message(OpText, "Hello")},
		},
		{name: "7.2.3.6 an empty message", frames: []rawFrame{compressed(OpText, "\x00")}, want: []Message{message(OpText, "")}},
		{name: "an empty message of no bytes", frames: []rawFrame{compressed(OpText, "")}, want: []Message{message(OpText, "")}},
		{
			name:   "compressed ones and others by turns",
			frames: []rawFrame{compressed(OpText, short), whole(OpText, text), compressed(OpBinary, squeezed("\xFF\x00")), whole(OpBinary, "\xFF")},
			want:   []Message{message(OpText, text), message(OpText, text), message(OpBinary, "\xFF\x00"), message(OpBinary, "\xFF")},
		},
		{
			name: "control frames between fragments",
			frames: []rawFrame{
				compressedPart(OpText, one), whole(OpPing, "a"), part(OpContinuation, ""), whole(OpPong, "b"), whole(OpContinuation, two),
			},
			want: []Message{message(OpPing, "a"), message(OpPong, "b"), message(OpText, text)},
		},
		{
			name:   "a first fragment without anything",
			frames: []rawFrame{compressedPart(OpText, ""), whole(OpContinuation, short)},
			want:   []Message{message(OpText, text)},
		},
		{
			name:   "UTF-8 cut by fragments of the compressed bytes",
			frames: []rawFrame{compressedPart(OpText, squeezed("κόσμε")[:3]), whole(OpContinuation, squeezed("κόσμε")[3:])},
			want:   []Message{message(OpText, "κόσμε")},
		},
		{name: "no end yet", frames: []rawFrame{compressedPart(OpText, short)}, unfinished: true},

		{name: "text that is not UTF-8", frames: []rawFrame{compressed(OpText, invalid)}, code: StatusInvalidPayload},
		{name: "bytes that are not UTF-8", frames: []rawFrame{compressed(OpBinary, invalid)}, want: []Message{message(OpBinary, "\xC3\x28")}},
		{name: "text that ends within a rune", frames: []rawFrame{compressed(OpText, squeezed("a\xE2\x82"))}, code: StatusInvalidPayload},
		{name: "a block of no type", frames: []rawFrame{compressed(OpText, "\x06")}, code: StatusInvalidPayload},
		{name: "what is not compressed", frames: []rawFrame{compressed(OpText, "Hello, world")}, code: StatusInvalidPayload},
		{name: "an end within a block", frames: []rawFrame{compressed(OpBinary, short[:len(short)/2])}, code: StatusInvalidPayload},
		{name: "an end within a stored block", frames: []rawFrame{compressed(OpBinary, "\x00\x50\x00\xAF\xFFHello")}, code: StatusInvalidPayload},
		{name: "looking back on nothing", frames: []rawFrame{compressed(OpText, "\xF2\x00\x11\x00\x00")}, code: StatusInvalidPayload},
		{
			name: "looking back on the message before", code: StatusInvalidPayload, want: []Message{message(OpText, "Hello")},
			frames: []rawFrame{compressed(OpText, hello), compressed(OpText, "\xF2\x00\x11\x00\x00")},
		},

		{name: "bit on a continuation", frames: []rawFrame{compressedPart(OpText, one), compressed(OpContinuation, two)}, code: StatusProtocolError},
		{name: "bit on the second fragment only", frames: []rawFrame{part(OpBinary, one), compressed(OpContinuation, two)}, code: StatusProtocolError},
		{name: "bit on a ping", frames: []rawFrame{compressed(OpPing, hello)}, code: StatusProtocolError},
		{name: "bit on a close frame", frames: []rawFrame{compressed(OpClose, "")}, code: StatusProtocolError},
		{name: "second bit", frames: []rawFrame{{finBit | 0x20 | byte(OpText), []byte(hello)}}, code: StatusProtocolError},
		{name: "first and third bit", frames: []rawFrame{{finBit | rsv1 | 0x10 | byte(OpText), []byte(hello)}}, code: StatusProtocolError},

		{name: "as large as may be", limit: 2600, frames: []rawFrame{compressed(OpText, short)}, want: []Message{message(OpText, text)}},
		{name: "a byte too large", limit: 2599, frames: []rawFrame{compressed(OpText, short)}, code: StatusTooBig},
		{name: "a byte too large, in fragments", limit: 2599, frames: []rawFrame{compressedPart(OpText, one), whole(OpContinuation, two)}, code: StatusTooBig},
		{name: "too large behind a last block", limit: 9, frames: []rawFrame{compressed(OpText, "\xF3\x48\xCD\xC9\xC9\x07\x00"+hello)}, code: StatusTooBig},
		{name: "too large as it comes", limit: 100, frames: []rawFrame{compressedPart(OpBinary, strings.Repeat("\x00\x00\x00\xFF\xFF", 34))}, code: StatusTooBig},
		{name: "a little larger compressed than it is", limit: 100, frames: []rawFrame{compressed(OpBinary, "\x00\x64\x00\x9B\xFF"+text[:100]+"\x00")}, want: []Message{message(OpBinary, text[:100])}},
	}
}

func TestCompressedMessagesAreTheSameForEveryWayToCutTheInput(t *testing.T) {
	for _, c := range compressedCases() {
		t.Run(c.name, func(t *testing.T) {
			for _, client := range []bool{false, true} {
				input := stream(client, c.frames...)
				eachCut(t, input, func(t *testing.T, how string, next func() int) {
					p := Parser{Client: client, Limit: c.limit, Compression: alone()}
					got, err := feed(&p, input, next)
					if codeOf(err) != c.code {
						t.Fatalf("client %v, %s: error %v, want code %d", client, how, err, c.code)
					}
					if !sameMessages(got, c.want) {
						t.Fatalf("client %v, %s: got %s, want %s", client, how, show(got), show(c.want))
					}
					if err == nil && p.Idle() == c.unfinished {
						t.Fatalf("client %v, %s: Idle() = %v", client, how, p.Idle())
					}
				})
			}
		})
	}
}

func TestAMessageMayReferBackWhereThatWasAgreed(t *testing.T) {
	p := Parser{Compression: keeping(DeflateOptions{})}
	// RFC 7692 §7.2.3.2; what is not compressed cannot be referred to.
	input := stream(false,
		compressed(OpText, "\xF2\x48\xCD\xC9\xC9\x07\x00"), whole(OpText, "other"), compressed(OpText, "\xF2\x00\x11\x00\x00"))
	got, err := feed(&p, input, always(3))
	want := []Message{message(OpText, "Hello"), message(OpText, "other"), message(OpText, "Hello")}
	if err != nil || !sameMessages(got, want) {
		t.Errorf("got %s and %v, want %s", show(got), err, show(want))
	}
}

func TestReferringBackReachesAsFarAsTheWindow(t *testing.T) {
	// All that a peer with the standard library's writer sends is one stream.
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	p := Parser{Compression: keeping(DeflateOptions{})}
	for i := range 200 {
		want := fmt.Sprintf("message %d of about %d bytes: %s", i, i*i, strings.Repeat(fmt.Sprint(i%7, "x"), i*i/2))
		b.Reset()
		if _, err := io.WriteString(w, want); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		got, err := feed(&p, stream(false, compressed(OpText, strings.TrimSuffix(b.String(), flushed))), always(500))
		if err != nil || !sameMessages(got, []Message{message(OpText, want)}) {
			t.Fatalf("message %d: got %s and %v", i, show(got), err)
		}
	}
	if kept := cap(p.Compression.received.data); kept > 1<<maxBits*5/4 {
		t.Errorf("%d bytes are kept to refer back to, want about %d", kept, 1<<maxBits)
	}
}

func TestABombCostsNoMoreThanTheLimit(t *testing.T) {
	const limit = 1e6
	for _, size := range []int{limit + 1, 50e6} {
		bomb := stream(false, compressed(OpText, zeros(size)))
		for _, how := range []int{len(bomb), 100} {
			p := Parser{Limit: limit, Compression: alone()}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := feed(&p, bytes.Clone(bomb), always(how))
			runtime.ReadMemStats(&after)
			if codeOf(err) != StatusTooBig {
				t.Errorf("%d zeros in %d bytes: error %v, want code %d", size, len(bomb), err, StatusTooBig)
			}
			// The bomb itself is copied a few times as it comes in.
			if spent := int(after.TotalAlloc - before.TotalAlloc); spent > 3*limit+10*len(bomb) {
				t.Errorf("%d zeros in %d bytes, read by %d: %d bytes were allocated", size, len(bomb), how, spent)
			}
			if p.part != nil {
				t.Error("something is kept")
			}
		}
	}
}

func TestCompressedFragmentsAreCounted(t *testing.T) {
	for _, payload := range []string{"", "\x00"} {
		frames := []rawFrame{compressedPart(OpText, payload)}
		for range maxFrames {
			frames = append(frames, part(OpContinuation, payload))
		}
		p := Parser{Compression: alone()}
		if _, err := feed(&p, stream(false, frames...), always(1000)); codeOf(err) != StatusPolicyViolation {
			t.Errorf("fragments of %d bytes: error %v, want code %d", len(payload), err, StatusPolicyViolation)
		}
	}
}

func TestNothingIsBorrowedWhileAMessageIsIncomplete(t *testing.T) {
	p := Parser{Compression: alone()}
	input := stream(false, compressedPart(OpText, squeezed(strings.Repeat("a", 100))))
	n := testing.AllocsPerRun(100, func() {
		p.drop()
		if _, _, err := p.Next(bytes.Clone(input)); err != nil {
			t.Fatal(err)
		}
	})
	if n > 3 || cap(p.part.data) > firstBuffer {
		t.Errorf("%v allocations and %d bytes for half a message", n, cap(p.part.data))
	}
}

// FuzzInflate holds what is made of a compressed payload to what the standard library
// makes of it, within the limit, however often it is asked.
func FuzzInflate(f *testing.F) {
	for _, c := range compressedCases() {
		for _, frame := range c.frames {
			if frame.first&rsv1 != 0 {
				f.Add(frame.payload, uint16(c.limit), "")
			}
		}
	}
	f.Add([]byte("\xF2\x00\x11\x00\x00"), uint16(0), "Hello")
	f.Add([]byte(zeros(200_000)), uint16(60_000), "")
	f.Fuzz(func(t *testing.T, data []byte, limit uint16, before string) {
		c := alone()
		if before != "" {
			c = keeping(DeflateOptions{})
			c.received.add([]byte(before))
		}
		got, err := c.inflate(data, int(limit))
		want, wantErr := inflateSlowly(data, int(limit), before)
		if codeOf(err) == StatusTooBig && wantErr == StatusInvalidPayload {
			wantErr = StatusTooBig // the standard library drops what comes before a fault
		}
		if codeOf(err) != wantErr || !bytes.Equal(got, want) {
			t.Errorf("%d bytes %.50q and %v, want %d bytes %.50q and code %d", len(got), got, err, len(want), want, wantErr)
		}
		if cap(got) > int(limit)+1+firstBuffer {
			t.Errorf("%d bytes are held with a limit of %d", cap(got), limit)
		}
		if c.received != nil && len(c.received.data) > 1<<maxBits {
			t.Errorf("%d bytes are kept", len(c.received.data))
		}
	})
}

// inflateSlowly is what FuzzInflate compares with.
func inflateSlowly(data []byte, limit int, before string) (out []byte, code int) {
	if len(data) == 0 {
		return nil, 0
	}
	source := bytes.NewReader(append(bytes.Clone(data), ending...))
	for {
		r := flate.NewReaderDict(source, []byte(before))
		more, err := io.ReadAll(io.LimitReader(r, int64(limit+1-len(out))))
		out = append(out, more...)
		switch {
		case len(out) > limit:
			return nil, StatusTooBig
		case err != nil:
			return nil, StatusInvalidPayload
		case source.Len() <= len(ending):
			return out, 0
		}
		before = ""
	}
}
