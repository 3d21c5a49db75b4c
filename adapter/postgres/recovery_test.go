package postgres

import (
	"fmt"
	"strings"
	"testing"

	"socketio"
	"socketio/adapter"
)

// say sends an event to all clients.
func say(t *testing.T, srv *socketio.Server, text string) {
	t.Helper()
	if err := srv.EmitArgs("say", text); err != nil {
		t.Error(err)
	}
}

// missing returns which of the texts m0, m1 and so on a guest has not heard once.
func (g *guest) missing(count int) (missing []string) {
	heard := map[string]int{}
	for _, text := range g.all() {
		heard[strings.TrimSpace(text)]++
	}
	for i := range count {
		if name := fmt.Sprint("m", i); heard[name] != 1 {
			missing = append(missing, fmt.Sprintf("%s: %d", name, heard[name]))
		}
	}
	return missing
}

func TestLogLetsAClientComeBackToAnotherServer(t *testing.T) {
	o := own()
	pool := shared.pool(t)
	a, atA := start(t, NewLog(pool, o))
	b, atB := start(t, NewLog(pool, o))
	meet(t, a, b)
	g := visit(t, atA)
	say(t, a, "m0")
	until(t, "the first event", func() bool { return g.hears("m0") })
	id := g.ID()
	emitter := adapter.NewEmitter(NewLog(pool, o))
	recovered := g.move(t, atB, func() {
		until(t, "the loss of the client", func() bool { return a.Stats().Sockets == 0 })
		for i := 1; i < 200; i += 2 {
			say(t, a, fmt.Sprint("m", i))
			say(t, b, fmt.Sprint("m", i+1))
		}
		say(t, a, "m201"+strings.Repeat(" ", 10_000))
		if err := emitter.EmitArgs(t.Context(), "say", "m202"); err != nil {
			t.Error(err)
		}
	})
	until(t, "all events", func() bool { return len(g.all()) >= 203 })
	if missing := g.missing(203); !recovered || g.ID() != id || len(missing) > 0 {
		t.Errorf("recovered %t, the same ID %t, not heard once: %q", recovered, g.ID() == id, missing)
	}
	say(t, a, "live")
	until(t, "an event afterwards", func() bool { return g.hears("live") })
	if n := b.Stats().Recovered; n != 1 {
		t.Errorf("Recovered is %d", n)
	}
}

func TestLogTellsAClientThatMissedWhatIsNotKept(t *testing.T) {
	o := own()
	pool := shared.pool(t)
	a, atA := start(t, NewLog(pool, o))
	b, atB := start(t, NewLog(pool, o))
	c, atC := start(t, New(pool, o)) // as a server for Node
	meet(t, a, b, c)
	g, witness, here := visit(t, atA), visit(t, atC), visit(t, atB)
	say(t, a, "kept")
	until(t, "the first event", func() bool { return g.hears("kept") })
	recovered := g.move(t, atB, func() {
		say(t, c, "not kept")
		until(t, "the event that is not kept", func() bool { return here.hears("not kept") && witness.hears("not kept") })
		say(t, b, "kept again")
	})
	if recovered {
		t.Error("the client was recovered, and has not got all")
	}
}

func TestLogRecoversAllOrNothingAfterACrash(t *testing.T) {
	o := own()
	pool := fragile.pool(t)
	a, atA := start(t, NewLog(pool, o))
	b, atB := start(t, NewLog(pool, o))
	meet(t, a, b)
	g, witness := visit(t, atA), visit(t, atB)
	say(t, a, "m0")
	until(t, "the first event", func() bool { return g.hears("m0") })
	recovered := g.move(t, atB, func() {
		until(t, "the loss of the client", func() bool { return a.Stats().Sockets == 0 })
		say(t, a, "m1")
		say(t, b, "m2")
		until(t, "both events", func() bool { return witness.hears("m1") && witness.hears("m2") })
		fragile.crash()
		if err := fragile.start(programs()); err != nil {
			t.Fatal(err)
		}
	})
	if missing := g.missing(3); recovered && len(missing) > 0 {
		t.Errorf("the client was recovered without %q", missing)
	}
	until(t, "an event afterwards", func() bool {
		say(t, a, "live")
		return g.hears("live") && witness.hears("live")
	})
}

// TestBusServesLocallyWhileItsDatabaseStalls: the clients of a server wait for nothing, and
// the others hear it again when the database goes on.
func TestBusServesLocallyWhileItsDatabaseStalls(t *testing.T) {
	o := own()
	pool := fragile.pool(t)
	a, atA := start(t, New(pool, o))
	b, atB := start(t, New(pool, o))
	meet(t, a, b)
	here, there := visit(t, atA), visit(t, atB)
	goOn := fragile.stall(t)
	defer goOn()
	for i := range 100 {
		say(t, a, fmt.Sprint("m", i))
	}
	until(t, "hearing one's own server", func() bool { return here.hears("m99") })
	if missing := here.missing(100); len(missing) > 0 {
		t.Errorf("not heard once: %q", missing)
	}
	if there.hears("m0") {
		t.Error("the database did not stall")
	}
	goOn()
	until(t, "hearing the other server", func() bool {
		say(t, a, "again")
		return there.hears("again")
	})
}
