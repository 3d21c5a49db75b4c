// Package safelog keeps a program's log handler from ending the program.
package safelog

import (
	"context"
	"fmt"
	"log/slog"
)

// Logger returns a logger that writes to l, but on which a panic of l's handler is an error,
// which nobody sees, as with any handler that cannot write.
func Logger(l *slog.Logger) *slog.Logger {
	if _, safe := l.Handler().(handler); safe {
		return l
	}
	return slog.New(handler{l.Handler()})
}

// A handler contains the panics of another one.
type handler struct{ slog.Handler }

// Enabled says whether records of a level are wanted; after a panic they are not.
func (h handler) Enabled(ctx context.Context, level slog.Level) (enabled bool) {
	defer func() { _ = recover() }()
	return h.Handler.Enabled(ctx, level)
}

// Handle passes a record on.
func (h handler) Handle(ctx context.Context, r slog.Record) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("safelog: the log handler panicked: %v", v)
		}
	}()
	return h.Handler.Handle(ctx, r)
}

// WithAttrs and WithGroup are those of the other one, contained as well.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs)}
}

// WithGroup is WithAttrs for a group.
func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }
