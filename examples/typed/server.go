package main

import (
	"context"
	"fmt"
	"time"

	"socketio"
	"socketio/examples/typed/chat"
)

// A seat is what the server keeps of a socket.
type seat struct {
	Room   string
	Member chat.Member
}

// newServer returns the chat. What its handlers take and return is what chat says; anything
// else does not compile.
func newServer() *socketio.Server {
	srv := socketio.NewServer(nil)

	srv.OnAck(chat.Join, func(ctx context.Context, s *socketio.Socket, r chat.JoinRequest) (chat.Roster, error) {
		mine := seat{r.Room, chat.Member{Nick: r.Nick, Since: time.Now(), Role: r.As}}
		s.SetData(mine)
		s.Join(r.Room)
		if err := moved(s, mine, true); err != nil {
			return chat.Roster{}, err
		}
		return roster(ctx, srv.To(r.Room))
	})

	srv.On(chat.Say, func(ctx context.Context, s *socketio.Socket, line chat.Line) error {
		mine, _ := s.Data[seat]()
		line.From = mine.Member.Nick
		if line.Text == "/roll" { // the server asks the client for the dice
			dice, err := s.EmitAck(ctx, chat.Roll, socketio.None{})
			if err != nil {
				return err
			}
			line.Text = fmt.Sprintf("rolls %d and %d", dice[0], dice[1])
		}
		return srv.To(mine.Room).Emit(chat.Said, line)
	})

	srv.On(chat.Typing, func(_ context.Context, s *socketio.Socket, nick string) error {
		mine, _ := s.Data[seat]()
		return s.To(mine.Room).Volatile().Emit(chat.Typing, nick)
	})

	srv.OnAck(chat.Upload, func(_ context.Context, _ *socketio.Socket, file socketio.Args2[string, []byte]) (string, error) {
		return fmt.Sprintf("%s has %d bytes", file.A, len(file.B)), nil
	})

	srv.On(chat.Leave, func(_ context.Context, s *socketio.Socket, _ socketio.None) error {
		return leave(s)
	})
	srv.OnDisconnect(func(_ context.Context, s *socketio.Socket, _ socketio.Reason) error {
		return leave(s)
	})
	return srv
}

func leave(s *socketio.Socket) error {
	mine, _ := s.Data[seat]()
	s.SetData(seat{})
	s.Leave(mine.Room)
	return moved(s, mine, false)
}

// moved tells everybody else in the room who has come or gone.
func moved(s *socketio.Socket, mine seat, here bool) error {
	if mine.Room == "" {
		return nil
	}
	change := chat.Presence{Member: mine.Member, Here: here}
	return s.To(mine.Room).Emit(chat.Moved, socketio.Args2[string, chat.Presence]{A: mine.Room, B: change})
}

// roster lists those who are in a room.
func roster(ctx context.Context, room socketio.Broadcast) (chat.Roster, error) {
	var all chat.Roster
	sockets, err := room.FetchSockets(ctx)
	for _, info := range sockets {
		theirs, err := info.Data[seat]()
		if err != nil {
			return all, err
		}
		all.Members = append(all.Members, theirs.Member)
	}
	return all, err
}
