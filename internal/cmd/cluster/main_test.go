package main

import (
	"strings"
	"testing"
)

func TestTestsWithoutTestsWithinAreCounted(t *testing.T) {
	const out = `{"Action":"start","Package":"p"}
{"Action":"pass","Test":"TestA/one"}
{"Action":"pass","Test":"TestA/two"}
{"Action":"pass","Test":"TestA"}
{"Action":"output","Test":"TestB","Output":"nothing to test with\n"}
{"Action":"skip","Test":"TestB"}
{"Action":"output","Test":"TestC/one","Output":"wrong\n"}
{"Action":"fail","Test":"TestC/one"}
{"Action":"pass","Test":"TestAB"}
{"Action":"pass","Package":"p"}
`
	got, trouble := count([]byte(out))
	if want := (tally{checks: 5, failed: 1, skipped: 1}); got != want || got.passed() {
		t.Errorf("counted %+v, want %+v", got, want)
	}
	if !strings.Contains(trouble, "nothing to test with") || !strings.Contains(trouble, "wrong") {
		t.Errorf("the trouble is %q", trouble)
	}
}
