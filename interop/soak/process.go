package main

import (
	"bufio"
	"context"
	"encoding/json/v2"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// A process is a child, which answers each line that it is sent with one of JSON.
type process struct {
	name    string
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
}

// start starts this program in another role.
func start(ctx context.Context, p plan, role string, args ...string) (*process, error) {
	command := exec.CommandContext(ctx, os.Args[0], append(append(p.args(), "-role", role), args...)...)
	command.Stderr = os.Stderr
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	in, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	return &process{role, command, in, bufio.NewReader(out)}, nil
}

// next reads an answer.
func (p *process) next(into any) error {
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("the %s process has ended: %w", p.name, err)
	}
	if err := json.Unmarshal(line, into); err != nil {
		return fmt.Errorf("the %s process said %q: %w", p.name, line, err)
	}
	return nil
}

// ask sends a line and reads the answer.
func (p *process) ask(question string, into any) error {
	if _, err := fmt.Fprintln(p.in, question); err != nil {
		return fmt.Errorf("the %s process cannot be asked: %w", p.name, err)
	}
	return p.next(into)
}

// end lets the process end by itself.
func (p *process) end() error {
	p.in.Close()
	return p.command.Wait()
}

// say writes an answer.
func say(v any) {
	line, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

// questions calls answer for each line on standard input, until that or ctx ends.
func questions(ctx context.Context, answer func(question string)) {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			lines <- in.Text()
		}
	}()
	for {
		select {
		case line, ok := <-lines:
			if !ok {
				return
			}
			answer(line)
		case <-ctx.Done():
			return
		}
	}
}
