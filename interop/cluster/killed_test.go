//go:build unix

package cluster

import (
	"context"
	"encoding/json/v2"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"socketio/adapter"
	"socketio/adapter/redis"
	"socketio/interop/chaos"
)

// What the tests do by default suits a slow machine.
var (
	clientsFlag = flag.Int("clients", 60, "how many clients there are")
	rateFlag    = flag.Int("rate", 100, "how many events are sent per second")
)

const (
	servers   = 3
	roomSize  = 10
	settled   = 11 * time.Second // after which a server that has died is forgotten
	tolerance = 20 * time.Second // for a request, on a machine that is busy
)

// A tally is what the clients have counted.
type tally struct {
	Connected int  `json:"connected"`
	Recovered int  `json:"recovered"`
	Told      int  `json:"told"`
	Missing   int  `json:"missing"`
	Twice     int  `json:"twice"`
	Done      bool `json:"done"` // all that was sent last has come
}

// A fleet is servers on a stream of Redis behind one address, and their clients.
type fleet struct {
	t       *testing.T
	redis   string
	client  rueidis.Client
	proxy   *chaos.Proxy
	clients *process

	mu      sync.Mutex // guards what follows
	servers []*process
	next    int
	numbers []int // by room: the last that was sent
}

func startFleet(t *testing.T) *fleet {
	t.Helper()
	f := &fleet{t: t, redis: startRedis(t), numbers: make([]int, max(*clientsFlag/roomSize, 1))}
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{f.redis}, DisableCache: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	f.client = client
	for range servers {
		f.servers = append(f.servers, startServer(t, f.redis))
	}
	f.awaitCount(f.servers[0], servers)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.proxy = chaos.New(l, f.dial, 1)
	t.Cleanup(func() { f.proxy.Close() })
	o := fmt.Sprintf(`{"url":%q,"clients":%d,"rooms":%d}`, f.proxy.URL(), *clientsFlag, len(f.numbers))
	f.clients = launch(t, exec.Command("node", "clients.mjs", o))
	if got := f.await(make([]int, len(f.numbers))); got.Connected != *clientsFlag {
		t.Fatalf("%d of %d clients have come", got.Connected, *clientsFlag)
	}
	return f
}

// dial connects to the next server that is there.
func (f *fleet) dial(ctx context.Context) (conn net.Conn, err error) {
	for range servers {
		f.mu.Lock()
		addr := f.servers[f.next%servers].addr
		f.next++
		f.mu.Unlock()
		var d net.Dialer
		if conn, err = d.DialContext(ctx, "tcp", addr); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// await waits until the clients are there and have got these numbers.
func (f *fleet) await(numbers []int) (got tally) {
	f.t.Helper()
	text, err := json.Marshal(numbers)
	if err != nil {
		f.t.Fatal(err)
	}
	f.clients.tell(string(text))
	f.clients.hear(&got)
	return got
}

// awaitCount waits until a server knows of so many, and returns how long that took.
func (f *fleet) awaitCount(p *process, want int) time.Duration {
	f.t.Helper()
	start := time.Now()
	for p.ask("count").Count != want {
		if time.Since(start) > patience {
			f.t.Fatalf("there are never %d servers", want)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return time.Since(start)
}

// send sends numbered events to the rooms in turn, until stop is called, and then to each room
// a last one.
func (f *fleet) send() (stop func() (numbers []int, err error)) {
	ctx, cancel := context.WithCancel(context.Background())
	emitter := adapter.NewEmitter(redis.NewStreams(f.client, nil))
	result := make(chan error, 1)
	numbers := f.numbers
	emit := func(room int) error {
		numbers[room]++
		return emitter.To(fmt.Sprint("room", room)).EmitArgs(context.Background(), "n", numbers[room])
	}
	go func() {
		pace := time.NewTicker(time.Second / time.Duration(*rateFlag))
		defer pace.Stop()
		var err error
		for i := 0; err == nil && ctx.Err() == nil; i++ {
			err = emit(i % len(numbers))
			<-pace.C
		}
		for room := range numbers {
			err = errors.Join(err, emit(room))
		}
		result <- err
	}()
	return func() ([]int, error) {
		cancel()
		return numbers, <-result
	}
}

// uid returns the name by which the others know a server.
func (f *fleet) uid(p *process) string {
	f.t.Helper()
	p.ask("hello")
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		entries, err := f.client.Do(f.t.Context(), f.client.B().Xrevrange().Key("socket.io").End("+").Start("-").Count(1).Build()).AsXRange()
		if err != nil {
			f.t.Fatal(err)
		}
		if len(entries) > 0 {
			return entries[0].FieldValues["uid"]
		}
	}
	f.t.Fatal("nothing is in the stream")
	return ""
}

// greet sends each client something, as only who has got an event has an offset to come back
// with.
func (f *fleet) greet() {
	f.t.Helper()
	numbers, err := f.send()()
	if err != nil {
		f.t.Fatal(err)
	}
	if got := f.await(numbers); !got.Done {
		f.t.Fatalf("the first events have not come: %+v", got)
	}
}

// finish ends what is sent and checks what the clients have counted.
func (f *fleet) finish(stop func() ([]int, error)) tally {
	f.t.Helper()
	// Only who is there gets the last event, so all have to be.
	if got := f.await(make([]int, len(f.numbers))); !got.Done {
		f.t.Fatalf("only %d of %d clients have come back", got.Connected, *clientsFlag)
	}
	numbers, err := stop()
	if err != nil {
		f.t.Fatal(err)
	}
	got := f.await(numbers)
	f.t.Logf("recovered=%d told=%d missing=%d twice=%d", got.Recovered, got.Told, got.Missing, got.Twice)
	if got.Missing != 0 || got.Twice != 0 || !got.Done {
		f.t.Errorf("the clients counted %+v", got)
	}
	return got
}

// wantForgotten checks when the witness has noticed that a server had gone, by its own clock. A
// process that gets no time to run is late by as much at each step: hearing the last sign of
// life, finding that there was none since, and looking.
func (f *fleet) wantForgotten(witness *process, killed time.Time) {
	f.t.Helper()
	a := witness.ask("watch")
	for a.Less.Before(killed) { // the watch has not looked since the question was answered
		if time.Since(killed) > patience {
			f.t.Fatal("the witness has not noticed")
		}
		time.Sleep(watchEvery)
		late := a.Late
		a = witness.ask("watch")
		a.Late = max(a.Late, late)
	}
	took, most := a.Less.Sub(killed), settled+time.Duration(3*a.Late*float64(time.Second))
	f.t.Logf("after %.1f s it is forgotten, by a process that was up to %.1f s late; within %.1f s it is to be", took.Seconds(), a.Late, most.Seconds())
	if took > most {
		f.t.Errorf("it is forgotten after %v", took)
	}
}

func TestF01AServerIsKilled(t *testing.T) {
	f := startFleet(t)
	victim, witness := f.servers[0], f.servers[1]
	name := f.uid(victim)
	f.greet()
	stop := f.send()

	witness.ask("watch") // how late it has been until now does not matter
	// It cannot answer any more, but nobody knows yet.
	if err := victim.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	witness.tell("fetch")
	if err := victim.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	for i, link := range f.proxy.Links() {
		if i%4 == 0 { // of the other servers as well, whose clients recover
			link.Cut()
		}
	}
	var a answer
	witness.hear(&a)
	if !slices.Equal(a.Silent, []string{name}) || a.Error != "" {
		t.Errorf("a request that was under way names %q (%s), want %q", a.Silent, a.Error, name)
	}
	if took := time.Since(killed); took > tolerance {
		t.Errorf("a request that was under way took %v", took)
	}
	f.awaitCount(witness, servers-1)
	f.wantForgotten(witness, killed)
	if a := witness.ask("fetch"); len(a.Silent) > 0 {
		t.Errorf("a later request names %q", a.Silent)
	}
	got := f.finish(stop)
	if got.Recovered == 0 || got.Told == 0 {
		t.Errorf("the clients counted %+v; some have to recover, and those of the server that was killed to be told", got)
	}
}

func TestF03EachServerIsReplaced(t *testing.T) {
	f := startFleet(t)
	f.greet()
	stop := f.send()
	for i := range servers {
		old := f.servers[i]
		fresh := startServer(t, f.redis)
		f.mu.Lock()
		f.servers[i] = fresh
		f.mu.Unlock()
		if err := old.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		f.awaitCount(fresh, servers)
	}
	got := f.finish(stop)
	// On a busy machine a client may be back before its session is saved, or be cut off
	// again before it has got an event to come back with. Such a one is told.
	if got.Recovered+got.Told < *clientsFlag || got.Recovered <= got.Told {
		t.Errorf("the clients counted %+v; each has to have come back, and most have to have recovered", got)
	}
}

// startRedis starts a redis-server on a free port. Another process may take the port at the
// last moment, so it tries several times.
func startRedis(t *testing.T) (addr string) {
	t.Helper()
	for _, program := range []string{"redis-server", "node"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	if _, err := os.Stat("../js/node_modules"); err != nil {
		t.Skip("npm ci has not run in interop/js; make test-cluster does that")
	}
	for range 5 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr = l.Addr().String()
		l.Close()
		if tryRedis(t, addr) {
			return addr
		}
	}
	t.Fatal("redis-server does not answer")
	return ""
}

// tryRedis starts a redis-server and says whether it answers.
func tryRedis(t *testing.T, addr string) bool {
	t.Helper()
	_, port, _ := net.SplitHostPort(addr)
	cmd := exec.Command("redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--dir", t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var exited atomic.Bool
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		exited.Store(true)
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	for deadline := time.Now().Add(patience); !exited.Load() && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{addr}, DisableCache: true})
		if err != nil {
			continue
		}
		err = client.Do(t.Context(), client.B().Ping().Build()).Error()
		client.Close()
		if err == nil && !exited.Load() {
			return true
		}
	}
	return false
}
