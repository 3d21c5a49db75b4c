package chaos

import (
	"fmt"
	"sync"
)

// A History is what happened to the messages of one sender, which have numbers. All methods
// may be called concurrently; what one call returned before, comes before in the history.
type History struct {
	// PerConnection says that the order is promised on each connection only.
	PerConnection bool

	mu        sync.Mutex // guards what follows
	messages  map[int]*message
	latest    map[int]int // of those that have arrived, the one sent last, by connection
	reordered int
	invented  int
}

// A message is what is known of one.
type message struct {
	place    int   // among those sent, from 0
	arrivals []int // on which connections
	acked    bool
	ackedOn  int
}

// Sent notes that a message is being sent. It is called before that, for each message once,
// and in the order that is promised.
func (h *History) Sent(number int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.messages == nil {
		h.messages, h.latest = map[int]*message{}, map[int]int{}
	}
	h.messages[number] = &message{place: len(h.messages)}
}

// Arrived notes that a message has reached the receiver, on a connection; these are numbered
// as the receiver let them in. It is called before the acknowledgement is sent.
func (h *History) Arrived(number, on int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.messages[number]
	if m == nil {
		h.invented++
		return
	}
	m.arrivals = append(m.arrivals, on)
	if len(m.arrivals) > 1 {
		return
	}
	if !h.PerConnection {
		on = 0
	}
	if m.place < h.latest[on] {
		h.reordered++
	} else {
		h.latest[on] = m.place
	}
}

// Acked notes that the sender got the acknowledgement of a message, and on which connection
// the receiver had got that.
func (h *History) Acked(number, on int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if m := h.messages[number]; m != nil {
		m.acked, m.ackedOn = true, on
	} else {
		h.invented++
	}
}

// A Report is what a [History] comes to, in messages.
type Report struct {
	Sent, Acked int
	Arrived     int // at least once
	Missing     int // were acknowledged and never arrived
	Reordered   int // arrived, for the first time, behind one that was sent later
	Twice       int // arrived more than once
	Needless    int // arrived again, although an acknowledgement had got through
	Invented    int // arrived, or were acknowledged, and were never sent
}

// String is what the tests print.
func (r Report) String() string {
	text := fmt.Sprintf("sent=%d acked=%d missing=%d reordered=%d twice=%d", r.Sent, r.Acked, r.Missing, r.Reordered, r.Twice)
	if r.Needless+r.Invented > 0 {
		text += fmt.Sprintf(" needless=%d invented=%d", r.Needless, r.Invented)
	}
	return text
}

// Broken says whether something happened that no promise allows.
func (r Report) Broken() bool { return r.Missing+r.Reordered+r.Needless+r.Invented > 0 }

// Check reads the history as it is now.
func (h *History) Check() Report {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := Report{Sent: len(h.messages), Reordered: h.reordered, Invented: h.invented}
	for _, m := range h.messages {
		if len(m.arrivals) > 0 {
			r.Arrived++
		}
		if len(m.arrivals) > 1 {
			r.Twice++
		}
		if !m.acked {
			continue
		}
		r.Acked++
		if len(m.arrivals) == 0 {
			r.Missing++
		}
		if m.needless() {
			r.Needless++
		}
	}
	return r
}

// needless says whether a message was sent again although the sender had an acknowledgement
// of it. On an older connection than that one's it may only have been late.
func (m *message) needless() bool {
	since := 0
	for _, on := range m.arrivals {
		if on >= m.ackedOn {
			since++
		}
	}
	return since > 1
}
