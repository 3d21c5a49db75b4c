package ws

import "sync"

const (
	// readSize is how much is read at once: many small messages, or the
	// beginning of a large one.
	readSize = 8 << 10

	// writeSize is what a buffer for output begins with, and keepSize the most
	// that it may have grown to and still be used again.
	writeSize = 1 << 10
	keepSize  = 64 << 10
)

// A buffer holds bytes that come from or go to the network.
type buffer struct {
	b      []byte
	groups []group // that b consists of, where Config.DropOldest needs to know
	loans  []loan  // that belong between the bytes of b, in order
	lent   int     // bytes of the loans
}

// A loan is bytes that many connections are sent and none of them changes. They are not
// copied for each one that has to let them wait.
type loan struct {
	at    int // how much of b goes before them
	bytes []byte
}

// lendSize is from how many bytes on frames are lent.
const lendSize = 4 << 10

// size is how many bytes there are, with those that are lent.
func (b *buffer) size() int { return len(b.b) + b.lent }

// lend puts bytes behind all that is there.
func (b *buffer) lend(bytes []byte) {
	b.loans = append(b.loans, loan{len(b.b), bytes})
	b.lent += len(bytes)
}

// pieces appends what there is after the first n bytes.
func (b *buffer) pieces(to [][]byte, n int) [][]byte {
	add := func(piece []byte) {
		skip := min(n, len(piece))
		n -= skip
		if skip < len(piece) {
			to = append(to, piece[skip:])
		}
	}
	from := 0
	for _, l := range b.loans {
		add(b.b[from:l.at])
		add(l.bytes)
		from = l.at
	}
	add(b.b[from:])
	return to
}

// A bufferPool lends buffers of at least a size.
type bufferPool struct {
	pool sync.Pool
	size int
}

var (
	readBuffers  = bufferPool{size: readSize}
	writeBuffers = bufferPool{size: writeSize}
)

func (p *bufferPool) get() *buffer {
	if buf, ok := p.pool.Get().(*buffer); ok {
		return buf
	}
	return &buffer{b: make([]byte, p.size)}
}

func (p *bufferPool) put(buf *buffer) {
	if cap(buf.b) <= keepSize {
		buf.loans, buf.lent = nil, 0
		p.pool.Put(buf)
	}
}
