// Package messages keeps what is said in the chat of steps 7 to 9, in SQLite.
package messages

import (
	"context"
	"database/sql"
	"errors"
	"iter"

	_ "modernc.org/sqlite" // the driver, which needs no C compiler
)

// A client's offset is what it calls a message. Those of step 7 have none, and NULL is
// never the same as NULL.
const schema = `CREATE TABLE IF NOT EXISTS messages (
	id            INTEGER PRIMARY KEY AUTOINCREMENT,
	client_offset TEXT UNIQUE,
	content       TEXT NOT NULL
)`

// A Message has the number that the database has given it.
type Message struct {
	ID   int64
	Text string
}

// A Store is a table of messages. Its methods may be called concurrently.
type Store struct {
	db *sql.DB
}

// Open opens the database in a file, and makes it if there is none.
func Open(file string) (*Store, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, err
	}
	if _, err := db.Exec(schema); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Store{db}, nil
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// Add keeps a message and returns its number, or false if there is one with the client's
// offset already. An empty offset is none.
func (s *Store) Add(ctx context.Context, text, clientOffset string) (id int64, added bool, err error) {
	const insert = `INSERT INTO messages (content, client_offset) VALUES (?, NULLIF(?, ''))
		ON CONFLICT (client_offset) DO NOTHING RETURNING id`
	err = s.db.QueryRowContext(ctx, insert, text, clientOffset).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return id, err == nil, err
}

// After returns the messages with a number greater than id, in order. An error is the last
// that comes.
func (s *Store) After(ctx context.Context, id int64) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		rows, err := s.db.QueryContext(ctx, `SELECT id, content FROM messages WHERE id > ? ORDER BY id`, id)
		if err != nil {
			yield(Message{}, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			var m Message
			if err := rows.Scan(&m.ID, &m.Text); err != nil {
				yield(m, err)
				return
			}
			if !yield(m, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(Message{}, err)
		}
	}
}
