package postgres

import (
	"testing"

	"socketio/adapter"
	"socketio/adapter/adaptertest"
)

func TestBusIsABus(t *testing.T) {
	adaptertest.Run(t, func(t *testing.T) adapter.Bus { return New(shared.pool(t), own(t)) })
}

func TestLogIsABus(t *testing.T) {
	adaptertest.Run(t, func(t *testing.T) adapter.Bus { return NewLog(shared.pool(t), own(t)) })
}
