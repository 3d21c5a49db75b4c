// Command setup installs what the tests need besides Go: a C compiler, Chromium, Firefox
// and a font from the distribution's packages, the npm packages of interop/js, of browser
// and of docs/site, the linter of the tools module, and what the cluster tests need, as far
// as it may. It is quick when all of it is there.
//
//	setup           everything
//	setup browser   what makes the browser client's declarations for TypeScript
//	setup docs      what makes a site of the pages of docs/
//	setup clients   the npm packages and what they need
//	setup lint      the linter alone
//	setup languages the toolchains of interop's other languages, as far as it may
//	setup cluster   what the cluster tests need, brokers and npm packages, as far as it may
//
// Distribution packages are installed only by root or with CI=true in the environment;
// otherwise setup names what is missing and exits 2. It runs from the repository's root.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"

	"socketio/internal/cmd/npm"
	"socketio/internal/cmd/progress"
)

const logs = ".tmp/setup"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := install(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "set-up:", err)
		os.Exit(2)
	}
	fmt.Println("set-up: complete")
}

// install installs what the arguments choose, everything where there are none.
func install(ctx context.Context, args []string) error {
	switch {
	case len(args) == 0:
		return errors.Join(clients(ctx, slices.Concat(forClients, forTests)), browser(ctx), docs(ctx), linter(ctx), cluster(ctx))
	case slices.Equal(args, []string{"browser"}):
		return browser(ctx)
	case slices.Equal(args, []string{"docs"}):
		return docs(ctx)
	case slices.Equal(args, []string{"clients"}):
		return clients(ctx, forClients)
	case slices.Equal(args, []string{"lint"}):
		return linter(ctx)
	case slices.Equal(args, []string{"languages"}):
		return asFarAsItMay(ctx, forLanguages)
	case slices.Equal(args, []string{"cluster"}):
		return cluster(ctx)
	}
	return fmt.Errorf("%q is not a part of it", args)
}

// clients installs the npm packages of the JavaScript tests, the official clients among
// them, once the machine has what is needed.
func clients(ctx context.Context, needs []need) error {
	if err := system(ctx, needs); err != nil {
		return err
	}
	return npm.Ci(ctx, os.Stdout, "interop/js", logs+"/npm.log")
}

// browser installs the TypeScript compiler that checks the client for browsers.
func browser(ctx context.Context) error {
	if err := system(ctx, forClients); err != nil {
		return err
	}
	return npm.Ci(ctx, os.Stdout, "browser", logs+"/npm-browser.log")
}

// docs installs the generator of the site.
func docs(ctx context.Context) error {
	if err := system(ctx, forClients); err != nil {
		return err
	}
	return npm.Ci(ctx, os.Stdout, "docs/site", logs+"/npm-docs.log")
}

// cluster installs the brokers and load balancers, and the npm packages of a server for Node
// and of clients.
func cluster(ctx context.Context) error {
	if err := asFarAsItMay(ctx, slices.Concat(forClients, forCluster)); err != nil || !onPath("npm") {
		return err
	}
	return errors.Join(
		npm.Ci(ctx, os.Stdout, "interop/cluster", logs+"/npm-cluster.log"),
		npm.Ci(ctx, os.Stdout, "interop/js", logs+"/npm.log"))
}

// asFarAsItMay installs what is needed. Where it may not, it names that and is content:
// who uses it says what could not run.
func asFarAsItMay(ctx context.Context, needs []need) error {
	if missing := probe(needs); len(missing) > 0 && installer() == nil {
		fmt.Printf("missing: %s (on Debian or Ubuntu: sudo apt-get install %s)\n", names(missing), strings.Join(debian(missing), " "))
		return nil
	}
	return system(ctx, needs)
}

// system makes sure that the machine has what is needed.
func system(ctx context.Context, needs []need) error {
	missing := probe(needs)
	if len(missing) == 0 {
		return nil
	}
	install := installer()
	if install == nil {
		return fmt.Errorf("missing: %s\nOn Debian or Ubuntu: sudo apt-get install %s (or run this as root, or with CI=true)",
			names(missing), strings.Join(debian(missing), " "))
	}
	if err := install(ctx, missing); err != nil {
		return fmt.Errorf("cannot install %s: %w", names(missing), err)
	}
	if still := probe(missing); len(still) > 0 {
		return fmt.Errorf("the distribution's packages do not give %s", names(still))
	}
	return nil
}

// installer returns what installs packages here, or nil where nothing may or can.
func installer() func(context.Context, []need) error {
	root := os.Geteuid() == 0
	if !root && os.Getenv("CI") != "true" {
		return nil
	}
	if _, err := exec.LookPath("apt-get"); err != nil {
		return nil
	}
	// A lock held by another apt-get is waited for instead of failing at once.
	apt := []string{"env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=300", "-y"}
	if !root {
		apt = slices.Concat([]string{"sudo", "-n"}, apt)
	}
	return func(ctx context.Context, missing []need) error {
		if err := step(ctx, "apt-get update", "apt-update", slices.Concat(apt, []string{"update"})...); err != nil {
			return err
		}
		pkgs := debian(missing)
		command := slices.Concat(apt, []string{"install", "--no-install-recommends"}, pkgs)
		return step(ctx, "installing "+strings.Join(pkgs, " "), "apt-install", command...)
	}
}

// linter builds golangci-lint as the tools module pins it. GOWORK=off keeps the other
// modules of the workspace from moving its dependencies.
func linter(ctx context.Context) error {
	const bin = ".tmp/bin/golangci-lint"
	if newer(bin, "tools/go.mod") && newer(bin, "tools/go.sum") {
		return nil
	}
	return step(ctx, "building golangci-lint (a minute or two, once)", "golangci-lint",
		"env", "GOWORK=off", "go", "build", "-C", "tools", "-o", "../"+bin,
		"github.com/golangci/golangci-lint/v2/cmd/golangci-lint")
}

// newer reports whether file exists and was written after source.
func newer(file, source string) bool {
	f, err := os.Stat(file)
	if err != nil {
		return false
	}
	s, err := os.Stat(source)
	return err == nil && f.ModTime().After(s.ModTime())
}

// step runs one command quietly, saying before and after what it is about.
func step(ctx context.Context, name, log string, command ...string) error {
	fmt.Println(name)
	r := progress.Run(ctx, os.Stdout, progress.Step{
		Name: name, Command: command, Log: logs + "/" + log + ".log", Quiet: true,
	})
	if r.Err != nil {
		return r.Err
	}
	fmt.Printf("%s, %.1f s\n", name, r.Elapsed.Seconds())
	return nil
}
