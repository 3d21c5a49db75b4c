package redis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/rueidis"

	"socketio/adapter"
)

const (
	// readBlock is how long one XREAD waits for a message.
	readBlock = 5 * time.Second

	// readTimeout is how much longer the answer may take.
	readTimeout = 5 * time.Second

	// origin is in front of the first entry of any stream.
	origin = "0-0"
)

// errLost says that not all messages of the stream were read in time.
var errLost = errors.New("redis: messages of the stream were gone before they could be read")

// A reader reads the stream for one subscriber.
type reader struct {
	bus     *Streams
	last    string // the ID of the last entry that was read
	gone    bool   // which is gone, as has been told
	deliver func(m []byte, at adapter.Offset)
}

// run reads until ctx ends. Of a loss of the connection it reports the first failure only.
func (r *reader) run(ctx context.Context) {
	for told := false; ; {
		established, err := r.readOn(ctx)
		if ctx.Err() != nil {
			return
		}
		if established || !told {
			r.bus.subscriptions.report(fmt.Errorf("redis: the stream is not read for now: %w", err))
			told = true
		}
		select {
		case <-time.After(dialAgain):
		case <-ctx.Done():
			return
		}
	}
}

// readOn reads over one connection until that is lost, and reports whether it was there.
func (r *reader) readOn(ctx context.Context) (established bool, err error) {
	conn, release := r.bus.client.Dedicate()
	defer release()
	defer conn.Close()
	// Without a deadline, this makes the connection one whose calls end with their contexts.
	if err := conn.Do(ctx, conn.B().Exists().Key(r.bus.options.Stream).Build()).Error(); err != nil {
		return false, err
	}
	for wait := false; ; wait = true {
		if err := r.read(ctx, conn, wait); err != nil {
			return true, err
		}
	}
}

// read reads once, and tells if something may have been missed. It waits for a message
// unless the connection is new.
func (r *reader) read(ctx context.Context, conn rueidis.DedicatedClient, wait bool) error {
	o := &r.bus.options
	call, cancel := context.WithTimeout(ctx, readBlock+readTimeout)
	defer cancel()
	command := conn.B().Xread().Count(int64(o.ReadCount)).Streams().Key(o.Stream).Id(r.last).Build()
	if wait {
		command = conn.B().Xread().Count(int64(o.ReadCount)).Block(readBlock.Milliseconds()).Streams().Key(o.Stream).Id(r.last).Build()
	}
	// Redis looks for the entry that was read last when it has found, or waited for, those
	// behind it. The stream loses its oldest first, so if that one is there, all of them were.
	results := conn.DoMulti(call, command, conn.B().Xrange().Key(o.Stream).Start(r.last).End(r.last).Build())
	streams, err := results[0].AsXRead()
	if err != nil && !rueidis.IsRedisNil(err) {
		return err
	}
	entries := streams[o.Stream]
	found, err := results[1].AsXRange()
	if err == nil && len(found) == 0 && r.last != origin && !r.gone {
		err = r.lose(call)
	}
	if err != nil {
		return err
	}
	for i := range entries {
		r.take(ctx, &entries[i])
	}
	return nil
}

// lose is told that the entry that was read last is gone, since then those behind it may be. If
// one in front of it is there, it was not trimmed: Redis was restarted and has forgotten its end,
// or somebody has deleted entries. Then a hole tells all servers that nobody can be recovered who
// stands in front of that, and what is there counts as read.
func (r *reader) lose(ctx context.Context) error {
	b := r.bus
	first, newest, err := b.ends(ctx)
	if err != nil {
		return err
	}
	if first != origin && compareIDs(first, r.last) < 0 {
		if _, err := b.Publish(ctx, adapter.Topic{Namespace: "/"}, adapter.NewHole(adapter.EmitterUID, "/").Append(nil)); err != nil {
			return fmt.Errorf("redis: the hole in the stream was not marked: %w", err)
		}
	}
	r.gone = true
	b.subscriptions.report(errLost)
	r.give(ctx, nil, "")
	if compareIDs(newest, r.last) < 0 {
		r.last = newest
	}
	seen := r.last
	b.seen.Store(&seen)
	return nil
}

func (r *reader) take(ctx context.Context, entry *rueidis.XRangeEntry) {
	r.last, r.gone = entry.ID, false
	seen := entry.ID
	r.bus.seen.Store(&seen)
	if entry.FieldValues["nsp"] == "" {
		return // nothing of Socket.IO
	}
	m, at := readEntry(entry)
	r.give(ctx, m, at)
}

func (r *reader) give(ctx context.Context, m []byte, at adapter.Offset) {
	r.bus.subscriptions.delivering.Lock()
	defer r.bus.subscriptions.delivering.Unlock()
	if ctx.Err() == nil {
		r.deliver(m, at)
	}
}
