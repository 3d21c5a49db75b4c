package embedded_test

import (
	"testing"
	"time"

	"socketio/adapter"
	"socketio/adapter/nats"
	"socketio/adapter/nats/embedded"
	"socketio/internal/fleet"
)

func TestCoreInAFleet(t *testing.T) {
	b := started(t, nil)
	fleet.RunInGo(t, func(t *testing.T) adapter.Bus { return nats.NewCore(dialled(t, b), nil) })
}

func TestJetStreamInAFleet(t *testing.T) {
	b := started(t, &embedded.Options{Store: t.TempDir()})
	fleet.RunInGo(t, func(t *testing.T) adapter.Bus {
		return nats.NewJetStream(dialled(t, b), &nats.JetStreamOptions{MaxBytes: 16 << 20})
	})
}

// Each server has a broker of its own; the emitter uses one of these.
func TestCoreInAFleetWithoutABroker(t *testing.T) {
	first := started(t, &embedded.Options{Cluster: []string{"127.0.0.1:0"}, Secret: "s3cr:t/@"})
	brokers := []*embedded.Broker{first}
	for range 2 {
		brokers = append(brokers, started(t, &embedded.Options{
			Cluster: []string{"127.0.0.1:0", first.Address()}, Secret: "s3cr:t/@",
		}))
	}
	for _, b := range brokers {
		until(t, "the meeting of three brokers", func() bool { return b.Peers() == 2 })
	}
	next := 0
	fleet.RunInGo(t, func(t *testing.T) adapter.Bus {
		next++
		return nats.NewCore(dialled(t, brokers[next%len(brokers)]), nil)
	})
}

func TestCoreIsNotJoinedWithoutTheSecret(t *testing.T) {
	first := started(t, &embedded.Options{Cluster: []string{"127.0.0.1:0"}, Secret: "secret"})
	refused := make(chan error, 100)
	other := started(t, &embedded.Options{
		Cluster: []string{"127.0.0.1:0", first.Address()}, Secret: "another",
		OnError: func(err error) {
			select {
			case refused <- err:
			default:
			}
		},
	})
	select {
	case <-refused:
	case <-time.After(patience):
		t.Fatal("nothing was reported")
	}
	if first.Peers() != 0 || other.Peers() != 0 {
		t.Errorf("the brokers have %d and %d peers", first.Peers(), other.Peers())
	}
}

// patience is how long the tests wait for what must happen.
const patience = time.Minute

// until waits for a condition.
func until(t *testing.T, what string, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !met(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s has not happened", what)
		}
	}
}

func TestCoreBehindABalancerThatIsNotSticky(t *testing.T) {
	b := started(t, nil)
	fleet.RunBalanced(t, func(t *testing.T) adapter.Bus { return nats.NewCore(dialled(t, b), nil) })
}

func TestJetStreamBehindABalancerThatIsNotSticky(t *testing.T) {
	b := started(t, &embedded.Options{Store: t.TempDir()})
	fleet.RunBalanced(t, func(t *testing.T) adapter.Bus {
		return nats.NewJetStream(dialled(t, b), &nats.JetStreamOptions{MaxBytes: 16 << 20})
	})
}

// Each server has a broker of its own, as with sio serve --cluster.
func TestCoreBehindABalancerWithoutABroker(t *testing.T) {
	next := started(t, &embedded.Options{Cluster: []string{"127.0.0.1:0"}})
	fleet.RunBalanced(t, func(t *testing.T) adapter.Bus {
		b := next
		next = started(t, &embedded.Options{Cluster: []string{"127.0.0.1:0", b.Address()}})
		return nats.NewCore(dialled(t, b), nil)
	})
}
