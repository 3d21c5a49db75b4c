package faults

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// TestThePageNamesEveryTest keeps docs/faults.md and the tests of this package together.
func TestThePageNamesEveryTest(t *testing.T) {
	page, err := os.ReadFile("../../docs/faults.md")
	if err != nil {
		t.Fatal(err)
	}
	var there []string
	files, _ := filepath.Glob("*_test.go") // the pattern is right
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`(?m)^func (Test(?:F\d|Recovery)\w*)`).FindAllSubmatch(text, -1) {
			there = append(there, string(found[1]))
		}
	}
	var named []string
	for _, found := range regexp.MustCompile("`(Test\\w+)` \\|\n").FindAllSubmatch(page, -1) {
		named = append(named, string(found[1]))
	}
	slices.Sort(there)
	slices.Sort(named)
	if !slices.Equal(there, named) {
		t.Errorf("the page names\n%q, and there are\n%q", named, there)
	}
}
