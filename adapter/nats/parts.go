package nats

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	natsgo "github.com/nats-io/nats.go"
)

// A message that is too large for NATS travels in parts, one behind the other on the same
// subject. A part is partMark, eight bytes that name the sender, and as varints the sender's
// number for the message, the number of the part, and how many there are; the rest is the
// message's. No message of package adapter begins with partMark.
const partMark = 1

const (
	// maxMessage is how large a message may be.
	maxMessage = 64 << 20

	// maxHeld is how many bytes of messages may be there that are not whole.
	maxHeld = 2 * maxMessage

	// holdFor is how long such a message may take.
	holdFor = 30 * time.Second

	// margin is what is left free of the largest payload, for what the broker adds.
	margin = 1024
)

var (
	errTooLarge = errors.New("nats: a message of more than 64 MiB")
	errNoPart   = errors.New("nats: no part of a message, or one that was not due")
)

// partSize returns how many bytes of a message are sent at once. In what JetStream answers
// they are a third longer.
func partSize(conn *natsgo.Conn) int {
	return max(int(conn.MaxPayload()), 4*margin)/4*3 - margin
}

// A divider sends messages in parts.
type divider struct {
	mu     sync.Mutex // held while the parts of one message are sent
	sender [8]byte
	number uint64
}

func newDivider() *divider {
	d := new(divider)
	rand.Read(d.sender[:]) // never fails
	return d
}

// publish sends a message, in parts if need be.
func (d *divider) publish(conn *natsgo.Conn, subject string, m []byte) error {
	size := partSize(conn)
	if len(m) <= size {
		return conn.Publish(subject, m)
	}
	return d.divide(m, size, func(part []byte) error { return conn.Publish(subject, part) })
}

// divide calls send with each part of a message.
func (d *divider) divide(m []byte, size int, send func(part []byte) error) error {
	if len(m) > maxMessage {
		return errTooLarge
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.number++
	count := (len(m) + size - 1) / size
	for i := range count {
		p := part{sender: d.sender, number: d.number, index: uint64(i), count: uint64(count)}
		if err := send(p.append(m[i*size : min((i+1)*size, len(m))])); err != nil {
			return err
		}
	}
	return nil
}

// A part is what a part says besides the bytes of the message.
type part struct {
	sender               [8]byte
	number, index, count uint64
}

// append returns the part with its bytes.
func (p *part) append(chunk []byte) []byte {
	b := append([]byte{partMark}, p.sender[:]...)
	for _, field := range []uint64{p.number, p.index, p.count} {
		b = binary.AppendUvarint(b, field)
	}
	return append(b, chunk...)
}

func readPart(b []byte) (p part, chunk []byte, err error) {
	if len(b) < 1+len(p.sender) || b[0] != partMark {
		return p, nil, errNoPart
	}
	copy(p.sender[:], b[1:])
	b = b[1+len(p.sender):]
	for _, field := range []*uint64{&p.number, &p.index, &p.count} {
		n := 0
		if *field, n = binary.Uvarint(b); n <= 0 {
			return p, nil, errNoPart
		}
		b = b[n:]
	}
	if p.index >= p.count || len(b) == 0 {
		return p, nil, errNoPart
	}
	return p, b, nil
}

// An assembler puts parts together, of one message at a time for each sender. It is not safe
// for concurrent use.
type assembler struct {
	unfinished map[[8]byte]*assembly
	held       int // bytes
}

// An assembly is a message of which parts are missing.
type assembly struct {
	number, next, count uint64
	content             []byte
	since               time.Time
}

// take takes a part, and returns the message if that was the last one of it. Otherwise it
// returns nil, with an error if the part does not fit or there is too much.
func (a *assembler) take(b []byte, now time.Time) ([]byte, error) {
	p, chunk, err := readPart(b)
	if err != nil {
		return nil, err
	}
	a.dropOld(now)
	x := a.unfinished[p.sender]
	if p.index == 0 {
		a.drop(p.sender)
		x = &assembly{number: p.number, count: p.count, since: now}
	}
	if x == nil || p.number != x.number || p.index != x.next || p.count != x.count {
		return nil, errNoPart
	}
	if len(x.content)+len(chunk) > maxMessage || a.held+len(chunk) > maxHeld {
		a.drop(p.sender)
		return nil, errTooLarge
	}
	x.content = append(x.content, chunk...)
	x.next++
	if x.next == x.count {
		whole := x.content
		a.held -= len(x.content) - len(chunk)
		delete(a.unfinished, p.sender)
		return whole, nil
	}
	a.held += len(chunk)
	if a.unfinished == nil {
		a.unfinished = map[[8]byte]*assembly{}
	}
	a.unfinished[p.sender] = x
	return nil, nil
}

func (a *assembler) drop(sender [8]byte) {
	if x := a.unfinished[sender]; x != nil {
		a.held -= len(x.content)
		delete(a.unfinished, sender)
	}
}

// dropOld drops messages whose senders have gone.
func (a *assembler) dropOld(now time.Time) {
	for sender, x := range a.unfinished {
		if now.Sub(x.since) > holdFor {
			a.drop(sender)
		}
	}
}
