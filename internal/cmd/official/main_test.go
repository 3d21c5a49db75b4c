package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestACheckoutHasAllSuites(t *testing.T) {
	dir := t.TempDir()
	for _, s := range suites {
		err := checkout(dir)
		if err == nil || !strings.Contains(err.Error(), s.path) {
			t.Errorf("before %s is there: %v, want it named", s.path, err)
		}
		if err := os.MkdirAll(filepath.Join(dir, s.manifest()), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := checkout(dir); err != nil {
		t.Errorf("with all suites: %v", err)
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

func TestOnlyTheTestThatIsRacyMayFail(t *testing.T) {
	s := suite{name: "s", tests: 4, skips: 1, racy: "may fail"}
	for _, test := range []struct {
		report  string
		passed  bool
		summary string
	}{
		{`{"stats": {"passes": 3, "pending": 1}}`, true, "s: 3 passed, 1 skipped"},
		{`{"stats": {"passes": 2, "pending": 1, "failures": 1}, "failures": [{"fullTitle": "may fail"}]}`, true, "s: 2 passed, 1 skipped"},
		{`{"stats": {"passes": 2, "pending": 1, "failures": 1}, "failures": [{"fullTitle": "another"}]}`, false, "s: 2 passed, 1 failed"},
		{`{"stats": {"passes": 2, "pending": 1}}`, false, "s: 2 passed, 0 failed"},
		{`{"stats": {"passes": 2, "pending": 2}}`, false, "s: 2 passed, 0 failed"},
	} {
		r, err := parseReport([]byte(test.report))
		if err != nil {
			t.Fatal(err)
		}
		if s.passed(r) != test.passed || s.summary(r) != test.summary {
			t.Errorf("%s: %t, %q; want %t, %q", test.report, s.passed(r), s.summary(r), test.passed, test.summary)
		}
	}
}

func TestAClientIsTestedByTheSuiteOfItsVersion(t *testing.T) {
	released, checkout := t.TempDir(), t.TempDir()
	for _, step := range []struct {
		version string
		same    bool
	}{{"1.2.3", true}, {"1.2.4", false}} {
		for dir, version := range map[string]string{released: "1.2.3", checkout: step.version} {
			manifest := []byte(`{"version": "` + version + `"}`)
			if err := os.WriteFile(filepath.Join(dir, "package.json"), manifest, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := sameVersion(released, checkout); (err == nil) != step.same {
			t.Errorf("1.2.3 by the suite of %s: %v", step.version, err)
		}
	}
}
