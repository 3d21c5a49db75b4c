package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// allTargets are the systems that there are programs for.
const allTargets = "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,windows/amd64,windows/arm64"

// A target is a system that a program is built for.
type target struct{ os, arch string }

func parseTargets(list string) (targets []target, err error) {
	for name := range strings.SplitSeq(list, ",") {
		system, arch, ok := strings.Cut(name, "/")
		if !ok {
			return nil, fmt.Errorf("%q is no target such as linux/amd64", name)
		}
		targets = append(targets, target{system, arch})
	}
	return targets, nil
}

// A program is one that has been built.
type program struct {
	target

	path string
}

// build builds the program for a target, below a directory. Nothing of the machine gets into
// it: no path, no C, and no setting of its environment.
func (r *release) build(t target, dir string) (program, error) {
	name := "sio"
	if t.os == "windows" {
		name += ".exe"
	}
	dir, err := filepath.Abs(filepath.Join(dir, t.os+"_"+t.arch))
	if err != nil {
		return program{}, err
	}
	p := program{t, filepath.Join(dir, name)}
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=true",
		"-ldflags", "-s -w -X main.released="+r.version, "-o", p.path, ".")
	cmd.Dir = filepath.Join(r.root, r.pkg)
	cmd.Env = append(os.Environ(), "GOOS="+t.os, "GOARCH="+t.arch, "GOAMD64=v1", "GOARM64=v8.0",
		"CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=", "GODEBUG=", "GOWORK=off", "GOTOOLCHAIN="+runtime.Version())
	return p, running(cmd)
}

// A commit is what a release is made of.
type commit struct {
	hash string
	date time.Time
}

func commitOf(root string) (c commit, err error) {
	text, err := git(root, "log", "-1", "--format=%H %ct")
	if err != nil {
		return c, err
	}
	hash, stamp, _ := strings.Cut(text, " ")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	return commit{hash, time.Unix(seconds, 0).UTC()}, err
}

// git returns what a command of git prints, in a checkout.
func git(root string, args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Dir = root
	var out bytes.Buffer
	cmd.Stdout = &out
	err := running(cmd)
	return strings.TrimSpace(out.String()), err
}

// running runs a command. The error has what it says.
func running(cmd *exec.Cmd) error {
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, said.Bytes())
	}
	return nil
}
