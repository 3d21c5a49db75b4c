package progress

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestOutputIsShownAndKept(t *testing.T) {
	var out bytes.Buffer
	log := filepath.Join(t.TempDir(), "made", "step.log")
	r := Run(t.Context(), &out, Step{Name: "greet", Command: []string{"sh", "-c", "echo hello"}, Log: log})
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	if got, want := out.String(), "hello\n"; got != want {
		t.Errorf("shown = %q, want %q", got, want)
	}
	var kept bytes.Buffer
	showTail(&kept, log)
	if !strings.HasPrefix(kept.String(), "hello\n") {
		t.Errorf("kept = %q, want it to begin with the output", kept.String())
	}
}

func TestQuietStepSpeaksOnlyWhenItFails(t *testing.T) {
	for _, tt := range []struct {
		script string
		fails  bool
	}{
		{"echo detail", false},
		{"echo detail; exit 3", true},
	} {
		var out bytes.Buffer
		log := filepath.Join(t.TempDir(), "step.log")
		r := Run(t.Context(), &out, Step{Command: []string{"sh", "-c", tt.script}, Log: log, Quiet: true})
		if got := r.Err != nil; got != tt.fails {
			t.Errorf("%q: failed = %v (%v), want %v", tt.script, got, r.Err, tt.fails)
		}
		if got := strings.Contains(out.String(), "detail"); got != tt.fails {
			t.Errorf("%q: output shown = %v, want %v", tt.script, got, tt.fails)
		}
	}
}

func TestSilenceIsBrokenByALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		w := &watched{w: &out, last: time.Now()}
		shown := func() string {
			w.mu.Lock()
			defer w.mu.Unlock()
			return out.String()
		}
		stop := w.heartbeat("sleeping")

		time.Sleep(silence - time.Second)
		if _, err := w.Write([]byte("alive\n")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(silence - time.Second)
		synctest.Wait()
		if got, want := shown(), "alive\n"; got != want {
			t.Errorf("while the step speaks: %q, want %q", got, want)
		}

		time.Sleep(2 * time.Second)
		stop()
		if got, want := shown(), "alive\n... sleeping: 39 s\n"; got != want {
			t.Errorf("after a silence: %q, want %q", got, want)
		}
	})
}
