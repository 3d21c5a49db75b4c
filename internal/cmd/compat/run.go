package main

import (
	"bytes"
	"context"
	"encoding/json/v2"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// outcomes tell how tests ended, "pass", "fail" or "skip", by package and name.
type outcomes map[string]map[string]string

// outcomesOf runs the tests in Go that the rows name.
func outcomesOf(ctx context.Context, rows []row) (outcomes, error) {
	var packages, functions []string
	for _, r := range rows {
		for _, test := range r.tests {
			if t, ok := goTest(test); ok {
				packages = append(packages, t.pkg)
				functions = append(functions, t.function)
			}
		}
	}
	slices.Sort(packages)
	slices.Sort(functions)
	run := "^(" + strings.Join(slices.Compact(functions), "|") + ")$"
	args := append([]string{"test", "-json", "-run", run}, slices.Compact(packages)...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if len(out) == 0 && err != nil {
		return nil, fmt.Errorf("go test: %w", err)
	}
	return parseOutcomes(out), ctx.Err() // a test that fails is told with its row
}

// parseOutcomes reads the output of go test -json.
func parseOutcomes(out []byte) outcomes {
	all := outcomes{}
	for line := range bytes.Lines(out) {
		var event struct{ Action, Package, Test string }
		if json.Unmarshal(line, &event) != nil || event.Test == "" {
			continue
		}
		switch event.Action {
		case "pass", "fail", "skip":
			if all[event.Package] == nil {
				all[event.Package] = map[string]string{}
			}
			all[event.Package][event.Test] = event.Action
		}
	}
	return all
}

// failed says which tests in Go that the rows name did not pass.
func failed(rows []row, ran outcomes) []string {
	var faults []string
	for _, r := range rows {
		for _, test := range r.tests {
			t, ok := goTest(test)
			if !ok {
				continue
			}
			if how := ran.of(t); how != "" {
				faults = append(faults, fmt.Sprintf("row %d: %s: %s", r.number, test, how))
			}
		}
	}
	return faults
}

// of says what is wrong with how a test ended, or "" if it passed. A test whose subtests
// were all skipped was skipped.
func (o outcomes) of(t testID) string {
	how, ok := o[t.pkg][t.String()]
	switch {
	case !ok:
		return "did not run"
	case how == "fail":
		return "failed"
	case how == "skip":
		return "was skipped"
	}
	skipped, passed := 0, 0
	for name, how := range o[t.pkg] {
		if strings.HasPrefix(name, t.String()+"/") {
			if how == "skip" {
				skipped++
			} else {
				passed++
			}
		}
	}
	if skipped > 0 && passed == 0 {
		return "all of it was skipped"
	}
	return ""
}
