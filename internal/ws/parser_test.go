package ws

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
	"unsafe"
)

// rawFrame is a frame as a peer may write it, wrong ones included.
type rawFrame struct {
	first   byte // FIN, RSV and opcode
	payload []byte
}

func frameOf(fin bool, op Opcode, payload string) rawFrame {
	first := byte(op)
	if fin {
		first |= finBit
	}
	return rawFrame{first, []byte(payload)}
}

func whole(op Opcode, payload string) rawFrame { return frameOf(true, op, payload) }
func part(op Opcode, payload string) rawFrame  { return frameOf(false, op, payload) }

// append writes the frame as the peer of a client or of a server would.
func (f rawFrame) append(dst []byte, client bool) []byte {
	masked := byte(maskBit)
	if client {
		masked = 0
	}
	at := len(dst)
	dst = appendHeader(dst, 0, len(f.payload), masked)
	dst[at] = f.first
	if client {
		return append(dst, f.payload...)
	}
	dst = append(dst, 0xA1, 0x5B, 0x00, 0xF7)
	at = len(dst)
	dst = append(dst, f.payload...)
	maskSlowly(dst[at:], []byte{0xA1, 0x5B, 0x00, 0xF7})
	return dst
}

func maskSlowly(b, key []byte) {
	for i := range b {
		b[i] ^= key[i%4]
	}
}

func stream(client bool, frames ...rawFrame) []byte {
	var b []byte
	for _, f := range frames {
		b = f.append(b, client)
	}
	return b
}

// feed gives a parser the input in pieces, whose sizes next decides, as a
// connection would: through Space where there is one, otherwise through a buffer
// that is used for something else after each piece. It stops at a close frame, as
// nothing that follows one counts.
func feed(p *Parser, input []byte, next func() int) (got []Message, err error) {
	for len(input) > 0 {
		n := min(next(), len(input))
		if space := p.Space(); space != nil {
			n = copy(space, input[:n])
			m, err := p.Filled(n)
			input = input[n:]
			if err != nil {
				return got, err
			}
			if m.Op != 0 {
				got = append(got, m)
			}
			continue
		}
		ms, closed, err := feedBuffer(p, bytes.Clone(input[:n]))
		got = append(got, ms...)
		if err != nil || closed {
			return got, err
		}
		input = input[n:]
	}
	return got, nil
}

func feedBuffer(p *Parser, buffer []byte) (got []Message, closed bool, err error) {
	for rest := buffer; len(rest) > 0 && !closed; {
		m, n, err := p.Next(rest)
		if err != nil {
			return got, false, err
		}
		rest = rest[n:]
		if m.Op == 0 {
			if len(rest) > 0 {
				return got, false, fmt.Errorf("%d bytes left without a message", len(rest))
			}
			break
		}
		if !m.Owned {
			m.Data = bytes.Clone(m.Data)
		}
		got = append(got, m)
		closed = m.Op == OpClose
	}
	for i := range buffer {
		buffer[i] = 0xAA // what the parser still holds must not be in here
	}
	return got, closed, nil
}

func always(n int) func() int { return func() int { return n } }

// inTwo cuts the input once, behind its first n bytes.
func inTwo(n int) func() int {
	return func() int {
		first := n
		n = 1 << 30
		return first
	}
}

// eachCut runs the test for every way to cut the input in two, and for pieces of
// some sizes; long inputs are cut in two near their ends only.
func eachCut(t *testing.T, input []byte, test func(t *testing.T, how string, next func() int)) {
	t.Helper()
	test(t, "whole", always(1<<30))
	for _, n := range []int{1, 2, 3, 5, 7, 997, 4 << 10, 64 << 10} {
		if n == 1 || n < len(input) && len(input)/n < 100_000 {
			test(t, fmt.Sprintf("in pieces of %d", n), always(n))
		}
	}
	edge := 300
	if len(input) > 10_000 {
		edge = 20
	}
	for n := 1; n < len(input); n++ {
		test(t, fmt.Sprintf("cut at %d", n), inTwo(n))
		if n == edge && len(input) > 2*edge {
			n = len(input) - edge
		}
	}
}

func sameMessages(got, want []Message) bool {
	if len(got) != len(want) {
		return false
	}
	for i, m := range got {
		if m.Op != want[i].Op || !bytes.Equal(m.Data, want[i].Data) {
			return false
		}
	}
	return true
}

func show(ms []Message) string {
	text := "["
	for _, m := range ms {
		text += fmt.Sprintf(" %d:%d:%.40q", m.Op, len(m.Data), m.Data)
	}
	return text + " ]"
}

func codeOf(err error) int {
	if err == nil {
		return 0
	}
	if closed, ok := errors.AsType[*CloseError](err); ok {
		return closed.Code
	}
	return -1
}

func message(op Opcode, payload string) Message { return Message{Op: op, Data: []byte(payload)} }

func TestParserGivesTheSameForEveryWayToCutTheInput(t *testing.T) {
	for _, c := range parserCases() {
		t.Run(c.name, func(t *testing.T) {
			for _, client := range []bool{false, true} {
				input := stream(client, c.frames...)
				eachCut(t, input, func(t *testing.T, how string, next func() int) {
					p := Parser{Client: client, Limit: c.limit}
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

func TestParserFailsBeforeTheRestHasCome(t *testing.T) {
	binaryOf := func(size uint64) []byte {
		return binary.BigEndian.AppendUint64([]byte{finBit | byte(OpBinary), maskBit | length64}, size)
	}
	text := func(payload string) []byte {
		frame := stream(false, whole(OpText, payload+"........"))
		return frame[:len(frame)-8]
	}
	for _, c := range []struct {
		name  string
		input []byte
		code  int
	}{
		{"length of 2^63", binaryOf(1 << 63), StatusTooBig},
		{"length of 2^64-1", binaryOf(1<<64 - 1), StatusTooBig},
		{"length of 2^63-1", binaryOf(1<<63 - 1), StatusTooBig},
		{"length of one more than the limit", binaryOf(1e6 + 1), StatusTooBig},
		{"65535 in eight bytes", binaryOf(65535), StatusProtocolError},
		{"125 in two bytes", []byte{finBit | byte(OpBinary), maskBit | length16, 0, 125}, StatusProtocolError},
		{"126 bytes of ping", []byte{finBit | byte(OpPing), maskBit | length16}, StatusProtocolError},
		{"unmasked", []byte{finBit | byte(OpText), 0}, StatusProtocolError},
		{"surrogate", text("a\xED\xA0"), StatusInvalidPayload},
		{"beyond U+10FFFF", text("\u03BA\xF4\x90"), StatusInvalidPayload},
		{"overlong", text("\xE0\x80"), StatusInvalidPayload},
		{"byte that is in no text", text("\xFF"), StatusInvalidPayload},
		{"lone continuation byte", text("ab\x80"), StatusInvalidPayload},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachCut(t, c.input, func(t *testing.T, how string, next func() int) {
				var p Parser
				if _, err := feed(&p, c.input, next); codeOf(err) != c.code {
					t.Errorf("%s: error %v, want code %d", how, err, c.code)
				}
				if p.part != nil {
					t.Errorf("%s: something is retained", how)
				}
			})
			var p Parser
			if _, err := feed(&p, c.input[:len(c.input)-1], always(1)); err != nil {
				t.Errorf("without the last byte: %v", err)
			}
		})
	}
}

func TestParserRefusesMaskedFramesFromAServer(t *testing.T) {
	p := Parser{Client: true}
	if _, _, err := p.Next(stream(false, whole(OpText, "x"))); codeOf(err) != StatusProtocolError {
		t.Errorf("error %v, want code %d", err, StatusProtocolError)
	}
}

func TestParserGoesOnWithinAFragmentedMessage(t *testing.T) {
	var p Parser
	if p.Space() != nil || !p.Idle() {
		t.Error("a new parser must be idle and have no Space")
	}
	if _, err := feed(&p, stream(false, part(OpText, "x")), always(1)); err != nil {
		t.Fatal(err)
	}
	if p.Space() != nil || p.Idle() {
		t.Error("between fragments the parser must not be idle, nor have Space")
	}
}

func TestParserDeliversAWholeFrameWithoutCopying(t *testing.T) {
	b := stream(false, whole(OpText, "first"), whole(OpPing, "second"))
	var p Parser
	for at, want := 6, 0; want < 2; want++ {
		m, n, err := p.Next(b[at-6:])
		if err != nil {
			t.Fatal(err)
		}
		if m.Owned || unsafe.SliceData(m.Data) != &b[at] {
			t.Errorf("message %d is not part of the input", want)
		}
		if cap(m.Data) < len(m.Data) {
			t.Errorf("message %d: capacity %d", want, cap(m.Data))
		}
		at += n
	}
}

func TestParserGivesItsOwnBuffersAway(t *testing.T) {
	input := stream(false, part(OpText, "one"), whole(OpContinuation, " two"), whole(OpText, "three"), whole(OpPing, "four"))
	var p Parser
	got, err := feed(&p, input, always(2))
	if err != nil {
		t.Fatal(err)
	}
	want := []Message{message(OpText, "one two"), message(OpText, "three"), message(OpPing, "four")}
	if !sameMessages(got, want) {
		t.Fatalf("got %s, want %s", show(got), show(want))
	}
	for _, m := range got {
		if !m.Owned {
			t.Errorf("%q is not owned", m.Data)
		}
	}
	// What is parsed later must leave them alone.
	if _, err := feed(&p, stream(false, part(OpText, "XXX"), whole(OpContinuation, "YYYY")), always(2)); err != nil {
		t.Fatal(err)
	}
	if !sameMessages(got, want) {
		t.Errorf("later input has changed what was given away: %s", show(got))
	}
}

func TestSpaceGrowsWithWhatArrives(t *testing.T) {
	const size = 1_000_000
	header := appendHeader(nil, OpBinary, size, maskBit)
	header = append(header, 0, 0, 0, 0)
	p := Parser{Limit: 5 * size}
	if m, _, err := p.Next(header); m.Op != 0 || err != nil {
		t.Fatal(m.Op, err)
	}
	arrived := 0
	for arrived < size {
		space := p.Space()
		held := cap(p.part.data)
		if held > max(firstBuffer, trust*arrived)+directRead {
			t.Fatalf("%d bytes are set aside for %d that have arrived", held, arrived)
		}
		if rest := size - arrived; rest >= directRead && len(space) < directRead || len(space) > rest {
			t.Fatalf("space for %d bytes with %d missing", len(space), rest)
		}
		m, err := p.Filled(len(space))
		if err != nil {
			t.Fatal(err)
		}
		arrived += len(space)
		if (m.Op != 0) != (arrived == size) {
			t.Fatalf("message after %d bytes", arrived)
		}
		if m.Op != 0 && (!m.Owned || len(m.Data) != size || cap(m.Data) != size) {
			t.Errorf("owned %v, %d bytes of %d, want owned and exactly %d", m.Owned, len(m.Data), cap(m.Data), size)
		}
	}
	if !p.Idle() {
		t.Error("not idle at the end")
	}
}

func TestSpaceIsLeftOutWhereLittleIsMissing(t *testing.T) {
	header := append(appendHeader(nil, OpBinary, 2*directRead, maskBit), 0, 0, 0, 0)
	var p Parser
	if _, err := feed(&p, append(header, make([]byte, directRead)...), always(1<<30)); err != nil {
		t.Fatal(err)
	}
	if len(p.Space()) != directRead {
		t.Errorf("space for %d bytes, want %d", len(p.Space()), directRead)
	}
	if _, err := p.Filled(1); err != nil {
		t.Fatal(err)
	}
	if p.Space() != nil {
		t.Errorf("space for %d bytes, want none", len(p.Space()))
	}
}

func TestSpaceIsNeverOnlyTheEndOfABuffer(t *testing.T) {
	const large = 64 << 10
	input := append(appendHeader(nil, OpBinary, 3*large, maskBit), 0, 0, 0, 0)
	input = append(input, make([]byte, large-1)...)
	var p Parser
	if _, err := feed(&p, input, always(1<<30)); err != nil {
		t.Fatal(err)
	}
	if n := len(p.Space()); n < directRead {
		t.Errorf("space for %d bytes, want at least %d", n, directRead)
	}
}

func TestFragmentsCostLittleMoreThanTheirBytes(t *testing.T) {
	// The worst case for a buffer that is made anew for each fragment.
	const size, count = 1000, 1000
	frames := []rawFrame{part(OpBinary, string(make([]byte, size)))}
	for range count - 1 {
		frames = append(frames, part(OpContinuation, string(make([]byte, size))))
	}
	var p Parser
	input := stream(false, frames...)
	allocated := testing.AllocsPerRun(1, func() {
		p.drop()
		if _, _, err := p.Next(input); err != nil {
			t.Fatal(err)
		}
	})
	if allocated > 20 {
		t.Errorf("%v allocations for %d fragments", allocated, count)
	}
	if held := cap(p.part.data); held > 2*size*count || held > defaultLimit {
		t.Errorf("%d bytes are held for %d", held, size*count)
	}
}

func TestParserIsSmallAtRest(t *testing.T) {
	if size := unsafe.Sizeof(Parser{}); size > 64 {
		t.Errorf("a Parser has %d bytes, want at most 64", size)
	}
	var p Parser
	input := stream(false, part(OpText, "a"), whole(OpPing, "b"), whole(OpContinuation, "c"))
	if _, err := feed(&p, input, always(1)); err != nil {
		t.Fatal(err)
	}
	if p.part != nil {
		t.Error("state is kept behind a whole message")
	}
}

func TestWholeFramesCostNoAllocation(t *testing.T) {
	input := benchFrame(OpText, []byte("hello"))
	input = append(input, benchFrame(OpBinary, make([]byte, 1000))...)
	input = append(input, benchFrame(OpPing, []byte("x"))...)
	var p Parser
	messages := 0
	allocated := testing.AllocsPerRun(100, func() {
		for b := input; len(b) > 0; messages++ {
			_, n, err := p.Next(b)
			if err != nil {
				t.Fatal(err)
			}
			b = b[n:]
		}
	})
	if allocated != 0 {
		t.Errorf("%v allocations", allocated)
	}
	if messages != 3*101 {
		t.Errorf("%d messages, want %d", messages, 3*101)
	}
}
