package dedupe_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http/httptest"

	"socketio"
	"socketio/dedupe"
)

// A Payment has a number of the client's, which stays the same when it is sent again.
type Payment struct {
	ID     string `json:"id"`
	Amount int    `json:"amount"`
}

func Example_once() {
	srv := socketio.NewServer(nil)
	done := dedupe.NewMemory(0, 0) // an hour, and 100,000 of them
	balance := 0
	srv.OnAck("pay", func(ctx context.Context, s *socketio.Socket, p Payment) (int, error) {
		user := s.Handshake().URL.Query().Get("user")
		return dedupe.Once(ctx, done, user+" "+p.ID, func(context.Context) (int, error) {
			balance += p.Amount
			return balance, nil
		})
	})

	web := httptest.NewServer(srv)
	defer web.Close()
	c := socketio.NewClient(web.URL+"/?user=ada", &socketio.ClientOptions{Retries: 10})
	defer c.Close()
	ctx := context.Background()
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

func Example_onceWithSQL() {
	var srv *socketio.Server
	var db *sql.DB // opened with any driver
	table := dedupe.NewTable("once", dedupe.Dollar)

	pay := func(ctx context.Context, s *socketio.Socket, p Payment) (int, error) {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return 0, err
		}
		defer func() { _ = tx.Rollback() }() // nothing after the commit
		key := s.Handshake().URL.Query().Get("user") + " " + p.ID
		balance, err := dedupe.Once(ctx, table.In(tx), key, func(ctx context.Context) (balance int, err error) {
			row := tx.QueryRowContext(ctx, `UPDATE accounts SET balance = balance + $1 RETURNING balance`, p.Amount)
			err = row.Scan(&balance)
			return balance, err
		})
		if err != nil {
			return 0, err
		}
		return balance, tx.Commit()
	}

	start := func(ctx context.Context) error {
		srv.OnAck("pay", pay)
		return table.Create(ctx, db) // unless there is one
	}
	_ = start
}
