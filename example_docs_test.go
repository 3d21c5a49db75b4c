package socketio_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every block of Go in docs/ is a piece of an example, so that it compiles and runs.
func TestDocsQuoteTheExamples(t *testing.T) {
	var code []string
	for _, file := range exampleFiles(t) {
		code = append(code, plainLines(mustRead(t, file)))
	}
	quoted := 0
	for _, page := range mustGlob(t, "docs/*.md") {
		blocks := strings.Split(mustRead(t, page), "```go\n")
		for _, block := range blocks[1:] {
			block, _, _ = strings.Cut(block, "```")
			if !strings.Contains(strings.Join(code, ""), plainLines(block)) {
				t.Errorf("%s: this is in no example:\n%s", page, block)
			}
			quoted++
		}
	}
	if quoted < 20 {
		t.Errorf("docs/ has %d blocks of Go, of which there were more than 20", quoted)
	}
}

// Every link between the pages leads somewhere, and every example that a page names is one.
func TestDocsLinksAndNames(t *testing.T) {
	links := regexp.MustCompile(`\]\(([\w-]*[./][\w./-]*)(#[^)]*)?\)`)
	names := regexp.MustCompile("`(Example_[A-Za-z]+)`")
	var code strings.Builder
	for _, file := range exampleFiles(t) {
		code.WriteString(mustRead(t, file))
	}
	for _, page := range append(mustGlob(t, "docs/*.md"), append(mustGlob(t, "docs/design/*.md"), mustGlob(t, "*.md")...)...) {
		text := mustRead(t, page)
		for _, link := range links.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), link[1])); err != nil {
				t.Errorf("%s links to %s: %v", page, link[1], err)
			}
		}
		for _, name := range names.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(code.String(), "func "+name[1]+"()") {
				t.Errorf("%s names %s, which there is not", page, name[1])
			}
		}
	}
}

// exampleFiles are those of the root and of the packages that docs/ shows.
func exampleFiles(t *testing.T) []string {
	t.Helper()
	return slices.Concat(mustGlob(t, "example_*_test.go"), mustGlob(t, "*/example*_test.go"), mustGlob(t, "adapter/*/example*_test.go"), mustGlob(t, "adapter/*/*/example*_test.go"),
		mustGlob(t, "interop/*/example*_test.go"), mustGlob(t, "*/example/main.go"), mustGlob(t, "examples/typed/chat/*.go"))
}

// plainLines is text without indentation and the spaces that align comments.
func plainLines(text string) string {
	var lines strings.Builder
	for line := range strings.Lines(text) {
		lines.WriteString(strings.Join(strings.Fields(line), " ") + "\n")
	}
	return lines.String()
}

func mustGlob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, error %v", pattern, len(files), err)
	}
	return files
}

func mustRead(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
