package chaos

import "testing"

// told is a history of messages 1 to 6, which were sent again where a connection was lost.
func told() *History {
	h := new(History)
	for n := 1; n <= 6; n++ {
		h.Sent(n)
	}
	h.Arrived(1, 1)
	h.Acked(1, 1)
	h.Arrived(2, 1) // whose acknowledgement was lost
	h.Arrived(2, 2)
	h.Acked(2, 2)
	h.Arrived(3, 3)
	h.Acked(3, 3)
	h.Arrived(3, 2) // late, on a connection that had been given up
	h.Arrived(4, 3)
	h.Acked(4, 3) // and 5 and 6 are on their way
	return h
}

func TestAHistoryThatKeepsThePromises(t *testing.T) {
	got := told().Check()
	if want := (Report{Sent: 6, Acked: 4, Arrived: 4, Twice: 2}); got != want || got.Broken() {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := got.String(); got != "sent=6 acked=4 missing=0 reordered=0 twice=2" {
		t.Errorf("printed as %s", got)
	}
	if got := (Report{Needless: 1, Invented: 2}).String(); got != "sent=0 acked=0 missing=0 reordered=0 twice=0 needless=1 invented=2" {
		t.Errorf("damage is printed as %s", got)
	}
}

func TestEachDamageToAHistoryIsFound(t *testing.T) {
	for name, test := range map[string]struct {
		damage func(h *History)
		want   Report
	}{
		"an acknowledged message has not arrived": {
			func(h *History) { h.Acked(6, 3) },
			Report{Sent: 6, Acked: 5, Arrived: 4, Twice: 2, Missing: 1},
		},
		"two messages have changed places": {
			func(h *History) { h.Arrived(6, 3); h.Arrived(5, 3) },
			Report{Sent: 6, Acked: 4, Arrived: 6, Twice: 2, Reordered: 1},
		},
		"two messages have changed places over connections": {
			func(h *History) { h.Arrived(6, 3); h.Arrived(5, 4) },
			Report{Sent: 6, Acked: 4, Arrived: 6, Twice: 2, Reordered: 1},
		},
		"a message was sent again on the connection that brought its acknowledgement": {
			func(h *History) { h.Arrived(1, 1) },
			Report{Sent: 6, Acked: 4, Arrived: 4, Twice: 3, Needless: 1},
		},
		"a message was sent again on the next connection, though it was acknowledged": {
			func(h *History) { h.Arrived(4, 4) },
			Report{Sent: 6, Acked: 4, Arrived: 4, Twice: 3, Needless: 1},
		},
		"a message arrives that nobody has sent": {
			func(h *History) { h.Arrived(7, 3) },
			Report{Sent: 6, Acked: 4, Arrived: 4, Twice: 2, Invented: 1},
		},
		"an acknowledgement arrives for what nobody has sent": {
			func(h *History) { h.Acked(7, 3) },
			Report{Sent: 6, Acked: 4, Arrived: 4, Twice: 2, Invented: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := told()
			test.damage(h)
			if got := h.Check(); got != test.want || !got.Broken() {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}

func TestWhereTheOrderIsPromisedOnEachConnectionOnly(t *testing.T) {
	h := &History{PerConnection: true}
	for n := range 4 {
		h.Sent(n)
	}
	h.Arrived(1, 2)
	h.Arrived(0, 1) // of a connection whose events were handled late
	if got := h.Check(); got.Broken() {
		t.Errorf("%+v", got)
	}
	h.Arrived(3, 2)
	h.Arrived(2, 2)
	if got := h.Check(); got.Reordered != 1 {
		t.Errorf("%+v, want one reordered", got)
	}
}
