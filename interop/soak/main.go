// Command soak holds thousands of clients on a server for a long time, cuts their
// connections, lets clients come and go, and looks for what grows and what gets lost.
//
//	soak -time 10m
//
// It is three processes of itself: a server, a proxy that breaks connections, through which
// half of the clients go, and the clients, in Go, on all transports. Each client sends
// numbered messages with Retries, and asks in the end how many have arrived. Once a minute,
// or in each tenth of a shorter time, the proxy rests, then the clients, until each is connected
// and the server is still, which tells of itself, and they go on. In the end it is compared:
//
//   - live heap in the last three intervals with that in intervals 3 to 5, the middle one of
//     each three, which must not have grown by more than 2 %,
//   - goroutines, descriptors, sessions and sockets in memory after the last client with
//     those before the first,
//   - messages that were acknowledged with those that arrived,
//   - RSS, which must not grow by more than 1 % an hour, in a run of 45 minutes or more.
//
// The exit code is 1 if something is amiss. With -leak 1000 the server keeps one socket
// in a thousand in memory, which must be found.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	role := flag.String("role", "", "what this process is: server, proxy, clients, or the parent of all if empty")
	plan := plan{}
	flag.DurationVar(&plan.Time, "time", 2*time.Minute, "how long the clients stay, with those that follow them")
	flag.IntVar(&plan.Clients, "clients", 8000, "how many clients are held")
	flag.DurationVar(&plan.Life, "life", 20*time.Second, "how long a client stays on average")
	flag.DurationVar(&plan.Pause, "pause", 4*time.Second, "how long a client waits on average between messages")
	flag.DurationVar(&plan.Strike, "strike", 20*time.Millisecond, "how often the proxy breaks a connection")
	flag.DurationVar(&plan.Ping, "ping", 5*time.Second, "how long the server waits between pings; a fourth of how long for a pong")
	flag.IntVar(&plan.Leak, "leak", 0, "let the server keep one of so many sockets in memory; 0 is none")
	flag.DurationVar(&plan.Patience, "patience", 2*time.Minute, "how long the server may take to let go of the last client")
	address := flag.String("address", "", "where the server is")
	proxied := flag.String("proxied", "", "where the proxy is")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	switch *role {
	case "":
		err = supervise(ctx, plan)
	case "server":
		err = serve(ctx, plan)
	case "proxy":
		err = relay(ctx, plan, *address)
	case "clients":
		err = drive(ctx, plan, *address, *proxied)
	default:
		err = fmt.Errorf("no process is a %q", *role)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

// A plan is what all processes have to know.
type plan struct {
	Time, Life, Pause, Strike, Ping, Patience time.Duration
	Clients, Leak                             int
}

// args returns the flags that say the same, but for what is the parent's alone.
func (p plan) args() []string {
	return []string{
		"-time", p.Time.String(), "-life", p.Life.String(), "-pause", p.Pause.String(), "-strike", p.Strike.String(),
		"-ping", p.Ping.String(), "-clients", fmt.Sprint(p.Clients), "-leak", fmt.Sprint(p.Leak),
	}
}
