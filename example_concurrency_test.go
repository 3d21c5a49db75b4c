package socketio_test

import (
	"context"
	"fmt"
	"sync"

	"socketio"
)

// A poll is shared by the handlers of all sockets, which run at the same time.
type poll struct {
	mu    sync.Mutex
	votes map[string]int
}

func (p *poll) add(choice string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.votes[choice]++
	return p.votes[choice]
}

func Example_concurrency() {
	srv := socketio.NewServer(nil)
	lunch := &poll{votes: map[string]int{}}
	srv.OnConnect(func(_ context.Context, s *socketio.Socket) error {
		voted := false // of this socket alone: its handlers run one at a time
		s.OnAck("vote", func(_ context.Context, s *socketio.Socket, choice string) (int, error) {
			if voted {
				return 0, nil
			}
			voted = true
			votes := lunch.add(choice) // of all sockets: a mutex
			return votes, srv.EmitArgs("votes", choice, votes)
		})
		return nil
	})

	ada := visit(srv)
	defer ada.end()
	grace := ada.another()
	ada.send(`21["vote","soup"]`)
	fmt.Println(ada.receive(), ada.receive())
	grace.send(`21["vote","soup"]`)
	fmt.Println(ada.receive())
	ada.send(`22["vote","soup"]`)
	fmt.Println(ada.receive())
	// Output:
	// 2["votes","soup",1] 31[1]
	// 2["votes","soup",2]
	// 32[0]
}
