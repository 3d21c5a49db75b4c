// Command release makes what a version of sio is published as:
//
//	release -version v1.2.3 -out dist -sbom .tmp/bin/cyclonedx-gomod
//	release -check -sbom .tmp/bin/cyclonedx-gomod
//
// That is, for each system, an archive with the program; what the program is made of, as
// CycloneDX; an image for containers, as an archive of the OCI's layout; the version's
// section of CHANGELOG.md; and SHA256SUMS. It is made of the commit that is checked out,
// which has to be all that there is, and depends on nothing but that commit: with -check it
// is made in two clones, in different directories, and every byte must be the same.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	version := flag.String("version", "", "the `VERSION`; by default the tag of the commit")
	out := flag.String("out", "dist", "write into `DIRECTORY`, which must not be there")
	systems := flag.String("targets", allTargets, "build for `SYSTEMS`")
	sbom := flag.String("sbom", "", "the program cyclonedx-gomod at `PATH`; without it there are no lists of what is in the programs")
	check := flag.Bool("check", false, "make it twice and compare")
	flag.Parse()
	if err := run(*version, *out, *systems, *sbom, *check); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(version, out, systems, sbom string, check bool) error {
	targets, err := parseTargets(systems)
	if err != nil {
		return err
	}
	if sbom != "" {
		if sbom, err = filepath.Abs(sbom); err != nil {
			return err
		}
	}
	r := release{root: ".", version: version, pkg: "./cmd/sio", targets: targets, sbom: sbom}
	if check {
		r.version = cmp.Or(version, "v0.0.0-check")
		return r.twice(os.Stdout)
	}
	if r.version == "" {
		if r.version, err = git(r.root, "describe", "--tags", "--exact-match"); err != nil {
			return fmt.Errorf("give a -version, or check out a tag: %w", err)
		}
	}
	if err := r.make(out); err != nil {
		return err
	}
	return report(os.Stdout, out)
}

// A release is what is made, and of what.
type release struct {
	root    string // of the checkout
	version string
	pkg     string // directory of the program's package, below root
	targets []target
	sbom    string // path of cyclonedx-gomod, or ""
}

// versions are those that there can be: v1.2.3, or v1.2.3-rc.1 before it.
var versions = regexp.MustCompile(`^v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)

// make writes the release into a directory that it creates.
func (r *release) make(out string) error {
	if !versions.MatchString(r.version) {
		return fmt.Errorf("%q is no version such as v1.2.3", r.version)
	}
	changes, err := git(r.root, "status", "--porcelain")
	switch {
	case err != nil:
		return err
	case changes != "":
		return errors.New("there are changes that are in no commit:\n" + changes)
	}
	c, err := commitOf(r.root)
	if err != nil {
		return err
	}
	notes, err := r.notes()
	if err != nil {
		return err
	}
	if err := os.Mkdir(out, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(out, "RELEASE_NOTES.md"), notes, 0o644); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "release")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work) //nolint:errcheck // what is left is in the directory for temporary files
	var programs []program
	for _, t := range r.targets {
		p, err := r.build(t, work)
		if err != nil {
			return err
		}
		if err := r.pack(p, c, out); err != nil {
			return err
		}
		programs = append(programs, p)
	}
	if err := r.image(programs, c, out); err != nil {
		return err
	}
	return sums(out)
}

// base is how the names of files for a target begin.
func (r *release) base(t target) string {
	return fmt.Sprintf("sio_%s_%s_%s", strings.TrimPrefix(r.version, "v"), t.os, t.arch)
}
