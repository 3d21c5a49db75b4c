package ws

// Compress makes the connection take compressed messages, and compress what is
// written to it, as the handshake has agreed; nil changes nothing. It is called
// between Init and Serve, and before anything is written.
func (c *Conn) Compress(with *Compression) { c.compression, c.parser.Compression = with, with }

// Compression is what Compress was given.
func (c *Conn) Compression() *Compression { return c.compression }

// compresses says whether any of the frames is to be compressed.
func (c *Conn) compresses(fs []Frame) bool {
	if c.compression == nil {
		return false
	}
	for i := range fs {
		if c.compression.wants(&fs[i]) {
			return true
		}
	}
	return false
}

// writeCompressed is Write for frames of which some are to be compressed.
func (c *Conn) writeCompressed(fs []Frame) error {
	if c.compression.Alone() {
		// Compressing takes long enough to let others write meanwhile.
		buf := c.encode(fs)
		defer writeBuffers.put(buf)
		return c.offer(buf.b, len(fs), fs[0].Keep, false)
	}
	c.mu.Lock()
	if !c.admits(sizeOf(fs), len(fs)) && !c.relieved(sizeOf(fs), len(fs)) {
		_, err := c.makeRoom(sizeOf(fs), len(fs), true)
		c.mu.Unlock()
		return err
	}
	c.queueCompressed(fs)
	return nil
}

// tryWriteCompressed is TryWrite for such frames.
func (c *Conn) tryWriteCompressed(fs []Frame) bool {
	c.mu.Lock()
	if !c.free() && !c.freed() {
		c.mu.Unlock()
		return false
	}
	if !c.compression.Alone() {
		c.queueCompressed(fs)
		return true
	}
	c.mu.Unlock()
	buf := c.encode(fs)
	defer writeBuffers.put(buf)
	return c.tryOffer(buf.b, len(fs), false)
}

// encode encodes frames that stand alone, into a buffer that it borrows.
func (c *Conn) encode(fs []Frame) *buffer {
	buf := writeBuffers.get()
	b := buf.b[:0]
	for i := range fs {
		b = c.compression.append(b, &fs[i], c.config.Client)
	}
	buf.b = b
	return buf
}

// queueCompressed queues frames in the order in which they are compressed, as each may
// refer back to those before it. The caller holds mu, which is released.
func (c *Conn) queueCompressed(fs []Frame) {
	b := c.output()
	for i := range fs {
		b = c.compression.append(b, &fs[i], c.config.Client)
	}
	c.queued(b, len(fs), true) // what follows may refer back to them
	c.flush()
}
