package embedded_test

import (
	"testing"

	"socketio/adapter"
	"socketio/adapter/adaptertest"
	"socketio/adapter/nats"
	"socketio/adapter/nats/embedded"

	natsgo "github.com/nats-io/nats.go"
)

// started returns a broker that ends with the test.
func started(t *testing.T, o *embedded.Options) *embedded.Broker {
	t.Helper()
	b, err := embedded.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// dialled returns a connection that ends with the test.
func dialled(t *testing.T, b *embedded.Broker) *natsgo.Conn {
	t.Helper()
	conn, err := b.Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	until(t, "being connected", conn.IsConnected)
	return conn
}

func TestCoreIsABus(t *testing.T) {
	b := started(t, nil)
	for name, mode := range map[string]nats.Mode{"dynamic": nats.Dynamic, "dynamic-private": nats.DynamicPrivate, "static": nats.Static} {
		t.Run(name, func(t *testing.T) {
			adaptertest.Run(t, func(t *testing.T) adapter.Bus {
				return nats.NewCore(dialled(t, b), &nats.CoreOptions{Prefix: t.Name(), Mode: mode})
			})
		})
	}
}
