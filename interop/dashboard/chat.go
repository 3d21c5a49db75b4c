package main

import (
	"context"

	"socketio"
)

// markup does something wherever it is taken for markup. The tests look whether it has.
const markup = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`

// A line is what somebody says.
type line struct {
	Room string `json:"room"`
	Text string `json:"text"`
}

const (
	say     socketio.Event[line]          = "say"
	said    socketio.Event[line]          = "said"
	hostile socketio.Event[socketio.None] = markup
)

// A guest is what a client says of itself, in its auth.
type guest struct {
	Name string `json:"name"`
	Room string `json:"room"`
}

// serveChat lets the clients of a namespace talk in rooms.
func serveChat(ns *socketio.Namespace) {
	ns.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		var g guest
		if err := s.Handshake().DecodeAuth(&g); err != nil {
			return err
		}
		s.SetData(g)
		s.Join(g.Room)
		return nil
	})
	ns.On(say, func(_ context.Context, s *socketio.Socket, l line) error {
		return s.To(l.Room).Emit(said, l)
	})
	ns.On(hostile, func(context.Context, *socketio.Socket, socketio.None) error { return nil })
}
