// Command roundrobin runs three servers in Go behind a load balancer that is not sticky, on
// Redis, and hundreds of official clients in Node, each of which asks and is answered. Then
// it drains one of the servers and replaces it while they go on:
//
//	roundrobin -balancer nginx -clients 300 -messages 100
//
// It prints what came of it, and its exit code is 0 if nothing was lost:
//
//	steady: clients=300 acked=30000 unknown_sid=0 reconnects=0
//	drained: acked=12345 lost_acked=0
//
// The load balancer's configuration is that of docs/no-sticky-sessions.md. All of it are
// ordinary processes on free ports. It needs redis-server, nginx or haproxy, node, and the
// npm packages of interop/js; "go run ./internal/cmd/setup cluster" installs them.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	if os.Getenv(serverEnv) != "" {
		serve()
		return
	}
	var p plan
	flag.StringVar(&p.balancer, "balancer", "nginx", "nginx or haproxy")
	flag.IntVar(&p.clients, "clients", 300, "how many clients there are")
	flag.IntVar(&p.messages, "messages", 100, "how many messages each of them sends while all is well")
	flag.Parse()
	r, err := p.run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "roundrobin:", err)
		os.Exit(1)
	}
	fmt.Println(r)
	if !r.passed(p) {
		os.Exit(1)
	}
}
