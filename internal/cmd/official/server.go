package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"time"
)

// start runs the server, with env added to the environment, and returns once it takes
// connections at address. stop ends it and waits.
func start(ctx context.Context, command, env []string, address, log string) (stop func(), err error) {
	if len(command) == 0 {
		return nil, errors.New("no -server to start")
	}
	if listening(address) {
		return nil, fmt.Errorf("something else listens on %s", address)
	}
	out, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = append(os.Environ(), env...)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // how a server ends that was told to says nothing
	}()

	if err := listens(ctx, address, ended); err != nil {
		_ = cmd.Process.Kill()
		return nil, fmt.Errorf("%w, see %s", err, log)
	}
	return func() {
		_ = cmd.Process.Signal(os.Interrupt)
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			_ = cmd.Process.Kill()
			<-ended
		}
	}, nil
}

// listens waits until the server takes connections, ends, or has had its time.
func listens(ctx context.Context, address string, ended <-chan struct{}) error {
	limit := time.After(30 * time.Second)
	for !listening(address) {
		select {
		case <-ended:
			return errors.New("the server ended before it listened")
		case <-limit:
			return fmt.Errorf("nothing listens on %s after 30 s", address)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}

func listening(address string) bool {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	c.Close()
	return true
}
