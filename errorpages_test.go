package socketio_test

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// sourceOf returns all of the code of a package that is no test.
func sourceOf(t *testing.T, pattern string) string {
	t.Helper()
	var code strings.Builder
	for _, file := range mustGlob(t, pattern) {
		if !strings.HasSuffix(file, "_test.go") {
			code.WriteString(mustRead(t, file))
		}
	}
	return code.String()
}

// Everything that a client can be told when something is wrong is on the page about errors
// with its cause: whatever the code has of it is looked for there.
func TestThePageOnErrorsHasAllThatCanBeSent(t *testing.T) {
	page := mustRead(t, "docs/errors.md")
	engine, root := sourceOf(t, "engineio/*.go"), sourceOf(t, "*.go")
	for _, kind := range []struct {
		what, code, pattern string
		atLeast             int
	}{
		{"message of a refused request", engine, `Message: +"([A-Z][^"]+)"`, 5},
		{"context of a refused request", engine, `(?:badRequest|forbidden)\((?:"Forbidden", )?"([A-Z_]{5,})`, 8},
		{"reason of Engine.IO", engine, `reason\w+ += +"([a-z ]+)"`, 5},
		{"reason of Socket.IO", root, `Reason\w+ +Reason += +"([a-z ]+)"`, 9},
		{"message of CONNECT_ERROR", root, `ConnectError\{Message: +"([^"]+)"`, 2},
		{"constant of a reason", root, `\b(Reason[A-Z]\w+) +Reason =`, 9},
	} {
		found := regexp.MustCompile(kind.pattern).FindAllStringSubmatch(kind.code, -1)
		if len(found) < kind.atLeast {
			t.Errorf("%d times a %s is in the code, want at least %d: has the code changed?", len(found), kind.what, kind.atLeast)
		}
		for _, match := range found {
			if !strings.Contains(page, match[1]) {
				t.Errorf("docs/errors.md has not the %s %q", kind.what, match[1])
			}
		}
	}
	for status := range 600 {
		name := "http.Status" + strings.NewReplacer(" ", "", "-", "").Replace(http.StatusText(status))
		if status < 400 || http.StatusText(status) == "" || !regexp.MustCompile(name+`\b`).MatchString(engine) {
			continue
		}
		if !strings.Contains(page, strconv.Itoa(status)) {
			t.Errorf("docs/errors.md has not the status %d", status)
		}
	}
}

// Every limit of Options is on the page about limits.
func TestThePageOnLimitsHasAllOptions(t *testing.T) {
	page := mustRead(t, "docs/limits.md")
	code := sourceOf(t, "options.go") + sourceOf(t, "engineio/options.go")
	options := regexp.MustCompile(`\b(Max[A-Z]\w+|\w+PerSecond|\w+PerIP|QueueBytes|Inbox|\w+Timeout|PingInterval)\b[^\n]* (?:int|time\.Duration)\n`).FindAllString(code, -1)
	names := regexp.MustCompile(`\b[A-Z]\w+`)
	for _, line := range options {
		for _, name := range names.FindAllString(strings.TrimSuffix(line, "Duration\n"), -1) {
			if !strings.Contains(page, name) {
				t.Errorf("docs/limits.md has not the option %s", name)
			}
		}
	}
	if len(options) < 12 {
		t.Errorf("%d lines of options were found, want at least 12", len(options))
	}
}
