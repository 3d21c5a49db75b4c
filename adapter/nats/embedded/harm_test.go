package embedded_test

import (
	"os"
	"testing"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"socketio/adapter"
	"socketio/adapter/adaptertest"
	"socketio/adapter/nats"
	"socketio/adapter/nats/embedded"
)

// A vault is a broker with a store, which can be put back to how it was.
type vault struct {
	store, copy string
	address     string
	broker      *embedded.Broker
}

func newVault(t *testing.T) *vault {
	t.Helper()
	v := &vault{store: t.TempDir(), address: "127.0.0.1:0"}
	v.start(t)
	v.address = v.broker.ClientAddress()
	t.Cleanup(func() { v.broker.Close() })
	return v
}

func (v *vault) start(t *testing.T) {
	t.Helper()
	var err error
	until(t, "the start of the broker", func() bool {
		v.broker, err = embedded.Start(&embedded.Options{Clients: v.address, Store: v.store})
		return err == nil
	})
}

// save remembers what the broker has stored until now.
func (v *vault) save(t *testing.T) {
	t.Helper()
	v.broker.Close() // else not all of it is in files that fit each other
	v.copy = t.TempDir()
	if err := os.CopyFS(v.copy, os.DirFS(v.store)); err != nil {
		t.Fatal(err)
	}
	v.start(t)
}

// restart starts the broker again, with what was saved if something was.
func (v *vault) restart(t *testing.T) {
	t.Helper()
	v.broker.Close()
	if v.copy != "" {
		v.store = v.copy
	}
	v.start(t)
}

// dial returns a connection of somebody's own, which ends with the test.
func (v *vault) dial(t *testing.T) *natsgo.Conn {
	t.Helper()
	conn, err := nats.Dial("nats://" + v.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	until(t, "being connected", conn.IsConnected)
	return conn
}

func TestJetStreamTellsAllOrNothingAfterHarm(t *testing.T) {
	toStream := func(harm func(t *testing.T, api jetstream.JetStream, s jetstream.Stream) error) func(t *testing.T, v *vault) {
		return func(t *testing.T, v *vault) {
			api, err := jetstream.New(v.dial(t))
			if err != nil {
				t.Fatal(err)
			}
			s, err := api.Stream(t.Context(), "socketio")
			if err != nil {
				t.Fatal(err)
			}
			if err := harm(t, api, s); err != nil {
				t.Fatal(err)
			}
		}
	}
	remove := func(number uint64) func(t *testing.T, v *vault) {
		return toStream(func(t *testing.T, _ jetstream.JetStream, s jetstream.Stream) error {
			return s.DeleteMsg(t.Context(), number)
		})
	}
	purge := func(o ...jetstream.StreamPurgeOpt) func(t *testing.T, v *vault) {
		return toStream(func(t *testing.T, _ jetstream.JetStream, s jetstream.Stream) error { return s.Purge(t.Context(), o...) })
	}
	restart := func(t *testing.T, v *vault) { v.restart(t) }
	for name, tt := range map[string]struct {
		half, do func(t *testing.T, v *vault)
		whole    bool
	}{
		"nothing":                           {do: func(*testing.T, *vault) {}, whole: true},
		"a restart":                         {do: restart, whole: true},
		"a restart with what half had left": {half: func(t *testing.T, v *vault) { v.save(t) }, do: restart},
		"all is purged":                     {do: purge()},
		"the first are purged":              {do: purge(jetstream.WithPurgeSequence(4))},
		"all but the last are purged":       {do: purge(jetstream.WithPurgeKeep(1))},
		"one is deleted":                    {do: remove(5)},
		"the newest is deleted":             {do: remove(10)},
		"the stream is deleted": {do: toStream(func(t *testing.T, api jetstream.JetStream, _ jetstream.Stream) error {
			return api.DeleteStream(t.Context(), "socketio")
		})},
		"the limits are lowered": {do: toStream(func(t *testing.T, api jetstream.JetStream, s jetstream.Stream) error {
			config := s.CachedInfo().Config
			config.MaxMsgs = 15
			_, err := api.UpdateStream(t.Context(), config)
			return err
		})},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVault(t)
			harm := &adaptertest.Harm{Do: func(t *testing.T) { tt.do(t, v) }, Whole: tt.whole}
			if tt.half != nil {
				harm.Half = func(t *testing.T) { tt.half(t, v) }
			}
			adaptertest.RunHarm(t, func(t *testing.T) adapter.Bus {
				return nats.NewJetStream(v.dial(t), &nats.JetStreamOptions{MaxBytes: 16 << 20, OnError: func(error) {}})
			}, harm)
		})
	}
}
