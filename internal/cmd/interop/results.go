package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// clientLimit is how long the checks of one client may take.
const clientLimit = 240 * time.Second

// An outcome is the line that a client prints for each check, as JSON.
type outcome struct {
	Transport string `json:"transport"`
	Check     string `json:"check"`
	Error     string `json:"error"` // empty where it passed
}

// A verdict is what came of a client.
type verdict struct {
	checks   int // that were to be run
	failures []string
	elapsed  time.Duration
}

// run runs the client's checks against the server at target. Its output is kept.
func (c *client) run(ctx context.Context, target string) verdict {
	began := time.Now()
	r, err := newRelay(target)
	if err != nil {
		return verdict{failures: []string{err.Error()}}
	}
	defer r.close()
	ctx, cancel := context.WithTimeout(ctx, clientLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.command[0], c.command[1:]...)
	cmd.Env = append(os.Environ(), "TARGET="+r.url(), "CUT="+r.cutURL(), "PEER="+strings.ReplaceAll(c.name, " ", "-"))
	cmd.Env = append(cmd.Env, c.env...)
	cmd.WaitDelay = time.Second
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	if ctx.Err() != nil {
		err = errors.Join(ctx.Err(), err)
	}
	log := filepath.Join(work, strings.ReplaceAll(c.name, " ", "-")+".log")
	kept := os.WriteFile(log, append(out.Bytes(), errs.Bytes()...), 0o644)
	v := c.judge(out.Bytes(), errors.Join(err, kept))
	v.elapsed = time.Since(began)
	if len(v.failures) > 0 {
		v.failures = append(v.failures, "all of its output: "+log)
	}
	return v
}

// judge compares what the client reported with what it has to: each applicable check once
// on each transport, and no other. ended is how its process ended.
func (c *client) judge(output []byte, ended error) verdict {
	v := verdict{checks: c.applicable()}
	open := map[outcome]bool{}
	for _, transport := range transports {
		for _, ch := range checks {
			if _, not := c.without[ch.name]; !not {
				open[outcome{Transport: transport, Check: ch.name}] = true
			}
		}
	}
	for lines := bufio.NewScanner(bytes.NewReader(output)); lines.Scan(); {
		var o outcome
		if json.Unmarshal(lines.Bytes(), &o) != nil || o.Check == "" {
			continue // what libraries print
		}
		failure := o.Error
		o.Error = ""
		if !open[o] {
			v.failures = append(v.failures, fmt.Sprintf("%s: %q was not asked for", o.Transport, o.Check))
			continue
		}
		delete(open, o)
		if failure != "" {
			v.failures = append(v.failures, fmt.Sprintf("%s: %s: %s", o.Transport, o.Check, failure))
		}
	}
	for o := range open {
		v.failures = append(v.failures, fmt.Sprintf("%s: %s: no result", o.Transport, o.Check))
	}
	if ended != nil {
		v.failures = append(v.failures, ended.Error())
	}
	return v
}

// A summary is what came of all clients so far.
type summary struct {
	mu                              sync.Mutex // guards what follows
	ran, checks, failures, notTried int
}

// add counts a client that has run, and prints what came of it.
func (s *summary) add(c *client, v verdict) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ran++
	s.checks += v.checks
	s.failures += len(v.failures)
	fmt.Printf("  %s: %d checks, %d failed (%.1f s)\n", c.name, v.checks, len(v.failures), v.elapsed.Seconds())
	for _, failure := range v.failures {
		fmt.Printf("FAIL %s: %s\n", c.name, failure)
	}
}

// skip counts a client that cannot run, and says why.
func (s *summary) skip(c *client, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notTried++
	fmt.Printf("  %s: skipped: %s\n", c.name, why)
}

// String is the last line of a run.
func (s *summary) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("interop: %d clients, %d checks, %d failed, %d skipped", s.ran, s.checks, s.failures, s.notTried)
}

// passed reports whether every client has run and nothing failed.
func (s *summary) passed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failures == 0 && s.notTried == 0 && s.ran == len(clients)
}
