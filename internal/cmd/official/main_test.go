package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestACheckoutHasBothSuites(t *testing.T) {
	dir := t.TempDir()
	for _, s := range suites {
		err := checkout(dir)
		if err == nil || !strings.Contains(err.Error(), s.path) {
			t.Errorf("before %s is there: %v, want it named", s.path, err)
		}
		if err := os.MkdirAll(filepath.Join(dir, s.path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, s.path, "package-lock.json"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := checkout(dir); err != nil {
		t.Errorf("with both suites: %v", err)
	}
	if err := checkout(""); err == nil {
		t.Error("no directory at all was taken for a checkout")
	}
}

func TestReportCountsAndNamesFailures(t *testing.T) {
	r, err := parseReport([]byte(`{"stats": {"tests": 3, "passes": 2, "failures": 1},
		"failures": [{"title": "b", "fullTitle": "a b", "err": {"message": "expected 1"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if r.Stats.Passes != 2 || r.Stats.Failures != 1 || r.Failures[0].FullTitle != "a b" || r.Failures[0].Err.Message != "expected 1" {
		t.Errorf("report = %+v", r)
	}
	if _, err := parseReport([]byte("mocha: not found")); err == nil {
		t.Error("a text that is no report was taken for one")
	}
}
