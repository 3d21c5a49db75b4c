package socketio_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every row of docs/guarantees.md has a command.
func TestEveryGuaranteeHasItsTest(t *testing.T) {
	promises := 0
	for line := range strings.Lines(mustRead(t, "docs/guarantees.md")) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| Promise |") {
			continue
		}
		promises++
		if !commands.MatchString(line) {
			t.Errorf("nothing proves this: %s", line)
		}
	}
	if promises < 20 {
		t.Errorf("%d promises were found, of which there were more than 20", promises)
	}
}

// The commands of that page and of SECURITY.md run tests that exist where they look for them,
// and targets of make that there are.
func TestCommandsOfPagesRunWhatThereIs(t *testing.T) {
	makefile := mustRead(t, "Makefile")
	for _, page := range []string{"docs/guarantees.md", "SECURITY.md"} {
		text := mustRead(t, page)
		for _, target := range targets.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(makefile, "\n"+target[1]+": ") {
				t.Errorf("%s: make has no target %s", page, target[1])
			}
		}
		for _, command := range commands.FindAllStringSubmatch(text, -1) {
			var code strings.Builder
			for _, file := range mustGlob(t, filepath.Join(command[2], "*_test.go")) {
				code.WriteString(mustRead(t, file))
			}
			for name := range strings.SplitSeq(command[1], `\|`) { // as a table has to write it
				if !strings.Contains(code.String(), "\nfunc "+name+"(") {
					t.Errorf("%s: %s has no %s", page, command[2], name)
				}
			}
		}
	}
}

var (
	commands = regexp.MustCompile("`go test -run '(Test\\w+(?:\\\\\\|\\w+)*)' ([^` ]+)`")
	targets  = regexp.MustCompile("`make ([a-z-]+)`")
)
