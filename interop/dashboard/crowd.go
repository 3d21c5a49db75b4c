package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"socketio"
	"socketio/engineio"
)

// stride is prime to any number of sockets that is asked for, so all of them speak, and no
// neighbours one after the other.
const stride = 7919

// inRoom is how many clients share a room.
const inRoom = 10

// A crowd is all clients.
type crowd struct {
	plan
	urls    []string // of the servers, which take turns
	sockets []*socketio.ClientSocket
	rooms   []string // of each socket
}

// connect connects all sockets, some at a time.
func (c *crowd) connect(ctx context.Context) error {
	c.sockets = make([]*socketio.ClientSocket, c.Sockets)
	c.rooms = make([]string, c.Sockets)
	connecting := make(chan struct{}, 64)
	failed := make(chan error, 1)
	var all sync.WaitGroup
	for first := 0; first < c.Sockets; first += len(namespaces) {
		connecting <- struct{}{}
		all.Go(func() {
			defer func() { <-connecting }()
			if err := c.connectClient(ctx, first); err != nil {
				select {
				case failed <- err:
				default: // one is enough
				}
			}
		})
	}
	all.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// connectClient connects the sockets of one client, from the one of that number on.
func (c *crowd) connectClient(ctx context.Context, first int) error {
	n := first / len(namespaces)
	g := guest{Name: fmt.Sprintf("guest %d", n+1), Room: fmt.Sprintf("room %d", n/inRoom+1)}
	if c.Hostile && n == 0 {
		g = guest{Name: markup, Room: markup}
	}
	options := &socketio.ClientOptions{Auth: g}
	options.Transports = []string{engineio.WebSocket}
	if n < c.Polling {
		options.Transports = []string{engineio.Polling}
	}
	client := socketio.NewClient(c.urls[n%len(c.urls)], options)
	for i := first; i < min(first+len(namespaces), c.Sockets); i++ {
		s := client.Of(namespaces[i-first])
		s.OnAny(func(_ context.Context, s *socketio.ClientSocket, m *socketio.Message) error {
			return printEvent(s, m)
		})
		if err := s.Connect(ctx); err != nil {
			return err
		}
		c.sockets[i], c.rooms[i] = s, g.Room
	}
	return nil
}

// printEvent prints what a client gets, unless it is what another one says.
func printEvent(s *socketio.ClientSocket, m *socketio.Message) error {
	if m.Event == string(said) {
		return nil
	}
	var argument any
	if err := m.Decode(&argument); err != nil {
		return err
	}
	fmt.Printf("a client of %s got %s %v\n", s.Name(), m.Event, argument)
	return nil
}

// chat has the sockets say something in turn, until ctx ends.
func (c *crowd) chat(ctx context.Context) {
	const tick = 20 * time.Millisecond
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	due, next := 0.0, 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for due += float64(c.Say) * tick.Seconds(); due >= 1; due-- {
			c.speak(next)
			next = (next + stride) % len(c.sockets)
		}
	}
}

// speak has one socket say something. Those that are not connected stay silent.
func (c *crowd) speak(i int) {
	s := c.sockets[i]
	if !s.Connected() {
		return
	}
	_ = s.Emit(say, line{c.rooms[i], "Good morning! Anybody on the train already?"}) // it may just have been lost
	if c.Hostile && i < len(namespaces) {
		_ = s.Emit(hostile, socketio.None{})
	}
}
