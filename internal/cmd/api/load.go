package main

import (
	"bytes"
	"fmt"
	"go/importer"
	"go/token"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// private are directories whose packages nobody imports from outside.
var private = []string{"internal", "interop", "examples", "bench", "tools", "cmd", "browser/build", "docs"}

// isPublic says whether programs may import a package of that path.
func isPublic(path string) bool {
	_, below, _ := strings.Cut(path, "/")
	if slices.Contains(strings.Split(path, "/"), "internal") {
		return false
	}
	return !slices.ContainsFunc(private, func(dir string) bool { return below == dir || strings.HasPrefix(below, dir+"/") })
}

// load lists what all public packages export. The compiler has done the work, as for every
// build: what is read is its export data.
func load() (listing, error) {
	modules, err := output("go", "list", "-m", "-f", "{{.Dir}}/...")
	if err != nil {
		return nil, err
	}
	packages, err := output("go", append([]string{"list"}, strings.Fields(modules)...)...)
	if err != nil {
		return nil, err
	}
	public := slices.DeleteFunc(strings.Fields(packages), func(path string) bool { return !isPublic(path) })
	built, err := output("go", append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}, public...)...)
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for line := range strings.Lines(built) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[path] = file
	}
	imports := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(files[path]) })
	l := listing{}
	for _, path := range public {
		pkg, err := imports.Import(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if lines := list(pkg); len(lines) > 0 {
			l[path] = lines
		}
	}
	return l, nil
}

// output runs a command and returns what it prints.
func output(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, args[0], err, said.Bytes())
	}
	return out.String(), nil
}
