package forward

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestIDsNameTheirNode(t *testing.T) {
	form := regexp.MustCompile(`^[\w-]{20}$`)
	ends, ids := map[string]bool{}, map[string]bool{}
	for i := range uint32(20_000) {
		tag := i * 7919 & 0xffffff
		if i%2 == 0 {
			tag = 42
		}
		id := NewID(tag)
		if got, ok := tagOf(id); !ok || got != tag || !form.MatchString(id) {
			t.Fatalf("%q names %d, %v; want %d", id, got, ok, tag)
		}
		ids[id] = true
		if tag == 42 {
			ends[id[randomLength:]] = true
		}
	}
	if len(ids) != 20_000 {
		t.Errorf("%d ids of 20,000 differ", len(ids))
	}
	if len(ends) < 9_900 {
		t.Errorf("10,000 ids of one node have %d different ends", len(ends))
	}
	for _, id := range []string{"", "short", strings.Repeat("x", 21), strings.Repeat("%", 20), strings.Repeat("x", 64)} {
		if tag, ok := tagOf(id); ok {
			t.Errorf("%q names %d, and should nobody", id, tag)
		}
	}
}

func TestARequestArrivesAsItWasSent(t *testing.T) {
	type seen struct {
		method, uri, host, remote, body, cookie, expect, forwarded string
	}
	got := make(chan seen, 1)
	_, near := pair(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- seen{r.Method, r.RequestURI, r.Host, r.RemoteAddr, string(body), r.Header.Get("Cookie"), r.Header.Get("X-Forwarded-For"), r.Header.Get(header)}
		w.Header().Set("Set-Cookie", "a=b")
		w.Header().Set("Content-Encoding", "gzip")
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprint(w, "answer")
	}, never(t), nil)
	var local string
	c := client(t)
	c.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if err == nil {
			local = conn.LocalAddr().String()
		}
		return conn, err
	}
	for _, body := range []string{"", "a body"} {
		method := http.MethodGet
		if body != "" {
			method = http.MethodPost
		}
		uri := "/socket.io/?EIO=4&transport=polling&sid=" + NewID(1) + "&x=%20"
		r, _ := http.NewRequestWithContext(t.Context(), method, "http://"+near.address+uri, strings.NewReader(body))
		r.Host = "chat.example.com"
		r.Header.Set("Cookie", "c=d")
		r.Header.Set("X-Forwarded-For", "192.0.2.1")
		r.Header.Set("Accept-Encoding", "gzip")
		res, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(res.Body)
		res.Body.Close()
		want := seen{method, uri, "chat.example.com", local, body, "c=d", "192.0.2.1", ""}
		if s := <-got; s != want {
			t.Errorf("the owner got %+v, want %+v", s, want)
		}
		if res.StatusCode != http.StatusTeapot || string(text) != "answer" || res.Header.Get("Set-Cookie") != "a=b" || res.Header.Get("Content-Encoding") != "gzip" {
			t.Errorf("the client got %d, %q, %v", res.StatusCode, text, res.Header)
		}
	}
	if n := near.f.Counts(); n.Forwarded != 2 || n.Failed != 0 {
		t.Errorf("counted %+v", n)
	}
}

func TestWhatIsNotForwarded(t *testing.T) {
	own := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "own") }
	_, near := pair(t, never(t), own, nil)
	base := "http://" + near.address
	for name, url := range map[string]string{
		"a handshake":        base + "/socket.io/?EIO=4&transport=polling",
		"an own session":     near.url(NewID(2)),
		"a session of whom?": near.url(NewID(3)),
		"another id":         near.url("lv_VI97HAXpY6yYWAAAC!"),
		"a long id":          near.url(strings.Repeat("x", 3000)),
		"another path":       base + "/metrics?sid=" + NewID(1),
		"a client's file":    base + "/socket.io/socket.io.js?sid=" + NewID(1),
	} {
		t.Run(name, func(t *testing.T) {
			if status, text, _ := fetch(t, client(t), url, nil); status != http.StatusOK || text != "own" {
				t.Errorf("the answer is %d %q", status, text)
			}
		})
	}
}

func TestAnOwnerThatIsDeadOrDoesNotKnow(t *testing.T) {
	own := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "own %s", body)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	dead := l.Addr().String()
	knows := newNode(t, 1, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "found %s", body)
	}, nil)
	ignorant := newNode(t, 1, unknown, nil)
	for _, tt := range []struct {
		name   string
		owners []string
		want   string
	}{
		{"dead", []string{dead}, "own"},
		{"ignorant", []string{ignorant.address}, "own"},
		{"one of two has it", []string{ignorant.address, knows.address}, "found"},
		{"dead, and another one has it", []string{dead, knows.address}, "found"},
		{"several, and none has it", []string{ignorant.address, dead}, "own"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			near := newNode(t, 2, own, nil)
			for _, address := range tt.owners {
				near.d.add(1, address)
			}
			for _, body := range []string{"", "body"} {
				var post io.Reader
				if body != "" {
					post = strings.NewReader(body)
				}
				if _, text, _ := fetch(t, client(t), near.url(NewID(1)), post); text != tt.want+" "+body {
					t.Errorf("the answer is %q, want %q", text, tt.want+" "+body)
				}
			}
			doubted := strings.Join(near.d.doubted, " ")
			if wanted := strings.Contains(strings.Join(tt.owners, " "), dead); strings.Contains(doubted, dead) != wanted {
				t.Errorf("doubted are %q", doubted)
			}
		})
	}
}

func TestAnotherNodeWithTheOwnTagIsAskedFirst(t *testing.T) {
	own := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "own") }
	for _, tt := range []struct {
		name  string
		owner http.HandlerFunc
		want  string
	}{
		{"has it", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "other") }, "other"},
		{"does not", unknown, "own"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			other := newNode(t, 2, tt.owner, nil)
			near := newNode(t, 2, own, nil)
			near.d.add(2, other.address)
			if _, text, _ := fetch(t, client(t), near.url(NewID(2)), nil); text != tt.want {
				t.Errorf("the answer is %q, want %q", text, tt.want)
			}
		})
	}
}

func TestNothingIsForwardedTwice(t *testing.T) {
	far, near := pair(t, unknown, unknown, nil)
	far.d.add(1, near.address) // which says that it is there, and near that it is here
	far.f.Tag = 3
	if status, _, _ := fetch(t, client(t), near.url(NewID(1)), nil); status != http.StatusBadRequest {
		t.Errorf("the status is %d", status)
	}
	if n := far.f.Counts(); n.Forwarded != 0 {
		t.Errorf("%d requests went on", n.Forwarded)
	}
}

func TestStrangersForwardNothing(t *testing.T) {
	n := newNode(t, 1, never(t), nil)
	id := NewID(1)
	uri := "/socket.io/?EIO=4&transport=polling&sid=" + id
	good := hop{kind: serve, proto: "https", remote: "192.0.2.1%3A80"}
	for name, values := range map[string][]string{
		"nothing":         {""},
		"no proof":        {"serve https 192.0.2.1%3A80 "},
		"another secret":  {good.sign([]byte("another"), "GET", uri, n.address)},
		"another method":  {good.sign([]byte(secret), "POST", uri, n.address)},
		"another session": {good.sign([]byte(secret), "GET", strings.Replace(uri, id, NewID(1), 1), n.address)},
		"another host":    {good.sign([]byte(secret), "GET", uri, "example.com")},
		"another address": {strings.Replace(good.sign([]byte(secret), "GET", uri, n.address), "192", "193", 1)},
		"leave":           {strings.Replace(good.sign([]byte(secret), "GET", uri, n.address), serve, leave, 1)},
		"twice":           {good.sign([]byte(secret), "GET", uri, n.address), good.sign([]byte(secret), "GET", uri, n.address)},
		"long":            {strings.Repeat("x ", 10_000)},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+n.address+uri, nil)
			r.Header[header] = values
			res, err := client(t).Do(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusForbidden {
				t.Errorf("the status is %d", res.StatusCode)
			}
		})
	}
	if len(n.left) > 0 {
		t.Errorf("%q had to leave", n.left)
	}
}

func TestAForwardedRequestKeepsItsClient(t *testing.T) {
	got := make(chan *http.Request, 1)
	n := newNode(t, 1, func(_ http.ResponseWriter, r *http.Request) { got <- r }, nil)
	for _, h := range []hop{{serve, "https", "192.0.2.1%3A80"}, {serve, "http", "%40"}} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, n.url(NewID(1)), nil)
		r.Header.Set(header, h.sign([]byte(secret), "GET", r.URL.RequestURI(), n.address))
		res, err := client(t).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		arrived := <-got
		if want := map[string]string{"https": "192.0.2.1:80", "http": "@"}[h.proto]; arrived.RemoteAddr != want || (arrived.TLS != nil) != (h.proto == "https") {
			t.Errorf("the client is %s, TLS %v; want %s, %s", arrived.RemoteAddr, arrived.TLS, want, h.proto)
		}
	}
}

func TestABodyThatIsTooLarge(t *testing.T) {
	read := make(chan int, 1)
	_, near := pair(t, func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > 1000 {
			read <- 0
		} else {
			body, _ := io.ReadAll(io.LimitReader(r.Body, 1001))
			read <- len(body)
		}
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	}, never(t), nil)
	for _, tt := range []struct {
		name string
		body io.Reader
		want int
	}{
		{"and says so", bytes.NewReader(make([]byte, 5_000_000)), 0},
		{"and does not say so", io.MultiReader(bytes.NewReader(make([]byte, 5000))), 1001},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, near.url(NewID(1)), tt.body)
			r.Header.Set("Expect", "100-continue") // lest the answer is lost with what nobody reads
			c := client(t)
			c.Transport.(*http.Transport).ExpectContinueTimeout = patience
			res, err := c.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if got := <-read; res.StatusCode != http.StatusRequestEntityTooLarge || got != tt.want {
				t.Errorf("the status is %d, and the owner has read %d bytes, want %d", res.StatusCode, got, tt.want)
			}
		})
	}
}

func TestWhoIsNewWaitsForTheOthers(t *testing.T) {
	far := newNode(t, 1, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "found") }, nil)
	near := newNode(t, 2, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "own") }, nil)
	near.d.settled = make(chan struct{})
	answers := make(chan string, 2)
	for _, url := range []string{near.url(NewID(1)), "http://" + near.address + "/socket.io/?EIO=4&transport=polling"} {
		go func() {
			res, err := http.Get(url) //nolint:noctx // it ends with what it asks
			if err != nil {
				answers <- err.Error()
				return
			}
			b, _ := io.ReadAll(res.Body)
			res.Body.Close()
			answers <- string(b)
		}()
	}
	select {
	case text := <-answers:
		t.Errorf("%q was answered before the others were known", text)
	case <-time.After(50 * time.Millisecond):
	}
	near.d.add(1, far.address)
	close(near.d.settled)
	if both := (<-answers + " " + <-answers); both != "found own" && both != "own found" {
		t.Errorf("the answers are %q", both)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestEitherEndOfARequestIsNoticed(t *testing.T) {
	begun, ended := make(chan struct{}, 1), make(chan error, 1)
	_, near := pair(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("broken") {
			w.Header().Set("Content-Length", "50000")
			w.Write(make([]byte, 30_000))
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
		begun <- struct{}{}
		<-r.Context().Done()
		ended <- r.Context().Err()
	}, never(t), nil)
	ctx, cancel := context.WithCancel(t.Context())
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, near.url(NewID(1)), nil)
	go func() {
		<-begun
		cancel()
	}()
	if res, err := client(t).Do(r); err == nil {
		res.Body.Close()
		t.Error("a poll that was given up has an answer")
	}
	select {
	case <-ended:
	case <-time.After(patience):
		t.Error("the owner does not know that its client has gone")
	}
	res, err := client(t).Get(near.url(NewID(1)) + "&broken=") //nolint:noctx // it ends with the owner
	if err == nil {
		_, err = io.ReadAll(res.Body)
		res.Body.Close()
	}
	if err == nil {
		t.Error("an answer that has broken off looks whole")
	}
}

func TestALargeAnswerIsNotReadFasterThanItIsTaken(t *testing.T) {
	const size = 64 << 20
	written := make(chan int, 1)
	_, near := pair(t, func(w http.ResponseWriter, r *http.Request) {
		sum := 0
		for chunk := make([]byte, 64<<10); sum < size; {
			n, err := w.Write(chunk)
			sum += n
			if err != nil {
				break
			}
		}
		written <- sum
	}, never(t), func(c *Config) { c.WriteTimeout = time.Second })
	conn, err := net.Dial("tcp", near.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /socket.io/?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\n\r\n", NewID(1))
	select { // who takes nothing is cut off, and so is the owner
	case sum := <-written:
		if sum >= size {
			t.Errorf("all of %d bytes went somewhere", sum)
		}
	case <-time.After(patience):
		t.Error("the owner still writes")
	}
}
