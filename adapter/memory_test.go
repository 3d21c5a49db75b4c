package adapter_test

import (
	"context"
	"encoding/binary"
	"sync"
	"testing"

	"socketio/adapter"
	"socketio/adapter/adaptertest"
)

func TestMemoryIsABus(t *testing.T) {
	buses := map[*testing.T]adapter.Bus{}
	adaptertest.Run(t, func(t *testing.T) adapter.Bus { return one(buses, t) })
}

// one returns the Memory of a test.
func one(buses map[*testing.T]adapter.Bus, t *testing.T) adapter.Bus {
	if buses[t] == nil {
		buses[t] = adapter.NewMemory()
	}
	return buses[t]
}

// A selective Bus delivers what is listened for, as a broker with subjects does. In front of
// each message it writes the topic.
type selective struct {
	adapter.Bus
	mu     sync.Mutex // guards topics
	topics map[adapter.Topic]bool
}

func (s *selective) Publish(ctx context.Context, to adapter.Topic, m []byte) (adapter.Offset, error) {
	var packed []byte
	for _, part := range []string{to.Namespace, to.Room, to.Node, string(m)} {
		packed = append(binary.AppendUvarint(packed, uint64(len(part))), part...)
	}
	return s.Bus.Publish(ctx, to, packed)
}

func (s *selective) Subscribe(ctx context.Context, deliver func(m []byte, at adapter.Offset)) error {
	return s.Bus.Subscribe(ctx, func(packed []byte, at adapter.Offset) {
		var parts [4]string
		for i := range parts {
			length, n := binary.Uvarint(packed)
			parts[i] = string(packed[n : n+int(length)])
			packed = packed[n+int(length):]
		}
		s.mu.Lock()
		wanted := s.topics[adapter.Topic{Namespace: parts[0], Room: parts[1], Node: parts[2]}]
		s.mu.Unlock()
		if wanted {
			deliver([]byte(parts[3]), at)
		}
	})
}

func (s *selective) Listen(_ context.Context, to adapter.Topic) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.topics[to] = true
	return nil
}

func (s *selective) Unlisten(_ context.Context, to adapter.Topic) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.topics, to)
	return nil
}

func TestTheSuiteHoldsForListeners(t *testing.T) {
	buses := map[*testing.T]adapter.Bus{}
	adaptertest.Run(t, func(t *testing.T) adapter.Bus {
		return &selective{Bus: one(buses, t), topics: map[adapter.Topic]bool{}}
	})
}
