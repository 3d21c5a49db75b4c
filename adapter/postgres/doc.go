// Package postgres joins Socket.IO servers over PostgreSQL, in one fleet with servers for
// Node where wanted. It has two forms of the Bus of package adapter, both compatible with
// @socket.io/postgres-adapter 0.5:
//
//   - [Bus] sends notifications, and keeps nothing but what is too large for one.
//   - [Log] writes events to a table besides, so that clients get what they missed on
//     whichever server they come back to. All servers of the fleet should use it.
//
// The pool is the caller's: how to reach the database, and how to log in, are options of
// pgx. It is used for what is published; to listen, a Bus opens one connection of its own
// with the same options, from Subscribe until the contexts of all subscriptions have ended.
// That has to lead to the database itself, or through a proxy that leaves a session its
// connection. The encoding of the database has to be UTF8. Close the pool after the servers.
//
// A Bus may be shared by several servers of one process.
package postgres
