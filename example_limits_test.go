package socketio_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"socketio"
)

func Example_stats() {
	srv := socketio.NewServer(&socketio.Options{EventsPerSecond: 100, Logger: quiet})
	client := visit(srv)
	defer client.end()
	stats := srv.Stats()
	fmt.Println(stats.Sockets, stats.WebSockets, stats.Polling)
	fmt.Println(stats.HitEventsPerSecond, stats.Disconnected[socketio.ReasonForcedServerClose])
	// Output:
	// 1 0 1
	// 0 0
}

func Example_limits() {
	srv := socketio.NewServer(&socketio.Options{
		MaxPayload:   64 << 10,         // bytes of one message, and of one POST
		QueueBytes:   1 << 20,          // what may wait for a slow client
		Inbox:        256 << 10,        // what may wait for its handlers
		MaxRooms:     2,                // that one socket joins
		PingInterval: 10 * time.Second, // a client that is gone is noticed
		PingTimeout:  5 * time.Second,  // after 15 s at the latest
		Logger:       quiet,
		OnError:      func(_ context.Context, _ *socketio.Socket, err error) { fmt.Println(err) },
	})
	srv.On("join", func(_ context.Context, s *socketio.Socket, rooms []string) error {
		s.Join(rooms...)
		return s.Emit("rooms", len(rooms))
	})

	client := visit(srv)
	defer client.end()
	client.send(`2["join",["a","b","c"]]`)
	fmt.Println(client.receive())
	client.send(`2["join",["` + strings.Repeat("x", 64<<10) + `"]]`)
	fmt.Println(client.exchange("GET", ""))
	// Output:
	// socketio: a socket that is in Options.MaxRooms rooms can join no more
	// 2["rooms",3]
	// {"code":1,"message":"Session ID unknown"}
}
