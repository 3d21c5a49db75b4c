package socketio_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every row of docs/guarantees.md names tests that exist, where its command looks for them,
// and targets of make that there are.
func TestEveryGuaranteeHasItsTest(t *testing.T) {
	commands := regexp.MustCompile("`go test -run '([^']+)' ([^` ]+)`")
	targets := regexp.MustCompile("`make ([a-z-]+)`")
	makefile := mustRead(t, "Makefile")
	promises := 0
	for line := range strings.Lines(mustRead(t, "docs/guarantees.md")) {
		for _, target := range targets.FindAllStringSubmatch(line, -1) {
			if !strings.Contains(makefile, "\n"+target[1]+": ") {
				t.Errorf("make has no target %s", target[1])
			}
		}
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| Promise |") {
			continue
		}
		promises++
		found := commands.FindAllStringSubmatch(line, -1)
		if len(found) == 0 {
			t.Errorf("nothing proves this: %s", line)
		}
		for _, command := range found {
			var code strings.Builder
			for _, file := range mustGlob(t, filepath.Join(command[2], "*_test.go")) {
				code.WriteString(mustRead(t, file))
			}
			for _, name := range strings.Split(command[1], `\|`) { // as a table has to write it
				if !strings.Contains(code.String(), "\nfunc "+name+"(") {
					t.Errorf("%s has no %s", command[2], name)
				}
			}
		}
	}
	if promises < 20 {
		t.Errorf("%d promises were found, of which there were more than 20", promises)
	}
}
