package ws

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"
)

// FuzzParser holds the parser to giving the same messages and the same error
// however the input is cut, and to keeping no more than a message may have.
func FuzzParser(f *testing.F) {
	for _, c := range parserCases() {
		if input := stream(false, c.frames...); len(input) < 2000 {
			f.Add(input, false, uint16(c.limit), []byte{0, 7})
		}
		if input := stream(true, c.frames...); len(input) < 200 {
			f.Add(input, true, uint16(c.limit), []byte{2})
		}
	}
	f.Add(stream(false, whole(OpText, strings.Repeat("\u20AC", 5000))), false, uint16(0), []byte{3, 210})
	f.Fuzz(func(t *testing.T, input []byte, client bool, limit uint16, cuts []byte) {
		checkCuts(t, Parser{Client: client, Limit: int(limit)}, input, cuts)
	})
}

// FuzzCompressedParser is FuzzParser where compressed messages may come.
func FuzzCompressedParser(f *testing.F) {
	for _, c := range compressedCases() {
		f.Add(stream(false, c.frames...), false, uint16(c.limit), []byte{0, 7})
	}
	f.Fuzz(func(t *testing.T, input []byte, client bool, limit uint16, cuts []byte) {
		checkCuts(t, Parser{Client: client, Limit: int(limit), Compression: alone()}, input, cuts)
	})
}

// checkCuts parses the input with copies of p: at once, and as cuts say.
func checkCuts(t *testing.T, p Parser, input, cuts []byte) {
	q := p
	want, wantErr := feed(&p, input, always(1<<30))
	next := cutter(cuts)
	got, err := feed(&q, input, func() int {
		checkRetained(t, &q)
		return next()
	})
	checkRetained(t, &q)
	if !sameMessages(got, want) {
		t.Errorf("got %s, want %s", show(got), show(want))
	}
	if codeOf(err) != codeOf(wantErr) || err != nil && err.Error() != wantErr.Error() {
		t.Errorf("error %v, want %v", err, wantErr)
	}
	if codeOf(wantErr) < 0 {
		t.Errorf("error %v is no CloseError", wantErr)
	}
	if err == nil && q.Idle() != p.Idle() {
		t.Errorf("idle %v, want %v", q.Idle(), p.Idle())
	}
	for _, m := range got {
		checkMessage(t, p.limit(), m)
	}
}

// cutter returns the sizes of pieces that cuts stand for, by turns for ever: small
// ones, and ones that reach into the parser's own buffers.
func cutter(cuts []byte) func() int {
	turn := 0
	return func() int {
		if len(cuts) == 0 {
			return 1
		}
		n := int(cuts[turn%len(cuts)])
		turn++
		if n > 200 {
			return (n - 200) * 300
		}
		return n + 1
	}
}

func checkRetained(t *testing.T, p *Parser) {
	if p.part == nil {
		return
	}
	if n := cap(p.part.data); n > p.room() || n > max(firstBuffer, trust*len(p.part.data))+directRead {
		t.Errorf("%d bytes are held for %d that have come, with a limit of %d", n, len(p.part.data), p.limit())
	}
	if n := cap(p.part.control); n > maxControl {
		t.Errorf("%d bytes are held for a control frame", n)
	}
}

func checkMessage(t *testing.T, limit int, m Message) {
	switch m.Op {
	case OpText:
		if !bytes.Equal(bytes.ToValidUTF8(m.Data, nil), m.Data) {
			t.Errorf("%q is not UTF-8", m.Data)
		}
		fallthrough
	case OpBinary:
		if len(m.Data) > limit {
			t.Errorf("%d bytes with a limit of %d", len(m.Data), limit)
		}
	case OpPing, OpPong:
		if len(m.Data) > maxControl {
			t.Errorf("control frame of %d bytes", len(m.Data))
		}
	case OpClose:
		said := ParseClose(m.Data)
		again := AppendClose(nil, said.Code, said.Reason, false)
		if !bytes.Equal(again[2:], m.Data) {
			t.Errorf("close body %q is written as %q", m.Data, again[2:])
		}
	default:
		t.Errorf("message of opcode %d", m.Op)
	}
}

// FuzzHandshake holds the server to answering what it accepts with a response
// that says what it should and nothing else, whatever the request and the extra
// headers are.
func FuzzHandshake(f *testing.F) {
	plain := rawHandshake + "\r\n"
	f.Add(plain, "X-Extra", "value")
	f.Add(plain, "X-Extra", "a\r\nX-Smuggled: b\r\n\r\n")
	f.Add(plain, "X\r\n", "value")
	f.Add(plain, "Upgrade", "h2c")
	f.Add(plain, "Sec-WebSocket-Protocol", "two")
	f.Add(rawHandshake+"Sec-WebSocket-Protocol: one, two\r\n\r\n", "", "")
	f.Add(rawHandshake+"Sec-WebSocket-Protocol: a,,b\r\n\r\n", "", "")
	f.Add(rawHandshake+"Sec-WebSocket-Extensions: constructor; x=\"\r\n\r\n", "", "")
	f.Add(strings.Replace(plain, "13", "12", 1), "", "")
	f.Add(strings.Replace(plain, "GET", "POST", 1), "", "")
	f.Add(strings.Replace(plain, "HTTP/1.1", "HTTP/1.0", 1), "", "")
	f.Add(strings.Replace(plain, "==", "=", 1), "", "")
	f.Fuzz(func(t *testing.T, text, name, value string) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
		if err != nil {
			return
		}
		if refusal := Check(r); refusal != nil {
			if refusal.Status != http.StatusBadRequest && refusal.Status != http.StatusUpgradeRequired || refusal.Reason == "" {
				t.Errorf("refused with %d %q", refusal.Status, refusal.Reason)
			}
			return
		}
		answer := appendAnswer(nil, r, http.Header{name: {value}})
		reader := bufio.NewReader(bytes.NewReader(answer))
		resp, err := http.ReadResponse(reader, r)
		if err != nil {
			t.Fatalf("answer %q: %v", answer, err)
		}
		if n := reader.Buffered(); n != 0 {
			t.Errorf("answer %q: %d bytes behind its end", answer, n)
		}
		checkAnswerHeaders(t, r, resp, name)
	})
}

func checkAnswerHeaders(t *testing.T, r *http.Request, resp *http.Response, extra string) {
	var offered []string
	if first := firstToken(r.Header["Sec-Websocket-Protocol"]); first != "" {
		offered = append(offered, first)
	}
	key := r.Header.Get("Sec-WebSocket-Key")
	if !strings.EqualFold(extra, "Sec-WebSocket-Protocol") && !strings.EqualFold(extra, "Sec-WebSocket-Extensions") {
		if wrong := checkAnswer(resp, key, &DialOptions{Subprotocols: offered}); wrong != "" {
			t.Errorf("a client finds: %s", wrong)
		}
	}
	for name, values := range resp.Header {
		switch name {
		case "Upgrade", "Connection", "Sec-Websocket-Accept", "Sec-Websocket-Protocol":
		default:
			if name != http.CanonicalHeaderKey(extra) {
				t.Errorf("header %q nobody asked for", name)
			}
		}
		if len(values) != 1 {
			t.Errorf("%d headers %q", len(values), name)
		}
	}
}
