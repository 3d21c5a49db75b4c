package adapter_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"socketio/adapter"
)

// A witness is a Bus that writes down what is published.
type witness struct {
	adapter.Bus
	to   adapter.Topic
	said string
	err  error
}

func (w *witness) Publish(_ context.Context, to adapter.Topic, m []byte) (adapter.Offset, error) {
	w.to, w.said = to, string(m)
	return "", w.err
}

func TestAnEmitterSpeaksAsServersDo(t *testing.T) {
	w := new(witness)
	e := adapter.NewEmitter(w)
	chat := e.Of("chat")
	for _, tt := range []struct {
		name string
		do   func(ctx context.Context) error
		to   adapter.Topic
		want string
	}{
		{
			"an event", func(ctx context.Context) error { return e.EmitArgs(ctx, "event", 1, "é<", nil) }, adapter.Topic{Namespace: "/"},
			`{"type":3,"data":{"packet":{"type":2,"data":["event",1,"é<",null]},"opts":{"rooms":[],"except":[],"flags":{}}},"uid":"emitter","nsp":"/"}`,
		},
		{
			"to a room", func(ctx context.Context) error {
				return chat.To("a").Volatile().Compress(false).EmitArgs(ctx, "event")
			}, adapter.Topic{Namespace: "/chat", Room: "a"},
			`{"type":3,"data":{"packet":{"type":2,"data":["event"]},"opts":{"rooms":["a"],"except":[],"flags":{"volatile":true,"compress":false}}},"uid":"emitter","nsp":"/chat"}`,
		},
		{
			"joining", func(ctx context.Context) error { return e.To("a").To("b").Except("c").SocketsJoin(ctx, "d") }, adapter.Topic{Namespace: "/"},
			`{"type":4,"data":{"opts":{"rooms":["a","b"],"except":["c"],"flags":{}},"rooms":["d"]},"uid":"emitter","nsp":"/"}`,
		},
		{
			"leaving", func(ctx context.Context) error { return e.SocketsLeave(ctx, "d") }, adapter.Topic{Namespace: "/"},
			`{"type":5,"data":{"opts":{"rooms":[],"except":[],"flags":{}},"rooms":["d"]},"uid":"emitter","nsp":"/"}`,
		},
		{
			"disconnecting", func(ctx context.Context) error { return e.To("a").DisconnectSockets(ctx, true) }, adapter.Topic{Namespace: "/"},
			`{"type":6,"data":{"opts":{"rooms":["a"],"except":[],"flags":{}},"close":true},"uid":"emitter","nsp":"/"}`,
		},
		{
			"to servers", func(ctx context.Context) error { return chat.To().ServerSideEmit(ctx, "event", true) }, adapter.Topic{Namespace: "/chat"},
			`{"type":9,"data":{"packet":["event",true]},"uid":"emitter","nsp":"/chat"}`,
		},
		{"to nobody", func(ctx context.Context) error { return e.To().EmitArgs(ctx, "event") }, adapter.Topic{}, ""},
	} {
		*w = witness{}
		if err := tt.do(t.Context()); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if w.said != tt.want || w.to != tt.to {
			t.Errorf("%s: to %+v went\n%s, want to %+v\n%s", tt.name, w.to, w.said, tt.to, tt.want)
		}
	}
}

func TestAnEmitterSendsBinary(t *testing.T) {
	w := new(witness)
	if err := adapter.NewEmitter(w).EmitArgs(t.Context(), "event", map[string]any{"x": []byte{1, 2}}, []byte(nil)); err != nil {
		t.Fatal(err)
	}
	m, err := adapter.Decode([]byte(w.said))
	if err != nil {
		t.Fatal(err)
	}
	if want := `["event",{"x":{"_placeholder":true,"num":0}},null]`; string(m.Event) != want || len(m.Attachments) != 1 || string(m.Attachments[0]) != "\x01\x02" {
		t.Errorf("the event is %s with %q", m.Event, m.Attachments)
	}
}

func TestWhatAnEmitterCannotSendIsAnError(t *testing.T) {
	w := &witness{err: errors.New("the bus has failed")}
	e := adapter.NewEmitter(w)
	for want, err := range map[string]error{
		"reserved": e.EmitArgs(t.Context(), "connect"),
		"NaN":      e.EmitArgs(t.Context(), "event", math.NaN()),
		"placeholder": e.ServerSideEmit(t.Context(), "event", []byte{1}, struct {
			P bool `json:"_placeholder"`
		}{true}),
		"the bus has failed": e.EmitArgs(t.Context(), "event"),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want one with %q", err, want)
		}
	}
}
