package engineio

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// A loader is a client that sends texts, takes what comes, and in the midst of it
// upgrades as the protocol wants it: it probes, lets its requests under way return,
// and only then says that it goes over.
type loader struct {
	*rig
	random *rand.Rand
	query  string
	got    chan string // what came, in order
	failed chan error  // the first thing that went wrong

	probed  chan struct{} // closed when the probe is answered: no more requests
	pollers sync.WaitGroup
}

func newLoader(r *rig, seed uint64) *loader {
	return &loader{
		rig: r, random: rand.New(rand.NewPCG(seed, 7)),
		query: "transport=polling&sid=" + r.poll(),
		got:   make(chan string, 100_000), failed: make(chan error, 10), probed: make(chan struct{}),
	}
}

// request makes a request and takes the packets of its answer.
func (l *loader) request(method, body string) (string, error) {
	req, err := http.NewRequest(method, l.http.URL+"/socket.io/?EIO=4&"+l.query, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	resp, err := l.http.Client().Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != 200 {
		err = fmt.Errorf("%s: %d %s", method, resp.StatusCode, b)
	}
	return string(b), err
}

// poll takes what comes over polling until the probe is answered.
func (l *loader) poll() {
	for {
		select {
		case <-l.probed:
			return
		default:
		}
		body, err := l.request("GET", "")
		if err != nil {
			l.failed <- err
			return
		}
		l.took(strings.Split(body, "\x1e")...)
	}
}

func (l *loader) took(packets ...string) {
	for _, p := range packets {
		if text, ok := strings.CutPrefix(p, "4"); ok {
			l.got <- text
		}
	}
}

// post sends texts in batches until the probe is answered, and returns the rest.
func (l *loader) post(texts []string) []string {
	for len(texts) > 0 {
		select {
		case <-l.probed:
			return texts
		default:
		}
		n := min(len(texts), 1+l.random.IntN(12))
		if _, err := l.request("POST", "4"+strings.Join(texts[:n], "\x1e4")); err != nil {
			l.failed <- err
			return nil
		}
		texts = texts[n:]
	}
	<-l.probed
	return nil
}

// run sends the texts, upgrading somewhere on the way, and returns when all are sent. What comes
// over the WebSocket is taken until the end of the test.
func (l *loader) run(texts []string) {
	l.pollers.Go(l.poll)
	var c *wsClient
	before := l.random.IntN(len(texts) / 2)
	for _, text := range texts[:before] {
		if _, err := l.request("POST", "4"+text); err != nil {
			l.failed <- err
			return
		}
	}
	c = l.dial(strings.Replace(l.query, "polling", "websocket", 1))
	var posts sync.WaitGroup
	rest := texts[before:]
	posts.Go(func() { rest = l.post(rest) })
	c.send("2probe")
	c.expect("probe", "3probe")
	close(l.probed)
	posts.Wait()
	l.pollers.Wait()
	c.send("5")
	l.pollers.Go(func() {
		for {
			m, err := c.tryNext()
			if err != nil {
				return
			}
			l.took(m.text)
		}
	})
	for len(rest) > 0 {
		n := min(len(rest), 1+l.random.IntN(40))
		c.send(prefixed(rest[:n])...)
		rest = rest[n:]
	}
}

func prefixed(texts []string) []string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = "4" + text
	}
	return all
}

func numbered(prefix string, n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprint(prefix, i)
	}
	return texts
}

func TestAThousandMessagesEachWayWhileUpgrading(t *testing.T) {
	const count = 1000
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			received := make(chan string, 2*count)
			r := newRig(t, nil, func(c *Conn, m Message) bool {
				received <- string(m.Data)
				return true
			})
			l := newLoader(r, seed)
			conn := r.only()
			random := rand.New(rand.NewPCG(seed, 8))
			texts := numbered("s", count)
			var sender sync.WaitGroup
			sender.Go(func() {
				for len(texts) > 0 {
					n := min(len(texts), 1+random.IntN(6))
					way := sendings[random.IntN(2)] // those that may not drop
					if err := way.send(conn, texts[:n]...); err != nil {
						l.failed <- err
						return
					}
					texts = texts[n:]
					if random.IntN(4) == 0 { // at the client's pace
						r.until("some are taken", func() bool { n, _ := conn.Buffered(); return n < 20 })
					}
				}
			})
			l.run(numbered("c", count))
			sender.Wait()
			l.wantAll("to the server", received, "c", count)
			l.wantAll("to the client", l.got, "s", count)
			l.until("it is upgraded", func() bool { return conn.Upgraded() && conn.Transport() == WebSocket })
		})
	}
}

// wantAll expects numbered texts, each once and in order.
func (l *loader) wantAll(where string, texts <-chan string, prefix string, count int) {
	l.Helper()
	for i := range count {
		var got string
		l.until(fmt.Sprint("message ", i, " came ", where), func() bool {
			select {
			case err := <-l.failed:
				l.Fatal(err)
			case got = <-texts:
				return true
			default:
			}
			return false
		})
		if want := fmt.Sprint(prefix, i); got != want {
			l.Fatalf("%s: got %q, want %q", where, got, want)
		}
	}
	select {
	case text := <-texts:
		l.Fatalf("%s: %q besides", where, text)
	default:
	}
}

// TestSendsThatGoTogetherStayTogether has several goroutines send groups of messages over
// one connection, in every way there is, before, during and after an upgrade.
func TestSendsThatGoTogetherStayTogether(t *testing.T) {
	const senders, each = 4, 150
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := newRig(t, nil, nil)
			l := newLoader(r, seed)
			conn := r.only()
			var wg sync.WaitGroup
			var sent atomic.Int64
			for g := range senders {
				way := sendings[g%len(sendings)]
				wg.Go(func() {
					for i := range each {
						group := []string{fmt.Sprintf("%d-%d-a", g, i), fmt.Sprintf("%d-%d-b", g, i), fmt.Sprintf("%d-%d-c", g, i)}
						switch err := way.send(conn, group...); {
						case err == nil:
							sent.Add(int64(len(group)))
						case !way.try:
							l.failed <- err
							return
						}
						if i%10 == 0 {
							r.until("some are taken", func() bool { n, _ := conn.Buffered(); return n < 50 })
						}
					}
				})
			}
			l.run(numbered("c", 300)) // the echoes are sent one by one
			wg.Wait()
			l.wantGroups(int(sent.Load()), 300)
		})
	}
}

// wantGroups expects so many messages in groups of three, besides echoes, and that each
// sender's groups come in order.
func (l *loader) wantGroups(count, echoes int) {
	l.Helper()
	latest := map[string]int{}
	for count > 0 || echoes > 0 {
		first := l.take()
		if strings.HasPrefix(first, "c") {
			echoes--
			continue
		}
		count -= 3
		group, ok := strings.CutSuffix(first, "-a")
		if b, c := l.take(), l.take(); !ok || b != group+"-b" || c != group+"-c" {
			l.Fatalf("got %q, %q, %q", first, b, c)
		}
		sender, number, _ := strings.Cut(group, "-")
		var n int
		fmt.Sscan(number, &n)
		if before, ok := latest[sender]; ok && n <= before {
			l.Fatalf("sender %s: %d after %d", sender, n, before)
		}
		latest[sender] = n
	}
}

func (l *loader) take() (text string) {
	l.Helper()
	l.until("another message came", func() bool {
		select {
		case err := <-l.failed:
			l.Fatal(err)
		case text = <-l.got:
			return true
		default:
		}
		return false
	})
	return text
}
