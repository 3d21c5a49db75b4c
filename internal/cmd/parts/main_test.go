package main

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"socketio/internal/cmd/progress"
)

func TestArgumentsBecomeSteps(t *testing.T) {
	got, err := steps("logs", []string{"Go tests, race=make race X=1"})
	if err != nil {
		t.Fatal(err)
	}
	if got[0].Name != "Go tests, race" || got[0].Command[2] != "make race X=1" || got[0].Log != "logs/Go-tests,-race.log" {
		t.Errorf("step = %+v", got[0])
	}
}

func TestArgumentsThatAreNoStepsAreRefused(t *testing.T) {
	for _, args := range [][]string{nil, {"lint"}, {"=make lint"}, {"lint="}} {
		if got, err := steps("logs", args); err == nil {
			t.Errorf("steps(%q) = %v, want an error", args, got)
		}
	}
}

func TestTableNamesEachPartAndTheTotal(t *testing.T) {
	var out bytes.Buffer
	table(&out, []progress.Result{
		{Name: "lint", Elapsed: 1500 * time.Millisecond},
		{Name: "guards", Elapsed: 2 * time.Second, Err: errors.New("exit status 2")},
	})
	want := `
part                          seconds  result
lint                              1.5  passed
guards                            2.0  FAILED: exit status 2
total                             3.5  FAILED
`
	if got := out.String(); got != want {
		t.Errorf("table = %s\nwant %s", got, want)
	}
}
