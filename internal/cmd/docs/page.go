package main

import (
	"os"
	"regexp"
	"strings"
)

// A page is what is compared between languages: its headings and its code.
type page struct {
	headings []heading
	blocks   []block
}

type heading struct {
	level int
	text  string
}

// A block is a piece of code between fences.
type block struct {
	language string
	line     int // of its first line, counted from 1
	text     string
}

// read returns the page in a file.
func read(file string) (page, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return page{}, err
	}
	return parse(string(text)), nil
}

func parse(text string) page {
	var p page
	var open *block
	number := 0
	for line := range strings.Lines(text) {
		number++
		fence, fenced := strings.CutPrefix(strings.TrimSpace(line), "```")
		switch {
		case fenced && open != nil:
			p.blocks = append(p.blocks, *open)
			open = nil
		case fenced:
			open = &block{language: fence, line: number + 1}
		case open != nil:
			open.text += line
		default:
			if words := strings.TrimLeft(line, "#"); strings.HasPrefix(words, " ") && words != line {
				p.headings = append(p.headings, heading{len(line) - len(words), strings.TrimSpace(words)})
			}
		}
	}
	return p
}

// A comment begins a line or follows a space: what stands in the middle of an address or
// of a colour is none.
var comments = map[string]*regexp.Regexp{
	"go": slashes, "js": slashes, "jsx": slashes, "ts": slashes, "tsx": slashes, "json": slashes,
	"": hash, "sh": hash, "yaml": hash, "nginx": hash, "haproxy": hash, "caddy": hash, "toml": hash, "python": hash,
	"html": regexp.MustCompile(`<!--.*-->`),
	"sql":  regexp.MustCompile(`(^|\s)--\s.*$`),
}

var (
	slashes = regexp.MustCompile(`(^|\s)(//.*|\{?/\*.*\*/\}?)$`)
	hash    = regexp.MustCompile(`(^|\s)#.*$`)
)

// code is the block without its comments and empty lines: what a translation leaves as it is.
func (b block) code() string {
	comment := comments[b.language]
	var code strings.Builder
	for line := range strings.Lines(b.text) {
		line = strings.TrimRight(line, " \t\n")
		if comment != nil {
			line = strings.TrimRight(comment.ReplaceAllString(line, ""), " \t")
		}
		if line != "" {
			code.WriteString(line + "\n")
		}
	}
	return code.String()
}
