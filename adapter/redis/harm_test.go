package redis

import (
	"testing"

	"socketio/adapter"
	"socketio/adapter/adaptertest"
)

// idsOf returns the IDs of all entries of the stream.
func idsOf(t *testing.T, b *broker) (ids []string) {
	t.Helper()
	client := b.client(t)
	entries, err := client.Do(t.Context(), client.B().Xrange().Key("socket.io").Start("-").End("+").Build()).AsXRange()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		ids = append(ids, e.ID)
	}
	return ids
}

// killed ends a broker and waits until it has ended, so that its files are as they are.
func (b *broker) killed(t *testing.T) {
	t.Helper()
	b.kill()
	<-b.ended
}

func TestStreamsTellAllOrNothingAfterHarm(t *testing.T) {
	command := func(words ...string) func(t *testing.T, b *broker) {
		return func(t *testing.T, b *broker) { do(t, b.client(t), words...) }
	}
	restart := func(t *testing.T, b *broker) {
		b.killed(t)
		if err := b.restart(); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		half, do func(t *testing.T, b *broker)
		whole    bool
	}{
		"nothing":                           {do: func(*testing.T, *broker) {}, whole: true},
		"a restart after all was saved":     {do: func(t *testing.T, b *broker) { command("SAVE")(t, b); restart(t, b) }, whole: true},
		"a restart after half was saved":    {half: command("SAVE"), do: restart},
		"a restart after nothing was saved": {do: restart},
		"FLUSHALL":                          {do: command("FLUSHALL")},
		"the stream is deleted":             {do: command("DEL", "socket.io")},
		"the stream is trimmed":             {do: command("XTRIM", "socket.io", "MAXLEN", "3")},
		"all of the stream is trimmed":      {do: command("XTRIM", "socket.io", "MAXLEN", "0")},
		"the stream is an older one":        {half: command("COPY", "socket.io", "copy"), do: command("RENAME", "copy", "socket.io")},
		"the stream is one of another place": {do: func(t *testing.T, b *broker) {
			command("DEL", "socket.io")(t, b)
			command("XADD", "socket.io", "1-1", "k", "v")(t, b)
		}},
		"the newest entry is deleted": {do: func(t *testing.T, b *broker) {
			ids := idsOf(t, b)
			command("XDEL", "socket.io", ids[len(ids)-1])(t, b)
		}},
		"an entry is deleted": {do: func(t *testing.T, b *broker) { command("XDEL", "socket.io", idsOf(t, b)[4])(t, b) }},
	} {
		t.Run(name, func(t *testing.T) {
			b := own(t)
			harm := &adaptertest.Harm{Do: func(t *testing.T) { tt.do(t, b) }, Whole: tt.whole}
			if tt.half != nil {
				harm.Half = func(t *testing.T) { tt.half(t, b) }
			}
			adaptertest.RunHarm(t, func(t *testing.T) adapter.Bus { return kinds["streams"](b.client(t)) }, harm)
		})
	}
}
