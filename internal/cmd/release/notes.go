package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// notes is the section of CHANGELOG.md about the version, or about what is not released yet
// if the version comes before another one, as v1.2.3-rc.1 does.
func (r *release) notes() ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(r.root, "CHANGELOG.md"))
	if err != nil {
		return nil, err
	}
	name := strings.TrimPrefix(r.version, "v")
	section, ok := sectionOf(string(text), name)
	if !ok && strings.Contains(name, "-") {
		section, ok = sectionOf(string(text), "Unreleased")
	}
	if !ok {
		return nil, fmt.Errorf("CHANGELOG.md has no section ## [%s]", name)
	}
	return []byte("# " + r.version + "\n\n" + section + "\n"), nil
}

// sectionOf returns what is below a heading ## [name], with or without a date, up to the next
// one.
func sectionOf(changelog, name string) (section string, ok bool) {
	_, rest, ok := strings.Cut("\n"+changelog, "\n## ["+name+"]")
	if !ok {
		return "", false
	}
	_, rest, _ = strings.Cut(rest, "\n")
	section, _, _ = strings.Cut("\n"+rest, "\n## [")
	return strings.TrimSpace(section), true
}
