package engineio

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"socketio/internal/ws"
)

// TestShutdownAtAnyMoment shuts down in the middle of everything that clients do. When
// Shutdown has returned, every connection has ended and its receiver knows.
func TestShutdownAtAnyMoment(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			r := newRig(t, nil, nil)
			r.closed = make(chan *CloseError, 100_000)
			var opened, closed atomic.Int64
			r.server.Trace(&Trace{
				Opened: func(*Conn) { opened.Add(1) },
				Closed: func(*Conn, *CloseError) { closed.Add(1) },
			})
			var clients sync.WaitGroup
			for i := range 8 {
				clients.Go(func() { visit(r, i) })
			}
			r.until("some connections are open", func() bool { return opened.Load() > int64(random.IntN(60)) })
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if err := r.server.Shutdown(ctx); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
			told := len(r.closed)
			if opened.Load() != closed.Load() || int64(told) != opened.Load() || r.server.Len() != 0 {
				t.Errorf("%d opened, %d closed, %d receivers told, %d left", opened.Load(), closed.Load(), told, r.server.Len())
			}
			clients.Wait()
		})
	}
}

// visit opens connections of one kind and uses them until the server refuses. What goes
// wrong meanwhile is the server's closing.
func visit(r *rig, kind int) {
	url := r.http.URL + "/socket.io/?EIO=4&transport=polling"
	for {
		status, body := fetch(r, "GET", url, "")
		_, rest, ok := strings.Cut(body, `{"sid":"`)
		if status != 200 || !ok {
			return
		}
		session := url + "&sid=" + rest[:20]
		switch kind % 4 {
		case 0:
			fetch(r, "POST", session, "4x\x1e4y")
			fetch(r, "GET", session, "")
			fetch(r, "POST", session, "1")
		case 1:
			fetch(r, "POST", session, "4x\x1e1")
		case 2:
			fetch(r, "POST", session, "4x")
			upgradeAndLeave(r, session)
		case 3: // left to the ping's timeout
		}
	}
}

func fetch(r *rig, method, url, body string) (status int, answer string) {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return 0, ""
	}
	resp, err := r.http.Client().Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body) // what came before an error is of no use either
	return resp.StatusCode, string(b)
}

func upgradeAndLeave(r *rig, url string) {
	nc, early, _, err := ws.Dial(context.Background(), strings.Replace(url, "=polling", "=websocket", 1),
		ws.DialOptions{Client: r.http.Client()})
	if err != nil {
		return
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(10 * time.Second))
	for _, text := range []string{"2probe", "5", "4x"} {
		if _, err := nc.Write(ws.AppendMasked(nil, ws.OpText, []byte(text))); err != nil {
			return
		}
	}
	_ = early
}
