package safelog

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
)

// A bomb is a handler that panics, in Enabled or in Handle.
type bomb struct{ enabled bool }

func (b bomb) Enabled(context.Context, slog.Level) bool {
	if !b.enabled {
		panic("enabled")
	}
	return true
}
func (bomb) Handle(context.Context, slog.Record) error { panic("handle") }
func (b bomb) WithAttrs([]slog.Attr) slog.Handler      { return b }
func (b bomb) WithGroup(string) slog.Handler           { return b }

func TestAPanicOfAHandlerReachesNobody(t *testing.T) {
	for _, b := range []bomb{{false}, {true}} {
		l := Logger(slog.New(b))
		l.Info("hello")
		l.With("a", 1).WithGroup("g").Error("hello")
		if err := l.Handler().Handle(t.Context(), slog.Record{}); err == nil || !strings.Contains(err.Error(), "handle") {
			t.Errorf("Handle: %v", err)
		}
	}
}

func TestTheLineIsThatOfTheHandler(t *testing.T) {
	var out bytes.Buffer
	l := Logger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})))
	if Logger(l) != l {
		t.Error("a safe logger is wrapped once more")
	}
	l.With("a", 1).WithGroup("g").Info("hello", "b", 2)
	if got, want := out.String(), "level=INFO msg=hello a=1 g.b=2\n"; got != want {
		t.Errorf("the log has %q, want %q", got, want)
	}
}
