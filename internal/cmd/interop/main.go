// Command interop runs the released clients of several languages, each by the same list of
// checks and on every transport that it has, and says what came of them:
//
//	interop
//	  JavaScript 4.8.4: 39 checks, 0 failed (2.1 s)
//	  ...
//	interop: 9 clients, 342 checks, 0 failed, 0 skipped
//
// It builds and starts interop/fixture, or talks to another server of the same contract at
// the address TARGET. A client whose toolchain the machine lacks is skipped, and named. The
// exit code is 0 if every client ran and nothing failed, 1 otherwise. With -only TEXT the
// clients whose names do not hold the text are skipped as well; -table prints the tables
// of docs/clients.md and runs nothing. It runs from the repository's root.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
)

const (
	work = ".tmp/interop" // logs, and what the languages' tools build
	// atOnce is how many clients run at the same time. They wait more than they compute.
	atOnce = 3
)

func main() {
	only := flag.String("only", "", "skip the clients whose names do not hold this text")
	servers := flag.Bool("servers", false, "only prepare the servers in other languages, for the Go client's tests")
	table := flag.Bool("table", false, "print the tables of docs/clients.md")
	flag.Parse()
	if *table {
		fmt.Print(tables())
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *servers {
		if err := prepareServers(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "interop:", err)
			os.Exit(1)
		}
		return
	}
	s, err := run(ctx, *only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "interop:", err)
		os.Exit(1)
	}
	fmt.Println(s.String())
	if !s.passed() {
		os.Exit(1)
	}
}

// run runs all clients.
func run(ctx context.Context, only string) (*summary, error) {
	target, stop, err := provideFixture(ctx)
	if err != nil {
		return nil, err
	}
	defer stop()
	var s summary
	var all sync.WaitGroup
	turns := make(chan struct{}, atOnce)
	for i := range clients {
		c := &clients[i]
		all.Go(func() {
			if !strings.Contains(c.name, only) {
				s.skip(c, "not chosen")
				return
			}
			if missing := c.language.missing(); missing != "" {
				s.skip(c, "this machine lacks "+missing)
				return
			}
			if err := c.language.ready(ctx); err != nil {
				s.add(c, verdict{failures: []string{err.Error()}})
				return
			}
			turns <- struct{}{}
			defer func() { <-turns }()
			s.add(c, c.run(ctx, target))
		})
	}
	all.Wait()
	return &s, ctx.Err()
}
