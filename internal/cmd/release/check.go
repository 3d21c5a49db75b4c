package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// twice makes the release of the commit that is checked out in two clones, and says whether
// they are the same.
func (r *release) twice(w io.Writer) error {
	dir, err := os.MkdirTemp("", "release-check")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // what is left is in the directory for temporary files
	var outs []string
	for _, name := range []string{"a", "another/with a longer name"} {
		clone := *r
		clone.root = filepath.Join(dir, name, "checkout")
		if _, err := git(r.root, "clone", "--quiet", "--local", ".", clone.root); err != nil {
			return err
		}
		out := filepath.Join(dir, name, "out")
		if err := clone.make(out); err != nil {
			return err
		}
		outs = append(outs, out)
	}
	if err := same(outs[0], outs[1]); err != nil {
		return err
	}
	fmt.Fprintln(w, "made twice, in different directories, with the same bytes:")
	return report(w, outs[0])
}

// same says in which files two directories differ.
func same(a, b string) error {
	names := map[string]bool{}
	for _, dir := range []string{a, b} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			names[e.Name()] = true
		}
	}
	var differ []error
	for name := range names {
		one, err1 := os.ReadFile(filepath.Join(a, name))
		other, err2 := os.ReadFile(filepath.Join(b, name))
		if err := errors.Join(err1, err2); err != nil {
			differ = append(differ, err)
		} else if !bytes.Equal(one, other) {
			differ = append(differ, fmt.Errorf("%s is not the same both times", name))
		}
	}
	return errors.Join(differ...)
}

// report lists the files of a release with their sums.
func report(w io.Writer, out string) error {
	list, err := os.ReadFile(filepath.Join(out, "SHA256SUMS"))
	if err != nil {
		return err
	}
	_, err = w.Write(list)
	return err
}
