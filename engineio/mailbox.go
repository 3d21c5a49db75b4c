package engineio

import (
	"bytes"
	"context"
	"sync"
)

const (
	// mailboxBytes is how much a mailbox keeps before it holds the peer back.
	mailboxBytes = 1 << 20

	// messageCost is what a message counts there besides its bytes.
	messageCost = 64
)

// A mailbox is the Receiver of a connection whose user calls Conn.Receive.
type mailbox struct {
	conn *Conn

	mu       sync.Mutex // guards what follows
	messages []Message
	bytes    int // with what the messages cost
	closed   *CloseError
	changed  chan struct{} // closed and renewed at each change that somebody waits for
}

func newMailbox(c *Conn) *mailbox { return &mailbox{conn: c, changed: make(chan struct{})} }

// Receive keeps a copy of m. While the box is full it waits, without MayWait, so
// nothing more is read.
func (b *mailbox) Receive(m Message) {
	if !m.Owned {
		m.Data = bytes.Clone(m.Data)
	}
	b.mu.Lock()
	cost := messageCost + len(m.Data)
	for b.bytes > 0 && b.bytes+cost > mailboxBytes && b.closed == nil {
		changed := b.changed
		b.mu.Unlock()
		b.conn.Flush()
		<-changed
		b.mu.Lock()
	}
	b.messages = append(b.messages, m)
	b.bytes += cost
	b.signal()
	b.mu.Unlock()
}

// Closed wakes whoever waits.
func (b *mailbox) Closed(err *CloseError) {
	b.mu.Lock()
	b.closed = err
	b.signal()
	b.mu.Unlock()
}

// take returns the next message. What has arrived before the end is delivered.
func (b *mailbox) take(ctx context.Context) (Message, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.messages) == 0 {
		if b.closed != nil {
			return Message{}, b.closed
		}
		if err := b.wait(ctx); err != nil {
			return Message{}, err
		}
	}
	m := b.messages[0]
	b.messages = b.messages[1:]
	b.bytes -= messageCost + len(m.Data)
	b.signal()
	return m, nil
}

// wait waits for a change. The caller holds mu, which is released meanwhile.
func (b *mailbox) wait(ctx context.Context) error {
	changed := b.changed
	b.mu.Unlock()
	defer b.mu.Lock()
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// signal wakes all that wait. The caller holds mu.
func (b *mailbox) signal() {
	close(b.changed)
	b.changed = make(chan struct{})
}
