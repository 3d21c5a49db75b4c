// Package examples has no code: its test runs every example with its client.
package examples

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// buildLimit is for all programs together, and what they need, on a machine that has
	// built none of it before.
	buildLimit = 4 * time.Minute
	// runLimit is for one example: it starts, its client finds out what it does, it ends.
	runLimit = time.Minute
)

// untested are the examples that have no client.mjs, and why.
var untested = map[string]string{
	"nats-embedded": "the part \"cluster\" of make test runs it",
	"walkthrough":   "the part \"JS and Chromium\" of make test runs it",
}

// Each directory of examples is in the list, with a sentence and how it is started.
func TestEveryExampleIsListed(t *testing.T) {
	list, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| \\[([a-z0-9-]+)\\]\\(([a-z0-9-]+)\\) \\| [^|]+[.?!] \\| `[^|`]+` \\|$")
	var listed []string
	for _, match := range row.FindAllStringSubmatch(string(list), -1) {
		if match[1] != match[2] {
			t.Errorf("README.md: %s links to %s", match[1], match[2])
		}
		listed = append(listed, match[1])
	}
	if want := examples(t); !slices.Equal(slices.Sorted(slices.Values(listed)), want) {
		t.Errorf("README.md lists %q, want %q", listed, want)
	}
}

// Each program of an example is started and ended, and meanwhile its client says whether it
// does what it is for.
func TestEveryExampleDoesWhatItIsFor(t *testing.T) {
	programs := programs(t)
	bin := build(t, programs)
	for _, program := range programs {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			run(t, bin, program)
		})
	}
}

// examples returns the names of the directories that are an example.
func examples(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() && entry.Name() != "internal" && entry.Name() != "testdata" {
			names = append(names, entry.Name())
		}
	}
	return names
}

// programs returns the directories with a main.go and a client.mjs of its own. An example
// without any is a mistake, but for those that are untested.
func programs(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, example := range examples(t) {
		before := len(found)
		err := filepath.WalkDir(example, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Name() == "client.mjs" {
				if _, err := os.Stat(filepath.Join(filepath.Dir(path), "main.go")); err != nil {
					return err
				}
				found = append(found, filepath.ToSlash(filepath.Dir(path)))
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		if _, known := untested[example]; known != (len(found) == before) {
			t.Errorf("%s has a client.mjs with a main.go beside it, or a reason in untested why not; not both", example)
		}
	}
	return found
}

// build builds the programs, all at once, and returns the directory where they are. Their
// names there are the last elements of their paths.
func build(t *testing.T, programs []string) string {
	t.Helper()
	names := map[string]string{}
	bin := t.TempDir()
	arguments := []string{"build", "-ldflags=-s -w", "-o", bin + string(filepath.Separator)} // without what debuggers want they link quicker
	for _, program := range programs {
		if other, taken := names[filepath.Base(program)]; taken {
			t.Fatalf("%s and %s would be one program: name one of them otherwise", other, program)
		}
		names[filepath.Base(program)] = program
		arguments = append(arguments, "./"+program)
	}
	ctx, cancel := context.WithTimeout(t.Context(), buildLimit)
	defer cancel()
	start := time.Now()
	if out, err := exec.CommandContext(ctx, "go", arguments...).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	t.Logf("built %d programs in %.1f s", len(programs), time.Since(start).Seconds())
	return bin
}

// run starts a program at a free port, plays its client, and ends it by SIGTERM.
func run(t *testing.T, bin, program string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), runLimit)
	defer cancel()

	start := time.Now()
	var said bytes.Buffer
	server := exec.CommandContext(ctx, filepath.Join(bin, filepath.Base(program)), "-listen", "localhost:0")
	server.Dir = t.TempDir() // where files that it makes vanish
	server.Env = append(os.Environ(), "EXAMPLES_TEST=1")
	server.Stderr = &said
	output, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(output)
	url, err := lines.ReadString('\n')
	if err != nil {
		server.Process.Kill()
		t.Fatalf("it has not printed its URL: %v, %v\n%s", err, server.Wait(), &said)
	}

	out, err := exec.CommandContext(ctx, "node", filepath.Join(program, "client.mjs"), strings.TrimSpace(url)).CombinedOutput()
	if err != nil || !bytes.HasPrefix(out, []byte("ok: ")) {
		t.Errorf("its client.mjs: %v\n%s", err, out)
	}

	// It reads until the program has closed its side, which Wait must not do before.
	server.Process.Signal(syscall.SIGTERM)
	rest, err := io.ReadAll(lines)
	if err := errors.Join(err, server.Wait()); err != nil {
		t.Errorf("after SIGTERM: %v", err)
	}
	if t.Failed() {
		t.Logf("it printed:\n%s%s%s", url, rest, &said)
		return
	}
	t.Logf("%s: %s, %.1f s", program, bytes.TrimSpace(out), time.Since(start).Seconds())
}
