package redis

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/redis/rueidis"
)

// patience is how long the tests wait for what must happen.
const patience = 20 * time.Second

// A broker is a redis-server.
type broker struct {
	addr string
	dir  string
	cmd  *exec.Cmd

	ended chan struct{} // closed when it has
}

// shared is the one of all tests that do it no harm.
var shared *broker

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if _, err := exec.LookPath("redis-server"); err == nil {
		dir, err := os.MkdirTemp("", "redis")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		if shared, err = startBroker(dir); err != nil {
			panic(err)
		}
		defer shared.kill()
	}
	return m.Run()
}

// startBroker starts a redis-server on a free port. Another process may take the port at
// the last moment, so it tries several times.
func startBroker(dir string, args ...string) (b *broker, err error) {
	for range 5 {
		b = &broker{addr: freeAddr(), dir: dir}
		if err = b.start(args...); err == nil {
			return b, nil
		}
	}
	return nil, err
}

// freeAddr returns an address that nobody listens on. It is none of those that the kernel
// chooses by itself, so that nobody gets it while a broker is being restarted.
func freeAddr() string {
	for {
		l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", 25_000+rand.N(7_000)))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
}

// start starts the server, again if it has been killed, and waits until it answers.
func (b *broker) start(args ...string) error {
	_, port, _ := net.SplitHostPort(b.addr)
	b.cmd = exec.Command("redis-server", append([]string{"--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--dir", b.dir}, args...)...)
	if err := b.cmd.Start(); err != nil {
		return err
	}
	cmd, exited, ended := b.cmd, make(chan error, 1), make(chan struct{})
	b.ended = ended
	go func() {
		exited <- cmd.Wait()
		close(ended)
	}()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if client, err := b.dial(); err == nil {
			client.Close()
			return nil
		}
		select {
		case err := <-exited:
			return fmt.Errorf("redis-server on %s: %w", b.addr, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	b.kill()
	return fmt.Errorf("redis-server on %s does not answer", b.addr)
}

// restart starts the server again where it was, as soon as it can.
func (b *broker) restart() (err error) {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if err = b.start(); err == nil {
			return nil
		}
	}
	return err
}

func (b *broker) kill() { _ = b.cmd.Process.Kill() }

func (b *broker) dial() (rueidis.Client, error) {
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{b.addr}, DisableCache: true})
	if err != nil {
		return nil, err
	}
	if err := client.Do(context.Background(), client.B().Ping().Build()).Error(); err != nil {
		client.Close()
		return nil, err
	}
	return client, nil
}

// connected returns a client of the shared server that is closed at the end of the test.
func connected(t *testing.T) rueidis.Client {
	t.Helper()
	if shared == nil {
		if os.Getenv("CI") != "" {
			t.Fatal("redis-server is not installed")
		}
		t.Skip("redis-server is not installed")
	}
	return shared.client(t)
}

func (b *broker) client(t *testing.T) rueidis.Client {
	t.Helper()
	client, err := b.dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}
