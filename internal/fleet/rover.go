package fleet

import (
	"bufio"
	"encoding/json/v2"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"socketio/internal/child"
)

// A rover is an official client, interop/cluster/rover.mjs, that goes from server to server.
type rover struct {
	mu     sync.Mutex // guards what follows
	visits []visitNote
	heard  []string
}

// A visitNote is what the client knows when it is connected.
type visitNote struct {
	Event     string `json:"event"`
	ID        string `json:"id"`
	Recovered bool   `json:"recovered"`
	Text      string `json:"text"`
}

// startRover starts the client.
func startRover(t *testing.T, url string) *rover {
	t.Helper()
	dir, err := filepath.Abs("../../interop/cluster")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", filepath.Join(dir, "rover.mjs"), url)
	in, out := child.Start(t, cmd)
	r, read := new(rover), make(chan struct{})
	go func() {
		defer close(read)
		r.read(out)
	}()
	t.Cleanup(func() {
		in.Close() // upon which it ends
		<-read
		_ = cmd.Wait()
	})
	return r
}

func (r *rover) read(out io.Reader) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var note visitNote
		if json.Unmarshal(lines.Bytes(), &note) != nil {
			continue
		}
		r.mu.Lock()
		if note.Event == "connect" {
			r.visits = append(r.visits, note)
		} else {
			r.heard = append(r.heard, note.Text)
		}
		r.mu.Unlock()
	}
}

// visited returns how often it has been connected, and what it knew the last time.
func (r *rover) visited() (times int, last visitNote) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if times = len(r.visits); times > 0 {
		last = r.visits[times-1]
	}
	return times, last
}

// count returns how many events it has heard.
func (r *rover) count() int { return len(r.heardOf("")) }

// heardOf returns what it has heard that begins with a prefix.
func (r *rover) heardOf(prefix string) (texts []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, text := range r.heard {
		if strings.HasPrefix(text, prefix) {
			texts = append(texts, text)
		}
	}
	return texts
}

// CheckRecovery checks that an official client recovers on a server in Go what it has missed on
// the one for Node, and the other way round: all events of all servers, each once and in the
// order of who has sent it. Saved returns how many sessions the broker keeps.
//
// A server for Node sends what it emits itself at once, and what others emit when it has read
// that; so on it a client may get events in another order than that of the stream, in which its
// place tells too little. There the test waits for each event.
func (f *Fleet) CheckRecovery(t *testing.T, saved func() int) {
	t.Helper()
	d := newDoor(t)
	d.open(f.members["node"].url())
	r := startRover(t, d.url())
	until(t, "the first connection", func() bool { n, _ := r.visited(); return n == 1 })
	_, first := r.visited()
	sent := 0
	send := func(count int, then func()) {
		for range count {
			for _, name := range names {
				text := fmt.Sprintf("%s-%03d", name, sent)
				if sent%3 == 2 {
					f.members[name].emit(selection{}, "binary", []byte(text))
				} else {
					f.members[name].emit(selection{Rooms: []string{"rover", "elsewhere"}}, "text", text)
				}
				then()
			}
			sent++
		}
	}
	heard := 0
	arrive := func() {
		heard++
		until(t, "an event", func() bool { return r.count() == heard })
	}
	send(3, arrive)
	for i, name := range []string{"a", "node", "b", "a", "node"} {
		d.shut()
		until(t, "the saving of the session", func() bool { return saved() == 1 })
		send(7, func() { heard++ })
		d.open(f.members[name].url())
		until(t, "coming back", func() bool { n, _ := r.visited(); return n == 2+i })
		if _, now := r.visited(); !now.Recovered || now.ID != first.ID {
			t.Fatalf("on %s, the client was recovered: %t, its id is %s and was %s", name, now.Recovered, now.ID, first.ID)
		}
		if name == "node" {
			until(t, "what was missed", func() bool { return r.count() == heard })
			send(3, arrive)
		} else {
			send(3, func() { heard++ })
			until(t, "all events, on "+name, func() bool { return r.count() == heard })
		}
		sameTexts(t, f.members[names[i%3]].fetch(selection{Rooms: []string{"rover"}}), "rover[rover]")
	}
	for _, name := range names {
		got := r.heardOf(name + "-")
		for i, text := range got {
			if want := fmt.Sprintf("%s-%03d", name, i); text != want {
				t.Fatalf("of %s came %q as number %d", name, got, i)
			}
		}
	}
}
