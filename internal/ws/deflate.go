package ws

import (
	"net/http"
	"sync"

	"github.com/klauspost/compress/flate"
)

// rsv1 marks the first frame of a compressed message (RFC 7692 §6).
const rsv1 = 0x40

// keptSent is how many bytes of what was sent a connection keeps to look back on.
// More would compress little better, and each message would take longer.
const keptSent = 4 << 10

// DeflateOptions says how messages are compressed with permessage-deflate.
type DeflateOptions struct {
	// Threshold is from how many bytes on a message is compressed.
	Threshold int
	// Level is the effort, from 1 to 9 as everywhere with DEFLATE. With 0 it is about
	// that of 1, and nothing is kept from one message to the next; at other levels a
	// compressor of about a megabyte is kept for each processor that uses one.
	Level int
	// ContextTakeover lets a message refer back to those before it, which helps with
	// small ones that are alike. Each connection then keeps what can be referred to,
	// and a message for many is compressed for each of them.
	ContextTakeover bool
}

// A Deflater negotiates permessage-deflate for either end of many connections. It may
// be used concurrently.
type Deflater struct {
	options DeflateOptions
	shared  [maxBits + 1]Compression // by the bits of the window, of connections without context
}

// NewDeflater returns a Deflater with these options.
func NewDeflater(o DeflateOptions) *Deflater {
	d := &Deflater{options: o}
	for bits := range d.shared {
		d.shared[bits] = Compression{options: &d.options, bits: uint8(bits)}
	}
	return d
}

// Accept answers a client's offers, the values of Sec-WebSocket-Extensions. The
// answer is a value for the same header of the response; it is empty, and the
// Compression nil, if none of the offers can be accepted.
func (d *Deflater) Accept(offers []string) (answer string, c *Compression) {
	p, ok := accept(offers, d.options.ContextTakeover)
	if !ok {
		return "", nil
	}
	return p.String(), d.compression(
		direction{alone: p.serverAlone, bits: p.serverBits},
		direction{alone: p.clientAlone, bits: p.clientBits},
	)
}

// Offer is what a client sends as Sec-WebSocket-Extensions.
func (d *Deflater) Offer() string {
	const bits = "; client_max_window_bits"
	if d.options.ContextTakeover {
		return deflateName + bits
	}
	return parameters{serverAlone: true, clientAlone: true}.String() + bits
}

// Agreed is what a client that has sent Offer has agreed on with the server that
// answered so: nil if the server declines. It is not ok if the server must not answer
// so.
func (d *Deflater) Agreed(resp *http.Response) (c *Compression, ok bool) {
	p, accepted, ok := agree(resp.Header["Sec-Websocket-Extensions"])
	if !accepted {
		return nil, ok
	}
	return d.compression(
		direction{alone: p.clientAlone || !d.options.ContextTakeover, bits: p.clientBits},
		direction{alone: p.serverAlone, bits: p.serverBits},
	), true
}

// A direction is what was agreed on for the messages of one end.
type direction struct {
	alone bool  // each message stands alone
	bits  uint8 // of the window; 0 is maxBits
}

// window is how far a message may look back.
func (d direction) window() int {
	if d.bits == 0 {
		return 1 << maxBits
	}
	return 1 << d.bits
}

// compression returns that of a connection, a shared one unless it keeps something.
func (d *Deflater) compression(sends, receives direction) *Compression {
	bits := sends.bits
	if bits == 0 {
		bits = maxBits
	}
	if sends.alone && receives.alone {
		return &d.shared[bits]
	}
	c := &Compression{options: &d.options, bits: bits}
	if !sends.alone {
		c.sent = &history{limit: min(sends.window(), keptSent)}
	}
	if !receives.alone {
		c.received = &history{limit: receives.window()}
	}
	return c
}

// A Compression is what the two ends of a connection have agreed on. If it keeps no
// context it is shared by many connections, and may be used concurrently.
type Compression struct {
	options  *DeflateOptions
	bits     uint8    // of the window for what is sent
	sent     *history // nil: what is sent stands alone
	received *history // nil: what is received stands alone
}

// Alone says whether what is sent stands alone, so that it may be sent to others with
// the same Compression as well.
func (c *Compression) Alone() bool { return c.sent == nil }

// Wants says whether a frame is to be compressed.
func (c *Compression) Wants(f Frame) bool { return c.wants(&f) }

func (c *Compression) wants(f *Frame) bool {
	size := len(f.Data)
	if f.Prefix != 0 {
		size++
	}
	return !f.Plain && !f.Op.control() && size >= c.options.Threshold
}

// Append appends a frame as a server sends it, compressed if it is to be and gets
// smaller, and returns the extended buffer.
func (c *Compression) Append(dst []byte, f Frame) []byte { return c.append(dst, &f, false) }

func (c *Compression) append(dst []byte, f *Frame, masked bool) []byte {
	if !c.wants(f) {
		return f.append(dst, masked)
	}
	p := borrowPress(c.options.Level)
	defer p.giveBack()
	payload := f.Data
	if f.Prefix != 0 {
		p.in = append(append(p.in[:0], f.Prefix), f.Data...)
		payload = p.in
	}
	var before []byte
	if c.sent != nil {
		before = c.sent.data
	}
	p.press(payload, before, 1<<c.bits)
	if len(p.out) >= len(payload)+c.tolerance() {
		return f.append(dst, masked) // which the peer's window does not see
	}
	if c.sent != nil {
		c.sent.add(payload)
	}
	start := len(dst)
	if masked {
		dst = AppendMasked(dst, f.Op, p.out)
	} else {
		dst = AppendFrame(dst, f.Op, p.out)
	}
	dst[start] |= rsv1
	return dst
}

// tolerance is how many bytes larger than the message its compressed form must not be.
// Where later ones may refer back to it, a few are a price worth paying.
func (c *Compression) tolerance() int {
	if c.sent == nil {
		return 0
	}
	return 64
}

// A history is the last bytes that a message may refer back to.
type history struct {
	data  []byte
	limit int
}

// add takes a message in. What is kept grows with what there is to keep.
func (h *history) add(message []byte) {
	if len(message) >= h.limit {
		h.data = append(h.data[:0], message[len(message)-h.limit:]...)
		return
	}
	if over := len(h.data) + len(message) - h.limit; over > 0 {
		h.data = h.data[:copy(h.data, h.data[over:])]
	}
	h.data = append(h.data, message...)
}

// A press compresses one message after the other. It is borrowed for each.
type press struct {
	level   int
	writer  *flate.Writer // nil at level 0
	in, out []byte
}

var presses [flate.BestCompression + 1]sync.Pool // of *press, by level

func borrowPress(level int) *press {
	if p, ok := presses[level].Get().(*press); ok {
		return p
	}
	p := &press{level: level}
	if level > 0 {
		p.writer, _ = flate.NewWriter(p, level) // fails for no level that there is
	}
	return p
}

func (p *press) giveBack() {
	if cap(p.in) > keepSize {
		p.in = nil
	}
	if cap(p.out) > keepSize {
		p.out = nil
	}
	presses[p.level].Put(p)
}

// Write takes what comes out of the compressor.
func (p *press) Write(b []byte) (int, error) {
	p.out = append(p.out, b...)
	return len(b), nil
}

// flushed is what a flushed stream ends with: the length of an empty block. It is left
// away from each message and put back at the other end (RFC 7692 §7.2.1).
const flushed = "\x00\x00\xFF\xFF"

// minWritten is from how many bytes on a flate.Writer looks for what repeats itself, at
// its lower levels.
const minWritten = 128

// press leaves the compressed payload in p.out. It may refer back to before, and to
// nothing further away than the window. No writing fails, since p.Write does not.
func (p *press) press(payload, before []byte, window int) {
	p.out = p.out[:0]
	switch {
	case window < 1<<maxBits:
		p.pressNarrow(payload, before, window)
	case p.writer != nil && len(payload) >= minWritten:
		p.writer.ResetDict(p, before)
		_, _ = p.writer.Write(payload)
		_ = p.writer.Flush()
	default:
		_ = flate.StatelessDeflate(p, payload, false, before)
	}
	p.out = p.out[:len(p.out)-len(flushed)]
}

// pressNarrow is press for a peer with a small window, which is rare. The payload goes
// in pieces, each of which sees itself and as much before it as the window has room for.
func (p *press) pressNarrow(payload, before []byte, window int) {
	half := window / 2
	for start := 0; start < len(payload); start += half {
		seen := before[max(len(before)-half, 0):]
		if start > 0 {
			seen = payload[start-half : start]
		}
		_ = flate.StatelessDeflate(p, payload[start:min(start+half, len(payload))], false, seen)
	}
}
