//go:build unix

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"
)

// A process is a child that is ready.
type process struct {
	cmd  *exec.Cmd
	in   io.Closer // which ends it, unless nil
	addr string    // where it listens
}

// A fleet is a redis-server and three servers.
type fleet struct {
	redis   *process
	servers []*process
}

// nodes is how many servers a fleet has.
const nodes = 3

// startFleet starts servers in Node or in Go, with one of the adapters. The caller has to
// call stop, also after an error.
func startFleet(lang, kind string) (f *fleet, err error) {
	f = new(fleet)
	if f.redis, err = startRedis(); err != nil {
		return f, err
	}
	command := []string{"node", "interop/cluster/bench/server.mjs", f.redis.addr, kind}
	if lang == "go" {
		command = []string{os.Args[0], "-serve", f.redis.addr, "-adapter", kind}
	}
	for range nodes {
		p, err := startServer(command)
		if err != nil {
			return f, err
		}
		f.servers = append(f.servers, p)
	}
	return f, nil
}

func (f *fleet) stop() {
	for _, p := range f.servers {
		p.in.Close()
		_ = p.cmd.Wait()
	}
	if f.redis != nil {
		_ = f.redis.cmd.Process.Kill()
		_ = f.redis.cmd.Wait()
	}
}

// startServer starts a server, which prints its port.
func startServer(command []string) (*process, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s has not started: %w", command[0], err), cmd.Wait())
	}
	return &process{cmd: cmd, in: in, addr: "127.0.0.1:" + strings.TrimSpace(port)}, nil
}

// startRedis starts a redis-server on a free port.
func startRedis() (*process, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(addr)
	cmd := exec.Command("redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no")
	cmd.Dir = os.TempDir()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if err = ping(addr); err == nil {
			return &process{cmd: cmd, addr: addr}, nil
		}
		if time.Now().After(deadline) {
			_ = cmd.Process.Kill()
			return nil, fmt.Errorf("redis-server does not answer: %w", errors.Join(err, cmd.Wait()))
		}
	}
}

func ping(addr string) error {
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{addr}, DisableCache: true})
	if err != nil {
		return err
	}
	defer client.Close()
	return client.Do(context.Background(), client.B().Ping().Build()).Error()
}

// ticks is how many of the kernel's units of processor time are one second, on all Linux.
const ticks = 100

// processorTime returns how many seconds of processor time the servers have used.
func (f *fleet) processorTime() (seconds float64, err error) {
	for _, p := range f.servers {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
		if err != nil {
			return 0, err
		}
		_, rest, _ := strings.Cut(string(stat), ") ") // behind the name
		fields := strings.Fields(rest)
		for _, field := range fields[11:13] { // for the program, and for it in the kernel
			n, err := strconv.Atoi(field)
			if err != nil {
				return 0, err
			}
			seconds += float64(n) / ticks
		}
	}
	return seconds, nil
}
