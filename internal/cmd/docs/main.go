// Command docs makes a static site of the pages of docs/, in English and Chinese, with a
// search, in .tmp/site. It fails when a link or an anchor leads nowhere and when code in
// JavaScript or TypeScript on a page cannot be parsed; the code in Go is held by the tests.
//
//	docs             make the site
//	docs -missing    list what the Chinese pages lack, by page
//
// The Chinese page of docs/NAME.md is docs/zh/NAME.md: the same headings, as far as their
// levels go, and the very same code, but for the comments in it. It runs from the
// repository's root; `setup docs` installs what it needs. SITE_BASE and SITE_SOURCE in the
// environment say where the site is served and where the repository's files can be read.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"socketio/internal/cmd/progress"
)

const (
	original   = "docs"
	translated = "docs/zh"
	generator  = "docs/site" // where the generator is configured and its packages are
	site       = ".tmp/site"
	logs       = ".tmp/docs"
)

func main() {
	missing := flag.Bool("missing", false, "list what the Chinese pages lack")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	run := build
	if *missing {
		run = list
	}
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

// list prints what the Chinese pages lack.
func list(context.Context) error {
	state, err := compare()
	if err != nil {
		return err
	}
	for _, page := range state.missing {
		fmt.Printf("docs/zh/%s is missing\n", page)
	}
	for _, difference := range state.differences {
		fmt.Println(difference)
	}
	fmt.Printf("pages=%d missing=%d differences=%d\n", state.pages, len(state.missing), len(state.differences))
	return nil
}

// build parses the code, makes the site and follows its links.
func build(ctx context.Context) error {
	start := time.Now()
	parsed, err := parseCode(ctx, "docs/*.md", "docs/zh/*.md", "docs/design/*.md", "README.md", "browser/README.md")
	if err != nil {
		return err
	}
	made := progress.Run(ctx, os.Stdout, progress.Step{
		Name:    "making the site",
		Command: []string{"node", generator + "/node_modules/vitepress/bin/vitepress.js", "build", generator},
		Log:     logs + "/vitepress.log",
		Quiet:   true,
	})
	if made.Err != nil {
		return made.Err
	}
	state, err := compare()
	if err != nil {
		return err
	}
	pages, dead, err := follow(site, os.Getenv("SITE_BASE"), state.missing)
	if err != nil {
		return err
	}
	fmt.Printf("docs: %s pages=%d code=%d dead=%d untranslated=%d, %.1f s\n",
		site, pages, parsed, len(dead), len(state.missing), time.Since(start).Seconds())
	return errors.Join(dead...)
}
