package ws

import (
	"bytes"
	"fmt"
	"testing"
)

func TestHeadersUseTheShortestLength(t *testing.T) {
	for _, c := range []struct {
		n    int
		want []byte
	}{
		{0, []byte{0x82, 0}},
		{125, []byte{0x82, 125}},
		{126, []byte{0x82, 126, 0, 126}},
		{65535, []byte{0x82, 126, 0xFF, 0xFF}},
		{65536, []byte{0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0}},
		{1 << 30, []byte{0x82, 127, 0, 0, 0, 0, 0x40, 0, 0, 0}},
	} {
		if got := AppendHeader([]byte("before"), OpBinary, c.n); !bytes.Equal(got, append([]byte("before"), c.want...)) {
			t.Errorf("%d bytes: got % x, want % x", c.n, got, c.want)
		}
	}
}

func TestFramesComeBackFromTheParserOfTheOtherEnd(t *testing.T) {
	for _, size := range []int{0, 1, 7, 8, 9, 63, 64, 65, 125, 126, 1000, 65535, 65536, 100_000} {
		payload := make([]byte, size)
		for i := range payload {
			payload[i] = byte(i * 7)
		}
		kept := bytes.Clone(payload)
		for _, c := range []struct {
			client bool
			frame  []byte
		}{
			{true, AppendFrame(nil, OpBinary, payload)},
			{true, append(AppendHeader(nil, OpBinary, size), payload...)},
			{false, AppendMasked(nil, OpBinary, payload)},
		} {
			p := Parser{Client: c.client}
			m, n, err := p.Next(c.frame)
			if err != nil || n != len(c.frame) || m.Op != OpBinary || !bytes.Equal(m.Data, kept) {
				t.Errorf("%d bytes, client %v: opcode %d, %d of %d bytes used, error %v", size, c.client, m.Op, n, len(c.frame), err)
			}
		}
		if !bytes.Equal(payload, kept) {
			t.Errorf("%d bytes: masking has changed the payload itself", size)
		}
	}
}

func TestAppendMaskedKeepsWhatIsThere(t *testing.T) {
	before := []byte("before")
	got := AppendMasked(bytes.Clone(before), OpText, []byte("payload"))
	if !bytes.HasPrefix(got, before) || len(got) != len(before)+2+4+7 {
		t.Errorf("got %q", got)
	}
}

func TestGO_2026_6278_EachFrameHasAMaskingKeyOfItsOwn(t *testing.T) {
	const frames = 1000
	seen := map[string]bool{}
	for range frames {
		seen[string(AppendMasked(nil, OpText, nil)[2:])] = true
	}
	// Two of a thousand random keys are the same about once in 10,000 runs; three
	// pairs never.
	if len(seen) < frames-2 {
		t.Errorf("%d keys for %d frames", len(seen), frames)
	}
}

func TestMaskingInPiecesIsMaskingAtOnce(t *testing.T) {
	const key = 0x78563412
	keyBytes := []byte{0x12, 0x34, 0x56, 0x78}
	data := make([]byte, 300)
	for i := range data {
		data[i] = byte(i)
	}
	for size := range len(data) {
		want := bytes.Clone(data[:size])
		maskSlowly(want, keyBytes)
		// Each start gives the words another alignment.
		for cut := range min(size+1, 10) {
			got := bytes.Clone(data[:size])
			mask(got[cut:], mask(got[:cut], key))
			if !bytes.Equal(got, want) {
				t.Fatalf("%d bytes cut at %d: got % x, want % x", size, cut, got, want)
			}
		}
	}
}

func TestAppendingCostsNoAllocationWhereThereIsRoom(t *testing.T) {
	dst, payload := make([]byte, 0, 1024), make([]byte, 500)
	for _, c := range []struct {
		name   string
		append func()
	}{
		{"AppendHeader", func() { AppendHeader(dst, OpText, 500) }},
		{"AppendFrame", func() { AppendFrame(dst, OpText, payload) }},
		{"AppendMasked", func() { AppendMasked(dst, OpText, payload) }},
		{"AppendClose", func() { AppendClose(dst, StatusNormal, "bye", true) }},
	} {
		if n := testing.AllocsPerRun(1000, c.append); n != 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
}

func ExampleParser() {
	// What a read has brought, which need not end where a message does.
	input := AppendMasked(nil, OpText, []byte("hello"))
	input = AppendMasked(input, OpPing, nil)

	var p Parser
	for b := input; len(b) > 0; {
		m, n, err := p.Next(b)
		if err != nil {
			fmt.Println(err)
			return
		}
		b = b[n:]
		if m.Op != 0 {
			fmt.Printf("opcode %d: %q\n", m.Op, m.Data)
		}
	}
	// Output:
	// opcode 1: "hello"
	// opcode 9: ""
}
