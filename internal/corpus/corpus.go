// Package corpus reads, for tests, what the official parsers make of many texts. The files
// are written by interop/js/corpus/parsers.mjs.
package corpus

import (
	"bufio"
	"encoding/json/v2"
	"os"
	"testing"
)

// least is how many texts a corpus has: with fewer, something of the file is missing.
const least = 500

// Read returns the lines of testdata/parsed.jsonl in the package's directory. The test ends
// if they cannot be read, or are too few.
func Read[T any](t testing.TB, options ...json.Options) (all []T) {
	t.Helper()
	file, err := os.Open("testdata/parsed.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var one T
		if err := json.Unmarshal(lines.Bytes(), &one, options...); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if len(all) < least {
		t.Fatalf("only %d texts", len(all))
	}
	return all
}
