package main

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	// tolerance is by how much live heap may have grown from early to late.
	tolerance = 0.02

	// slope is by how much RSS may grow in an hour. A run shorter than longEnough says
	// nothing about it.
	slope      = 0.01
	longEnough = 45 * time.Minute
)

// left returns how much is left of the clients.
func (s *sample) left() int { return s.Clients + s.Sessions + s.InMemory + s.Senders }

// judgeEnds says what is left of the clients.
func judgeEnds(before, after sample) error {
	var errs []error
	if after.Goroutines != before.Goroutines {
		errs = append(errs, fmt.Errorf("%d goroutines after the last client, %d before the first", after.Goroutines, before.Goroutines))
	}
	if after.FDs != before.FDs {
		errs = append(errs, fmt.Errorf("%d descriptors after the last client, %d before the first", after.FDs, before.FDs))
	}
	if after.left() != 0 {
		errs = append(errs, fmt.Errorf("after the last client there are %d sockets in memory, %d connected, %d sessions, %d senders",
			after.InMemory, after.Clients, after.Sessions, after.Senders))
	}
	return errors.Join(errs...)
}

// judgeHeap compares the last three samples with the third to the fifth, all of which are of
// as many clients.
func judgeHeap(during []sample) error {
	early, late := heap(during[2:5]), heap(during[len(during)-3:])
	grown := late/early - 1
	fmt.Printf("heap: %.2f MiB in intervals 3-5, %.2f MiB in the last three, %+.2f %%\n", early/(1<<20), late/(1<<20), 100*grown)
	if grown > tolerance {
		return fmt.Errorf("live heap of %d clients has grown by more than %.0f %%", during[0].Clients, 100*tolerance)
	}
	return nil
}

// heap returns the live heap in the middle one of three samples. A machine that is busy with
// something else may be late with a few connections in one of them.
func heap(samples []sample) (bytes float64) {
	var all []float64
	for _, s := range samples {
		all = append(all, float64(s.Heap))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// judgeRSS holds the slope of RSS to its bound where there is the time to see it.
func (p plan) judgeRSS(during []sample) error {
	if p.Time < longEnough {
		return nil
	}
	_, each := p.intervals()
	grows := perInterval(during[2:]) * float64(time.Hour/each)
	fmt.Printf("rss: %+.2f %% an hour\n", 100*grows)
	if grows > slope {
		return fmt.Errorf("RSS grows by more than %.0f %% an hour", 100*slope)
	}
	return nil
}

// perInterval returns how steep the straight line is that is nearest to the samples' RSS, as
// a part of their average.
func perInterval(samples []sample) float64 {
	var middle, average float64
	for i, s := range samples {
		middle += float64(i) / float64(len(samples))
		average += float64(s.RSS) / float64(len(samples))
	}
	var rise, run float64
	for i, s := range samples {
		rise += (float64(i) - middle) * (float64(s.RSS) - average)
		run += (float64(i) - middle) * (float64(i) - middle)
	}
	return rise / run / average
}

// judge says what is amiss with the messages. Some arrive twice: those whose acknowledgement
// was lost.
func (t *tally) judge() error {
	if t.Lost+t.Skipped+t.GivenUp > 0 || t.Acked == 0 {
		return fmt.Errorf("%d acknowledged messages are lost, %d were overtaken, %d were given up, of %d", t.Lost, t.Skipped, t.GivenUp, t.Sent)
	}
	return nil
}
