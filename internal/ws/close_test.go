package ws

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCloseFramesSayWhatTheyWereToldTo(t *testing.T) {
	long := strings.Repeat("x", 200)
	for _, c := range []struct {
		name   string
		code   int
		reason string
		want   CloseError
	}{
		{"normal", StatusNormal, "", CloseError{StatusNormal, ""}},
		{"with reason", StatusGoingAway, "bye", CloseError{StatusGoingAway, "bye"}},
		{"private code", 4999, "mine", CloseError{4999, "mine"}},
		{"no status", StatusNoStatus, "lost", CloseError{StatusNoStatus, ""}},
		{"a code that is not sent", StatusAbnormal, "lost", CloseError{StatusNoStatus, ""}},
		{"a code that does not exist", 70000, "lost", CloseError{StatusNoStatus, ""}},
		{"longest reason", StatusNormal, long[:123], CloseError{StatusNormal, long[:123]}},
		{"too long a reason", StatusNormal, long, CloseError{StatusNormal, long[:123]}},
		{"rune that still fits", StatusNormal, long[:120] + "€uro", CloseError{StatusNormal, long[:120] + "€"}},
		{"rune one byte too long", StatusNormal, long[:121] + "€uro", CloseError{StatusNormal, long[:121]}},
		{"rune with its last byte over", StatusNormal, long[:122] + "é", CloseError{StatusNormal, long[:122]}},
		{"rune two bytes too long", StatusNormal, long[:122] + "€uro", CloseError{StatusNormal, long[:122]}},
		{"rune three bytes too long", StatusNormal, long[:120] + "😀uro", CloseError{StatusNormal, long[:120]}},
		{"not UTF-8", StatusNormal, "a\xFFb", CloseError{StatusNormal, "a\uFFFDb"}},
		{"not UTF-8 where it is cut", StatusNormal, long[:122] + "\xF0\x9F\x98", CloseError{StatusNormal, long[:122]}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, masked := range []bool{false, true} {
				frame := AppendClose([]byte("before"), c.code, c.reason, masked)
				p := Parser{Client: !masked}
				m, n, err := p.Next(frame[len("before"):])
				if err != nil || m.Op != OpClose || n != len(frame)-len("before") {
					t.Fatalf("masked %v: opcode %d, %d bytes used, error %v", masked, m.Op, n, err)
				}
				if got := ParseClose(m.Data); got != c.want {
					t.Errorf("masked %v: got %+v, want %+v", masked, got, c.want)
				}
			}
		})
	}
}

func TestReasonsAreCutBetweenRunes(t *testing.T) {
	for _, r := range []string{"é", "€", "😀"} {
		for n := range 130 {
			reason := strings.Repeat("x", n) + strings.Repeat(r, 130-n)
			got := ParseClose(AppendClose(nil, StatusNormal, reason, false)[2:]).Reason
			if !utf8.ValidString(got) || len(got) > 123 || len(got) < 120 {
				t.Errorf("%d bytes and %q: %d bytes %q", n, r, len(got), got)
			}
		}
	}
}

func TestParseCloseTakesABodyOfTwoBytesAndMore(t *testing.T) {
	for _, c := range []struct {
		body string
		want CloseError
	}{
		{"", CloseError{StatusNoStatus, ""}},
		{"\x03", CloseError{StatusNoStatus, ""}},
		{"\x03\xE9", CloseError{StatusGoingAway, ""}},
		{"\x0F\xA0why", CloseError{4000, "why"}},
	} {
		if got := ParseClose([]byte(c.body)); got != c.want {
			t.Errorf("%q: got %+v, want %+v", c.body, got, c.want)
		}
	}
}

func TestCloseErrorNamesCodeAndReason(t *testing.T) {
	if got, want := (&CloseError{StatusTooBig, "message too big"}).Error(), "ws: closed with code 1009: message too big"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := (&CloseError{Code: StatusNormal}).Error(), "ws: closed with code 1000"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
