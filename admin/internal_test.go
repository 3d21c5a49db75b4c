package admin

import (
	"errors"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// The hash for users that there are not must be as much work as those of the others, and
// must not be refused before.
func TestAnUnknownUserIsAsMuchWork(t *testing.T) {
	for _, cost := range []int{4, 5, 7} {
		hash, err := bcrypt.GenerateFromPassword([]byte("secret"), cost)
		if err != nil {
			t.Fatal(err)
		}
		all, nobody := hashes(map[string]string{"ada": string(hash)})
		if err := bcrypt.CompareHashAndPassword(all["ada"], []byte("secret")); err != nil {
			t.Errorf("the user's own hash: %v", err)
		}
		if got, err := bcrypt.Cost(nobody); got != cost || err != nil {
			t.Errorf("nobody's hash %s costs %d, %v, want %d", nobody, got, err, cost)
		}
		if err := bcrypt.CompareHashAndPassword(nobody, []byte("secret")); !errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
			t.Errorf("compared with nobody's hash: %v", err)
		}
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	m := newMemory()
	for range 2 * maxSessions {
		if err := m.Save(t.Context(), newSession()); err != nil {
			t.Fatal(err)
		}
	}
	if len(m.byID) > maxSessions || m.order.Len() > maxSessions {
		t.Errorf("there are %d sessions, want %d at most", len(m.byID), maxSessions)
	}
	th := newThrottle()
	for range 2 * maxOffenders {
		if _, err := th.turn(newSession(), newSession()); err != nil {
			t.Fatal(err)
		}
	}
	if len(th.addresses) > maxOffenders || len(th.users) > maxOffenders {
		t.Errorf("there are %d addresses and %d users, want %d at most", len(th.addresses), len(th.users), maxOffenders)
	}
	var l lateRooms
	for range 2 * maxLate {
		l.add(leftRoom{id: newSession()})
	}
	if len(l.byID) > maxLate {
		t.Errorf("there are %d late rooms, want %d at most", len(l.byID), maxLate)
	}
}
