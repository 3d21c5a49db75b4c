// Package broker starts a Redis for an example, so that nothing has to run before it.
package broker

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// untilInputEnds runs a program until the shell's standard input ends, as it does when
// whoever has started it ends, in whatever way.
const untilInputEnds = `"$@" & program=$!; cat; kill $program; wait $program`

// Redis starts a redis-server, which has to be installed, and returns its Unix socket and
// what ends it. It listens on no port and keeps nothing.
func Redis() (socket string, stop func(), err error) {
	dir, err := os.MkdirTemp("", "redis")
	if err != nil {
		return "", nil, err
	}
	socket = filepath.Join(dir, "redis.sock")
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return "", nil, fmt.Errorf("run make setup first: %w", err)
	}
	server := exec.Command("sh", "-c", untilInputEnds, "sh", program, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", dir)
	apart(server)
	input, err := server.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	if err := server.Start(); err != nil {
		return "", nil, err
	}
	var how error // it has ended; it can be read when ended is closed
	ended := make(chan struct{})
	go func() {
		how = server.Wait()
		close(ended)
	}()
	stop = func() {
		input.Close()
		<-ended
		_ = os.RemoveAll(dir) // in the directory for temporary files
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			return socket, stop, conn.Close()
		}
		select {
		case <-ended:
			stop()
			return "", nil, fmt.Errorf("redis-server has ended: %w", how)
		case <-ctx.Done():
			stop()
			return "", nil, fmt.Errorf("redis-server does not listen: %w", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
