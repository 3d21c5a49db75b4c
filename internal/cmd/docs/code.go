package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"socketio/internal/cmd/progress"
)

// scripts are the languages that are parsed, as the fences name them.
var scripts = []string{"js", "jsx", "ts", "tsx"}

// parseCode has esbuild parse the scripts of the pages that the patterns match, each as a
// module of its own, and returns how many there are.
func parseCode(ctx context.Context, patterns ...string) (int, error) {
	const dir = logs + "/code"
	if err := os.RemoveAll(dir); err != nil {
		return 0, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	var files []string
	for _, pattern := range patterns {
		pages, err := filepath.Glob(pattern)
		if err != nil {
			return 0, err
		}
		for _, file := range pages {
			written, err := writeCode(file, dir)
			if err != nil {
				return 0, err
			}
			files = append(files, written...)
		}
	}
	parsed := progress.Run(ctx, os.Stdout, progress.Step{
		Name: "parsing the code of pages; a file's name is its page and line",
		Command: slices.Concat([]string{generator + "/node_modules/.bin/esbuild"}, files,
			[]string{"--outdir=" + dir + "/out", "--format=esm", "--jsx=preserve", "--log-level=warning", "--log-limit=0"}),
		Log:   logs + "/esbuild.log",
		Quiet: true,
	})
	return len(files), parsed.Err
}

// writeCode writes each script of a page into a file whose name says where it is from.
func writeCode(file, dir string) ([]string, error) {
	p, err := read(file)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, b := range p.blocks {
		if !slices.Contains(scripts, b.language) {
			continue
		}
		name := fmt.Sprintf("%s/%s:%d.%s", dir, strings.ReplaceAll(file, "/", "_"), b.line, b.language)
		if err := os.WriteFile(name, []byte(b.text), 0o644); err != nil {
			return nil, err
		}
		files = append(files, name)
	}
	return files, nil
}
