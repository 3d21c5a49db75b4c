package engineio

import (
	"fmt"
	"io"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
)

func TestEachPOSTHasATurnOfItsOwn(t *testing.T) {
	const rounds = 50
	next := make(chan struct{})
	r := newRig(t, nil, func(c *Conn, m Message) bool {
		if string(m.Data) == "wait" {
			c.MayWait()
			c.HandOver() // lost, if the turn was that of the POST before
			<-next
		} else {
			next <- struct{}{}
		}
		return true
	})
	query := "transport=polling&sid=" + r.poll()
	for i := range rounds {
		r.want(fmt.Sprint("POST ", i, " whose handler waits"), "POST", query, "4wait", 200, "ok")
		r.want("what it waits for", "POST", query, "4go", 200, "ok")
	}
}

// endless is a body that never ends and whose reading fails after some bytes.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n := min(len(p), e.left)
	e.left -= n
	return n, nil
}

func TestALengthThatLiesSetsLittleAside(t *testing.T) {
	const declared = 1_000_000
	tests := []struct{ sent, allocated int }{
		{0, 100 << 10},
		{100, 100 << 10},
		{200 << 10, 1 << 20},
	}
	for _, test := range tests {
		r := httptest.NewRequest("POST", "/", &endless{test.sent})
		r.ContentLength = declared
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, status, err := readBody(httptest.NewRecorder(), r, nil, declared, separated); status != 400 || err == nil {
			t.Errorf("%d bytes: status %d, error %v", test.sent, status, err)
		}
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > uint64(test.allocated) {
			t.Errorf("%d bytes sent of %d: %d bytes were set aside", test.sent, declared, got)
		}
	}
}

func TestABodyIsReadWholeWhateverItsSize(t *testing.T) {
	const limit = 1_000_000
	for _, size := range []int{0, 1, 511, 512, 513, firstBody - 1, firstBody, firstBody + 1, limit - 1, limit, limit + 1} {
		for _, declared := range []bool{true, false} {
			body := strings.Repeat("4", size)
			r := httptest.NewRequest("POST", "/", strings.NewReader(body))
			if !declared {
				r.ContentLength = -1
			}
			got, status, err := readBody(httptest.NewRecorder(), r, nil, limit, separated)
			if size > limit {
				if status != 413 || err == nil {
					t.Errorf("%d bytes, declared %v: status %d, error %v", size, declared, status, err)
				}
				continue
			}
			if err != nil || string(got) != body {
				t.Errorf("%d bytes, declared %v: %d bytes, error %v", size, declared, len(got), err)
			}
		}
	}
}
