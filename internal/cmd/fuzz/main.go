// Command fuzz runs every fuzz target of the packages named, one by one, each for the
// same time, and ends with a table of how often each was executed, and a line that counts
// targets and findings:
//
//	fuzz -time 30s socketio/eio4 socketio/sio5
//	…
//	executions  new  target
//	   5210034    0  socketio/eio4 FuzzDecodeFrame
//	…
//	targets=5 findings=0
//
// New is how many inputs it kept since they reached code that no other did.
//
// The exit code is 1 when there is a finding, and when there is nothing to fuzz. What
// the fuzzer found is in testdata/fuzz of the package, to be committed with the mend.
package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// target is one fuzz function.
type target struct {
	pkg, name string

	executions, interesting int // once it has run
}

func main() {
	each := flag.Duration("time", 30*time.Second, "how long to run each target")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()

	targets, err := list(ctx, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		os.Exit(1)
	}
	findings := 0
	for i := range targets {
		t := &targets[i]
		fmt.Printf("== %d of %d: %s %s, %v\n", i+1, len(targets), t.pkg, t.name, *each)
		if !t.run(ctx, *each) {
			findings++
		}
		if ctx.Err() != nil {
			fmt.Fprintln(os.Stderr, "fuzz: interrupted")
			os.Exit(1)
		}
	}
	printTable(os.Stdout, targets)
	fmt.Printf("targets=%d findings=%d\n", len(targets), findings)
	if findings > 0 || len(targets) == 0 {
		os.Exit(1)
	}
}

// list asks go test for the fuzz targets of the packages.
func list(ctx context.Context, pkgs []string) ([]target, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-list", "^Fuzz"}, pkgs...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go test -list: %w\n%s", err, out)
	}
	return parseList(out), nil
}

// parseList reads what "go test -list" prints: the names of a package's targets, each
// on its line, then the line "ok <package> <time>" that says whose they were.
func parseList(out []byte) []target {
	var targets []target
	var names []string
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "Fuzz") {
			names = append(names, line)
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "ok" {
			continue
		}
		for _, name := range names {
			targets = append(targets, target{pkg: fields[1], name: name})
		}
		names = nil
	}
	return targets
}

// run fuzzes the target and reports whether it came through.
func (t *target) run(ctx context.Context, each time.Duration) bool {
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$",
		"-fuzz", "^"+t.name+"$", "-fuzztime", each.String(), t.pkg)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	seen := &progress{target: t, to: os.Stdout}
	cmd.Stdout, cmd.Stderr = seen, seen
	return cmd.Run() == nil
}

// A progress passes on what the fuzzer prints, and notes its last figures in a target.
type progress struct {
	target *target
	to     io.Writer
	line   []byte // that is not whole yet
}

func (p *progress) Write(b []byte) (int, error) {
	p.line = append(p.line, b...)
	for {
		i := bytes.IndexByte(p.line, '\n')
		if i < 0 {
			return p.to.Write(b)
		}
		p.target.note(string(p.line[:i]))
		p.line = p.line[i+1:]
	}
}

var figures = regexp.MustCompile(`^fuzz: elapsed: .*, execs: (\d+) .*new interesting: (\d+)`)

func (t *target) note(line string) {
	if found := figures.FindStringSubmatch(line); found != nil {
		t.executions, _ = strconv.Atoi(found[1]) // they are digits
		t.interesting, _ = strconv.Atoi(found[2])
	}
}

func printTable(w io.Writer, targets []target) {
	total := 0
	fmt.Fprintf(w, "%12s %6s  %s\n", "executions", "new", "target")
	for _, t := range targets {
		total += t.executions
		fmt.Fprintf(w, "%12d %6d  %s %s\n", t.executions, t.interesting, t.pkg, t.name)
	}
	fmt.Fprintf(w, "%12d         in all\n", total)
}
