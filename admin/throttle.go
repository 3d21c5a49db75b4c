package admin

import (
	"context"
	"errors"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"
)

const (
	firstDelay   = 250 * time.Millisecond // after the first failure; each further one doubles it
	addressDelay = 30 * time.Second       // the longest between two attempts of one address
	userDelay    = 3 * time.Second        // the longest before an attempt for one user
	queueTime    = 15 * time.Second       // who had to wait longer for a turn is refused
	forgetTime   = 10 * time.Minute       // without attempts, and nothing is known any more
	maxOffenders = 10_000
)

// A throttle makes guessing passwords slow. Attempts of one address come one after the other,
// with a pause that grows. For one user, who must not be locked out by others, it only grows to
// a few seconds and delays nobody else. Few passwords are compared at a time, as each
// takes a core for a while.
type throttle struct {
	mu        sync.Mutex // guards what follows
	addresses map[string]*offender
	users     map[string]*offender

	comparing chan struct{} // has one for each comparison at work
}

// An offender is an address or a user with attempts that have failed, or may yet.
type offender struct {
	attempts int
	last     time.Time
	next     time.Time // when an address may try again
}

func newThrottle() *throttle {
	return &throttle{
		addresses: map[string]*offender{}, users: map[string]*offender{},
		comparing: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
	}
}

var errThrottled = errors.New("admin: too many attempts to log in")

// compare says whether a password is the one of a hash, after the pause that is due. The
// error says that it was not compared.
func (t *throttle) compare(ctx context.Context, address, user, password string, hash []byte) (bool, error) {
	wait, err := t.turn(network(address), user)
	if err == nil {
		err = pause(ctx, wait)
	}
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, queueTime)
	defer cancel()
	select {
	case t.comparing <- struct{}{}:
	case <-ctx.Done():
		return false, errThrottled
	}
	defer func() { <-t.comparing }()
	return bcrypt.CompareHashAndPassword(hash, []byte(password)) == nil, nil
}

// turn counts an attempt, as one that fails, and says how long it has to wait.
func (t *throttle) turn(address, user string) (time.Duration, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	a := known(t.addresses, address, now)
	begin := now
	if a.next.After(now) {
		begin = a.next
	}
	if begin.Sub(now) > queueTime {
		return 0, errThrottled
	}
	u := known(t.users, user, now)
	wait := max(begin.Sub(now), growing(u.attempts, userDelay))
	a.attempts++
	u.attempts++
	a.last, u.last = now, now
	a.next = begin.Add(growing(a.attempts, addressDelay))
	return wait, nil
}

// forgive is called when somebody has logged in.
func (t *throttle) forgive(address, user string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.addresses, network(address))
	delete(t.users, user)
}

// growing returns the pause after so many failures.
func growing(failures int, most time.Duration) time.Duration {
	if failures == 0 {
		return 0
	}
	return min(firstDelay<<min(failures-1, 10), most)
}

// known returns what is known by a name. If too much is, something else is forgotten.
func known(all map[string]*offender, name string, now time.Time) *offender {
	o := all[name]
	if o != nil && now.Sub(o.last) < forgetTime {
		return o
	}
	if o == nil && len(all) >= maxOffenders {
		forget(all)
	}
	o = &offender{}
	all[name] = o
	return o
}

// forget drops the one of some that has been quiet for the longest time.
func forget(all map[string]*offender) {
	var quiet string
	var last time.Time
	looked := 0
	for name, o := range all {
		if looked == 0 || o.last.Before(last) {
			quiet, last = name, o.last
		}
		if looked++; looked == 16 {
			break
		}
	}
	delete(all, quiet)
}

// network returns what one who attacks has one of: an address, or of version 6 a network.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Unmap().Is4() {
		return address
	}
	prefix, err := ip.Prefix(64)
	if err != nil {
		return address
	}
	return prefix.String()
}

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
