package postgres

import (
	"context"
	"errors"
	"hash/fnv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// The columns of the tables. The first is as the adapter for Node has it. In the second a
// row without a payload is a hole: events of that moment have no place in the table.
const (
	attachmentColumns = `(id bigserial UNIQUE, created_at timestamptz DEFAULT NOW(), payload bytea)`
	eventColumns      = `(id bigserial PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT clock_timestamp(), payload bytea)`
	sessionColumns    = `(id bytea PRIMARY KEY, expires_at timestamptz NOT NULL, content bytea NOT NULL)`
)

// lockOf returns the number of the advisory lock for a table and a purpose.
func lockOf(purpose, table string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte("socket.io " + purpose + " " + table)) // never fails
	return int64(h.Sum64())
}

// create creates the tables that are not there. It asks first, as whoever may use a table
// need not be allowed to create one.
func (b *Bus) create(ctx context.Context) error {
	for table, columns := range b.tables {
		name := quoted(table)
		var there bool
		if err := b.pool.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, name).Scan(&there); err != nil {
			return err
		}
		if there {
			continue
		}
		err := pgx.BeginFunc(ctx, b.pool, func(tx pgx.Tx) error {
			// Two that create a table at the same time would fail both.
			if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, lockOf("creating", table)); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `CREATE TABLE IF NOT EXISTS `+name+` `+columns)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// creating does what needs the tables, and again if there were none: who only publishes has
// not looked for them.
func (b *Bus) creating(ctx context.Context, do func() error) error {
	err := do()
	if refusal, refused := errors.AsType[*pgconn.PgError](err); !refused || refusal.Code != undefinedTable {
		return err
	}
	if err := b.create(ctx); err != nil {
		return err
	}
	return do()
}

// undefinedTable is the code of the error that there is no such table.
const undefinedTable = "42P01"
