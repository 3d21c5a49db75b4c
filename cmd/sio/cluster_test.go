package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"
)

// TestClusterOfTwoServersThatFindEachOther runs examples/nats-embedded: two processes
// without a broker, and an official client on each.
func TestClusterOfTwoServersThatFindEachOther(t *testing.T) {
	if _, err := os.Stat("../../interop/cluster/node_modules/socket.io-client"); err != nil {
		t.Skip("npm ci has not run in interop/cluster; make test-cluster does that")
	}
	cmd := exec.CommandContext(t.Context(), "../../examples/nats-embedded/run.sh", freeAddress(t), freeAddress(t))
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil || bytes.Count(out, []byte("\nok: ")) != 6 {
		t.Errorf("%v\n%s", err, out)
	}
}

// freeAddress returns an address with a port that no one gets who does not ask for it.
func freeAddress(t *testing.T) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprint("127.0.0.1:", 20_000+rand.IntN(4_000))
		if l, err := net.Listen("tcp", address); err == nil {
			l.Close()
			return address
		}
	}
	t.Fatal("there is no free port")
	return ""
}
