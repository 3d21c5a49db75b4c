// Package rate says whether something happens too often: by token buckets that are one
// number each.
package rate

import "time"

// A Limit is how much may happen per second. The zero value is no limit.
type Limit struct{ perSecond int }

// PerSecond is a limit of n per second, of which a second's worth may come at once. With n
// of 0 or less there is none.
func PerSecond(n int) Limit { return Limit{max(n, 0)} }

// On says whether there is a limit.
func (l Limit) On() bool { return l.perSecond > 0 }

// A Bucket is the time at which it is full again; the zero value is full. It is not for
// concurrent use.
type Bucket time.Duration

// Full says whether the bucket is as good as a new one.
func (b *Bucket) Full(now time.Duration) bool { return time.Duration(*b) <= now }

// Take takes n out of the bucket, and says whether there was as much. A full bucket gives
// any n once, however much that is, and then is empty for the longer. Now is a time on a
// monotonic clock that began before the bucket.
func (b *Bucket) Take(l Limit, n int, now time.Duration) bool {
	if !l.On() {
		return true
	}
	full := max(time.Duration(*b), now)
	then := full + l.worth(n)
	if full > now && then-now > time.Second {
		return false
	}
	*b = Bucket(then)
	return true
}

// worth is how long it takes until n have come in.
func (l Limit) worth(n int) time.Duration {
	seconds, rest := n/l.perSecond, n%l.perSecond
	seconds = min(seconds, maxSeconds)
	return time.Duration(seconds)*time.Second + time.Duration(float64(rest)/float64(l.perSecond)*float64(time.Second))
}

// maxSeconds keeps times from overflowing.
const maxSeconds = 1 << 20
