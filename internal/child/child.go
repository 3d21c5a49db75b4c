// Package child starts the processes that tests talk to.
package child

import (
	"io"
	"os"
	"os/exec"
	"testing"
)

// Start starts a process and returns what it reads and what it says; its errors are said with
// the test's own. Whoever starts it ends it. The test ends if it cannot be started.
func Start(t testing.TB, cmd *exec.Cmd) (in io.WriteCloser, out io.ReadCloser) {
	t.Helper()
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err = cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return in, out
}
