package once

import (
	"context"
	"database/sql"
	"path/filepath"
	"sync"
	"testing"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"socketio/dedupe"
)

// pay books a payment in a transaction, and returns how many there are then. If it crashes it
// does not commit.
func pay(ctx context.Context, db *sql.DB, table *dedupe.Table, key string, crash bool) (n int, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }() // nothing after the commit
	n, err = dedupe.Once(ctx, table.In(tx), key, func(ctx context.Context) (n int, err error) {
		if _, err = tx.ExecContext(ctx, `INSERT INTO payments VALUES (1)`); err != nil {
			return 0, err
		}
		err = tx.QueryRowContext(ctx, `SELECT count(*) FROM payments`).Scan(&n)
		return n, err
	})
	if err != nil || crash {
		return n, err
	}
	return n, tx.Commit()
}

func TestWithSQLiteAPaymentIsBookedOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "test.db")
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(60000)&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx := t.Context()
	table := dedupe.NewTable("once", dedupe.Question)
	for range 2 { // the second time there is one
		if err := table.Create(ctx, db); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ExecContext(ctx, `CREATE TABLE payments (amount INT)`); err != nil {
		t.Fatal(err)
	}
	want := func(key string, crash bool, want int) {
		if got, err := pay(ctx, db, table, key, crash); got != want || err != nil {
			t.Errorf("%s: there were %d payments (%v), want %d", key, got, err, want)
		}
	}
	want("a", true, 1) // which crashes before it commits
	want("a", false, 1)
	want("b", false, 2)
	want("a", false, 1)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() { want("c", false, 3) })
	}
	all.Wait()
	if n, err := table.Prune(ctx, db, -1<<40); n != 3 || err != nil {
		t.Errorf("%d were forgotten (%v), want 3", n, err)
	}
	want("a", false, 4)
}
