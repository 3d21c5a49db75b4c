package main

import (
	"bufio"
	"encoding/json/v2"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// patience is how long anything may take.
const patience = 3 * time.Minute

// A process is one that was started and that ends with the run. What it says on standard
// output comes line by line; what it says on standard error is kept in a file.
type process struct {
	name  string
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string
	ended chan struct{}
	log   string
}

// start starts a program, with an environment besides one's own.
func start(dir, name string, env []string, program string, args ...string) (*process, error) {
	p := &process{name: name, cmd: exec.Command(program, args...), lines: make(chan string, 100), ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), env...)
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	log, err := os.CreateTemp(dir, name+"-*.log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p.log, p.cmd.Stderr = log.Name(), log
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.lines <- lines.Text()
		}
		_ = p.cmd.Wait() // how it ended shows in what it did not say
		close(p.ended)
	}()
	return p, nil
}

// read waits for the next line.
func (p *process) read() (string, error) {
	select {
	case line := <-p.lines:
		return line, nil
	case <-p.ended:
		select {
		case line := <-p.lines:
			return line, nil
		default:
		}
		return "", fmt.Errorf("%s has ended:\n%s", p.name, p.tail())
	case <-time.After(patience):
		return "", fmt.Errorf("%s says nothing:\n%s", p.name, p.tail())
	}
}

// readJSON waits for the next line and decodes it.
func (p *process) readJSON(v any) error {
	line, err := p.read()
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(line), v, json.MatchCaseInsensitiveNames(true)); err != nil {
		return fmt.Errorf("%s says %q: %w", p.name, line, err)
	}
	return nil
}

// tell writes a line.
func (p *process) tell(line string) error {
	_, err := io.WriteString(p.in, line+"\n")
	return err
}

// wait waits for the end.
func (p *process) wait() error {
	select {
	case <-p.ended:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("%s does not end", p.name)
	}
}

// tail is the end of what it said on standard error.
func (p *process) tail() string {
	b, err := os.ReadFile(filepath.Clean(p.log))
	if err != nil {
		return err.Error()
	}
	return string(b[max(len(b)-2000, 0):])
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// processes are all of a run, which kill ends, the last one first.
type processes struct {
	mu  sync.Mutex // guards all
	all []*process
}

func (s *processes) add(p *process, err error) (*process, error) {
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, p)
	return p, nil
}

func (s *processes) kill() {
	for _, p := range slices.Backward(s.all) {
		p.kill()
	}
}

// freeAddr returns an address on which nobody listens.
func freeAddr() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// untilOpen waits until somebody listens on an address.
func untilOpen(p *process, address string) error {
	for deadline := time.Now().Add(patience); ; {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-p.ended:
			return fmt.Errorf("%s has ended:\n%s", p.name, p.tail())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s does not listen: %w", p.name, err)
		}
	}
}
