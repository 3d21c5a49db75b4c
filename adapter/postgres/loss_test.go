package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"socketio/adapter"
)

// An ear remembers what it has been given.
type ear struct {
	mu    sync.Mutex // guards what follows
	heard []string
	lost  int
	bad   int // what is no message
}

func (e *ear) deliver(b []byte, _ adapter.Offset) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if b == nil {
		e.lost++
		return
	}
	m, err := adapter.Decode(b)
	if err != nil {
		e.bad++
		return
	}
	name, _ := m.EventName() // "" of what is no event
	e.heard = append(e.heard, name)
}

// count returns how often a message came, how often messages were lost, and how often
// something came that is none.
func (e *ear) count(name string) (n, lost, bad int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, heard := range e.heard {
		if heard == name {
			n++
		}
	}
	return n, e.lost, e.bad
}

func (e *ear) hears(name string) bool {
	n, _, _ := e.count(name)
	return n > 0
}

// event returns an event for all.
func event(name string) []byte {
	m := &adapter.Message{UID: "0123456789abcdef", Namespace: "/", Type: adapter.Broadcast, Event: fmt.Appendf(nil, "[%q]", name)}
	return m.Append(nil)
}

// message returns an event for all with an attachment.
func message(name string, attachment []byte) []byte {
	m := &adapter.Message{UID: "0123456789abcdef", Namespace: "/", Type: adapter.Broadcast, Attachments: [][]byte{attachment}}
	m.Event = fmt.Appendf(nil, `[%q,{"_placeholder":true,"num":0}]`, name)
	return m.Append(nil)
}

var everybody = adapter.Topic{Namespace: "/"}

// A listener is what all Buses here are.
type listener interface {
	adapter.Listener
	Healthy() bool
}

// listening makes an ear listen to the main namespace.
func listening(t *testing.T, b listener) *ear {
	t.Helper()
	e := new(ear)
	if err := b.Subscribe(t.Context(), e.deliver); err != nil {
		t.Fatal(err)
	}
	if err := b.Listen(t.Context(), everybody); err != nil {
		t.Fatal(err)
	}
	return e
}

// publish publishes an event for all.
func publish(t *testing.T, b adapter.Bus, name string) adapter.Offset {
	t.Helper()
	at, err := b.Publish(t.Context(), everybody, event(name))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// A complaint counts errors.
type complaint struct {
	mu     sync.Mutex // guards what follows
	errors []error
}

func (c *complaint) note(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errors = append(c.errors, err)
}

func (c *complaint) all() []error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.errors
}

func TestBusOutlivesItsDatabase(t *testing.T) {
	outlive(t, func(pool *pgxpool.Pool, o *Options) listener { return New(pool, o) })
}

func TestLogOutlivesItsDatabase(t *testing.T) {
	outlive(t, func(pool *pgxpool.Pool, o *Options) listener { return NewLog(pool, o) })
}

// outlive checks that a crash of the database is the end of no subscription, and is told once.
func outlive(t *testing.T, open func(pool *pgxpool.Pool, o *Options) listener) {
	o, c := own(), new(complaint)
	o.OnError = c.note
	bus := open(fragile.pool(t), o)
	if bus.Healthy() {
		t.Error("it is healthy before it listens")
	}
	e := listening(t, bus)
	for i := range 200 {
		if err := bus.Listen(t.Context(), adapter.Topic{Namespace: fmt.Sprint("/", i)}); err != nil {
			t.Fatal(err)
		}
	}
	fragile.crash()
	until(t, "the report of the loss", func() bool { return len(c.all()) > 0 && !bus.Healthy() })
	if _, err := bus.Publish(t.Context(), everybody, event("meanwhile")); err == nil {
		t.Error("Publish returned nil without a database")
	}
	if err := fragile.start(programs()); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	until(t, "listening again", bus.Healthy)
	t.Logf("200 namespaces are listened to %v after the return of the database", time.Since(back).Round(time.Millisecond))
	until(t, "hearing again", func() bool {
		_, err := bus.Publish(t.Context(), everybody, event("again"))
		return err == nil && e.hears("again")
	})
	if !bus.Healthy() {
		t.Error("it hears and is not healthy")
	}
	m := &adapter.Message{UID: "0123456789abcdef", Namespace: "/199", Type: adapter.Broadcast, Event: []byte(`["elsewhere"]`)}
	if _, err := bus.Publish(t.Context(), m.Topic(), m.Append(nil)); err != nil {
		t.Fatal(err)
	}
	until(t, "hearing the last namespace", func() bool { return e.hears("elsewhere") })
	if errs := c.all(); len(errs) > 3 {
		t.Errorf("one loss was reported %d times: %v", len(errs), errs)
	}
}

// A tap is what a test holds the lines of a Log by.
type tap struct {
	pids    chan uint32   // of the connections that listen, before they are read
	release chan struct{} // lets the next go on, but for the first
}

func tapped(l *Log) *tap {
	p := &tap{pids: make(chan uint32, 10), release: make(chan struct{})}
	l.line.begin = func(ctx context.Context, conn *pgx.Conn, first bool) error {
		p.pids <- conn.PgConn().PID()
		if !first {
			<-p.release
		}
		return l.begin(ctx, conn, first)
	}
	return p
}

// lose ends the connection of a line, and waits until there is another one.
func (p *tap) lose(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), `SELECT pg_terminate_backend($1)`, <-p.pids); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.pids:
	case <-time.After(patience):
		t.Fatal("there is no other connection")
	}
}

func TestLogDeliversWhatCameWhileItWasNotConnected(t *testing.T) {
	for _, tt := range []struct {
		name    string
		between string // is done to the table meanwhile
		lost    int    // how often it is told that some were lost
	}{
		{"all is there", `SELECT count(*) FROM %s`, 0},
		{"some is gone", `DELETE FROM %s`, 1},
		{"the table begins anew", `TRUNCATE %s RESTART IDENTITY`, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := own()
			pool := shared.pool(t)
			sender, receiver := NewLog(pool, o), NewLog(pool, o)
			tap := tapped(receiver)
			e := listening(t, receiver)
			publish(t, sender, "first")
			until(t, "the first event", func() bool { return e.hears("first") })
			tap.lose(t, pool)
			if _, err := pool.Exec(t.Context(), fmt.Sprintf(tt.between, quoted(o.Events))); err != nil {
				t.Fatal(err)
			}
			for i := range 250 {
				publish(t, sender, fmt.Sprint("m", i))
			}
			tap.release <- struct{}{}
			until(t, "the end of the loss", receiver.Healthy)
			publish(t, sender, "last")
			until(t, "the last event", func() bool { return e.hears("last") })
			for i := range 250 {
				if n, _, _ := e.count(fmt.Sprint("m", i)); n != 1 {
					t.Fatalf("event %d arrived %d times", i, n)
				}
			}
			if n, lost, bad := e.count("last"); n != 1 || lost != tt.lost || bad > 0 {
				t.Errorf("the last event arrived %d times, a loss was told %d times, %d were no messages", n, lost, bad)
			}
		})
	}
}

// since returns how many events are kept behind an offset.
func since(t *testing.T, l *Log, at adapter.Offset) (n int, err error) {
	t.Helper()
	for _, err := range l.Since(t.Context(), at) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func TestLogKnowsOfEventsThatItHasNotKept(t *testing.T) {
	o := own()
	pool := shared.pool(t)
	l, other := NewLog(pool, o), New(pool, o)
	e := listening(t, l)
	before := publish(t, l, "before")
	publish(t, l, "kept")
	if n, err := since(t, l, before); n != 1 || err != nil {
		t.Fatalf("%d events are kept (%v)", n, err)
	}
	publish(t, other, "alien")
	until(t, "the alien event", func() bool { return e.hears("alien") })
	after := publish(t, l, "after")
	last := publish(t, l, "last")
	until(t, "the last event", func() bool { return e.hears("last") })
	another := NewLog(pool, o)
	for name, l := range map[string]*Log{"who has heard it": l, "who has not": another} {
		if n, err := since(t, l, before); !errors.Is(err, adapter.ErrNotKept) {
			t.Errorf("%s tells of %d events (%v) behind one that missed some", name, n, err)
		}
		if n, err := since(t, l, after); n != 1 || err != nil {
			t.Errorf("%s tells of %d events (%v), want 1", name, n, err)
		}
	}
	if n, err := since(t, l, last); n != 0 || err != nil {
		t.Errorf("%d events are behind the last (%v)", n, err)
	}
	if n, lost, bad := e.count("alien"); n != 1 || lost > 0 || bad > 0 {
		t.Errorf("the alien event arrived %d times, %d were lost, %d were no messages", n, lost, bad)
	}
}

func TestLogDeletesWhatIsTooOld(t *testing.T) {
	o := own()
	pool := shared.pool(t)
	l := NewLog(pool, o)
	listening(t, l)
	for i := range 5 {
		publish(t, l, fmt.Sprint("m", i))
	}
	large := message("large", make([]byte, 10))
	if _, err := l.Publish(t.Context(), everybody, large); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"old", "new"} {
		if err := l.Save(t.Context(), id, []byte(`{}`), time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	for _, statement := range []string{
		`UPDATE ` + quoted(o.Events) + ` SET created_at = created_at - interval '1 hour' WHERE id <= 3`,
		`UPDATE ` + quoted(o.Sessions) + ` SET expires_at = expires_at - interval '1 hour' WHERE id = 'old'`,
		`UPDATE ` + quoted(o.Attachments) + ` SET created_at = created_at - interval '1 hour'`,
	} {
		if _, err := pool.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.cleanAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]int{o.Events: 4, o.Sessions: 1, o.Attachments: 0} { // of the old events the last is left
		var n int
		if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM `+quoted(table)).Scan(&n); err != nil || n != want {
			t.Errorf("%s has %d rows (%v), want %d", table, n, err, want)
		}
	}
}
