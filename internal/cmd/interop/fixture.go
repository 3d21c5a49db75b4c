package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	fixtureProgram = ".tmp/bin/interop-fixture"
	// goodbye is how long the fixture may take to end; it promises two seconds.
	goodbye = 5 * time.Second
)

// provideFixture returns the URL of the server under test: TARGET, or the fixture of this
// repository, which it builds and starts. stop ends what was started.
func provideFixture(ctx context.Context) (target string, stop func(), err error) {
	if target = os.Getenv("TARGET"); target != "" {
		return strings.TrimSuffix(target, "/"), func() {}, nil
	}
	if err := step(ctx, "building the fixture", "go", "build", "-o", fixtureProgram, "./interop/fixture"); err != nil {
		return "", nil, err
	}
	port, err := freePort()
	if err != nil {
		return "", nil, err
	}
	log, err := os.Create(filepath.Join(work, "fixture.log"))
	if err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, fixtureProgram)
	cmd.Env = append(os.Environ(), "HOST=127.0.0.1", "PORT="+port)
	cmd.Stderr = log
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = goodbye
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != "listening" {
		_ = cmd.Process.Kill()
		return "", nil, fmt.Errorf("the fixture does not listen (%w), see %s", err, log.Name())
	}
	return "http://127.0.0.1:" + port, func() {
		_ = cmd.Cancel()
		_ = cmd.Wait() // the clients have said what there was to say about it
		_ = log.Close()
	}, nil
}

// freePort returns a port that nobody listens on.
func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return "", err
	}
	return port, listener.Close()
}
