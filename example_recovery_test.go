package socketio_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"time"

	"socketio"
)

func Example_recovery() {
	srv := socketio.NewServer(&socketio.Options{
		Recovery: socketio.Recovery{Window: 2 * time.Minute},
	})
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		if s.Recovered() {
			return nil // its rooms and data are there, and it has missed nothing
		}
		s.Join("news")
		return s.Emit("latest", "everything so far")
	})

	client := connect(srv, httptest.NewServer(srv))
	defer client.end()
	id, pid, _ := strings.Cut(client.join(""), `","pid":"`)
	event, offset := cutOffset(client.receive())
	fmt.Println(event)
	client.leave()
	if err := srv.To("news").Emit("headline", "while you were away"); err != nil {
		fmt.Println(err)
	}
	back := connect(srv, client.web)
	back.send(fmt.Sprintf(`0{"pid":%q,"offset":%q}`, pid, offset))
	event, _ = cutOffset(back.receive())
	fmt.Println(event)
	fmt.Println(strings.Contains(back.receive(), id))
	// Output:
	// 2["latest","everything so far"]
	// 2["headline","while you were away"]
	// true
}

// cutOffset takes the last argument from an event.
func cutOffset(packet string) (event, offset string) {
	event, offset, _ = strings.CutLast(packet, `,"`)
	return event + "]", strings.TrimSuffix(offset, `"]`)
}
