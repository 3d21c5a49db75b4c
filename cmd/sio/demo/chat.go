// Package demo is the chat that sio serve shows: rooms, who is in them, who is writing,
// acknowledged messages and pictures. It is an example as well: contract.go names the
// events, this file handles them, and page has the other side, in JavaScript.
package demo

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"socketio"
	"socketio/engineio"
)

// path is where the page finds the server, and the client that it imports.
const path = "/chat/socket.io/"

// A chat knows who is in which room.
type chat struct {
	srv *socketio.Server

	mu    sync.Mutex                   // held while a change is told, so that all hear of changes in their order
	rooms map[string]map[string]string // the names of those who are there, by room and by socket
}

// NewServer returns a server that is a chat; it is ended like any other. Rooms last as
// long as somebody is in them, and nothing that is said is kept but for those who have lost
// their connection and may come back.
func NewServer() *socketio.Server {
	srv := socketio.NewServer(&socketio.Options{
		Options:  engineio.Options{Path: path},
		Recovery: socketio.Recovery{Window: 2 * time.Minute},
	})
	c := &chat{srv: srv, rooms: map[string]map[string]string{}}
	srv.Use(admit)
	srv.OnConnect(c.connect)
	srv.OnDisconnect(c.disconnect)
	srv.OnAck(Enter, c.enter)
	srv.OnAck(Say, c.say)
	srv.On(Typing, c.typing)
	srv.OnAck(Echo, func(context.Context, *socketio.Socket, socketio.None) (socketio.None, error) {
		return socketio.None{}, nil
	})
	return srv
}

// admit lets in who says a name and a room. As they come with the connection, they are
// there again after this server has been started anew.
func admit(ctx context.Context, s *socketio.Socket) (context.Context, error) {
	var who Entry
	err := s.Handshake().DecodeAuth(&who)
	if err == nil {
		err = who.Validate()
	}
	if err != nil {
		return nil, &socketio.ConnectError{Message: err.Error()}
	}
	s.SetData(who)
	return ctx, nil
}

// connect takes a socket to the room that it asked for, or, if it comes back in time, to
// the one where it was: its data are what they were when its connection was lost.
func (c *chat) connect(_ context.Context, s *socketio.Socket) error {
	who, _ := s.Data[Entry]()
	return c.move(s, who)
}

func (c *chat) disconnect(_ context.Context, s *socketio.Socket, _ socketio.Reason) error {
	who, _ := s.Data[Entry]()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.remove(s, who.Room)
}

func (c *chat) enter(_ context.Context, s *socketio.Socket, who Entry) (Entry, error) {
	return who, c.move(s, who)
}

// say passes a message on to the others in the room, and answers how many they are.
func (c *chat) say(_ context.Context, s *socketio.Socket, m Message) (Receipt, error) {
	who, _ := s.Data[Entry]()
	c.mu.Lock()
	others := len(c.rooms[who.Room]) - 1
	c.mu.Unlock()
	at := time.Now()
	return Receipt{At: at, Others: others}, s.To(who.Room).Emit(Said, Line{Message: m, From: who.Name, At: at})
}

// typing is volatile: whoever cannot take it now does not need it later.
func (c *chat) typing(_ context.Context, s *socketio.Socket, on bool) error {
	who, _ := s.Data[Entry]()
	return s.To(who.Room).Volatile().Emit(Writing, Writer{ID: s.ID(), Name: who.Name, On: on})
}

// move takes a socket from the room where it is, if any, to another.
func (c *chat) move(s *socketio.Socket, to Entry) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if was, _ := s.Data[Entry](); was.Room != to.Room {
		s.Leave(was.Room)
		if err := c.remove(s, was.Room); err != nil {
			return err
		}
	}
	s.SetData(to)
	s.Join(to.Room)
	if c.rooms[to.Room] == nil {
		c.rooms[to.Room] = map[string]string{}
	}
	c.rooms[to.Room][s.ID()] = to.Name
	return c.tell(to.Room)
}

// remove takes a socket off the list of a room. c.mu is held.
func (c *chat) remove(s *socketio.Socket, room string) error {
	delete(c.rooms[room], s.ID())
	if len(c.rooms[room]) == 0 {
		delete(c.rooms, room)
	}
	return c.tell(room)
}

// tell says who is in a room to all who are, and which rooms there are to everybody. c.mu
// is held.
func (c *chat) tell(room string) error {
	people := []Person{}
	for id, name := range c.rooms[room] {
		people = append(people, Person{ID: id, Name: name})
	}
	slices.SortFunc(people, func(a, b Person) int { return strings.Compare(a.Name+a.ID, b.Name+b.ID) })
	if err := c.srv.To(room).Emit(People, Presence{Room: room, People: people}); err != nil {
		return err
	}

	rooms := []Room{}
	for name, there := range c.rooms {
		rooms = append(rooms, Room{Name: name, People: len(there)})
	}
	// The fullest first; of many rooms those are shown.
	slices.SortFunc(rooms, func(a, b Room) int {
		if a.People != b.People {
			return b.People - a.People
		}
		return strings.Compare(a.Name, b.Name)
	})
	return c.srv.Emit(Rooms, rooms[:min(len(rooms), shownRooms)])
}
