package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"socketio/internal/cmd/npm"
	"socketio/internal/cmd/progress"
)

// suite is one protocol suite of the reference's repository.
type suite struct {
	name  string
	path  string // in that repository
	tests int    // how many there are; fewer that pass means some were not run
	skips int    // of them, that the suite leaves out itself
	racy  string // the full title of the test that may fail

	env []string // for the server
}

var suites = []suite{
	{name: "engine.io v4", path: "docs/engine.io-protocol/v4-test-suite", tests: 25},
	{name: "socket.io v5", path: "docs/socket.io-protocol/v5-test-suite", tests: 32},
	{
		name: "engine.io v3", path: "docs/engine.io-protocol/v3-test-suite", tests: 24, skips: 1,
		racy: "Engine.IO protocol message WebSocket sends and receives a plain text packet",
		env:  []string{"EIO3=yes"},
	},
}

// summary is one line about a run. That the test failed which may is told by another.
func (s suite) summary(r *report) string {
	if s.skips > 0 && s.passed(r) {
		return fmt.Sprintf("%s: %d passed, %d skipped", s.name, r.Stats.Passes, r.Stats.Pending)
	}
	return fmt.Sprintf("%s: %d passed, %d failed", s.name, r.Stats.Passes, r.Stats.Failures)
}

// passed says whether all tests have passed, but for the one that may fail.
func (s suite) passed(r *report) bool {
	for _, f := range r.Failures {
		if s.racy == "" || f.FullTitle != s.racy {
			return false
		}
	}
	return r.Stats.Passes+r.Stats.Failures+s.skips == s.tests && r.Stats.Pending == s.skips
}

// report is what of mocha's JSON report is used here.
type report struct {
	Stats struct {
		Passes   int `json:"passes"`
		Pending  int `json:"pending"`
		Failures int `json:"failures"`
	} `json:"stats"`
	Failures []struct {
		FullTitle string `json:"fullTitle"`
		Err       struct {
			Message string `json:"message"`
		} `json:"err"`
	} `json:"failures"`
}

// copy is where a suite is run: the checkout itself stays untouched.
func (s suite) copy(work string) string { return filepath.Join(work, s.path) }

// install copies the suite's files and installs the npm packages its lock file names.
func (s suite) install(ctx context.Context, dir, work string) error {
	from, to := filepath.Join(dir, s.path), s.copy(work)
	files, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	for _, f := range files {
		if !f.Type().IsRegular() {
			continue // node_modules, if the checkout has been used
		}
		text, err := os.ReadFile(filepath.Join(from, f.Name()))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, f.Name()), text, 0o644); err != nil {
			return err
		}
	}
	return npm.Ci(ctx, os.Stdout, to, filepath.Join(work, s.name+" npm.log"))
}

// runAgainst starts the server and runs the suite.
func (s suite) runAgainst(ctx context.Context, server []string, work string) (*report, error) {
	stop, err := start(ctx, server, s.env, filepath.Join(work, s.name+" server.log"))
	if err != nil {
		return nil, err
	}
	defer stop()
	return s.run(ctx, work)
}

// run runs the suite against the server that is up. That tests fail is no error.
func (s suite) run(ctx context.Context, work string) (*report, error) {
	out, err := filepath.Abs(filepath.Join(work, s.name+" report.json"))
	if err != nil {
		return nil, err
	}
	if err := os.RemoveAll(out); err != nil {
		return nil, err
	}
	r := progress.Run(ctx, os.Stdout, progress.Step{
		Name: s.name,
		// --exit, since a failed test may leave a socket open.
		Command: []string{
			"node_modules/.bin/mocha", "--exit", "--reporter", "json",
			"--reporter-option", "output=" + out, "test-suite.js",
		},
		Dir: s.copy(work),
		Log: filepath.Join(work, s.name+" mocha.log"),
	})
	text, err := os.ReadFile(out)
	if err != nil {
		return nil, errors.Join(r.Err, fmt.Errorf("mocha left no report: %w", err))
	}
	return parseReport(text)
}

func parseReport(text []byte) (*report, error) {
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("mocha's report: %w", err)
	}
	return &r, nil
}
