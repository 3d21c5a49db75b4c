package ws

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// ErrClosed is returned for what is written to a connection that is closing.
var ErrClosed = net.ErrClosed

// ErrQueueFull is returned for what is written when Config.QueueBytes wait.
var ErrQueueFull = errors.New("ws: too much waits to be written")

// frameCost is what a frame counts in the queue besides its bytes.
const frameCost = 64

// A Frame is one message to be written.
type Frame struct {
	Op     Opcode
	Prefix byte // written before Data unless 0
	Plain  bool // not compressed, whatever was agreed on
	Keep   bool // not dropped by Config.DropOldest, nor are those that are written with it
	Data   []byte
}

// Write queues the frames, which stay together, and writes what the kernel takes.
// It does not block and copies the data. Errors: ErrClosed, ErrQueueFull.
func (c *Conn) Write(fs ...Frame) error {
	if c.compresses(fs) {
		return c.writeCompressed(fs)
	}
	size := sizeOf(fs)
	c.mu.Lock()
	if !c.admits(size, len(fs)) && !c.relieved(size, len(fs)) {
		dropped, err := c.makeRoom(size, len(fs), fs[0].Keep)
		if err == nil {
			c.append(fs)
		}
		c.flush()
		return c.madeRoom(dropped, err)
	}
	if size >= largeWrite && c.writesVectors() && !c.writing {
		c.writeLarge(fs)
		return nil
	}
	c.append(fs)
	c.flush()
	return nil
}

// sizeOf is how much frames count in the queue.
func sizeOf(fs []Frame) int {
	size := 0
	for i := range fs {
		size += len(fs[i].Data) + 1
	}
	return size
}

// TryWrite is Write if nothing waits, and says whether that was so.
func (c *Conn) TryWrite(fs ...Frame) bool {
	if c.compresses(fs) {
		return c.tryWriteCompressed(fs)
	}
	c.mu.Lock()
	if !c.free() && !c.freed() {
		c.mu.Unlock()
		return false
	}
	c.append(fs)
	c.flush()
	return true
}

// WriteEncoded is Write for a number of frames that are encoded as this end sends
// them: by [AppendFrame], or [Compression.Append] with the connection's own one. They must
// never change any more, since they need not be copied. Keep is that of [Frame].
func (c *Conn) WriteEncoded(frames []byte, number int, keep bool) error {
	return c.offer(frames, number, keep, true)
}

// offer is WriteEncoded for frames that may be kept, or that the caller needs again.
func (c *Conn) offer(frames []byte, number int, keep, fixed bool) error {
	c.mu.Lock()
	if !c.admits(len(frames), number) && !c.relieved(len(frames), number) {
		dropped, err := c.makeRoom(len(frames), number, keep)
		if err == nil {
			c.queueEncoded(frames, number, keep, fixed)
		}
		c.flush()
		return c.madeRoom(dropped, err)
	}
	c.writeEncoded(frames, number, keep, fixed)
	return nil
}

// TryWriteEncoded is WriteEncoded if nothing waits, and says whether that was so.
func (c *Conn) TryWriteEncoded(frames []byte, number int) bool {
	return c.tryOffer(frames, number, true)
}

// tryOffer is TryWriteEncoded for frames that may be kept, or that the caller needs again.
func (c *Conn) tryOffer(frames []byte, number int, fixed bool) bool {
	c.mu.Lock()
	if !c.free() && !c.freed() {
		c.mu.Unlock()
		return false
	}
	c.writeEncoded(frames, number, false, fixed)
	return true
}

// free says whether nothing waits to be written. The caller holds mu.
func (c *Conn) free() bool {
	return c.frames == 0 && !c.writing && !c.closeSent && !c.closed
}

// append adds frames to those that wait. The caller holds mu.
func (c *Conn) append(fs []Frame) {
	b := c.output()
	for i := range fs {
		if c.config.Bare {
			b = fs[i].appendBare(b)
		} else {
			b = fs[i].append(b, c.config.Client)
		}
	}
	c.queued(b, len(fs), fs[0].Keep)
}

// output is what waits, in a buffer that can take more. The caller holds mu.
func (c *Conn) output() []byte {
	if c.out == nil {
		c.out = writeBuffers.get()
		c.out.b, c.out.groups = c.out.b[:0], c.out.groups[:0]
	}
	return c.out.b
}

// append appends the frame as it is, masked for a client.
func (f *Frame) append(b []byte, masked bool) []byte {
	n := len(f.Data)
	if f.Prefix != 0 {
		n++
	}
	if masked {
		return f.appendMasked(b, n)
	}
	b = AppendHeader(b, f.Op, n)
	if f.Prefix != 0 {
		b = append(b, f.Prefix)
	}
	return append(b, f.Data...)
}

func (f *Frame) appendMasked(b []byte, n int) []byte {
	if f.Prefix == 0 {
		return AppendMasked(b, f.Op, f.Data)
	}
	payload := make([]byte, 0, n)
	payload = append(payload, f.Prefix)
	return AppendMasked(b, f.Op, append(payload, f.Data...))
}

// appendClose makes our close frame the last that is written, or what waits if the frames
// are bare. The caller holds mu.
func (c *Conn) appendClose(code int, reason string) {
	if c.closeSent || c.closed {
		return
	}
	c.closeSent = true
	if c.config.Bare {
		c.goodbye = true
		return
	}
	c.queued(AppendClose(c.output(), code, reason, c.config.Client), 1, true)
}

// writeEncoded writes frames past the queue if that is empty. The caller holds mu,
// which is released.
func (c *Conn) writeEncoded(frames []byte, number int, keep, fixed bool) {
	if c.raw == nil || c.corked || c.writing || c.frames > 0 {
		c.queueEncoded(frames, number, keep, fixed)
		c.flush()
		return
	}
	c.writing, c.inflight = true, len(frames)
	c.mu.Unlock()
	n, err := c.writeNow(frames)
	c.mu.Lock()
	if err != nil || n < len(frames) {
		buf := writeBuffers.get()
		buf.b = buf.b[:0]
		if fixed {
			buf.lend(frames)
			c.leave(buf, n, err)
			return
		}
		buf.b = append(buf.b, frames[n:]...)
		c.leave(buf, 0, err)
		return
	}
	c.writing, c.inflight = false, 0
	c.flush()
}

// queueEncoded adds encoded frames to those that wait; they are copied unless they never
// change any more. The caller holds mu.
func (c *Conn) queueEncoded(frames []byte, number int, keep, fixed bool) {
	b := c.output()
	if !fixed || len(frames) < lendSize || c.config.DropOldest {
		c.queued(append(b, frames...), number, keep)
		return
	}
	c.out.lend(frames)
	c.frames += number
}

// largeWrite is from how many bytes on frames are written from where they are, at
// once even within a batch: that costs less than copying them.
const largeWrite = 16 << 10

// writesVectors says whether several pieces can be written with one call.
func (c *Conn) writesVectors() bool {
	return c.raw != nil && haveVectors && !c.config.Client
}

// writeLarge writes what waits and then the frames, without copying their data. The
// caller holds mu, which is released.
func (c *Conn) writeLarge(fs []Frame) {
	var before *buffer
	var some [1 + 2*11][]byte
	pieces := some[:0]
	size := 0
	if c.out != nil {
		before = c.takeOut()
		pieces = before.pieces(pieces, 0)
		size = before.size()
	}
	var heads [11 * (maxHeader + 1)]byte
	head := heads[:0]
	for i := range fs {
		start := len(head)
		n := len(fs[i].Data)
		if fs[i].Prefix != 0 {
			n++
		}
		head = AppendHeader(head, fs[i].Op, n)
		if fs[i].Prefix != 0 {
			head = append(head, fs[i].Prefix)
		}
		pieces = append(pieces, head[start:], fs[i].Data)
		size += len(head) - start + len(fs[i].Data)
	}
	c.writing, c.inflight = true, size
	c.mu.Unlock()
	n, err := c.writePieces(pieces)
	if before != nil {
		defer writeBuffers.put(before)
	}
	c.mu.Lock()
	if err != nil || n < size {
		c.leave(remainder(pieces, n), 0, err)
		return
	}
	c.writing, c.inflight = false, 0
	c.flush()
}

// remainder copies what is left of pieces after n bytes.
func remainder(pieces [][]byte, n int) *buffer {
	buf := writeBuffers.get()
	buf.b = buf.b[:0]
	for _, piece := range pieces {
		skip := min(n, len(piece))
		n -= skip
		buf.b = append(buf.b, piece[skip:]...)
	}
	return buf
}

// flush writes what waits, unless the batch that is being read will, or somebody is
// at it. It never blocks. The caller holds mu, which is released.
func (c *Conn) flush() {
	for c.out != nil && !c.corked && !c.writing && !c.closed {
		buf := c.takeOut()
		if c.raw == nil {
			c.leave(buf, 0, nil)
			return
		}
		c.mu.Unlock()
		n, err := c.writeBuffer(buf)
		c.mu.Lock()
		if err != nil || n < buf.size() {
			c.leave(buf, n, err)
			return
		}
		writeBuffers.put(buf)
		c.writing, c.inflight = false, 0
	}
	if c.out == nil && !c.writing && !c.closed {
		switch {
		case c.hangUp:
			c.shut()
		case c.goodbye:
			c.goodbye = false
			c.halfClose()
		}
	}
	c.account()
	c.mu.Unlock()
}

// takeOut makes the caller, who holds mu, the one that writes what waits.
func (c *Conn) takeOut() *buffer {
	buf := c.out
	c.out, c.frames = nil, 0
	c.writing, c.inflight = true, buf.size()
	return buf
}

// leave lets a goroutine write the rest of buf, or ends the connection if writing
// has failed. The caller, who was the one to write, holds mu, which is released.
func (c *Conn) leave(buf *buffer, n int, err error) {
	if err != nil {
		c.fail(err)
		c.mu.Unlock()
		return
	}
	c.inflight = buf.size() - n
	c.account()
	c.mu.Unlock()
	c.config.Goroutines.Go(func() { c.write(buf, n) })
}

// fail ends the connection after a write has failed; the reader sees it and tells
// the handler. The caller holds mu.
func (c *Conn) fail(err error) {
	c.writing = false
	if c.failed == nil && !c.closed {
		c.failed = err
	}
	c.shut()
}

// write is the writer's goroutine: it writes buf from n on, and then all that has
// gathered meanwhile.
func (c *Conn) write(buf *buffer, n int) {
	for {
		var err error
		for _, piece := range buf.pieces(nil, n) {
			if err = c.writeAll(piece); err != nil {
				break
			}
		}
		writeBuffers.put(buf)
		c.mu.Lock()
		if err != nil || c.closed || c.out == nil || c.corked {
			c.writing, c.inflight = false, 0
			if err != nil {
				c.fail(err)
			} else {
				c.nc.SetWriteDeadline(time.Time{})
			}
			c.flush()
			return
		}
		buf, n = c.takeOut(), 0
		c.account()
		c.mu.Unlock()
	}
}

// writeAll writes b. A peer may be slow, but takes something within every
// WriteTimeout.
func (c *Conn) writeAll(b []byte) error {
	for len(b) > 0 {
		c.nc.SetWriteDeadline(time.Now().Add(c.config.WriteTimeout))
		n, err := c.nc.Write(b)
		b = b[n:]
		if err != nil && (n == 0 || !errors.Is(err, os.ErrDeadlineExceeded)) {
			return err
		}
	}
	return nil
}

// writeNow writes what the kernel takes of b.
func (c *Conn) writeNow(b []byte) (int, error) {
	w := writeOps.Get().(*writeOp)
	w.b = b
	n, err := w.result(c.raw.Write(w.do), "write")
	w.b = nil
	writeOps.Put(w)
	return n, err
}

// writeBuffer is writeNow for what a buffer has.
func (c *Conn) writeBuffer(buf *buffer) (int, error) {
	switch {
	case len(buf.loans) == 0:
		return c.writeNow(buf.b)
	case haveVectors:
		return c.writePieces(buf.pieces(nil, 0))
	default: // a goroutine writes one piece after the other
		return 0, nil
	}
}

// writePieces is writeNow for several pieces.
func (c *Conn) writePieces(pieces [][]byte) (int, error) {
	w := writeOps.Get().(*writeOp)
	w.pieces = append(w.pieces[:0], pieces...)
	n, err := w.result(c.raw.Write(w.do), "writev")
	clear(w.pieces)
	w.pieces = w.pieces[:0]
	writeOps.Put(w)
	return n, err
}

// A writeOp is the closure that RawConn.Write wants, made once.
type writeOp struct {
	do     func(fd uintptr) bool
	b      []byte
	pieces [][]byte // instead of b
	n      int
	err    error
}

// result is what the call has written. Of one that has failed, and of one that was
// never made since the descriptor is closed, n says nothing.
func (w *writeOp) result(err error, call string) (int, error) {
	if err == nil && w.err != nil {
		err = os.NewSyscallError(call, w.err)
	}
	if err != nil {
		return 0, err
	}
	return w.n, nil
}

var writeOps = sync.Pool{New: func() any {
	w := new(writeOp)
	w.do = w.writeNow
	return w
}}
