package serve

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// leftovers waits until no goroutine of the library runs any more, if the tests ask for it
// by the variable EXAMPLES_TEST. Those that are left when ctx ends are the error.
func leftovers(ctx context.Context) error {
	if os.Getenv("EXAMPLES_TEST") == "" {
		return nil
	}
	for {
		left := ofLibrary()
		if len(left) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d goroutines of the library are left:\n\n%s", len(left), strings.Join(left, "\n\n"))
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// ofLibrary returns the stacks of those goroutines that run in packages of the library or
// were started there.
func ofLibrary() []string {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	var found []string
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		for line := range strings.Lines(stack) {
			call := strings.TrimPrefix(line, "created by ")
			if strings.HasPrefix(call, "socketio.") || strings.HasPrefix(call, "socketio/") && !strings.HasPrefix(call, "socketio/examples/") {
				found = append(found, stack)
				break
			}
		}
	}
	return found
}
