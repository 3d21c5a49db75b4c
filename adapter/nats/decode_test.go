package nats

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"socketio/adapter"
)

// parted returns the parts of a message.
func parted(t testing.TB, m []byte, size int) (parts [][]byte) {
	t.Helper()
	err := newDivider().divide(m, size, func(part []byte) error {
		parts = append(parts, part)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

func TestPartsOfSeveralSendersAreOneMessageEach(t *testing.T) {
	one, another := []byte("one message"), []byte("another message, longer")
	a, b := parted(t, one, 3), parted(t, another, 3)
	var parts assembler
	var got []string
	now := time.Now()
	for i := range max(len(a), len(b)) {
		for _, of := range [][][]byte{a, b} {
			if i >= len(of) {
				continue
			}
			whole, err := parts.take(of[i], now)
			if err != nil {
				t.Fatal(err)
			}
			if whole != nil {
				got = append(got, string(whole))
			}
		}
	}
	if want := []string{string(one), string(another)}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if parts.held != 0 || len(parts.unfinished) != 0 {
		t.Errorf("%d bytes are held in %d messages", parts.held, len(parts.unfinished))
	}
}

func TestPartsThatDoNotFitAreNoMessage(t *testing.T) {
	now := time.Now()
	p := parted(t, []byte("123456789"), 3)
	other := parted(t, []byte("abcdefghi"), 3)
	otherNumber := bytes.Clone(p[1])
	otherNumber[9]++
	otherCount := bytes.Clone(p[1])
	otherCount[11]++
	for name, sequence := range map[string][][]byte{
		"the first is missing":   {p[1], p[2]},
		"one is missing":         {p[0], p[2]},
		"one comes twice":        {p[0], p[1], p[1]},
		"one is another's":       {p[0], other[1]},
		"one has another number": {p[0], otherNumber},
		"one has another count":  {p[0], otherCount},
		"one is cut off":         {p[0], p[1][:11]},
		"one is empty":           {p[0], p[1][:12]},
		"nothing but the mark":   {{partMark}},
	} {
		t.Run(name, func(t *testing.T) {
			var parts assembler
			failed := false
			for _, part := range sequence {
				whole, err := parts.take(part, now)
				if whole != nil {
					t.Errorf("%q is a message", whole)
				}
				failed = failed || err != nil
			}
			if !failed {
				t.Error("there is no error")
			}
		})
	}
}

func TestMessagesThatAreNeverWholeAreForgotten(t *testing.T) {
	var parts assembler
	now := time.Now()
	for range 10 {
		if _, err := parts.take(parted(t, []byte("123456789"), 3)[0], now); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(holdFor + time.Second)
	if _, err := parts.take(parted(t, []byte("123456789"), 3)[0], now); err != nil {
		t.Fatal(err)
	}
	if parts.held != 3 || len(parts.unfinished) != 1 {
		t.Errorf("%d bytes are held in %d messages, want those of the last", parts.held, len(parts.unfinished))
	}
}

func TestOversizedMessagesAreRefusedAndDropped(t *testing.T) {
	send := func([]byte) error { return nil }
	if err := newDivider().divide(make([]byte, maxMessage+1), 1<<20, send); err == nil {
		t.Error("a message that is too large was sent")
	}
	chunk := make([]byte, 16<<20)
	p := part{sender: [8]byte{1}, count: 100}
	var parts assembler
	for refused := false; !refused; p.index++ {
		whole, err := parts.take(p.append(chunk), time.Now())
		if whole != nil || p.index > maxMessage/uint64(len(chunk)) {
			t.Fatalf("part %d was taken", p.index)
		}
		refused = err != nil
	}
	if parts.held != 0 {
		t.Errorf("%d bytes are held", parts.held)
	}
}

func TestSubjectsAreValidAndDifferent(t *testing.T) {
	s := newSubjects("my.app", DynamicPrivate)
	seen := map[string]string{}
	names := []string{"a", "A", "a.b", "a b", "*", ">", "=", "=2A", "a*", "\x00", "\xff", "é", "\t", strings.Repeat("x", 300), strings.Repeat("x", 301), strings.Repeat(".", 100)}
	for _, name := range names {
		for _, to := range []adapter.Topic{{Namespace: "/", Room: name}, {Namespace: "/" + name}, {Namespace: "/", Node: name}} {
			subject := s.of(to)
			if before, twice := seen[subject]; twice {
				t.Errorf("%q is the subject of %q and of %q", subject, before, name)
			}
			seen[subject] = name
			checkSubject(t, subject)
		}
	}
}

// checkSubject says what is wrong with a subject of messages that are published.
func checkSubject(t *testing.T, subject string) {
	t.Helper()
	if strings.ContainsAny(subject, " \t\r\n*>\x00") || strings.Contains(subject, "..") || len(subject) > 1024 {
		t.Errorf("%q is no subject to publish to", subject)
	}
}

func TestModesDecideWhichRoomsHaveSubjects(t *testing.T) {
	const id = "abcdefghijklmnopqrst"
	for _, tt := range []struct {
		mode Mode
		room string
		want string
	}{
		{Dynamic, "room", "socketio.room.=2F.room"},
		{Dynamic, id, "socketio.all.=2F"},
		{DynamicPrivate, id, "socketio.room.=2F." + id},
		{Static, "room", "socketio.all.=2F"},
		{DynamicPrivate, "", "socketio.all.=2F"},
	} {
		s := newSubjects("", tt.mode)
		if got := s.of(adapter.Topic{Namespace: "/", Room: tt.room}); got != tt.want {
			t.Errorf("in mode %d the subject of %q is %q, want %q", tt.mode, tt.room, got, tt.want)
		}
	}
}

// FuzzToken makes tokens of any two names.
func FuzzToken(f *testing.F) {
	f.Add("room", "ROOM")
	f.Add("a.b *>", "=2E")
	f.Add(strings.Repeat("é", 200), "")
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := token(a), token(b)
		checkSubject(t, x)
		if x == "" || strings.Contains(x, ".") {
			t.Errorf("%q became %q", a, x)
		}
		if (a == b) != (x == y) {
			t.Errorf("%q became %q, and %q became %q", a, x, b, y)
		}
	})
}

// FuzzTake takes anything for a part, a list of parts, a session and an offset.
func FuzzTake(f *testing.F) {
	for _, p := range parted(f, []byte("a message in parts"), 5) {
		f.Add(p)
	}
	f.Add([]byte{listMark, 1, 2, 200, 1})
	f.Add([]byte("60000 {}"))
	f.Add([]byte(offsetOf(time.Unix(1, 0), 7, []byte("x"))))
	f.Fuzz(func(t *testing.T, b []byte) {
		var parts assembler
		for range 2 {
			if whole, err := parts.take(b, time.Unix(0, 0)); err == nil && len(whole) > len(b) || parts.held > len(b) {
				t.Errorf("of %d bytes %d were held, and %d became a message", len(b), parts.held, len(whole))
			}
		}
		if p, _, err := readPart(b); err == nil && p.index >= p.count {
			t.Errorf("part %d of %d", p.index, p.count)
		}
		if numbers, err := readList(b); err == nil && (len(numbers) == 0 || len(numbers) > maxParts) {
			t.Errorf("a list of %d", len(numbers))
		}
		if _, err := readSession(b, 24*365*time.Hour*100); err == nil && len(b) < 10 {
			t.Errorf("%q lasts", b)
		}
		if n, ok := numberOf(time.Unix(1, 0), adapter.Offset(b)); ok && n == 0 {
			t.Errorf("%q is an offset", b)
		}
	})
}
