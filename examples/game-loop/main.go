// Command game-loop moves dots, twenty times a second:
//
//	go run ./examples/game-loop
//
// The server alone knows where they are. Its frames are volatile: who is too slow for one
// gets a later one, and never a queue of old ones.
package main

import (
	"context"
	"embed"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"socketio"
	"socketio/examples/internal/serve"
)

//go:embed index.html page.js
var page embed.FS

const (
	Steer socketio.Event[Direction] = "steer"
	Shown socketio.Event[Frame]     = "frame"
)

const (
	tick  = 50 * time.Millisecond
	speed = 0.4 // of the field, per second
)

// A Direction is where a player wants to go: each part is -1, 0 or 1.
type Direction struct {
	X int `json:"x"`
	Y int `json:"y"`
}

// A Dot is where a player is, in a field from 0 to 1.
type Dot struct {
	ID string  `json:"id"`
	X  float64 `json:"x"`
	Y  float64 `json:"y"`
	to Direction
}

// A Frame is how the game is at one tick. Who has missed some sees that by the number.
type Frame struct {
	Number int   `json:"number"`
	Dots   []Dot `json:"dots"`
}

type game struct {
	mu   sync.Mutex
	dots map[string]*Dot
}

func (g *game) join(_ context.Context, s *socketio.Socket) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dots[s.ID()] = &Dot{ID: s.ID(), X: rand.Float64(), Y: rand.Float64()}
	return nil
}

func (g *game) leave(_ context.Context, s *socketio.Socket, _ socketio.Reason) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.dots, s.ID())
	return nil
}

func (g *game) steer(_ context.Context, s *socketio.Socket, to Direction) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if dot := g.dots[s.ID()]; dot != nil {
		dot.to = to
	}
	return nil
}

// step moves all dots by what they go in one tick, and returns them.
func (g *game) step() []Dot {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []Dot
	for _, dot := range g.dots {
		dot.X = move(dot.X, dot.to.X)
		dot.Y = move(dot.Y, dot.to.Y)
		all = append(all, *dot)
	}
	return all
}

// move goes one step, no faster than others may and not out of the field, whatever the
// client has asked for.
func move(from float64, direction int) float64 {
	step := speed * tick.Seconds() * float64(min(max(direction, -1), 1))
	return min(max(from+step, 0), 1)
}

// run plays until the server is closed.
func (g *game) run(srv *socketio.Server) {
	number := 0
	for range time.Tick(tick) {
		number++
		if err := srv.All().Volatile().Emit(Shown, Frame{Number: number, Dots: g.step()}); err != nil {
			return
		}
	}
}

func main() {
	srv := socketio.NewServer(nil)
	g := &game{dots: map[string]*Dot{}}
	srv.OnConnect(g.join)
	srv.OnDisconnect(g.leave)
	srv.On(Steer, g.steer)
	go g.run(srv)

	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	mux.Handle("/", serve.Page(page))
	serve.Run(mux, srv)
}
