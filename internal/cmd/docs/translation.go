package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
)

// A translation is how far the pages of one language are those of another.
type translation struct {
	pages       int      // in the original
	missing     []string // names of pages that are not translated
	differences []string // in which translated pages are not the original, a sentence each
}

// compare tells how far the pages are translated.
func compare() (translation, error) {
	var state translation
	files, err := filepath.Glob(original + "/*.md")
	if err != nil {
		return state, err
	}
	state.pages = len(files)
	for _, file := range files {
		want, err := read(file)
		if err != nil {
			return state, err
		}
		name := filepath.Base(file)
		got, err := read(filepath.Join(translated, name))
		if errors.Is(err, fs.ErrNotExist) {
			state.missing = append(state.missing, name)
			continue
		}
		if err != nil {
			return state, err
		}
		if d := difference(want, got); d != "" {
			state.differences = append(state.differences, translated+"/"+name+": "+d)
		}
	}
	left, err := leftOver()
	state.differences = append(state.differences, left...)
	return state, err
}

// leftOver names translated pages whose original is gone.
func leftOver() ([]string, error) {
	var left []string
	files, err := filepath.Glob(translated + "/*.md")
	for _, file := range files {
		if _, err := read(filepath.Join(original, filepath.Base(file))); errors.Is(err, fs.ErrNotExist) {
			left = append(left, file+" is the translation of nothing")
		}
	}
	return left, err
}

// difference is the first thing in which a translated page is not the original, or "".
func difference(want, got page) string {
	for i, h := range want.headings {
		if i == len(got.headings) {
			return fmt.Sprintf("no heading for %q", h.text)
		}
		if g := got.headings[i]; g.level != h.level {
			return fmt.Sprintf("heading %q is of level %d, and %q of level %d", g.text, g.level, h.text, h.level)
		}
	}
	if more := len(got.headings) - len(want.headings); more > 0 {
		return fmt.Sprintf("heading %q is not in the original", got.headings[len(want.headings)].text)
	}
	for i, b := range want.blocks {
		if i == len(got.blocks) {
			return fmt.Sprintf("the code of the original's line %d is missing", b.line)
		}
		if g := got.blocks[i]; g.language != b.language || g.code() != b.code() {
			return fmt.Sprintf("the code of line %d is not that of the original's line %d", g.line, b.line)
		}
	}
	if more := len(got.blocks) - len(want.blocks); more > 0 {
		return fmt.Sprintf("the code of line %d is not in the original", got.blocks[len(want.blocks)].line)
	}
	return ""
}
