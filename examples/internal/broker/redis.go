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

// Redis starts a redis-server, which has to be installed, and returns its Unix socket and
// what ends it. It listens on no port and keeps nothing.
func Redis() (socket string, stop func(), err error) {
	dir, err := os.MkdirTemp("", "redis")
	if err != nil {
		return "", nil, err
	}
	socket = filepath.Join(dir, "redis.sock")
	server := exec.Command("redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--dir", dir)
	apart(server)
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
		_ = server.Process.Kill() // it keeps nothing; if it has ended, so be it
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
