package oracle

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// corpus is what fuzzing our parser has found worth keeping.
const corpus = "../../internal/ws/testdata/fuzz/FuzzParser"

// stream is what a client sends to a server with a limit of bytes per message.
type stream struct {
	name  string
	input []byte
	limit int
}

const defaultLimit = 1e6

func allStreams(t *testing.T) []stream {
	return slices.Concat(singleFrames(), sequences(), closeFrames(), lengths(), texts(), limits(), corpusStreams(t))
}

// singleFrames is every first byte a frame can have, with and without a payload,
// between two messages.
func singleFrames() (all []stream) {
	for first := range 256 {
		for _, payload := range []string{"", "some payload"} {
			if first&0x0F == 0x8 {
				payload = strings.Replace(payload, "so", "\x03\xE8", 1) // a code that may be sent
			}
			var in input
			in.frame(0x81, "before").frame(byte(first), payload).frame(0x82, "behind")
			all = append(all, stream{fmt.Sprintf("first byte %#x, payload %q", first, payload), in.Bytes(), defaultLimit})
		}
	}
	return all
}

// sequences is every sequence of four frames of the kinds that fragmentation is
// about.
func sequences() (all []stream) {
	kinds := []struct {
		name  string
		first byte
	}{{"text", 0x81}, {"part", 0x01}, {"more", 0x00}, {"end", 0x80}, {"ping", 0x89}}
	n := len(kinds)
	for i := range n * n * n * n {
		var in input
		name := "sequence"
		for at, rest := 0, i; at < 4; at, rest = at+1, rest/n {
			kind := kinds[rest%n]
			name += " " + kind.name
			in.frame(kind.first, strings.Repeat(strconv.Itoa(at), at))
		}
		all = append(all, stream{name, in.Bytes(), defaultLimit})
	}
	return all
}

// closeFrames is close frames with codes around those that mean something.
func closeFrames() (all []stream) {
	bodies := []string{"", "\x03", "\x03\xE8" + strings.Repeat("r", 123), "\x03\xE8" + strings.Repeat("r", 124), "\x03\xE8\xFF\xFE"}
	for _, code := range []int{
		0, 1, 999, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
		1015, 1016, 1100, 1999, 2000, 2999, 3000, 3999, 4000, 4999, 5000, 65535,
	} {
		body := binary.BigEndian.AppendUint16(nil, uint16(code))
		bodies = append(bodies, string(body), string(body)+"reason")
	}
	for _, body := range bodies {
		var in input
		in.frame(0x81, "before").frame(0x88, body).frame(0x81, "behind")
		all = append(all, stream{fmt.Sprintf("close body %.10q", body), in.Bytes(), defaultLimit})
	}
	return all
}

// lengths is payloads around the sizes where headers change, lengths not in
// their shortest form, lengths that lie, and frames that are not masked.
func lengths() (all []stream) {
	add := func(name string, in *input) {
		in.frame(0x82, "behind")
		all = append(all, stream{name, in.Bytes(), defaultLimit})
	}
	long := func(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
	for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536, 200_000} {
		payload := strings.Repeat("p", n)
		add(fmt.Sprintf("%d bytes", n), new(input).frame(0x82, payload))
		add(fmt.Sprintf("%d bytes, length of 8 bytes", n), new(input).raw(0x82, 0x80|127, long(uint64(n)), payload))
		if n < 1<<16 {
			add(fmt.Sprintf("%d bytes, length of 2 bytes", n), new(input).raw(0x82, 0x80|126, long(uint64(n))[6:], payload))
		}
		if n < 126 {
			add(fmt.Sprintf("%d bytes unmasked", n), new(input).raw(0x82, byte(n), nil, payload))
			add(fmt.Sprintf("ping of %d bytes", n), new(input).frame(0x89, payload))
		}
	}
	for _, n := range []uint64{1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, 1<<63 - 1, 1 << 63, 1<<64 - 1} {
		add(fmt.Sprintf("length of %d that lies", n), new(input).raw(0x82, 0x80|127, long(n), "some payload"))
	}
	all = append(all, stream{"header that ends behind a length over the limit", []byte{0x82, 0xFE, 0xFF, 0xFF}, 100})
	add("ping of 126 bytes", new(input).frame(0x89, strings.Repeat("p", 126)))
	return all
}

// texts is valid and invalid UTF-8, whole and with each byte in a fragment.
func texts() (all []stream) {
	for _, text := range []string{
		"\u00B5\u20AC\U0001F600", "\x00\x7F\u0080\u07FF\u0800\uFFFF\U00010000\U0010FFFF", "\uD7FF\uE000\uFDD0\uFFFE",
		"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF", "a\xE2\x82", "a\xE2\x82b",
	} {
		for _, first := range []byte{0x01, 0x02} {
			var once, pieces input
			once.frame(0x80|first, text).frame(0x82, "behind")
			pieces.frame(first, "")
			for i := range len(text) {
				pieces.frame(0x00, text[i:i+1])
			}
			pieces.frame(0x80, "").frame(0x82, "behind")
			all = append(all,
				stream{fmt.Sprintf("%+q of opcode %d", text, first), once.Bytes(), defaultLimit},
				stream{fmt.Sprintf("%+q of opcode %d in fragments", text, first), pieces.Bytes(), defaultLimit},
			)
		}
	}
	return all
}

// limits is messages about as long as they may be, and of about as many fragments.
func limits() (all []stream) {
	for _, n := range []int{99, 100, 101, 1000} {
		payload := strings.Repeat("p", n)
		var once, pieces input
		once.frame(0x82, payload).frame(0x82, "behind")
		pieces.frame(0x02, payload[:n/2]).frame(0x89, "ping").frame(0x80, payload[n/2:]).frame(0x82, "behind")
		all = append(all,
			stream{fmt.Sprintf("%d bytes of 100", n), once.Bytes(), 100},
			stream{fmt.Sprintf("%d bytes of 100 in fragments", n), pieces.Bytes(), 100},
		)
	}
	for _, n := range []int{1024, 1025} {
		var in input
		in.frame(0x02, "p")
		for range n - 2 {
			in.frame(0x00, "p")
		}
		in.frame(0x80, "p").frame(0x82, "behind")
		all = append(all, stream{fmt.Sprintf("%d fragments", n), in.Bytes(), defaultLimit})
	}
	return all
}

// corpusStreams is those of the fuzz corpus that are a client's.
func corpusStreams(t *testing.T) (all []stream) {
	files, err := filepath.Glob(filepath.Join(corpus, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus in %s: %v", corpus, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if c, ok := parseCorpus(string(data)); ok {
			c.name = filepath.Base(file)
			all = append(all, c)
		}
	}
	if len(all) < len(files)/2 {
		t.Fatalf("only %d of %d files of the corpus were understood", len(all), len(files))
	}
	return all
}

// parseCorpus reads a file of FuzzParser's corpus: a version and then the
// arguments, which are the input, whether it is a server's, the limit and the cuts.
func parseCorpus(text string) (s stream, ok bool) {
	lines := strings.Split(text, "\n")
	if len(lines) < 5 || lines[2] != "bool(false)" {
		return stream{}, false
	}
	unwrap := func(line, before string) string {
		return strings.TrimSuffix(strings.TrimPrefix(line, before), ")")
	}
	data, err := strconv.Unquote(unwrap(lines[1], "[]byte("))
	if err != nil {
		return stream{}, false
	}
	limit, err := strconv.Atoi(unwrap(lines[3], "uint16("))
	if err != nil {
		return stream{}, false
	}
	if limit == 0 {
		limit = defaultLimit
	}
	return stream{input: []byte(data), limit: limit}, true
}
