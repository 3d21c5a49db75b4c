package main

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestFlagsStandAnywhereAndNumbersAreNone(t *testing.T) {
	for _, tt := range []struct {
		args string
		rest string
		n    int
		on   bool
	}{
		{"a b", "[a b]", 1, false},
		{"--n 2 a b", "[a b]", 2, false},
		{"a --n 2 b", "[a b]", 2, false},
		{"a b -n=2", "[a b]", 2, false},
		{"a --on b", "[a b]", 1, true},
		{"a --on=false b", "[a b]", 1, false},
		{"a -2 -.5 -", "[a -2 -.5 -]", 1, false},
		{"--n -2 a", "[a]", -2, false},
		{"a -- --n 2", "[a --n 2]", 1, false},
		{"--on --", "[]", 1, true},
	} {
		flags := flag.NewFlagSet("test", flag.ContinueOnError)
		n, on := flags.Int("n", 1, ""), flags.Bool("on", false, "")
		rest, err := parse(flags, strings.Fields(tt.args))
		if err != nil || fmt.Sprint(rest) != tt.rest || *n != tt.n || *on != tt.on {
			t.Errorf("%s: rest %v, n %d, on %v, error %v", tt.args, rest, *n, *on, err)
		}
	}
}

func TestWhatWasMeantIsSuggestedWhereItIsLikeIt(t *testing.T) {
	names := []string{"emit", "listen", "transport"}
	for name, want := range map[string]string{
		"emti": "emit", "lsiten": "listen", "tran": "transport", "xyzzy": "", "e": "", "": "",
	} {
		if want != "" {
			want = ", did you mean " + want + "?"
		}
		if got := suggestion("", name, names); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestALineIsWordsQuotesAndJSON(t *testing.T) {
	for line, want := range map[string]string{
		`emit chat`:                     `["emit" "chat"]`,
		`  emit   chat  `:               `["emit" "chat"]`,
		`emit a {"b": [1, 2]} [3, "]"]`: `["emit" "a" "{\"b\": [1, 2]}" "[3, \"]\"]"]`,
		`emit "my event" 'two words'`:   `["emit" "\"my event\"" "two words"]`,
		`emit a ''`:                     `["emit" "a" ""]`,
		``:                              `[]`,
	} {
		if got, err := split(line); err != nil || fmt.Sprintf("%q", got) != want {
			t.Errorf("%s: %q, error %v", line, got, err)
		}
	}
	for _, line := range []string{`emit 'a`, `emit {"a"`, `emit "a`, `emit [1,]`} {
		if got, err := split(line); err == nil {
			t.Errorf("%s: %q", line, got)
		}
	}
}

func TestPercentilesAreOfTheSamples(t *testing.T) {
	m := newMeasure()
	for i := range 1000 {
		m.add(time.Duration(1000-i)*time.Millisecond, nil)
	}
	m.stop()
	got := m.figures("x", 1).MS
	if want := (percentiles{P50: 500, P90: 900, P99: 990, P999: 999, Max: 1000}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := newMeasure().figures("x", 1).MS; got != (percentiles{}) {
		t.Errorf("of nothing: %v", got)
	}
}
