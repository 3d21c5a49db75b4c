package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"socketio/internal/cmd/npm"
	"socketio/internal/cmd/progress"
)

// suite is one suite of the reference's repository: of a protocol, or of a client.
type suite struct {
	name   string
	path   string // in that repository
	tests  int    // how many there are; fewer that pass means some were not run
	skips  int    // of them, that the suite leaves out itself
	racy   string // the full title of the test that may fail
	client string // the npm package that a client's suite is about

	env     []string // for the server
	address string   // where that has to listen, hard-coded in the suite
	mocha   []string // arguments
}

const (
	port3000 = "localhost:3000"
	port3210 = "localhost:3210"
)

var protocol = []string{"test-suite.js"}

var suites = []suite{
	{
		name: "engine.io v4", path: "docs/engine.io-protocol/v4-test-suite", tests: 25,
		address: port3000, mocha: protocol,
	},
	{
		name: "socket.io v5", path: "docs/socket.io-protocol/v5-test-suite", tests: 32,
		address: port3000, mocha: protocol,
	},
	{
		name: "engine.io v3", path: "docs/engine.io-protocol/v3-test-suite", tests: 24, skips: 1,
		racy:    "Engine.IO protocol message WebSocket sends and receives a plain text packet",
		address: port3000, mocha: protocol, env: []string{"EIO3=yes"},
	},
	{
		name: "engine.io-client", path: "packages/engine.io-client", tests: 84, skips: 1,
		client:  "engine.io-client",
		address: port3000, mocha: []string{"test/index.js"}, env: []string{"SUITE=engine.io-client"},
	},
	{
		name: "socket.io-client", path: "packages/socket.io-client", tests: 111,
		client:  "socket.io-client",
		address: port3210, mocha: []string{"--require", "../resolver.cjs", "--import=tsx", "test/index.ts"}, env: []string{"SUITE=socket.io-client"},
	},
}

// summary is one line about a run. That the test failed which may is told by another.
func (s suite) summary(r *report) string {
	switch {
	case s.skips > 0 && s.passed(r):
		return fmt.Sprintf("%s: %d passed, %d skipped", s.name, r.Stats.Passes, r.Stats.Pending)
	case s.client != "" && s.passed(r):
		return fmt.Sprintf("%s: %d passed", s.name, r.Stats.Passes)
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

// manifest is a file of the checkout that the suite cannot do without.
func (s suite) manifest() string {
	if s.client != "" {
		return filepath.Join(s.path, "test", "support")
	}
	return filepath.Join(s.path, "package-lock.json")
}

// copy is where a suite is run: the checkout itself stays untouched.
func (s suite) copy(work string) string { return filepath.Join(work, s.path) }

// programs is where the npm packages for the suite are.
func (s suite) programs(work string) string {
	if s.client != "" {
		return filepath.Join(work, "packages")
	}
	return s.copy(work)
}

// install copies the suite's files and installs the npm packages that it needs.
func (s suite) install(ctx context.Context, dir, work string) error {
	if s.client != "" {
		return s.installClient(ctx, dir, work)
	}
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
	stop, err := start(ctx, server, s.env, s.address, filepath.Join(work, s.name+" server.log"))
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
	mocha, err := filepath.Abs(filepath.Join(s.programs(work), "node_modules", ".bin", "mocha"))
	if err != nil {
		return nil, err
	}
	// --exit, since a failed test may leave a socket open.
	command := []string{mocha, "--exit", "--reporter", "json", "--reporter-option", "output=" + out}
	r := progress.Run(ctx, os.Stdout, progress.Step{
		Name:    s.name,
		Command: slices.Concat(command, s.mocha),
		Dir:     s.copy(work),
		Log:     filepath.Join(work, s.name+" mocha.log"),
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
