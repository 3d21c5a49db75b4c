package faults

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// Comings are how clients came back after their connections were lost, and what they
// missed.
type comings struct {
	t *testing.T

	mu              sync.Mutex // guards what follows
	connected       []bool     // each client, ever
	recovered, told int        // connections after the first
	toldEach        []int      // of each client
	round           []int      // the last that each client has heard of
	silent          []string   // where something was missing and nobody was told
	again           int        // numbers that came once more
}

func newComings(t *testing.T, clients int) comings {
	return comings{t: t, connected: make([]bool, clients), toldEach: make([]int, clients), round: make([]int, clients)}
}

// came notes a connection.
func (c *comings) came(client int, recovered bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.connected[client]:
		c.connected[client] = true
	case recovered:
		c.recovered++
	default:
		c.told++
		c.toldEach[client]++
	}
}

func (c *comings) missed(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.silent = append(c.silent, what)
}

func (c *comings) heardAgain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.again++
}

func (c *comings) heard(client, round int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.round[client] = round
}

// String is what the tests print.
func (c *comings) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprintf("recovered=%d told=%d silent=%d again=%d", c.recovered, c.told, len(c.silent), c.again)
}

// back returns how often clients came back.
func (c *comings) back() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.recovered + c.told
}

func (c *comings) wantConnected() {
	c.t.Helper()
	eventually(c.t, "all clients are connected", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return !slices.Contains(c.connected, false)
	})
}

// wantNothingSilent wants nobody to miss anything without having been told.
func (c *comings) wantNothingSilent() {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, what := range c.silent {
		c.t.Errorf("something is missing: %s", what)
	}
}

// wantRound waits until all clients have heard of a round, of which say tells them.
func (c *comings) wantRound(round int, say func()) {
	c.t.Helper()
	next := time.Now()
	eventually(c.t, fmt.Sprintf("round %d", round), func() bool {
		if !time.Now().Before(next) {
			say() // again, for those who were away, and are not recovered
			next = time.Now().Add(100 * time.Millisecond)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		return !slices.ContainsFunc(c.round, func(last int) bool { return last != round })
	})
}
