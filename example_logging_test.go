package socketio_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"

	"socketio"
)

// levels is a slog.Handler that has a level for each component.
type levels struct {
	slog.Handler

	of    map[string]slog.Level
	level slog.Level
}

func (l levels) Enabled(_ context.Context, level slog.Level) bool { return level >= l.level }

func (l levels) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		if level, ok := l.of[a.Value.String()]; ok && a.Key == "component" {
			l.level = level
		}
	}
	l.Handler = l.Handler.WithAttrs(attrs)
	return l
}

func (l levels) WithGroup(name string) slog.Handler {
	l.Handler = l.Handler.WithGroup(name)
	return l
}

func Example_logging() {
	srv := socketio.NewServer(&socketio.Options{Logger: slog.New(levels{
		Handler: slog.NewTextHandler(os.Stdout, withoutTime()),
		of:      map[string]slog.Level{"engineio": slog.LevelWarn, "socketio": slog.LevelDebug},
	})})
	const add socketio.Event[share] = "add"
	srv.On(add, func(context.Context, *socketio.Socket, share) error { return nil })

	client := visit(srv)
	defer client.end()
	client.send(`2["add",101]`)
	old := &pageClient{srv: srv, web: client.web, url: client.web.URL + "/socket.io/?EIO=3&transport=polling"}
	for range 3 { // one line: the others are Info, since the hint was given
		old.exchange(http.MethodGet, "")
	}
	// Output:
	// level=WARN msg="socketio: handler failed" component=socketio in=add err="socketio: event \"add\", argument 0: more than all" namespace=/
	// level=WARN msg="engineio: request refused" component=engineio status=400 cause="Unsupported protocol version" code=5 method=GET hint="a client of Socket.IO 2 (Engine.IO 3): set Options.EIO3, or update the client to version 3 or 4"
}

// A share is a number of percents.
type share int

func (s share) Validate() error {
	if s > 100 {
		return errors.New("more than all")
	}
	return nil
}

// withoutTime leaves out what differs from run to run.
func withoutTime() *slog.HandlerOptions {
	return &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "remote" {
				return slog.Attr{}
			}
			return a
		},
	}
}
