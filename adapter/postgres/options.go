package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Options are the options of a [Bus] or a [Log]. The first two have to be the same on all
// servers of a fleet, those for Node included. A table has its name as the database writes
// it, in small letters unless it was quoted, behind that of a schema and a dot if need be;
// what is not there is created.
type Options struct {
	// Prefix begins the names of all channels; it is the option channelPrefix of the
	// adapter for Node. The default is "socket.io".
	Prefix string

	// Attachments is the table of messages that are too large for a notification or have
	// binary in them; it is the option tableName of the adapter for Node. The default is
	// "socket_io_attachments".
	Attachments string

	// Events is the table of a Log. The default is "socket_io_events".
	Events string

	// Sessions is the table of the sessions of a Log. The default is
	// "socket_io_sessions".
	Sessions string

	// Keep is how long a Log keeps events. It has to be longer than the time for which
	// the servers keep sessions. The default is 10 minutes.
	Keep time.Duration

	// OnError is told when the connection that listens is lost, once each time, and of
	// what else goes wrong in the background. It must not block. The default logs by
	// package slog.
	OnError func(error)
}

// withDefaults returns the options with what they leave out.
func (o *Options) withDefaults() Options {
	var all Options
	if o != nil {
		all = *o
	}
	setDefault(&all.Prefix, "socket.io")
	setDefault(&all.Attachments, "socket_io_attachments")
	setDefault(&all.Events, "socket_io_events")
	setDefault(&all.Sessions, "socket_io_sessions")
	setDefault(&all.Keep, 10*time.Minute)
	if all.OnError == nil {
		all.OnError = func(err error) { slog.With("component", "postgres").Error(err.Error()) }
	}
	return all
}

func setDefault[T comparable](option *T, value T) {
	var zero T
	if *option == zero {
		*option = value
	}
}

// quoted returns the name of a table as it stands in a statement.
func quoted(table string) string {
	if schema, name, qualified := strings.Cut(table, "."); qualified {
		return pgx.Identifier{schema, name}.Sanitize()
	}
	return pgx.Identifier{table}.Sanitize()
}

// maxChannel is how many bytes the name of a channel may have.
const maxChannel = 63

// channelOf returns the channel of a namespace. Servers for Node have none for a name that is
// too long.
func channelOf(prefix, namespace string) string {
	name := prefix + "#" + namespace
	if len(name) <= maxChannel && isText(name) {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return "socket.io##" + hex.EncodeToString(sum[:16])
}
