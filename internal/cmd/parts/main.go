// Command parts runs the parts of a longer make target one after the other, all of
// them even when one fails, and ends with a table of what each took and how it ended.
//
//	parts -log .tmp/test 'lint=make lint' 'guards=make guard'
//
// The full output of each part is also kept, in a file of the -log directory named
// after the part. The exit code is 1 when a part failed.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"socketio/internal/cmd/progress"
)

func main() {
	logs := flag.String("log", ".tmp/parts", "directory for the full output of each part")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	steps, err := steps(*logs, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	var results []progress.Result
	for _, s := range steps {
		if ctx.Err() != nil {
			break
		}
		fmt.Printf("\n== %s\n", s.Name)
		results = append(results, progress.Run(ctx, os.Stdout, s))
	}
	table(os.Stdout, results)
	if ctx.Err() != nil || failed(results) {
		os.Exit(1)
	}
}

// steps reads the arguments, each "name=shell command".
func steps(logs string, args []string) ([]progress.Step, error) {
	if len(args) == 0 {
		return nil, fmt.Errorf("parts: nothing to run")
	}
	var steps []progress.Step
	for _, arg := range args {
		name, command, ok := strings.Cut(arg, "=")
		if !ok || name == "" || command == "" {
			return nil, fmt.Errorf("parts: %q is not name=command", arg)
		}
		file := strings.Map(func(r rune) rune {
			if r == ' ' || r == '/' {
				return '-'
			}
			return r
		}, name)
		steps = append(steps, progress.Step{
			Name:    name,
			Command: []string{"sh", "-c", command},
			Log:     filepath.Join(logs, file+".log"),
		})
	}
	return steps, nil
}

// table writes one line per part, and the total.
func table(w io.Writer, results []progress.Result) {
	const row = "%-28s %8s  %s\n"
	fmt.Fprintf(w, "\n"+row, "part", "seconds", "result")
	var total time.Duration
	for _, r := range results {
		total += r.Elapsed
		fmt.Fprintf(w, row, r.Name, seconds(r.Elapsed), verdict(r.Err))
	}
	fmt.Fprintf(w, row, "total", seconds(total), overall(results))
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f", d.Seconds()) }

func verdict(err error) string {
	if err != nil {
		return "FAILED: " + err.Error()
	}
	return "passed"
}

func overall(results []progress.Result) string {
	if failed(results) {
		return "FAILED"
	}
	return "passed"
}

func failed(results []progress.Result) bool {
	for _, r := range results {
		if r.Err != nil {
			return true
		}
	}
	return false
}
