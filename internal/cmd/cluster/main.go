// Command cluster tests each back end of a cluster against a broker that it starts itself:
// as a Bus, and in a fleet with a server for Node where there is an adapter for that; and then
// a fleet behind load balancers, as long as ROUNDROBIN says, see interop/cluster. It says
// what came of it:
//
//	cluster
//	  memory: 10 checks, 0 failed, 0 skipped (0.4 s)
//	  ...
//	cluster: 4 backends, 200 checks, 0 failed, 0 skipped
//
// The exit code is 0 if everything ran and nothing failed, 1 otherwise. It runs from the
// repository's root.
package main

import (
	"bufio"
	"bytes"
	"encoding/json/v2"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// A backend is the tests of one kind of Bus.
type backend struct {
	name  string
	pkg   string
	tests string // as go test -run has it
}

var backends = []backend{
	{"memory", "./adapter", "^TestMemory"},
	{"PostgreSQL", "./adapter/postgres", "^TestBus"},
	{"PostgreSQL, log", "./adapter/postgres", "^TestLog"},
	{"Redis, classic", "./adapter/redis", "^TestClassic"},
	{"Redis, sharded", "./adapter/redis", "^TestSharded"},
	{"Redis, streams", "./adapter/redis", "^TestStreams"},
	{"Redis Cluster", "./adapter/redis", "^TestRedisCluster"},
	{"Redis, faults", "./adapter/redis", "^TestF[0-9]"},
	{"Redis, servers that end", "./interop/cluster", "^TestF0[13]"},
	{"NATS, core", "./adapter/nats/embedded", "^TestCore"},
	{"NATS, JetStream", "./adapter/nats/embedded", "^TestJetStream"},
	{"sio serve --cluster", "./cmd/sio", "^TestCluster"},
}

// balanced are the tests behind load balancers: of fleets, where these are not sticky, and of
// servers that know nothing of each other.
var balanced = []backend{
	{"behind nginx, not sticky", "./interop/cluster/roundrobin", "^TestBehindNginx"},
	{"behind HAProxy, not sticky", "./interop/cluster/roundrobin", "^TestBehindHAProxy"},
	{"behind nginx, HAProxy and Caddy, sticky", "./interop/proxies", "^TestBehind"},
}

func main() {
	var sum tally
	for _, b := range slices.Concat(backends, balanced) {
		start := time.Now()
		t, err := b.run()
		if err != nil {
			fmt.Fprintf(os.Stderr, "cluster: %s: %v\n", b.name, err)
			os.Exit(1)
		}
		fmt.Printf("  %s: %s (%.1f s)\n", b.name, t, time.Since(start).Seconds())
		sum.add(t)
	}
	fmt.Printf("cluster: %d backends, %s\n", len(backends), sum)
	if !sum.passed() {
		os.Exit(1)
	}
}

// run runs the tests of a back end. What those print that do not pass goes to the standard
// error.
func (b *backend) run() (tally, error) {
	cmd := exec.Command("go", "test", "-json", "-count=1", "-timeout=200s", "-run", b.tests, b.pkg)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed {
		return tally{}, err
	}
	t, trouble := count(out)
	fmt.Fprint(os.Stderr, trouble)
	if t.checks == 0 || err != nil && t.failed == 0 {
		return t, fmt.Errorf("the tests did not run: %w", errors.Join(err, errors.New(string(out))))
	}
	return t, nil
}

// A tally is how many checks there were. One is a test without tests within.
type tally struct{ checks, failed, skipped int }

func (t tally) String() string {
	return fmt.Sprintf("%d checks, %d failed, %d skipped", t.checks, t.failed, t.skipped)
}

func (t tally) passed() bool { return t.failed == 0 && t.skipped == 0 }

func (t *tally) add(other tally) {
	t.checks += other.checks
	t.failed += other.failed
	t.skipped += other.skipped
}

// An event is a line that go test -json writes.
type event struct {
	Action string
	Test   string
	Output string
}

// count counts the checks in what go test -json has written, and returns the output of those
// that did not pass.
func count(out []byte) (t tally, trouble string) {
	results, printed := map[string]string{}, map[string]string{}
	var order []string
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var e event
		if json.Unmarshal(lines.Bytes(), &e, json.MatchCaseInsensitiveNames(true)) != nil || e.Test == "" {
			continue
		}
		switch e.Action {
		case "output":
			printed[e.Test] += e.Output
		case "pass", "fail", "skip":
			results[e.Test] = e.Action
			order = append(order, e.Test)
		}
	}
	for _, test := range order {
		if results[test] == "pass" && hasWithin(order, test) {
			continue
		}
		t.checks++
		switch results[test] {
		case "fail":
			t.failed++
			trouble += printed[test]
		case "skip":
			t.skipped++
			trouble += printed[test]
		}
	}
	return t, trouble
}

// hasWithin says whether a test has tests within.
func hasWithin(tests []string, test string) bool {
	for _, other := range tests {
		if strings.HasPrefix(other, test+"/") {
			return true
		}
	}
	return false
}
