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
		p.pool.Put(buf)
	}
}
