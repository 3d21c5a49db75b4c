package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"socketio/internal/cmd/npm"
	"socketio/internal/cmd/progress"
)

// A language is what several clients have in common: the tools that must be on the
// machine, and the packages that are installed inside the tree.
type language struct {
	name    string
	tools   []tool
	install func(ctx context.Context) error // quick when all of it is there

	once  sync.Once // guards the following
	fault error
}

// A tool is a program that must be there, and a call that shows that it works.
type tool struct {
	name string // as the message calls it
	call []string
}

var javaScript = language{
	name:  "JavaScript",
	tools: []tool{{"Node.js with npm", []string{"npm", "--version"}}},
	install: func(ctx context.Context) error {
		return npm.Ci(ctx, os.Stdout, "interop/js", filepath.Join(work, "npm.log"))
	},
}

const pythonHome = work + "/python"

var python = language{
	name:  "Python",
	tools: []tool{{"Python 3 with venv", []string{"python3", "-c", "import ensurepip, venv"}}},
	install: func(ctx context.Context) error {
		const wanted = "interop/python/requirements.txt"
		return unchanged(pythonHome, []string{wanted}, func() error {
			if err := step(ctx, "a virtual environment for Python", "python3", "-m", "venv", "--clear", pythonHome); err != nil {
				return err
			}
			return step(ctx, "pip install -r "+wanted, pythonHome+"/bin/pip", "install", "--disable-pip-version-check", "-r", wanted)
		})
	},
}

const javaHome = work + "/java"

var java = language{
	name: "Java",
	tools: []tool{
		{"a Java development kit", []string{"javac", "-version"}},
		{"Maven", []string{"mvn", "--version"}},
	},
	install: func(ctx context.Context) error {
		const pom, source = "interop/java/pom.xml", "interop/java/Checks.java"
		return unchanged(javaHome, []string{pom, source}, func() error {
			// Maven takes relative paths to be the pom's; -C has it refuse wrong checksums.
			lib, err := filepath.Abs(javaHome + "/lib")
			if err != nil {
				return err
			}
			if err := step(ctx, "Maven's packages of "+pom, "mvn", "-B", "-q", "-C", "-f", pom,
				"org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies", "-DoutputDirectory="+lib); err != nil {
				return err
			}
			return step(ctx, "javac "+source, "javac", "-encoding", "UTF-8", "-Xlint:all", "-Werror",
				"-cp", javaHome+"/lib/*", "-d", javaHome+"/classes", source)
		})
	},
}

const rustHome = work + "/rust"

var rust = language{
	name:  "Rust",
	tools: []tool{{"Cargo", []string{"cargo", "--version"}}},
	install: func(ctx context.Context) error {
		return step(ctx, "cargo build of interop/rust", "cargo", "build", "--locked", "--quiet",
			"--manifest-path", "interop/rust/Cargo.toml", "--target-dir", rustHome)
	},
}

// prepareServers installs what the servers of interop/goclient need, as far as the machine
// has the tools: the tests say which servers they had to skip.
func prepareServers(ctx context.Context) error {
	var errs []error
	if python.missing() == "" {
		errs = append(errs, python.ready(ctx))
	}
	if rust.missing() == "" {
		errs = append(errs, step(ctx, "cargo build of interop/goclient/rust", "cargo", "build", "--locked", "--quiet",
			"--manifest-path", "interop/goclient/rust/Cargo.toml", "--target-dir", work+"/goclient"))
	}
	return errors.Join(errs...)
}

// missing names the tools that the machine does not have, or "".
func (l *language) missing() string {
	var names []string
	for _, t := range l.tools {
		if exec.Command(t.call[0], t.call[1:]...).Run() != nil {
			names = append(names, t.name)
		}
	}
	return strings.Join(names, ", ")
}

// ready installs what the language's clients need, when it is first called.
func (l *language) ready(ctx context.Context) error {
	l.once.Do(func() { l.fault = l.install(ctx) })
	return l.fault
}

// step runs one command quietly; its output is kept and shown if it fails.
func step(ctx context.Context, name string, command ...string) error {
	log := filepath.Join(work, strings.NewReplacer(" ", "-", "/", "-").Replace(name)+".log")
	r := progress.Run(ctx, os.Stdout, progress.Step{Name: name, Command: command, Log: log, Quiet: true})
	if r.Err != nil {
		return fmt.Errorf("%s: %w", name, r.Err)
	}
	fmt.Printf("%s, %.1f s\n", name, r.Elapsed.Seconds())
	return nil
}

// unchanged calls install unless it has succeeded before, in dir, for the same content of
// the files.
func unchanged(dir string, files []string, install func() error) error {
	h := sha256.New()
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		h.Write(text)
	}
	want := hex.EncodeToString(h.Sum(nil))
	stamp := filepath.Join(dir, ".installed")
	if have, err := os.ReadFile(stamp); err == nil && string(have) == want {
		return nil
	}
	if err := install(); err != nil {
		return err
	}
	return os.WriteFile(stamp, []byte(want), 0o644)
}
