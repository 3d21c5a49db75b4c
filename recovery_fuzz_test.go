package socketio

import (
	"slices"
	"testing"
)

// FuzzRecovery has a session lose its connection three times. A script of bytes says in
// which order events of the log reach the client, which find nobody to be sent to, which are
// still with their emitter, and how far the client came. What the session says is missing
// must be what the client has not got.
func FuzzRecovery(f *testing.F) {
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, script []byte) {
		l := newLossy(t, script)
		for range 3 {
			l.emit()
			if !l.comeBack() {
				return
			}
		}
	})
}

// A lossy is a session and its client, whose connection is lost.
type lossy struct {
	*testing.T
	script  []byte
	history *history
	session *session

	with  []*logged // emitters still
	wire  []uint64  // what was sent since the client came back last, in this order
	got   map[uint64]bool
	last  uint64 // that it got
	lates int    // were sent late, and are to be remembered
}

func newLossy(t *testing.T, script []byte) *lossy {
	return &lossy{
		T: t, script: script, history: newHistory(1<<20, testWindow),
		session: &session{ns: new(Namespace), id: "me"}, got: map[uint64]bool{},
	}
}

// next is the script's next byte, below n.
func (l *lossy) next(n int) int {
	if len(l.script) == 0 {
		return 0
	}
	b := l.script[0]
	l.script = l.script[1:]
	return int(b) % n
}

// emit appends events, and gives those of which an emitter lets go to the session.
func (l *lossy) emit() {
	for range l.next(64) {
		e := &logged{ns: l.session.ns}
		l.history.append(e)
		l.with = append(l.with, e)
	}
	for range l.next(64) {
		if len(l.with) == 0 {
			return
		}
		i := l.next(len(l.with))
		e := l.with[i]
		l.with = slices.Delete(l.with, i, i+1)
		e.settle()
		switch {
		case slices.Contains(l.session.ahead, e) || l.next(8) == 0:
			_, _ = l.session.deliver(e, nil) // to nobody
		default:
			l.send(e.number)
		}
	}
}

// send is what deliver does when there is a socket.
func (l *lossy) send(number uint64) {
	if number < l.session.high {
		l.lates++
	}
	l.session.record(number)
	l.wire = append(l.wire, number)
}

// comeBack has the client come back that has got some of what was sent, and get the rest.
func (l *lossy) comeBack() bool {
	got := l.wire[:l.next(len(l.wire)+1)]
	for _, number := range got {
		if l.got[number] {
			l.Fatalf("%d was sent twice", number)
		}
		l.got[number], l.last = true, number
	}
	x := l.session
	at, known := x.position(l.last)
	if !known {
		if l.lates <= maxLate {
			l.Fatalf("%d is not known, of %v; %d were late", l.last, l.wire, l.lates)
		}
		return false
	}
	missed, complete := x.missed(l.history, at, l.history.end(), x.roomSet())
	if !complete {
		l.Fatal("something is said to be gone")
	}
	l.checkMissed(at, missed)
	x.high, x.late, x.blind, x.unsent = at.reached, slices.Clone(at.itself), 0, nil
	l.wire, l.lates = nil, len(x.late)
	for _, e := range missed { // as replay does
		if !e.settled.Load() && !slices.Contains(x.ahead, e) {
			x.ahead = append(x.ahead, e)
		}
		l.send(e.number)
	}
	return true
}

func (l *lossy) checkMissed(at position, missed []*logged) {
	var got, want []uint64
	for _, e := range missed {
		got = append(got, e.number)
	}
	for number := uint64(1); number <= l.history.end(); number++ {
		e := l.history.at(number)
		// One that is with its emitter still will come by itself, behind what the
		// client has got.
		comes := slices.Contains(l.with, e) && number <= at.reached && !slices.Contains(l.session.ahead, e)
		if !l.got[number] && !comes {
			want = append(want, number)
		}
	}
	if !slices.Equal(got, want) {
		l.Fatalf("the client came to %d: missing are %v, want %v", l.last, got, want)
	}
}
