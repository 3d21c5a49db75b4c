package socketio_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every block of Go on a page is a piece of an example, so that it compiles and runs.
func TestDocsQuoteTheExamples(t *testing.T) {
	var code []string
	for _, file := range exampleFiles(t) {
		code = append(code, plainLines(mustRead(t, file)))
	}
	quoted := 0
	for _, page := range documents(t) {
		if page == "README.md" || strings.HasPrefix(page, "docs/zh/") {
			continue // readme_test.go builds it; internal/cmd/docs holds translations
		}
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

// Every line of a column headed "In Go" is a line of an example.
func TestDocsTablesOfGoAreCompiled(t *testing.T) {
	var code strings.Builder
	for _, file := range exampleFiles(t) {
		code.WriteString(mustRead(t, file))
	}
	quoted := 0
	for _, page := range documents(t) {
		column := -1 // of the table that the line is in
		for line := range strings.Lines(mustRead(t, page)) {
			cells := strings.Split(line, " | ")
			switch {
			case !strings.HasPrefix(line, "|"):
				column = -1
			case column < 0:
				column = slices.Index(cells, "In Go")
			case column < len(cells) && !strings.HasPrefix(line, "|---"):
				quoted++
				if !strings.Contains(code.String(), strings.Trim(cells[column], "`")) {
					t.Errorf("%s: this is in no example: %s", page, cells[column])
				}
			}
		}
	}
	if quoted < 20 {
		t.Errorf("the pages have %d such lines, of which there were more than 20", quoted)
	}
}

// Every link of the pages leads to something of the repository, and every example that a
// page names is one. Anchors are looked at where `make docs` makes the site.
func TestDocsLinksAndNames(t *testing.T) {
	links := regexp.MustCompile(`\]\(([\w-]*[./][\w./-]*)(#[^)]*)?\)`)
	names := regexp.MustCompile("`(Example_[A-Za-z]+)`")
	var code strings.Builder
	for _, file := range exampleFiles(t) {
		code.WriteString(mustRead(t, file))
	}
	for _, page := range documents(t) {
		text := mustRead(t, page)
		for _, link := range links.FindAllStringSubmatch(text, -1) {
			target := filepath.Join(filepath.Dir(page), link[1])
			if _, err := os.Stat(target); err != nil && !untranslated(target) {
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

// Every command that a page gives, between fences or in a sentence, is one that there is:
// of make a target, of sio a command, of go a package or a program of this repository.
func TestDocsGiveCommandsThatThereAre(t *testing.T) {
	given := regexp.MustCompile("(?m)(?:^ *(?:\\$ )?|`|&& )(make|sio|go run|go build|go test) ([^`\n#]+)")
	makefile := mustRead(t, "Makefile")
	var sio strings.Builder
	for _, file := range mustGlob(t, "cmd/sio/*.go") {
		sio.WriteString(mustRead(t, file))
	}
	found := 0
	for _, page := range documents(t) {
		for _, command := range given.FindAllStringSubmatch(codeOf(mustRead(t, page)), -1) {
			found++
			words, _, _ := strings.Cut(command[2], "  ") // behind which some pages say what it does
			for word := range strings.FieldsSeq(words) {
				if !isThere(command[1], word, makefile, sio.String()) {
					t.Errorf("%s gives `%s %s`: there is no %s", page, command[1], command[2], word)
				}
				if command[1] == "sio" {
					break // the rest is flags and arguments
				}
			}
		}
	}
	if found < 50 {
		t.Errorf("the pages give %d commands, of which there were more than 50", found)
	}
}

// isThere reports whether a word of a command is nothing that has to exist, or exists.
func isThere(program, word, makefile, sio string) bool {
	isName := regexp.MustCompile(`^[a-z][a-z-]*$`).MatchString(word)
	switch {
	case program == "make":
		return !isName || strings.Contains(makefile, "\n"+word+":")
	case program == "sio":
		return !isName || word == "help" || strings.Contains(sio, `name: "`+word+`"`)
	case strings.HasPrefix(word, "./") && word != "./...":
		_, err := os.Stat(word)
		return err == nil || strings.HasPrefix(word, "./examples/hello") // which README.md has the reader make
	}
	return true
}

// codeOf is what a page has between fences and backticks.
func codeOf(text string) string {
	var code strings.Builder
	for i, part := range strings.Split(text, "```") {
		if i%2 == 1 {
			if language, block, _ := strings.Cut(part, "\n"); language != "text" { // which is output
				code.WriteString(block)
			}
			continue
		}
		for _, span := range regexp.MustCompile("`[^`\n]+`").FindAllString(part, -1) {
			code.WriteString("\n" + span + "\n")
		}
	}
	return code.String()
}

// documents are all pages that people read.
func documents(t *testing.T) []string {
	t.Helper()
	chinese, err := filepath.Glob("docs/zh/*.md")
	if err != nil {
		t.Fatal(err)
	}
	return slices.Concat(mustGlob(t, "docs/*.md"), mustGlob(t, "docs/design/*.md"), chinese, mustGlob(t, "*.md"), mustGlob(t, "browser/*.md"))
}

// untranslated reports whether a file is a Chinese page that there is in English alone, to
// which the site's links lead until then.
func untranslated(file string) bool {
	english, chinese := strings.CutPrefix(filepath.ToSlash(file), "docs/zh/")
	_, err := os.Stat("docs/" + english)
	return chinese && err == nil
}

// exampleFiles are those of the root and of the packages that docs/ shows.
func exampleFiles(t *testing.T) []string {
	t.Helper()
	return slices.Concat(mustGlob(t, "example_*_test.go"), mustGlob(t, "*/example*_test.go"), mustGlob(t, "*/*/example*_test.go"), mustGlob(t, "adapter/*/*/example*_test.go"),
		mustGlob(t, "examples/*/*.go"), mustGlob(t, "examples/*/*/*.go"))
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
