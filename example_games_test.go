package socketio_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"sync"
	"time"

	"socketio"
)

// A State is all that a client has to know to draw a game.
type State struct {
	Tick    int            `json:"tick"`
	Players map[string]int `json:"players"` // where each of them is
}

// A Game is played in one room.
type Game struct {
	room string

	mu    sync.Mutex // guards what follows
	wants map[string]int
	state State
}

// Steer notes where a player wants to go. The next step takes it in.
func (g *Game) Steer(player string, by int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wants[player] = max(-1, min(1, by)) // a client can ask for anything
}

// Step moves all players once, and returns the state as it is then. Emit encodes it before
// the next step, so it need not be copied.
func (g *Game) Step() State {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.state.Tick++
	for player, by := range g.wants {
		g.state.Players[player] += by
	}
	return g.state
}

// Run plays until ctx ends, a step for each tick.
func (g *Game) Run(ctx context.Context, srv *socketio.Server, ticks <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
			if err := srv.To(g.room).Volatile().Emit("state", g.Step()); err != nil {
				log.Print(err)
			}
		}
	}
}

func Example_games() {
	srv := socketio.NewServer(nil)
	g := &Game{room: "game", wants: map[string]int{}, state: State{Players: map[string]int{}}}
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		s.Join(g.room)
		return nil
	})
	srv.On("steer", func(_ context.Context, _ *socketio.Socket, by int) error {
		g.Steer("ada", by) // whoever the socket is
		return nil
	})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ticks := make(chan time.Time) // time.NewTicker(50 * time.Millisecond).C: 20 per second
	go g.Run(ctx, srv, ticks)

	web := httptest.NewServer(srv)
	defer web.Close()
	ada := socketio.NewClient(web.URL, byWebSocket)
	defer ada.Close()
	states := make(chan State, 100)
	ada.On("state", func(_ context.Context, _ *socketio.ClientSocket, state State) error {
		states <- state
		return nil
	})
	if err := ada.Connect(ctx); err != nil {
		fmt.Println(err)
	}
	if _, err := ada.EmitArgsAck(ctx, "steer", 1); err != nil {
		fmt.Println(err)
	}
	for waiting := true; waiting; { // a volatile event may be dropped
		ticks <- time.Now()
		select {
		case state := <-states:
			fmt.Println("as far as there were ticks:", state.Players["ada"] == state.Tick)
			waiting = false
		case <-time.After(100 * time.Millisecond):
		}
	}
	// Output:
	// as far as there were ticks: true
}
