package forward

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

func TestAWebSocketIsRelayed(t *testing.T) {
	_, near := pair(t, socket(t, func(conn net.Conn) {
		io.Copy(conn, conn)
		conn.Close()
	}), never(t), nil)
	conn := dialSocket(t, near).(*net.TCPConn)
	for _, size := range []int{1, 511, 512, 513, 5000, 100_000, 3_000_000} {
		sent := make([]byte, size)
		for i := range sent {
			sent[i] = byte(i * 31)
		}
		go conn.Write(sent)
		got := make([]byte, size)
		if _, err := io.ReadFull(conn, got); err != nil || string(got) != string(sent) {
			t.Fatalf("%d bytes did not come back: %v", size, err)
		}
	}
	if n := near.f.Counts(); n.Relayed != 1 {
		t.Errorf("%d are relayed", n.Relayed)
	}
	conn.CloseWrite()
	if rest, err := io.ReadAll(conn); err != nil || len(rest) > 0 {
		t.Errorf("in the end came %q, %v", rest, err)
	}
	until(t, "the end of the relay", func() bool { return near.f.Counts().Relayed == 0 })
}

func TestEitherEndOfAWebSocketIsNoticed(t *testing.T) {
	for _, tt := range []struct {
		name  string
		close func(near, far *net.TCPConn) (left *net.TCPConn) // returns the one that has to see it
	}{
		{"the client ends", func(near, far *net.TCPConn) *net.TCPConn { near.Close(); return far }},
		{"the client breaks off", func(near, far *net.TCPConn) *net.TCPConn { near.SetLinger(0); near.Close(); return far }},
		{"the owner ends", func(near, far *net.TCPConn) *net.TCPConn { far.Close(); return near }},
		{"the owner breaks off", func(near, far *net.TCPConn) *net.TCPConn { far.SetLinger(0); far.Close(); return near }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conns := make(chan *net.TCPConn, 1)
			_, near := pair(t, socket(t, func(conn net.Conn) { conns <- conn.(*net.TCPConn) }), never(t), nil)
			client := dialSocket(t, near).(*net.TCPConn)
			owner := <-conns
			defer owner.Close()
			left := tt.close(client, owner)
			left.SetReadDeadline(time.Now().Add(patience))
			if _, err := left.Read(make([]byte, 1)); err == nil || errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the other end reads on: %v", err)
			}
			left.Close()
			until(t, "the end of the relay", func() bool { return near.f.Counts().Relayed == 0 })
		})
	}
}

func TestAnOwnerThatFallsSilentIsGivenUp(t *testing.T) {
	conns := make(chan net.Conn, 1)
	_, near := pair(t, socket(t, func(conn net.Conn) { conns <- conn }), never(t), func(c *Config) { c.Patience = time.Second })
	conn := dialSocket(t, near)
	defer func() { (<-conns).Close() }()
	if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the client's end is %v", err)
	}
}

func TestAWebSocketIsNotReadFasterThanItIsTaken(t *testing.T) {
	written := make(chan int, 1)
	_, near := pair(t, socket(t, func(conn net.Conn) {
		defer conn.Close()
		sum := 0
		for chunk := make([]byte, 64<<10); sum < 64<<20; {
			n, err := conn.Write(chunk)
			sum += n
			if err != nil {
				break
			}
		}
		written <- sum
	}), never(t), func(c *Config) { c.WriteTimeout = time.Second })
	dialSocket(t, near)
	select { // who takes nothing is cut off, and so is the owner
	case sum := <-written:
		if sum >= 64<<20 {
			t.Errorf("all of %d bytes went somewhere", sum)
		}
	case <-time.After(patience):
		t.Error("the owner still writes")
	}
}

func TestAnUpgradeThatTheOwnerRefuses(t *testing.T) {
	_, near := pair(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Why", "because")
		w.WriteHeader(http.StatusConflict)
	}, never(t), nil)
	if _, _, res := handshake(t, near); res.StatusCode != http.StatusConflict || res.Header.Get("X-Why") != "because" {
		t.Errorf("the answer is %d, %v", res.StatusCode, res.Header)
	}
	_, near = pair(t, unknown, unknown, nil)
	if _, _, res := handshake(t, near); res.StatusCode != http.StatusBadRequest {
		t.Errorf("the answer is %d", res.StatusCode)
	}
}

func TestWhoEndsHasItsClientsLeave(t *testing.T) {
	released := make(chan struct{})
	conns := make(chan net.Conn, 1)
	polls := make(chan struct{}, 1)
	var asked atomic.Int64
	take := socket(t, func(conn net.Conn) { conns <- conn })
	far, near := pair(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			take(w, r)
			return
		}
		polls <- struct{}{}
		<-released
		io.WriteString(w, "6")
	}, never(t), nil)
	far.f.Leave = func(id string) {
		if id == "" {
			t.Error("nobody is to leave")
		}
		if asked.Add(1) == 1 {
			return // it has not got what is to leave yet
		}
		select {
		case conn := <-conns:
			conn.Close()
		default:
			select {
			case <-released:
			default:
				close(released)
			}
		}
	}
	conn := dialSocket(t, near)
	answer := make(chan string, 1)
	poll := client(t)
	url := near.url(NewID(1))
	go func() {
		_, text, _ := fetch(t, poll, url, nil)
		answer <- text
	}()
	<-polls
	ended := make(chan error, 1)
	go func() {
		_, err := conn.Read(make([]byte, 1))
		conn.Close()
		ended <- err
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := near.f.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if text := <-answer; text != "6" {
		t.Errorf("the poll was answered by %q", text)
	}
	if err := <-ended; err != io.EOF {
		t.Errorf("the WebSocket ended by %v", err)
	}
	if _, _, res := handshake(t, near); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("after the end a WebSocket is answered by %d", res.StatusCode)
	}
	go func() { <-polls }()
	if _, text, _ := fetch(t, poll, url, nil); text != "6" {
		t.Errorf("after the end a poll is answered by %q", text)
	}
}

func TestWhatDoesNotLeaveIsCutOff(t *testing.T) {
	conns := make(chan net.Conn, 1)
	_, near := pair(t, socket(t, func(conn net.Conn) { conns <- conn }), never(t), nil)
	conn := dialSocket(t, near)
	defer func() { (<-conns).Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := near.f.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is %v", err)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the WebSocket has not ended")
	}
}

func TestDrainSpreadsWhoLeaves(t *testing.T) {
	conns := make(chan net.Conn, 3)
	far, near := pair(t, socket(t, func(conn net.Conn) { conns <- conn }), never(t), nil)
	for range cap(conns) {
		dialSocket(t, near)
	}
	start := time.Now()
	if err := near.f.Drain(t.Context(), 300*time.Millisecond); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took < 250*time.Millisecond {
		t.Errorf("all have left after %v", took)
	}
	far.mu.Lock()
	defer far.mu.Unlock()
	if len(far.left) != cap(conns) {
		t.Errorf("%d were told to leave", len(far.left))
	}
	for range cap(conns) {
		(<-conns).Close()
	}
}
