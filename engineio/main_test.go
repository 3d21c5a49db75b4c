package engineio

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain runs the tests; no goroutine may be left after them. For a guard the same
// binary is the clients.
func TestMain(m *testing.M) {
	if order := os.Getenv(idleClientsEnv); order != "" {
		if err := idleClients(order); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintf(os.Stderr, "%.4000v\n", err)
		code = 1
	}
	os.Exit(code)
}
