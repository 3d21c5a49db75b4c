package ws

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// parserCase is what a peer sends and what is to come of it.
type parserCase struct {
	name       string
	frames     []rawFrame
	want       []Message
	code       int // of the error, 0 if there is none
	limit      int
	unfinished bool // the input ends within a message
}

// parserCases follows the sections of the Autobahn test suite that concern frames.
// The numbers are that suite's.
func parserCases() []parserCase {
	return slices.Concat(
		framingCases(), pingCases(), reservedCases(), fragmentCases(), orphanCases(),
		utf8Cases(), invalidUTF8Cases(), closeCases(), closeCodeCases(), limitCases(),
	)
}

// framingCases is sections 1 and 10.
func framingCases() (cases []parserCase) {
	for _, op := range []Opcode{OpText, OpBinary} {
		for i, size := range []int{0, 125, 126, 127, 128, 65535, 65536} {
			payload := strings.Repeat("*", size)
			if op == OpBinary {
				payload = strings.Repeat("\xFE", size)
			}
			cases = append(cases, parserCase{
				name:   fmt.Sprintf("1.%d.%d %d bytes of %s", op, i+1, size, opName(op)),
				frames: []rawFrame{whole(op, payload)},
				want:   []Message{message(op, payload)},
			})
		}
	}
	payload := strings.Repeat("*", 65536)
	frames := []rawFrame{part(OpText, payload[:1300])}
	for rest := payload[1300:]; len(rest) > 0; rest = rest[min(1300, len(rest)):] {
		frames = append(frames, frameOf(len(rest) <= 1300, OpContinuation, rest[:min(1300, len(rest))]))
	}
	return append(cases, parserCase{
		name: "10.1.1 65536 bytes in fragments of 1300", frames: frames,
		want: []Message{message(OpText, payload)},
	})
}

// pingCases is section 2.
func pingCases() []parserCase {
	long := strings.Repeat("\xFE", 125)
	many := make([]rawFrame, 10)
	manyWant := make([]Message, 10)
	for i := range many {
		payload := fmt.Sprintf("payload-%d", i)
		many[i], manyWant[i] = whole(OpPing, payload), message(OpPing, payload)
	}
	binary := "\x00\xFF\xFE\xFD\xFC\xFB\x00\xFF"
	return []parserCase{
		{name: "2.1 ping without payload", frames: []rawFrame{whole(OpPing, "")}, want: []Message{message(OpPing, "")}},
		{name: "2.2 ping with text", frames: []rawFrame{whole(OpPing, "Hello")}, want: []Message{message(OpPing, "Hello")}},
		{name: "2.3 ping with bytes", frames: []rawFrame{whole(OpPing, binary)}, want: []Message{message(OpPing, binary)}},
		{name: "2.4 ping of 125 bytes", frames: []rawFrame{whole(OpPing, long)}, want: []Message{message(OpPing, long)}},
		{name: "2.5 ping of 126 bytes", frames: []rawFrame{whole(OpPing, long+"\xFE")}, code: StatusProtocolError},
		{name: "2.7 pong without payload", frames: []rawFrame{whole(OpPong, "")}, want: []Message{message(OpPong, "")}},
		{name: "2.8 pong with payload", frames: []rawFrame{whole(OpPong, "x")}, want: []Message{message(OpPong, "x")}},
		{
			name: "2.9 pong and ping", frames: []rawFrame{whole(OpPong, "x"), whole(OpPing, "y")},
			want: []Message{message(OpPong, "x"), message(OpPing, "y")},
		},
		{name: "2.10 ten pings", frames: many, want: manyWant},
	}
}

// reservedCases is sections 3 and 4.
func reservedCases() (cases []parserCase) {
	hello := whole(OpText, "Hello, world!")
	for rsv := byte(1); rsv <= 7; rsv++ {
		for _, op := range []Opcode{OpText, OpBinary, OpContinuation, OpPing, OpPong, OpClose} {
			bad := whole(op, "")
			bad.first |= rsv << 4
			cases = append(cases, parserCase{
				name:   fmt.Sprintf("3.%d RSV %d of opcode %d", rsv, rsv, op),
				frames: []rawFrame{hello, bad, whole(OpPing, "")},
				want:   []Message{message(OpText, "Hello, world!")},
				code:   StatusProtocolError,
			})
		}
	}
	for _, op := range []Opcode{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		for _, payload := range []string{"", "reserved opcode payload"} {
			cases = append(cases, parserCase{
				name:   fmt.Sprintf("4 opcode %d with %d bytes", op, len(payload)),
				frames: []rawFrame{hello, whole(op, payload), whole(OpPing, "")},
				want:   []Message{message(OpText, "Hello, world!")},
				code:   StatusProtocolError,
			})
		}
	}
	return cases
}

// fragmentCases is section 5 as far as messages are whole in the end.
func fragmentCases() []parserCase {
	one, two := "fragment1", "fragment2"
	joined := []Message{message(OpText, one+two)}
	pinged := []Message{message(OpPing, "ping payload"), message(OpText, one+two)}
	return []parserCase{
		{name: "5.1 fragmented ping", frames: []rawFrame{part(OpPing, one), whole(OpContinuation, two)}, code: StatusProtocolError},
		{name: "5.2 fragmented pong", frames: []rawFrame{part(OpPong, one), whole(OpContinuation, two)}, code: StatusProtocolError},
		{name: "5.2 fragmented close", frames: []rawFrame{part(OpClose, "")}, code: StatusProtocolError},
		{name: "5.3 two fragments", frames: []rawFrame{part(OpText, one), whole(OpContinuation, two)}, want: joined},
		{
			name:   "5.6 ping between two fragments",
			frames: []rawFrame{part(OpText, one), whole(OpPing, "ping payload"), whole(OpContinuation, two)},
			want:   pinged,
		},
		{
			name: "5.19 pings between five fragments",
			frames: []rawFrame{
				part(OpText, "fragment1"), part(OpContinuation, "fragment2"), whole(OpPing, "pongme 1!"),
				part(OpContinuation, "fragment3"), part(OpContinuation, "fragment4"), whole(OpPing, "pongme 2!"),
				whole(OpContinuation, "fragment5"),
			},
			want: []Message{
				message(OpPing, "pongme 1!"), message(OpPing, "pongme 2!"),
				message(OpText, "fragment1fragment2fragment3fragment4fragment5"),
			},
		},
		{
			name:   "empty fragments",
			frames: []rawFrame{part(OpBinary, ""), part(OpContinuation, ""), whole(OpContinuation, "")},
			want:   []Message{message(OpBinary, "")},
		},
		{
			name:   "empty last fragment, then another message",
			frames: []rawFrame{part(OpText, one), whole(OpContinuation, ""), whole(OpBinary, two)},
			want:   []Message{message(OpText, one), message(OpBinary, two)},
		},
		{
			name:   "close between fragments",
			frames: []rawFrame{part(OpText, one), whole(OpClose, "\x03\xE8"), whole(OpContinuation, two)},
			want:   []Message{message(OpClose, "\x03\xE8")}, unfinished: true,
		},
		{name: "unfinished message", frames: []rawFrame{part(OpText, one)}, unfinished: true},
	}
}

// orphanCases is section 5 as far as fragments do not fit together.
func orphanCases() []parserCase {
	hello := whole(OpText, "Hello, world!")
	return []parserCase{
		{name: "5.9 last continuation of nothing", frames: []rawFrame{whole(OpContinuation, "x"), hello}, code: StatusProtocolError},
		{name: "5.12 continuation of nothing", frames: []rawFrame{part(OpContinuation, "x"), hello}, code: StatusProtocolError},
		{
			name:   "5.15 continuation behind a whole message",
			frames: []rawFrame{part(OpText, "1"), whole(OpContinuation, "2"), part(OpContinuation, "3"), hello},
			want:   []Message{message(OpText, "12")}, code: StatusProtocolError,
		},
		{name: "5.18 message within a message", frames: []rawFrame{part(OpText, "1"), whole(OpText, "2")}, code: StatusProtocolError},
		{name: "5.18 begun within a message", frames: []rawFrame{part(OpText, "1"), part(OpBinary, "2")}, code: StatusProtocolError},
		{
			name:   "5.18 message within one that began empty",
			frames: []rawFrame{part(OpText, ""), whole(OpBinary, "2")}, code: StatusProtocolError,
		},
	}
}

// validTexts is what must be accepted in section 6: the ends of the ranges of
// each length, their neighbours, and noncharacters.
func validTexts() []string {
	return []string{
		"", "Hello-\u00B5@\u00DF\u00F6\u00E4\u00FC\u00E0\u00E1-UTF-8!!", "\u03BA\u1F79\u03C3\u03BC\u03B5",
		"\x00", "\x7F", "\u0080", "\u07FF", "\u0800", "\uD7FF", "\uE000", "\uFFFD", "\uFFFE", "\uFFFF",
		"\U00010000", "\U0010FFFF", "\U0001FFFE", "\U000FFFFF", "\uFDD0", "a\uFEFFb",
	}
}

// utf8Cases is section 6 as far as texts are valid.
func utf8Cases() (cases []parserCase) {
	cases = append(cases,
		parserCase{
			name:   "6.1.2 three empty fragments",
			frames: []rawFrame{part(OpText, ""), part(OpContinuation, ""), whole(OpContinuation, "")},
			want:   []Message{message(OpText, "")},
		},
		parserCase{
			name:   "6.1.3 payload in the middle one of three fragments",
			frames: []rawFrame{part(OpText, ""), part(OpContinuation, "middle"), whole(OpContinuation, "")},
			want:   []Message{message(OpText, "middle")},
		},
	)
	for _, text := range validTexts() {
		cases = append(cases,
			parserCase{
				name: fmt.Sprintf("6 valid %+q", text), frames: []rawFrame{whole(OpText, text)},
				want: []Message{message(OpText, text)},
			},
			parserCase{
				name:   fmt.Sprintf("6.2 valid %+q in single bytes, with pings", text),
				frames: byteFragments(text), want: pingsAnd(text),
			},
		)
	}
	return cases
}

// byteFragments is a text of which each fragment is one byte, with a ping behind
// each but the last.
func byteFragments(text string) []rawFrame {
	frames := []rawFrame{part(OpText, "")}
	for i := range len(text) {
		frames = append(frames, part(OpContinuation, text[i:i+1]), whole(OpPing, ""))
	}
	return append(frames, whole(OpContinuation, ""))
}

func pingsAnd(text string) []Message {
	var want []Message
	for range len(text) {
		want = append(want, message(OpPing, ""))
	}
	return append(want, message(OpText, text))
}

// invalidUTF8Cases is section 6 as far as texts are not valid.
func invalidUTF8Cases() (cases []parserCase) {
	for _, bad := range []string{
		"\x80", "\xBF", "\x80\xBF", "\xC0", "\xC3", "\xE1\x80", "\xF1\x80\x80", // alone and unfinished
		"\xC0\xAF", "\xE0\x80\xAF", "\xF0\x80\x80\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", // overlong
		"\xED\xA0\x80", "\xED\xBF\xBF", "\xED\xA0\x80\xED\xB0\x80", // surrogates
		"\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xF8\x88\x80\x80\x80", "\xFC\x84\x80\x80\x80\x80", "\xFE", "\xFF", // too high
		"\xC3(", "\xE2\x82(", "\xF0\x9F\x98(", // broken off
	} {
		for _, text := range []string{bad, "abc" + bad, bad + "abc", strings.Repeat("ok\u20AC", 40) + bad} {
			cases = append(cases,
				parserCase{
					name: fmt.Sprintf("6.3 invalid %+q", text), frames: []rawFrame{whole(OpText, text)},
					code: StatusInvalidPayload,
				},
				parserCase{
					name:   fmt.Sprintf("6.3 invalid %+q in two fragments", text),
					frames: []rawFrame{part(OpText, text[:len(text)-1]), whole(OpContinuation, text[len(text)-1:])},
					code:   StatusInvalidPayload,
				},
				parserCase{
					name: fmt.Sprintf("6.3 binary %+q", text), frames: []rawFrame{whole(OpBinary, text)},
					want: []Message{message(OpBinary, text)},
				},
			)
		}
	}
	return cases
}

// closeCases is section 7 without the codes.
func closeCases() []parserCase {
	normal := "\x03\xE8"
	long := normal + strings.Repeat("*", maxReason)
	return []parserCase{
		{
			name:   "7.1.2 two close frames",
			frames: []rawFrame{whole(OpClose, normal), whole(OpClose, normal)}, want: []Message{message(OpClose, normal)},
		},
		{
			name:   "7.1.3 garbage behind the close frame",
			frames: []rawFrame{whole(OpText, "x"), whole(OpClose, normal), whole(7, "?")},
			want:   []Message{message(OpText, "x"), message(OpClose, normal)},
		},
		{name: "7.3.1 close without body", frames: []rawFrame{whole(OpClose, "")}, want: []Message{message(OpClose, "")}},
		{name: "7.3.2 close body of one byte", frames: []rawFrame{whole(OpClose, "a")}, code: StatusProtocolError},
		{name: "7.3.4 close with reason", frames: []rawFrame{whole(OpClose, normal+"Hello")}, want: []Message{message(OpClose, normal+"Hello")}},
		{name: "7.3.5 longest reason", frames: []rawFrame{whole(OpClose, long)}, want: []Message{message(OpClose, long)}},
		{name: "7.3.6 too long a reason", frames: []rawFrame{whole(OpClose, long+"*")}, code: StatusProtocolError},
		{name: "7.5.1 reason that is not UTF-8", frames: []rawFrame{whole(OpClose, normal+"\xCE\xED\xA0\x80")}, code: StatusInvalidPayload},
	}
}

// closeCodeCases is sections 7.7, 7.9 and 7.13.
func closeCodeCases() (cases []parserCase) {
	bodyOf := func(code int) string { return string([]byte{byte(code >> 8), byte(code)}) }
	for _, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
		cases = append(cases, parserCase{
			name: fmt.Sprintf("7.7 close code %d", code), frames: []rawFrame{whole(OpClose, bodyOf(code))},
			want: []Message{message(OpClose, bodyOf(code))},
		})
	}
	for _, code := range []int{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		cases = append(cases, parserCase{
			name: fmt.Sprintf("7.9 close code %d", code), frames: []rawFrame{whole(OpClose, bodyOf(code))},
			code: StatusProtocolError,
		})
	}
	return cases
}

// limitCases is about the size of messages and the number of fragments.
func limitCases() []parserCase {
	empty := func(n int) []rawFrame {
		frames := []rawFrame{part(OpText, "")}
		for range n - 2 {
			frames = append(frames, part(OpContinuation, ""))
		}
		return append(frames, whole(OpContinuation, ""))
	}
	million := string(bytes.Repeat([]byte("*"), 1e6))
	return []parserCase{
		{name: "message of the limit", limit: 10, frames: []rawFrame{whole(OpText, "0123456789")}, want: []Message{message(OpText, "0123456789")}},
		{name: "message over the limit", limit: 10, frames: []rawFrame{whole(OpText, "0123456789a")}, code: StatusTooBig},
		{
			name: "fragments of the limit", limit: 10,
			frames: []rawFrame{part(OpText, "0123"), whole(OpPing, "0123456789a"), whole(OpContinuation, "456789")},
			want:   []Message{message(OpPing, "0123456789a"), message(OpText, "0123456789")},
		},
		{
			name: "fragments over the limit", limit: 10,
			frames: []rawFrame{part(OpText, "0123"), part(OpContinuation, "45678"), whole(OpContinuation, "9a")}, code: StatusTooBig,
		},
		{
			name: "each message has the whole limit", limit: 10,
			frames: []rawFrame{part(OpText, "01234"), whole(OpContinuation, "56789"), whole(OpText, "0123456789")},
			want:   []Message{message(OpText, "0123456789"), message(OpText, "0123456789")},
		},
		{name: "message of the default limit", frames: []rawFrame{whole(OpText, million)}, want: []Message{message(OpText, million)}},
		{name: "message over the default limit", frames: []rawFrame{whole(OpText, million+"*")}, code: StatusTooBig},
		{name: "1024 fragments", frames: empty(maxFrames), want: []Message{message(OpText, "")}},
		{name: "1025 fragments", frames: empty(maxFrames + 1), code: StatusPolicyViolation},
	}
}
