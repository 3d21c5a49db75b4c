package socketio_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"sync"
	"time"

	"socketio"
)

// A Payment has a number of the client's, which stays the same when it is sent again.
type Payment struct {
	ID     string `json:"id"`
	Amount int    `json:"amount"`
}

func Example_atLeastOnce() {
	srv := socketio.NewServer(nil)
	var mu sync.Mutex
	booked := map[string]bool{} // in a database, with the booking itself
	balance := 0
	srv.OnAck("pay", func(_ context.Context, _ *socketio.Socket, p Payment) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		if !booked[p.ID] {
			booked[p.ID] = true
			balance += p.Amount
		}
		return balance, nil // the acknowledgement: this payment is booked
	})
	web := httptest.NewServer(srv)
	defer web.Close()
	defer srv.Close()

	c := socketio.NewClient(web.URL, &socketio.ClientOptions{Retries: 10, AckTimeout: 10 * time.Second})
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := c.Connect(ctx); err != nil {
		fmt.Println(err)
		return
	}
	for range 2 { // the second time as if the first acknowledgement had got lost
		balance, err := c.EmitAck[int](ctx, "pay", Payment{"2026-17", 50})
		fmt.Println(balance, err)
	}
	// Output:
	// 50 <nil>
	// 50 <nil>
}
