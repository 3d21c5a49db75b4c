package main

import (
	"fmt"
	"os"
	"strings"
)

// The table stands between these lines of the page.
const (
	begin = "<!-- The table is written by go run ./internal/cmd/compat -write from rows.txt beside it. -->\n"
	end   = "<!-- End of the table. -->\n"
)

// table is the table in Markdown.
func table(rows []row) string {
	var b strings.Builder
	b.WriteString(strings.ToUpper(count(rows)[:1]) + count(rows)[1:] + ".\n")
	group := ""
	for _, r := range rows {
		if r.group != group {
			group = r.group
			fmt.Fprintf(&b, "\n### %s\n\n| No. | What it does | Test | What is different here |\n|---|---|---|---|\n", group)
		}
		fmt.Fprintf(&b, "| %d | %s | %s | %s |\n", r.number, cell(r.capability), proof(r), cell(r.differs))
	}
	return b.String()
}

// proof names the tests of a row, or what it waits for.
func proof(r row) string {
	if r.planned != "" {
		return "planned: " + cell(r.planned)
	}
	quoted := make([]string, len(r.tests))
	for i, test := range r.tests {
		quoted[i] = "`" + cell(test) + "`"
	}
	return strings.Join(quoted, "<br>")
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// fill returns the page with the table between its lines.
func fill(text string, rows []row) (string, error) {
	before, rest, ok := strings.Cut(text, begin)
	_, after, ended := strings.Cut(rest, end)
	if !ok || !ended {
		return "", fmt.Errorf("%s has no place for the table: the lines %q and %q", page, begin, end)
	}
	return before + begin + table(rows) + end + after, nil
}

// current says so if the page at path does not show the rows.
func current(path string, rows []row) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	filled, err := fill(string(text), rows)
	if err == nil && filled != string(text) {
		err = fmt.Errorf("%s is not current: go run ./internal/cmd/compat -write", page)
	}
	return err
}

// rewrite puts the rows into the page at path.
func rewrite(path string, rows []row) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	filled, err := fill(string(text), rows)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(filled), 0o644)
}
