package socketio_test

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"socketio"
)

// Spoken is a message of a room, with its number.
type Spoken struct {
	N    int    `json:"n"`
	Text string `json:"text"`
}

// Entering asks for a room, and for what came after the last line that the client has.
type Entering struct {
	Room  string `json:"room"`
	After int    `json:"after"`
}

// A Saying is a line that is to be said.
type Saying struct {
	Room string `json:"room"`
	Text string `json:"text"`
}

func Example_roomHistory() {
	const keep = 100
	srv := socketio.NewServer(nil)
	var mu sync.Mutex // whoever has it sees a room and its lines as they are
	lines := map[string][]Spoken{}

	srv.On("say", func(_ context.Context, _ *socketio.Socket, say Saying) error {
		mu.Lock()
		defer mu.Unlock()
		n := 1
		if all := lines[say.Room]; len(all) > 0 {
			n = all[len(all)-1].N + 1
		}
		line := Spoken{n, say.Text}
		all := append(lines[say.Room], line)
		lines[say.Room] = all[max(0, len(all)-keep):]
		return srv.To(say.Room).Emit("line", line) // which does not block
	})
	srv.On("join", func(_ context.Context, s *socketio.Socket, join Entering) error {
		mu.Lock()
		defer mu.Unlock()
		s.Join(join.Room)
		missed := slices.DeleteFunc(slices.Clone(lines[join.Room]), func(l Spoken) bool { return l.N <= join.After })
		return s.Emit("history", missed) // before any line that is said later
	})

	ada := visit(srv)
	defer ada.end()
	ada.send(`2["join",{"room":"go"}]`)
	fmt.Println("ada", ada.receive())
	ada.send(`2["say",{"room":"go","text":"hello"}]`)
	fmt.Println("ada", ada.receive())
	ada.send(`2["say",{"room":"go","text":"anybody?"}]`)
	fmt.Println("ada", ada.receive())
	grace := ada.another()
	grace.send(`2["join",{"room":"go","after":1}]`)
	fmt.Println("grace", grace.receive())
	// Output:
	// ada 2["history",[]]
	// ada 2["line",{"n":1,"text":"hello"}]
	// ada 2["line",{"n":2,"text":"anybody?"}]
	// grace 2["history",[{"n":2,"text":"anybody?"}]]
}
