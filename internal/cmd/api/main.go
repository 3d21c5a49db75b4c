// Command api compares what the packages of all modules export with what they exported when
// api/ was written, which is with each release:
//
//	api           what is gone or another now? New things are no fault
//	api -write    write api/ anew
//
// Each package has a file with a line for each thing that a program can name: constants,
// variables, functions, types, fields, methods. If a line is gone, programs may not compile
// any more. That is a fault unless the section [Unreleased] of CHANGELOG.md has a heading
// "Breaking", whose entries say what to do. The exit code is 1 then.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	write := flag.Bool("write", false, "write api/ anew")
	flag.Parse()
	if err := run(os.Stdout, *write); err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1)
	}
}

// dir has a file for each package.
const dir = "api"

func run(w io.Writer, write bool) error {
	now, err := load()
	if err != nil {
		return err
	}
	if write {
		return save(now)
	}
	then, err := saved()
	if err != nil {
		return err
	}
	changelog, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		return err
	}
	return judge(w, compare(then, now), announces(string(changelog)))
}

// A listing is what packages export, by their import paths: lines in order.
type listing map[string][]string

// A change is a line that is gone, or new.
type change struct {
	pkg, line string
	gone      bool
}

// compare lists how two listings differ, package by package.
func compare(then, now listing) (changes []change) {
	all := maps.Clone(then)
	maps.Copy(all, now)
	for _, pkg := range slices.Sorted(maps.Keys(all)) {
		for _, line := range then[pkg] {
			if !slices.Contains(now[pkg], line) {
				changes = append(changes, change{pkg, line, true})
			}
		}
		for _, line := range now[pkg] {
			if !slices.Contains(then[pkg], line) {
				changes = append(changes, change{pkg, line, false})
			}
		}
	}
	return changes
}

// judge says what has changed, and whether that may be.
func judge(w io.Writer, changes []change, announced bool) error {
	gone, added := 0, 0
	for _, c := range changes {
		if !c.gone {
			added++
			continue
		}
		gone++
		fmt.Fprintf(w, "gone: %s: %s\n", c.pkg, c.line)
	}
	fmt.Fprintf(w, "api: gone=%d new=%d\n", gone, added)
	if gone > 0 && !announced {
		return errors.New(`programs that use what is gone do not compile any more: keep it, or say what to do below "### Breaking" in the section [Unreleased] of CHANGELOG.md`)
	}
	return nil
}

var breaking = regexp.MustCompile(`(?m)^### Breaking\b[^\n]*\n+- `)

// announces says whether a changelog has an entry about what is breaking in the next
// version.
func announces(changelog string) bool {
	_, rest, _ := strings.Cut(changelog, "\n## [Unreleased]")
	section, _, _ := strings.Cut(rest, "\n## [")
	return breaking.MatchString(section)
}

// fileOf is where a package's lines are.
func fileOf(pkg string) string {
	return filepath.Join(dir, strings.ReplaceAll(pkg, "/", "_")+".txt")
}

// save writes a listing in place of the one that there is.
func save(l listing) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for pkg, lines := range l {
		text := "package " + pkg + "\n" + strings.Join(lines, "\n") + "\n"
		if err := os.WriteFile(fileOf(pkg), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// saved reads what save has written.
func saved() (listing, error) {
	l := listing{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		head, rest, _ := bytes.Cut(text, []byte("\n"))
		pkg, ok := strings.CutPrefix(string(head), "package ")
		if !ok {
			return fmt.Errorf("%s does not begin with its package", name)
		}
		l[pkg] = strings.Split(strings.TrimSuffix(string(rest), "\n"), "\n")
		return nil
	})
	if err == nil && len(l) == 0 {
		err = errors.New("api/ has nothing to compare with")
	}
	return l, err
}
