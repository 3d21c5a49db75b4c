package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// declare checks the types of the sources and writes their declarations into a directory.
func declare(dir, into string) error {
	if err := os.RemoveAll(into); err != nil {
		return err
	}
	absolute, err := filepath.Abs(into)
	if err != nil {
		return err
	}
	tsc := exec.Command("node", "node_modules/typescript/bin/tsc", "--project", "tsconfig.json", "--outDir", absolute)
	tsc.Dir = dir
	if said, err := tsc.CombinedOutput(); err != nil {
		return fmt.Errorf("tsc: %w\n%s", err, said)
	}
	return nil
}

// checkTypes checks the types, and that the declarations in dist are those of the sources.
func checkTypes(out io.Writer, dir string) (err error) {
	fresh, err := os.MkdirTemp("", "types")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(fresh)) }()
	if err := declare(dir, fresh); err != nil {
		return err
	}
	want, err := contents(fresh)
	if err != nil {
		return err
	}
	have, err := contents(filepath.Join(dir, "dist", "types"))
	if err != nil {
		return err
	}
	var stale []error
	for name := range want {
		if have[name] != want[name] {
			stale = append(stale, fmt.Errorf("dist/types/%s is not what the sources say: run make browser", name))
		}
		delete(have, name)
	}
	for name := range have {
		stale = append(stale, fmt.Errorf("dist/types/%s has no source: run make browser", name))
	}
	slices.SortFunc(stale, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	if len(stale) == 0 {
		fmt.Fprintf(out, "%d declarations are current\n", len(want))
	}
	return errors.Join(stale...)
}

// contents reads the files of a directory, by their names.
func contents(dir string) (map[string]string, error) {
	all := make(map[string]string)
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(dir, name))
		all[name] = string(content)
		return err
	})
	return all, err
}
