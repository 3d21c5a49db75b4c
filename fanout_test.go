package socketio

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// onCores sets GOMAXPROCS until the test ends.
func onCores(t testing.TB, n int) {
	before := runtime.GOMAXPROCS(n)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

func TestSpreadVisitsEachSocketOnce(t *testing.T) {
	for _, cores := range []int{1, 2, 5} {
		for _, n := range []int{0, 1, fanoutShare, fanoutFrom - 1, fanoutFrom, 4*fanoutFrom + 1} {
			t.Run(fmt.Sprint(n, " sockets on ", cores), func(t *testing.T) {
				onCores(t, cores)
				list := make([]*Socket, n)
				place := map[*Socket]int{}
				for i := range list {
					list[i] = new(Socket)
					place[list[i]] = i
				}
				visits := make([]atomic.Int32, n)
				spread(list, func(s *Socket) { visits[place[s]].Add(1) })
				for i := range visits {
					if got := visits[i].Load(); got != 1 {
						t.Fatalf("socket %d was visited %d times", i, got)
					}
				}
			})
		}
	}
}

// TestABroadcastIsSpreadOverCores has the first visit wait until another goroutine has
// visited a socket.
func TestABroadcastIsSpreadOverCores(t *testing.T) {
	onCores(t, 2)
	synctest.Test(t, func(t *testing.T) {
		var visits atomic.Int32
		second := make(chan struct{})
		list := make([]*Socket, fanoutFrom)
		spread(list, func(*Socket) {
			switch visits.Add(1) {
			case 1:
				<-second
			case 2:
				close(second)
			}
		})
		if got := visits.Load(); got != fanoutFrom {
			t.Errorf("%d visits, want %d", got, fanoutFrom)
		}
	})
}

func TestBroadcastsToManyReachEachInOrder(t *testing.T) {
	const broadcasts = 40
	onCores(t, 4)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		var clients []*client
		var sockets []*Socket
		for range fanoutFrom + 10 {
			c, id := r.joined()
			s := r.wantSocket(id)
			s.Join("room")
			clients, sockets = append(clients, c), append(sockets, s)
		}
		var senders sync.WaitGroup
		for sender := range 2 {
			senders.Go(func() {
				to := sockets[sender].To("room")
				for n := range broadcasts {
					if err := to.EmitArgs("event", sender, n); err != nil {
						t.Error(err)
					}
				}
			})
		}
		senders.Wait()
		synctest.Wait()
		for i, c := range clients {
			next := [2]int{}
			for len(c.arrived) > 0 {
				sender, n := numbers(t, c.next())
				if n != next[sender] {
					t.Fatalf("client %d: broadcast %d of sender %d, want %d", i, n, sender, next[sender])
				}
				next[sender]++
			}
			want := [2]int{broadcasts, broadcasts}
			if i < len(want) {
				want[i] = 0 // it is the sender
			}
			if next != want {
				t.Errorf("client %d received %d broadcasts, want %d", i, next, want)
			}
		}
	})
}

func TestABroadcastToManyReachesWhomItSelects(t *testing.T) {
	onCores(t, 4)
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil)
		var clients []*client
		for i := range fanoutFrom + 60 {
			c, id := r.joined()
			clients = append(clients, c)
			s := r.wantSocket(id)
			s.Join("all", []string{"even", "odd"}[i%2])
			if i%3 == 0 {
				s.Join("third")
			}
		}
		for name, tt := range map[string]struct {
			selection Broadcast
			selects   func(i int) bool
		}{
			"two rooms that share members": {r.srv.To("all", "even"), func(int) bool { return true }},
			"a room except another":        {r.srv.To("all").Except("third"), func(i int) bool { return i%3 != 0 }},
			"two rooms except another":     {r.srv.To("even", "odd").Except("third"), func(i int) bool { return i%3 != 0 }},
			"everybody except a room":      {r.srv.Except("odd"), func(i int) bool { return i%2 == 0 }},
		} {
			if err := tt.selection.Emit("event", name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			synctest.Wait()
			for i, c := range clients {
				want := 0
				if tt.selects(i) {
					want = 1
				}
				if got := len(c.arrived); got != want {
					t.Errorf("%s: client %d received %d messages, want %d", name, i, got, want)
				}
				for len(c.arrived) > 0 {
					c.want(`42["event","` + name + `"]`)
				}
			}
		}
	})
}

// numbers returns the arguments of ["event",a,b].
func numbers(t *testing.T, packet string) (a, b int) {
	t.Helper()
	first, second, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(packet, `42["event",`), "]"), ",")
	a, errA := strconv.Atoi(first)
	b, errB := strconv.Atoi(second)
	if errA != nil || errB != nil {
		t.Fatalf("received %s", packet)
	}
	return a, b
}
