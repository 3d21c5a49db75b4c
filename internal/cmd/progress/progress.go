// Package progress runs the long commands behind the make targets and lets whoever
// waits see that they are alive: what is happening, for how long, and how it ended.
package progress

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// silence is how long a command may print nothing before a line says that it still runs.
const silence = 20 * time.Second

// tailLines is how much of a quiet step's output is shown when it fails.
const tailLines = 30

// Step is one command.
type Step struct {
	Name    string   // what is happening, as the progress lines call it
	Command []string // program and arguments
	Dir     string   // where it runs; empty is the current directory
	Log     string   // the file that gets all output; its directory is made if need be
	Quiet   bool     // the output goes to Log only, unless the step fails
}

// Result is how a Step ended.
type Result struct {
	Name    string
	Elapsed time.Duration
	Err     error // nil when the command exited 0
}

// Run runs a step to its end and writes to out: its output unless it is quiet, and a
// line whenever nothing was printed for a while. A canceled ctx interrupts the command.
// A child that outlives the command and keeps its output open counts as a failure.
func Run(ctx context.Context, out io.Writer, s Step) Result {
	start := time.Now()
	err := run(ctx, out, s)
	return Result{Name: s.Name, Elapsed: time.Since(start), Err: err}
}

func run(ctx context.Context, out io.Writer, s Step) error {
	if err := os.MkdirAll(filepath.Dir(s.Log), 0o755); err != nil {
		return err
	}
	log, err := os.Create(s.Log)
	if err != nil {
		return err
	}
	defer log.Close()

	shown := &watched{w: out, last: time.Now()}
	var dst io.Writer = io.MultiWriter(shown, log)
	if s.Quiet {
		dst = log
	}
	cmd := exec.CommandContext(ctx, s.Command[0], s.Command[1:]...)
	cmd.Dir = s.Dir
	cmd.Stdout, cmd.Stderr = dst, dst
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second

	stop := shown.heartbeat(s.Name)
	err = cmd.Run()
	stop()
	if err != nil && s.Quiet {
		showTail(out, s.Log)
	}
	return err
}

// watched is a writer that knows when it was last written to.
type watched struct {
	mu   sync.Mutex // guards following
	w    io.Writer
	last time.Time
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = time.Now()
	return w.w.Write(p)
}

// heartbeat prints a line after each silence until stop is called; stop returns when
// no more lines can come.
func (w *watched) heartbeat(name string) (stop func()) {
	start := time.Now()
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		wait := silence
		for {
			select {
			case <-quit:
				return
			case <-time.After(wait):
			}
			wait = silence - w.idle()
			if wait <= 0 {
				fmt.Fprintf(w, "... %s: %.0f s\n", name, time.Since(start).Seconds())
				wait = silence
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

func (w *watched) idle() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Since(w.last)
}

// showTail writes the end of a log file to out.
func showTail(out io.Writer, log string) {
	text, err := os.ReadFile(log)
	if err != nil {
		fmt.Fprintln(out, err)
		return
	}
	lines := bytes.Split(bytes.TrimRight(text, "\n"), []byte("\n"))
	if len(lines) > tailLines {
		lines = lines[len(lines)-tailLines:]
	}
	fmt.Fprintf(out, "%s\n(all of it: %s)\n", bytes.Join(lines, []byte("\n")), log)
}
