package postgres

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"

	"socketio/dedupe"
)

// A till books payments once, within transactions of its own.
type till struct {
	db    *sql.DB
	table *dedupe.Table
}

// newTill returns a till whose tables are empty.
func newTill(t *testing.T) *till {
	t.Helper()
	l := &till{db: stdlib.OpenDBFromPool(shared.pool(t)), table: dedupe.NewTable("public.once", dedupe.Dollar)}
	t.Cleanup(func() { l.db.Close() })
	for range 2 { // the second time there is one
		if err := l.table.Create(t.Context(), l.db); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{`CREATE TABLE IF NOT EXISTS payments (amount INT)`, `TRUNCATE payments, public.once`} {
		if _, err := l.db.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// pay books a payment, and returns how many there are then. If it crashes it does not commit.
func (l *till) pay(ctx context.Context, key string, crash bool) (n int, err error) {
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }() // nothing after the commit
	n, err = dedupe.Once(ctx, l.table.In(tx), key, func(ctx context.Context) (n int, err error) {
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

func (l *till) want(t *testing.T, key string, crash bool, want int) {
	t.Helper()
	if got, err := l.pay(t.Context(), key, crash); got != want || err != nil {
		t.Errorf("%s: there were %d payments (%v), want %d", key, got, err, want)
	}
}

func TestOnceWithinATransaction(t *testing.T) {
	l := newTill(t)
	l.want(t, "a", true, 1) // which crashes before it commits
	l.want(t, "a", false, 1)
	l.want(t, "b", false, 2)
	l.want(t, "a", false, 1)
	if n, err := l.table.Prune(t.Context(), l.db, 1<<40); n != 0 || err != nil {
		t.Errorf("%d were forgotten before their time (%v)", n, err)
	}
	if n, err := l.table.Prune(t.Context(), l.db, -1<<40); n != 2 || err != nil {
		t.Errorf("%d were forgotten (%v), want 2", n, err)
	}
	l.want(t, "a", false, 3)
}

func TestOnceForManyAtTheSameTime(t *testing.T) {
	l := newTill(t)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { l.want(t, "a", false, 1) })
	}
	all.Wait()
	l.want(t, "b", false, 2)
}

func TestOnceInATransactionThatIsCommittedInSpiteOfAnError(t *testing.T) {
	l := newTill(t)
	failure := errors.New("no")
	for range 2 {
		tx, err := l.db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = dedupe.Once(t.Context(), l.table.In(tx), "a", func(context.Context) (int, error) { return 0, failure })
		if !errors.Is(err, failure) {
			t.Errorf("the error is %v", err)
		}
		if err := tx.Commit(); err != nil {
			t.Error(err)
		}
	}
	l.want(t, "a", false, 1)
}

func TestOnceInATransactionThatIsBroken(t *testing.T) {
	l := newTill(t)
	tx, err := l.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = dedupe.Once(t.Context(), l.table.In(tx), "a", func(ctx context.Context) (int, error) {
		_, err := tx.ExecContext(ctx, `nonsense`)
		return 0, err
	})
	if err == nil || tx.Commit() == nil {
		t.Error("a broken transaction is committed")
	}
	l.want(t, "a", false, 1)
}

func TestOnceWithinItself(t *testing.T) {
	l := newTill(t)
	tx, err := l.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	_, err = dedupe.Once(t.Context(), l.table.In(tx), "a", func(ctx context.Context) (int, error) {
		return dedupe.Once(ctx, l.table.In(tx), "a", func(context.Context) (int, error) { return 1, nil })
	})
	if err == nil {
		t.Error("what waits for itself is done")
	}
}
