package rate

import (
	"math"
	"testing"
	"time"
)

func TestABucketGivesItsRate(t *testing.T) {
	for _, perSecond := range []int{1, 3, 10, 1000, 2_000_000_000} {
		limit, taken := PerSecond(perSecond), 0
		portion := max(perSecond/10, 1)
		var b Bucket
		const start, seconds = 5 * time.Second, 10
		for now := start; now < start+seconds*time.Second; now += 50 * time.Millisecond {
			for b.Take(limit, portion, now) {
				taken += portion
			}
		}
		if want := (seconds + 1) * perSecond; taken > want || taken < want-2*portion {
			t.Errorf("%d per second: %d in %d seconds, want %d", perSecond, taken, seconds, want)
		}
	}
}

func TestASecondsWorthMayComeAtOnce(t *testing.T) {
	var b Bucket
	limit := PerSecond(5)
	for i := range 5 {
		if !b.Take(limit, 1, 0) {
			t.Fatalf("the bucket is empty after %d", i)
		}
	}
	if b.Take(limit, 1, 0) || b.Take(limit, 1, 199*time.Millisecond) {
		t.Error("the bucket gave a sixth within 200 ms")
	}
	if !b.Take(limit, 1, 200*time.Millisecond) {
		t.Error("the bucket gave nothing after 200 ms")
	}
	if b.Full(time.Second) || !b.Full(1200*time.Millisecond) {
		t.Errorf("the bucket is full at %v", time.Duration(b))
	}
}

func TestAFullBucketGivesAnyAmountOnce(t *testing.T) {
	var b Bucket
	limit := PerSecond(100)
	if !b.Take(limit, 350, 0) {
		t.Fatal("a full bucket did not give more than it holds")
	}
	if b.Take(limit, 1, 2500*time.Millisecond) {
		t.Error("what was given above the rate was not waited for")
	}
	if !b.Take(limit, 1, 2510*time.Millisecond) {
		t.Error("what was given above the rate was waited for too long")
	}
	var huge Bucket
	if !huge.Take(limit, math.MaxInt, 0) || huge.Take(limit, 1, time.Hour) || time.Duration(huge) < 0 {
		t.Errorf("after all that there can be the bucket is full at %v", time.Duration(huge))
	}
}

func TestWithoutALimitEverythingIsGiven(t *testing.T) {
	for _, limit := range []Limit{{}, PerSecond(0), PerSecond(-1)} {
		var b Bucket
		if limit.On() || !b.Take(limit, math.MaxInt, 0) || !b.Take(limit, 1, 0) {
			t.Errorf("%v is a limit", limit)
		}
	}
}
