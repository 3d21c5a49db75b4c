package postgres

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"socketio/adapter"
	"socketio/msgpack"
)

func TestBusEnduresWhatIsNoMessage(t *testing.T) {
	endure(t, func(pool *pgxpool.Pool, o *Options) listener { return New(pool, o) })
}

func TestLogEnduresWhatIsNoMessage(t *testing.T) {
	endure(t, func(pool *pgxpool.Pool, o *Options) listener { return NewLog(pool, o) })
}

// endure publishes what is none by hand, and checks that each is delivered as such once, for
// the node to count, and that it does not get in the way.
func endure(t *testing.T, open func(pool *pgxpool.Pool, o *Options) listener) {
	o, c := own(), new(complaint)
	o.OnError = c.note
	pool := shared.pool(t)
	bus := open(pool, o)
	e := listening(t, bus)
	publish(t, bus, "before")
	until(t, "the first event", func() bool { return e.hears("before") })
	insert := func(value string, argument any) string {
		t.Helper()
		var id string
		if err := pool.QueryRow(t.Context(), `INSERT INTO `+quoted(o.Attachments)+` (payload) VALUES (`+value+`) RETURNING id::text`, argument).Scan(&id); err != nil {
			t.Fatal(err)
		}
		return `{"uid":"fedcba9876543210","type":3,"attachmentId":"` + id + `"}`
	}
	attach := func(packed []byte) string { return insert(`$1`, packed) }
	notify := func(payload string) {
		t.Helper()
		if _, err := pool.Exec(t.Context(), `SELECT pg_notify($1, $2)`, channelOf(o.Prefix, "/"), payload); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := msgpack.AppendValue(nil, event("whole"), nil)
	if err != nil {
		t.Fatal(err)
	}
	bad := []string{
		"", "{", "nonsense", "[]", `{"type":3}`, `{"type":"3","uid":1,"nsp":[]}`,
		string(event("cut off"))[:40], strings.Repeat("[", 7000),
		`{"attachmentId":"987654321"}`, `{"uid":"emitter","type":3,"attachmentId":987654321}`,
		attach(nil), attach([]byte{0xc1}), attach(whole[:len(whole)-1]), attach(append(whole, 0)), insert(`convert_to(repeat('x', $1), 'UTF8')`, maxAttachment+1),
		`{"offset":"1-1"`, `{"offset":"9-9",`, `{"offset":"x","type":3}`, `{"to":"`,
	}
	unknown := []string{ // which later versions may send
		"null", "{}", `{"type":77}`, `{"offset":"999999-999999","type":77}`, `{"to":"x",}`,
		`{"attachmentId":"1e9"}`, `{"attachmentId":{}}`, `{"attachmentId":"99999999999999999999"}`,
	}
	for _, payload := range append(unknown, bad...) {
		notify(payload)
	}
	notify(attach(whole))
	publish(t, bus, "after")
	until(t, "the last event", func() bool {
		_, _, counted := e.count("")
		return e.hears("after") && e.hears("whole") && counted >= len(bad)
	})
	if n, lost, counted := e.count("whole"); n != 1 || lost > 0 || counted != len(bad) {
		t.Errorf("the whole message came %d times, %d losses were told, %d of %d were counted", n, lost, counted, len(bad))
	}
	if !bus.Healthy() {
		t.Error("the connection was lost")
	}
	if errs := c.all(); len(errs) > 1 {
		t.Errorf("%d errors were told: %v", len(errs), errs)
	}
}

func TestBusHearsOnlyWhatIsForItsNodes(t *testing.T) {
	o := own()
	pool := shared.pool(t)
	bus, sender := New(pool, o), New(pool, o)
	e := listening(t, bus)
	answer := func(uid, text string) {
		t.Helper()
		to := adapter.Topic{Namespace: "/", Node: uid}
		m := &adapter.Message{UID: "fedcba9876543210", Namespace: "/", Type: adapter.Broadcast, Event: []byte(`["` + text + `"]`)}
		if _, err := sender.Publish(t.Context(), to, m.Append(nil)); err != nil {
			t.Fatal(err)
		}
	}
	if err := bus.Listen(t.Context(), adapter.Topic{Namespace: "/", Node: "0123456789abcdef"}); err != nil {
		t.Fatal(err)
	}
	answer("0123456789abcde0", "for another")
	answer("0123456789abcdef", "small")
	answer("0123456789abcdef", strings.Repeat("large ", 10_000))
	publish(t, sender, "last")
	until(t, "the last event", func() bool { return e.hears("last") })
	if !e.hears("small") || !e.hears(strings.Repeat("large ", 10_000)) || e.hears("for another") {
		t.Errorf("it heard %d messages", len(e.heard))
	}
}
