// Package adapter joins Socket.IO servers, so that what one of them emits reaches the
// clients of all.
//
// The servers of a cluster, its nodes, talk over a [Bus], which only carries bytes from
// each to all others; set it as Options.Bus of each server. [NewMemory] returns one for
// servers of the same process, adaptertest a suite for those that carry further. What the
// nodes say to each other is a [Message], in the format of the cluster adapters for Node. An
// [Emitter] sends to the clients of a cluster from a program that is no server itself.
package adapter

import (
	"context"
	"errors"
	"iter"
	"time"
)

// A Bus carries messages between the nodes of a cluster. Each node has a Bus of its own
// that leads to the same place, or shares one with others of its process.
//
// Its methods may be called concurrently.
type Bus interface {
	// Publish sends m to all nodes that are subscribed and, if to or the Bus says so,
	// may leave out those that it is not meant for. Whether the sender's own node is
	// among them is the Bus's choice, as nodes ignore what they said themselves.
	//
	// A node publishes one message at a time, in the order in which its messages have
	// to arrive. Publish blocks until the message is on its way or ctx ends. M may be
	// kept, and must not be modified. The offset is where the message stands among
	// all, "" if the Bus keeps none.
	Publish(ctx context.Context, to Topic, m []byte) (Offset, error)

	// Subscribe begins to deliver the messages of all nodes and returns when none
	// that is published from then on would be missed, or with an error, upon which it is
	// called again later. Messages are delivered until ctx ends, one at a time, those
	// of one node in their order; deliver may keep m, and blocks only while a node
	// has 16 MiB to deal with. A Bus that loses its broker subscribes again by itself,
	// as soon as it can.
	Subscribe(ctx context.Context, deliver func(m []byte, at Offset)) error
}

// A Batcher is a Bus that can publish several messages faster together than one by one.
type Batcher interface {
	Bus

	// PublishAll publishes messages as Publish does, in their order. It returns an error for
	// each that is not on its way, in the place of that message, or nil if there is none.
	PublishAll(ctx context.Context, messages []Outgoing) []error
}

// An Outgoing is a message that is to be published.
type Outgoing struct {
	To      Topic
	Message []byte
}

// A Listener is a Bus that sends a message only where it is listened for: to the nodes
// that have called Listen with the very Topic with which it was published. Subscribe
// alone then delivers nothing. What is for a room may also reach nodes that listen to the
// room's namespace.
type Listener interface {
	Bus

	// Listen is called for each namespace and each room that the node comes to have,
	// for rooms of single sockets as well, and for the node itself. It blocks until
	// no message to the topic would be missed.
	Listen(ctx context.Context, to Topic) error

	// Unlisten is called when the node has none of it any more.
	Unlisten(ctx context.Context, to Topic) error
}

// A Counter is a Bus that knows how many nodes there are, for clusters with nodes that are
// silent while they have nothing to say, as those for Node are on some brokers.
type Counter interface {
	Bus

	// Count returns how many nodes listen to a namespace, the caller's included. It
	// blocks.
	Count(ctx context.Context, namespace string) (int, error)
}

// A History is a Bus that keeps messages for a while: those that [Message.Kept] names. It
// delivers these to every node that is subscribed, whatever that listens for and also if it
// has published them, each with its offset, in the same order to all. If some were gone
// before they could be delivered, it delivers nil instead.
//
// Nobody may be recovered in part without being told. What is kept may go, by its age, by the
// hand of an administrator, or because the broker has forgotten its end in a crash; a place in
// front of that is then no place any more. A Bus that finds out that its broker has lost what it
// has delivered, while places in front of that are still there, publishes a hole, see [NewHole],
// before it delivers anything else.
//
// If it is one of [Sessions] as well, a client that has lost its connection gets on any
// node what it has missed; see Options.Recovery of package socketio.
type History interface {
	Bus

	// Since returns the messages that are kept behind an offset, in their order, at
	// least all that were published before it was called. It blocks while the loop
	// runs, which ends with an error if ctx does or the broker fails, and with
	// [ErrNotKept] if the offset is none, or if a message behind it may be gone. To who is
	// subscribed it tells nothing before what is up to the offset has been delivered.
	Since(ctx context.Context, at Offset) iter.Seq2[Entry, error]
}

// An Entry is a message that a History has kept.
type Entry struct {
	Message []byte
	At      Offset
}

// Sessions keeps what nodes know of clients that have lost their connections. It is
// implemented by a Bus. Its methods may be called concurrently, and block.
type Sessions interface {
	// Save keeps b, a JSON object, under a name for as long as ttl.
	Save(ctx context.Context, id string, b []byte, ttl time.Duration) error

	// Take returns what was saved and forgets it, so that of several that call it one
	// gets it. The error is [ErrNotKept] if there is none, or none any more.
	Take(ctx context.Context, id string) ([]byte, error)
}

// ErrNotKept is returned by a [History] or [Sessions] that does not have what is asked for.
var ErrNotKept = errors.New("adapter: not kept, or not any more")

// A Topic says where a message belongs. At most one of Room and Node is set.
type Topic struct {
	Namespace string
	Room      string // the one room that it is for, "" for any other selection
	Node      string // the UID of the one node that it is for, "" for all
}

// An Offset is a Bus's own name for the place of a message among all.
type Offset string

// A RoomEvent is what happened to a room of one server; see Trace.Room of package
// socketio. The rooms that sockets have by their IDs are rooms as well.
type RoomEvent struct {
	Op   RoomOp
	Room string
	ID   string // of the socket; "" in Created and Deleted
}

// A RoomOp is the kind of a RoomEvent.
type RoomOp int

// What happens to rooms: the first socket that joins creates one, and the last one that
// leaves deletes it.
const (
	Created RoomOp = iota
	Joined
	Left
	Deleted
)

// String returns the name of op as the adapters for Node have it.
func (op RoomOp) String() string {
	switch op {
	case Created:
		return "create-room"
	case Joined:
		return "join-room"
	case Left:
		return "leave-room"
	case Deleted:
		return "delete-room"
	}
	return "unknown"
}
