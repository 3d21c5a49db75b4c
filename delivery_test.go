package socketio

import (
	"slices"
	"testing"
)

// The wire order of a session says what a client has not got of events 1 to 9.
func TestFromTheLastEventFollowsWhatIsMissing(t *testing.T) {
	for _, tt := range []struct {
		name   string
		sent   []uint64 // in this order
		unsent []uint64
		last   uint64 // that the client got
		want   []uint64
	}{
		{"everything arrived", []uint64{1, 2, 3}, nil, 3, nil},
		{"the end is missing", []uint64{1, 2, 3}, nil, 1, []uint64{2, 3}},
		{"nothing arrived", []uint64{1, 2}, nil, 0, []uint64{1, 2}},
		{"one came late and arrived", []uint64{2, 1, 3}, nil, 3, nil},
		{"one came late and was the last", []uint64{2, 1, 3}, nil, 1, []uint64{3}},
		{"one came late and did not arrive", []uint64{2, 1}, nil, 2, []uint64{1}},
		{"one came late behind two", []uint64{2, 3, 1}, nil, 2, []uint64{1, 3}},
		{"two came late, one arrived", []uint64{3, 2, 1}, nil, 2, []uint64{1}},
		{"two came late, none arrived", []uint64{3, 1, 2}, nil, 3, []uint64{1, 2}},
		{"one was not sent before the last", []uint64{2}, []uint64{1}, 2, []uint64{1}},
		{"one was not sent at the end", []uint64{1}, []uint64{2}, 1, []uint64{2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ns := new(Namespace)
			h := newHistory(1<<20, testWindow)
			x := &session{ns: ns, id: "me"}
			for range len(tt.sent) + len(tt.unsent) {
				h.append(&logged{ns: ns})
			}
			for _, number := range tt.sent {
				x.record(number)
			}
			for _, number := range tt.unsent {
				x.unsent = append(x.unsent, h.at(number))
			}
			at, known := x.position(tt.last)
			if !known {
				t.Fatal("the offset is not known")
			}
			events, complete := x.missed(h, at, h.end(), x.roomSet())
			if !complete {
				t.Fatal("something is said to be gone")
			}
			var got []uint64
			for _, e := range events {
				got = append(got, e.number)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("missing are %v, want %v", got, tt.want)
			}
		})
	}
}

func TestAnOffsetThatCannotBeJudgedIsRefused(t *testing.T) {
	var d delivery
	if _, known := d.position(1); known {
		t.Error("an event that was never sent is known")
	}
	d.record(100)
	for number := uint64(1); number <= maxLate+1; number++ {
		d.record(number)
	}
	if _, known := d.position(100); known {
		t.Error("what came late is known, although there was more than is recorded")
	}
	if _, known := d.position(maxLate + 1); !known {
		t.Error("an event that came late is not known")
	}
	d.record(101)
	if _, known := d.position(101); !known {
		t.Error("what is behind all that came late is not known")
	}
}

func TestOffsetsAreOfOneHistory(t *testing.T) {
	one, other := newHistory(1, testWindow), newHistory(1, testWindow)
	if one.origin == other.origin {
		t.Error("two histories count from the same number")
	}
	for _, number := range []uint64{0, 1, 1 << 40} {
		if got, ok := one.number(one.offset(number)); !ok || got != number {
			t.Errorf("the offset of %d names %d, %v", number, got, ok)
		}
	}
	for _, text := range []string{"", "hello", "+1", "00000000000", "ZZZZZZZZ", "zzzzzzzzzzzzzz", one.offset(1) + " "} {
		if _, ok := one.number(text); ok {
			t.Errorf("%q is an offset", text)
		}
	}
}

func TestTheLogIsBoundedByBytesAndAge(t *testing.T) {
	h := newHistory(1000, testWindow)
	for range 1000 {
		h.append(&logged{bytes: 100})
	}
	if h.bytes != 1000 || h.pushed != 990 || h.dropped() != 990 || len(h.entries)-h.first != 10 {
		t.Errorf("the log has %d bytes, %d events, and has dropped %d", h.bytes, len(h.entries)-h.first, h.dropped())
	}
	if h.at(990) != nil || h.at(991).number != 991 || h.at(1001) != nil {
		t.Error("the log does not know its events by their numbers")
	}
	if _, complete := h.since(989, 1000, func(*logged) bool { return true }); complete {
		t.Error("events that were dropped are not missed")
	}
	found, complete := h.since(990, 1000, func(e *logged) bool { return e.number%2 == 0 })
	if !complete || len(found) != 5 {
		t.Errorf("there are %d events, complete %v; want 5", len(found), complete)
	}
	h.age(h.entries[h.first].at.Add(2 * testWindow))
	if h.bytes != 0 || h.dropped() != 1000 {
		t.Errorf("after its time the log has %d bytes", h.bytes)
	}
}
