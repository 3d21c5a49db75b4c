package dedupe

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// A Table is a table of an SQL database that understands INSERT … ON CONFLICT DO NOTHING, as
// PostgreSQL and SQLite do. Its columns are key, result and at.
type Table struct {
	create, index, insert, query, update, remove, prune string
}

// A Placeholder writes the nth parameter of a statement, the first of which is 1.
type Placeholder func(n int) string

// Dollar is for PostgreSQL: $1, $2.
func Dollar(n int) string { return "$" + strconv.Itoa(n) }

// Question is for SQLite: ?, ?.
func Question(int) string { return "?" }

// names are those of tables that need no quotes, with a schema in front if need be.
var names = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$`)

// NewTable returns the table of that name. It panics if the name would need quotes.
func NewTable(name string, p Placeholder) *Table {
	if !names.MatchString(name) {
		panic(fmt.Sprintf("dedupe: %q is no plain name of a table", name))
	}
	return &Table{
		create: `CREATE TABLE IF NOT EXISTS ` + name + ` (key TEXT PRIMARY KEY, result TEXT, at BIGINT NOT NULL)`,
		index:  `CREATE INDEX IF NOT EXISTS ` + regexp.MustCompile(`^.*\.`).ReplaceAllString(name, "") + `_at ON ` + name + ` (at)`,
		insert: `INSERT INTO ` + name + ` (key, at) VALUES (` + p(1) + `, ` + p(2) + `) ON CONFLICT DO NOTHING`,
		query:  `SELECT result FROM ` + name + ` WHERE key = ` + p(1),
		update: `UPDATE ` + name + ` SET result = ` + p(1) + ` WHERE key = ` + p(2),
		remove: `DELETE FROM ` + name + ` WHERE key = ` + p(1),
		prune:  `DELETE FROM ` + name + ` WHERE at < ` + p(1),
	}
}

// Create creates the table unless there is one.
func (t *Table) Create(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, t.create); err != nil {
		return fmt.Errorf("dedupe: %w", err)
	}
	if _, err := db.ExecContext(ctx, t.index); err != nil {
		return fmt.Errorf("dedupe: %w", err)
	}
	return nil
}

// Prune forgets what was done longer ago than that, and returns how much it was. Call it now
// and then, with a time that is longer than clients send again.
func (t *Table) Prune(ctx context.Context, db *sql.DB, ago time.Duration) (int64, error) {
	r, err := db.ExecContext(ctx, t.prune, time.Now().Add(-ago).Unix())
	if err != nil {
		return 0, fmt.Errorf("dedupe: %w", err)
	}
	return r.RowsAffected()
}

// In returns the Store that the table is within a transaction, which the program begins,
// and commits if [Once] returns no error. What the function of Once does within the same
// transaction is then done once, whatever crashes when:
//
//   - before the commit: nothing has been done, and the client that asks again has it done;
//   - after the commit, before the acknowledgement: the client that asks again gets what
//     was returned.
//
// What it does elsewhere, such as sending a mail, may be done again if the commit fails.
//
// If the same key is being used in another transaction, Once waits for its end, as long as
// the database lets it; with SQLite set busy_timeout. On an error roll back.
func (t *Table) In(tx *sql.Tx) Store { return &inTx{t, tx} }

// An inTx is a Table in a transaction.
type inTx struct {
	*Table
	tx *sql.Tx
}

var errUnfinished = errors.New("it has begun in the same transaction and has not ended")

// Do is Store's. The row comes first, so that whoever has the same key waits for it.
func (t *inTx) Do(ctx context.Context, key string, f func(ctx context.Context) ([]byte, error)) ([]byte, error) {
	inserted, err := t.tx.ExecContext(ctx, t.insert, key, time.Now().Unix())
	if err != nil {
		return nil, fmt.Errorf("dedupe: %w", err)
	}
	n, err := inserted.RowsAffected()
	if err != nil {
		return nil, fmt.Errorf("dedupe: %w", err)
	}
	if n == 0 {
		return t.kept(ctx, key)
	}
	result, err := t.run(ctx, key, f)
	if err != nil {
		return nil, err
	}
	if _, err := t.tx.ExecContext(ctx, t.update, string(result), key); err != nil {
		return nil, fmt.Errorf("dedupe: %w", err)
	}
	return result, nil
}

func (t *inTx) kept(ctx context.Context, key string) ([]byte, error) {
	var result sql.NullString
	err := t.tx.QueryRowContext(ctx, t.query, key).Scan(&result)
	if err == nil && !result.Valid {
		err = errUnfinished
	}
	if err != nil {
		return nil, fmt.Errorf("dedupe: %q: %w", key, err)
	}
	return []byte(result.String), nil
}

// run takes the row back if f fails or panics, for programs that commit nevertheless. In a
// transaction that is broken it cannot be, nor can that be committed.
func (t *inTx) run(ctx context.Context, key string, f func(ctx context.Context) ([]byte, error)) (result []byte, err error) {
	done := false
	defer func() {
		if !done {
			_, _ = t.tx.ExecContext(context.WithoutCancel(ctx), t.remove, key) // see above
		}
	}()
	result, err = f(ctx)
	done = err == nil
	return result, err
}
