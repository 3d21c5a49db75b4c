// Command build makes the files of dist, the browser client, of its TypeScript sources.
//
//	build        the bundles and their maps; needs nothing but Go
//	build -types the declarations for TypeScript, by the compiler that npm ci installs
//	build -check checks the types, and that the declarations are current
//	build -size  prints the sizes, beside the official client's, and fails above the limits
//
// It runs in the directory of package browser or in the repository's root.
package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
)

func main() {
	if err := run(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "browser:", err)
		os.Exit(1)
	}
}

func run(out io.Writer, args []string) error {
	dir, err := home()
	if err != nil {
		return err
	}
	switch arg := append(args, "")[0]; arg {
	case "":
		return writeBundles(dir)
	case "-types":
		return declare(dir, filepath.Join(dir, "dist", "types"))
	case "-check":
		return checkTypes(out, dir)
	case "-size":
		return printSizes(out, dir)
	default:
		return fmt.Errorf("%q is not a part of it", arg)
	}
}

// home finds the directory of package browser.
func home() (string, error) {
	for _, dir := range []string{".", "browser", ".."} {
		if _, err := os.Stat(filepath.Join(dir, "tsconfig.json")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("neither the directory of package browser nor the repository's root")
}

// writeBundles makes all the bundles before it writes any.
func writeBundles(dir string) error {
	all := make(map[string][]byte)
	for _, b := range bundles {
		made, err := b.build(dir)
		if err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
		maps.Copy(all, made)
	}
	if err := os.MkdirAll(filepath.Join(dir, "dist", "npm"), 0o755); err != nil {
		return err
	}
	for name, content := range all {
		if err := os.WriteFile(filepath.Join(dir, "dist", name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
