package main

import (
	"bufio"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// A node is the process of the server for Node.
type node struct {
	url  *url.URL
	in   io.Closer // it ends when this is closed
	wait func() error
}

// startNode starts it, and waits until it says where it listens.
func startNode(redis string) (*node, error) {
	_, source, _, _ := runtime.Caller(0)
	cmd := exec.Command("node", filepath.Join(filepath.Dir(source), "server.mjs"), redis)
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
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("the server for Node has not started: %w, %w", err, cmd.Wait())
	}
	where, err := url.Parse(strings.TrimSpace(line))
	return &node{where, in, cmd.Wait}, err
}

// stop ends it.
func (n *node) stop() {
	n.in.Close()
	_ = n.wait() // how it ended is nobody's business any more
}
