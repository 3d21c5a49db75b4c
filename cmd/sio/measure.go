package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A measure collects how long things took.
type measure struct {
	began time.Time
	took  time.Duration // all of it

	mu      sync.Mutex
	samples []time.Duration
	failed  int
	first   error // of those that failed
}

func newMeasure() *measure { return &measure{began: time.Now()} }

// add adds one thing: how long it took, or why it failed.
func (m *measure) add(took time.Duration, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil {
		m.samples = append(m.samples, took)
		return
	}
	m.failed++
	if m.first == nil {
		m.first = err
	}
}

// stop ends the measurement.
func (m *measure) stop() { m.took = time.Since(m.began) }

// count is how many things there are so far.
func (m *measure) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.samples)
}

// expect waits until there are so many, as long as there come some: arrived has an element
// when one has come. Those that are missing in the end have failed.
func (m *measure) expect(ctx context.Context, want int, arrived <-chan struct{}, patience time.Duration) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for m.count() < want {
		select {
		case <-arrived:
			timer.Reset(patience)
			continue
		case <-timer.C:
		case <-ctx.Done():
		}
		break
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if missing := want - len(m.samples); missing > 0 {
		m.failed += missing
		m.first = errUndelivered
	}
}

// figures are what is told of a measurement.
type figures struct {
	Scenario  string      `json:"scenario"`
	Clients   int         `json:"clients"`
	Done      int         `json:"done"`
	Failed    int         `json:"failed"`
	Seconds   float64     `json:"seconds"`
	PerSecond float64     `json:"perSecond"`
	MS        percentiles `json:"ms"`
}

// percentiles are of latencies, in milliseconds.
type percentiles struct {
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

func (m *measure) figures(scenario string, clients int) figures {
	m.mu.Lock()
	defer m.mu.Unlock()
	slices.Sort(m.samples)
	f := figures{Scenario: scenario, Clients: clients, Done: len(m.samples), Failed: m.failed, Seconds: m.took.Seconds()}
	f.PerSecond = float64(f.Done) / f.Seconds
	f.MS = percentiles{
		P50: percentile(m.samples, 0.5), P90: percentile(m.samples, 0.9), P99: percentile(m.samples, 0.99),
		P999: percentile(m.samples, 0.999), Max: percentile(m.samples, 1),
	}
	return f
}

// percentile is the smallest of the sorted samples that a part of all does not exceed, in
// milliseconds; 0 if there is none.
func percentile(sorted []time.Duration, part float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	i := int(part*float64(len(sorted))+0.999999) - 1
	return float64(sorted[min(max(i, 0), len(sorted)-1)]) / float64(time.Millisecond)
}

func (f figures) String() string {
	return fmt.Sprintf("%-9s  %d in %.2f s, %.0f a second, %d failed; ms: p50 %.2f, p90 %.2f, p99 %.2f, p99.9 %.2f, max %.2f",
		f.Scenario, f.Done, f.Seconds, f.PerSecond, f.Failed, f.MS.P50, f.MS.P90, f.MS.P99, f.MS.P999, f.MS.Max)
}
