// Command official runs suites of the socketio/socket.io repository, those of the protocols
// and those of the clients, against a server and prints what came of them:
//
//	official -suites DIR -server .tmp/bin/official
//	engine.io v4: 25 passed, 0 failed
//	socket.io v5: 32 passed, 0 failed
//	engine.io v3: 22 passed, 1 skipped
//	engine.io-client: 83 passed, 1 skipped
//	socket.io-client: 111 passed
//
// DIR is a checkout of that repository; it is read, never written to, and nothing of it is
// built: the clients are those on npm. The suites talk to localhost:3000 and localhost:3210,
// which is where the server has to listen, being told by SUITE and EIO3 in its environment
// what is expected of it; see interop/official. Ports 80, 3211, 3940 and 9823 have to be
// closed, since suites expect to be refused there. The exit code is 0 when all suites pass
// as a whole, 2 when DIR is missing or is something else, 1 otherwise. A test that listens
// too late for what it expects may fail; it is named then.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	dir := flag.String("suites", "", "a checkout of github.com/socketio/socket.io")
	server := flag.String("server", "", "the command that starts the server")
	work := flag.String("work", ".tmp/official", "directory for copies of the suites, reports and logs")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	if err := checkout(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "official:", err)
		os.Exit(2)
	}
	ok, err := run(ctx, *dir, *work, strings.Fields(*server))
	if err != nil {
		fmt.Fprintln(os.Stderr, "official:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// checkout says what is wanted where dir does not hold the suites.
func checkout(dir string) error {
	for _, s := range suites {
		_, err := os.Stat(filepath.Join(dir, s.manifest()))
		if dir == "" || err != nil {
			return fmt.Errorf("%q has no %s\n"+
				"make official SUITES=DIR wants a checkout of the reference's repository, outside this one:\n"+
				"  git clone --depth 1 https://github.com/socketio/socket.io ../socket.io\n"+
				"  make official SUITES=../socket.io", dir, s.path)
		}
	}
	return nil
}

// run reports whether all suites passed as a whole.
func run(ctx context.Context, dir, work string, server []string) (bool, error) {
	for _, s := range suites {
		if err := s.install(ctx, dir, work); err != nil {
			return false, fmt.Errorf("%s: %w", s.name, err)
		}
	}
	ok := true
	for _, s := range suites {
		r, err := s.runAgainst(ctx, server, work)
		if err != nil {
			return false, fmt.Errorf("%s: %w", s.name, err)
		}
		fmt.Println(s.summary(r))
		for _, f := range r.Failures {
			fmt.Printf("  %s: %s\n", f.FullTitle, f.Err.Message)
		}
		ok = ok && s.passed(r)
	}
	return ok, nil
}
