package ws

import (
	"bytes"
	"errors"
	"io"
	"math"
	"sync"
	"unicode/utf8"

	"github.com/klauspost/compress/flate"
)

const (
	// firstInflated is how many times the compressed bytes are set aside at first for
	// what comes out of them, but at least minInflated.
	firstInflated = 4
	minInflated   = 512

	// slack says how much larger than the message a compressed one may be: a 64th, for
	// data that cannot be compressed, and a little for the smallest.
	slackPart  = 64
	slackBytes = 64

	// greatestLimit leaves room to add to it.
	greatestLimit = math.MaxInt / 2
)

// An inflater decompresses one message after the other. It is borrowed for each, when
// all of it has come, so that none is held while a peer takes its time.
type inflater struct {
	in     []byte
	source bytes.Reader
	reader io.ReadCloser // of flate; also a flate.Resetter
}

var inflaters sync.Pool // of *inflater

func borrowInflater() *inflater {
	if f, ok := inflaters.Get().(*inflater); ok {
		return f
	}
	f := new(inflater)
	f.reader = flate.NewReader(&f.source)
	return f
}

func (f *inflater) giveBack() {
	if cap(f.in) > keepSize {
		f.in = nil
	}
	inflaters.Put(f)
}

// ending is what was left away from the message, and a last block, which makes the
// reader see an end.
const ending = flushed + "\x01\x00\x00\xFF\xFF"

var (
	errTooBig     = &CloseError{Code: StatusTooBig, Reason: "message too big"}
	errNotDeflate = &CloseError{Code: StatusInvalidPayload, Reason: "invalid compressed data"}
)

// inflate returns the message whose compressed form is data, in memory of its own. It
// stops as soon as there is more than the limit, however little has come in.
func (c *Compression) inflate(data []byte, limit int) ([]byte, error) {
	if len(data) == 0 {
		return nil, nil // not as it should be, but what peers of long standing accept
	}
	f := borrowInflater()
	defer f.giveBack()
	f.in = append(append(f.in[:0], data...), ending...)
	f.source.Reset(f.in)
	var before []byte
	if c.received != nil {
		before = c.received.data
	}
	out := make([]byte, 0, min(limit, max(firstInflated*len(data), minInflated))+1)
	for {
		var err error
		if out, err = f.stream(out, before, limit); err != nil {
			return nil, err
		}
		if f.source.Len() <= len(ending) {
			break
		}
		before = nil // the message goes on behind a last block, from which nothing is looked back
	}
	if c.received != nil {
		c.received.add(out)
	}
	return out, nil
}

// stream appends what the source holds up to the end of a stream, which is one more
// byte than the limit at most.
func (f *inflater) stream(out, before []byte, limit int) ([]byte, error) {
	_ = f.reader.(flate.Resetter).Reset(&f.source, before) // never fails
	for {
		if len(out) == cap(out) {
			out = grown(out, limit+1)
		}
		n, err := f.reader.Read(out[len(out):cap(out)])
		out = out[:len(out)+n]
		switch {
		case len(out) > limit:
			return nil, errTooBig
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, errNotDeflate
		}
	}
}

// grown copies b into a buffer of twice its size, but not more than the limit.
func grown(b []byte, limit int) []byte {
	return append(make([]byte, 0, min(2*cap(b), limit)), b...)
}

// inflated makes a message of compressed data that has come whole.
func (p *Parser) inflated(op Opcode, data []byte) (Message, error) {
	out, err := p.Compression.inflate(data, min(p.limit(), greatestLimit))
	if err != nil {
		return Message{}, err
	}
	if op == OpText && !utf8.Valid(out) {
		return Message{}, invalidText()
	}
	return Message{Op: op, Data: out, Owned: true}, nil
}

// compressedLimit is how many bytes a compressed message may have.
func (p *Parser) compressedLimit() int {
	limit := min(p.limit(), greatestLimit)
	return limit + limit/slackPart + slackBytes
}
