//go:build unix

// Command bench measures what servers of a cluster cost: how many events three servers
// deliver to their clients per second of processor time, in Go and in Node, with the same
// adapter, one after the other in the same run:
//
//	redis-classic: node 41234, go 162345, ratio 3.94
//
// Then it stops Redis for five seconds, five times, and compares how long an event takes to
// the clients of its own server while Redis is stopped and while it is not:
//
//	local p99, broker stalled: median ratio 1.02 of 5 pairs
//
// It starts everything itself, needs Linux, and runs from the repository's root, once the npm
// packages of interop/cluster are installed.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

const (
	warmUp = 2 * time.Second
	window = 4 * time.Second
	rounds = 2
)

func main() {
	addr := flag.String("serve", "", "be a server, with Redis at this `address`")
	kind := flag.String("adapter", "", "one of classic, sharded, streams, or stall; all if empty")
	flag.Parse()
	if err := run(*addr, *kind); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(addr, kind string) error {
	if addr != "" {
		return serve(addr, kind)
	}
	for _, k := range kinds {
		if kind != "" && kind != k {
			continue
		}
		if err := compare(k); err != nil {
			return fmt.Errorf("%s: %w", k, err)
		}
	}
	if kind != "" && kind != "stall" {
		return nil
	}
	return compareStalls()
}

// compare measures the servers in Node and in Go in turn.
func compare(kind string) error {
	results := map[string][]float64{}
	for range rounds {
		for _, lang := range []string{"node", "go"} {
			r, err := measure(lang, kind)
			if err != nil {
				return fmt.Errorf("%s: %w", lang, err)
			}
			results[lang] = append(results[lang], r)
		}
	}
	node, ours := mean(results["node"]), mean(results["go"])
	fmt.Printf("redis-%s: node %.0f, go %.0f, ratio %.2f\n", kind, node, ours, ours/node)
	return nil
}

func mean(values []float64) (mean float64) {
	for _, v := range values {
		mean += v / float64(len(values))
	}
	return mean
}

// measure returns how many events a fleet delivers per second of processor time.
func measure(lang, kind string) (float64, error) {
	f, err := startFleet(lang, kind)
	defer f.stop()
	if err != nil {
		return 0, err
	}
	c, err := enter(f)
	if err != nil {
		return 0, err
	}
	defer c.leave()
	if err := c.start(f); err != nil {
		return 0, err
	}
	time.Sleep(warmUp)
	before, err := f.processorTime()
	if err != nil {
		return 0, err
	}
	delivered := c.deliveries.Load()
	time.Sleep(window)
	delivered = c.deliveries.Load() - delivered
	after, err := f.processorTime()
	if err != nil {
		return 0, err
	}
	if failed := c.failed.Load(); failed != nil {
		return 0, *failed
	}
	fmt.Fprintf(os.Stderr, "%s, %s: %d deliveries in %.2f s of processor time\n", kind, lang, delivered, after-before)
	return float64(delivered) / (after - before), nil
}
