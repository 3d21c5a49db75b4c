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
