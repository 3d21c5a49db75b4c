package ws

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"testing"
)

func TestWhatIsSharedAndWhatIsNotKeepTheirOrder(t *testing.T) {
	bothKinds(t, func(t *testing.T, pair func(*testing.T) (net.Conn, net.Conn)) {
		for seed := range uint64(20) {
			config := newConfig(t)
			config.QueueBytes = 1 << 26
			r := config.newRig(t, pair, nil)
			random := rand.New(rand.NewPCG(seed, 0))
			var want []byte
			for i := range 100 {
				data := bytes.Repeat([]byte{byte(i)}, 1+random.IntN([]int{10, lendSize, 1 << 16}[random.IntN(3)]))
				encoded := AppendFrame(nil, OpBinary, data)
				want = append(want, encoded...)
				var err error
				if random.IntN(2) == 0 {
					err = r.conn.Write(Frame{Op: OpBinary, Data: data})
				} else {
					err = r.conn.WriteEncoded(encoded, 1, false)
				}
				if err != nil {
					t.Fatal(err)
				}
				if random.IntN(4) == 0 { // the peer reads on
					part := make([]byte, min(len(want), 1<<random.IntN(18)))
					n, err := io.ReadFull(r.peer, part)
					if err != nil || !bytes.Equal(part, want[:n]) {
						t.Fatalf("seed %d, message %d: something else arrived (%v)", seed, i, err)
					}
					want = want[n:]
				}
			}
			r.want("the rest", want)
		}
	})
}

func TestFramesThatManyConnectionsWaitWithAreThereOnce(t *testing.T) {
	const conns, size = 50, 1 << 20
	config := newConfig(t)
	config.QueueBytes = 2 * size
	var rigs []*rig
	for range conns {
		rigs = append(rigs, config.newRig(t, pipe, nil))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 16 {
		shared := AppendFrame(nil, OpBinary, make([]byte, size/16))
		for _, r := range rigs {
			if err := r.conn.WriteEncoded(shared, 1, false); err != nil {
				t.Fatal(err)
			}
		}
	}
	runtime.ReadMemStats(&after)
	waiting := 0
	for _, r := range rigs {
		_, bytes := r.conn.Waiting()
		waiting += bytes
	}
	if waiting < conns*size {
		t.Errorf("%d bytes wait, want %d", waiting, conns*size)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 4*size {
		t.Errorf("that took %d bytes of memory for %d that are shared", took, size)
	}
}
