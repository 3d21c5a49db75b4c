package fleet

import (
	"bufio"
	"encoding/base64"
	"encoding/json/v2"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"socketio/internal/child"
)

// A nodeMember is interop/cluster/node.mjs. With an emitter's commands go to that.
type nodeMember struct {
	*nodeProcess
	t       *testing.T
	emitter bool
}

// A nodeProcess is what runs it.
type nodeProcess struct {
	addr string

	mu      sync.Mutex // guards what follows
	in      io.Writer
	last    int
	waiting map[int]chan nodeAnswer
	heard   []string
}

// A nodeCommand is what it is told to do, and a nodeAnswer what came of it, or what has
// happened.
type (
	nodeCommand struct {
		ID      int    `json:"id"`
		Do      string `json:"do"`
		Emitter bool   `json:"emitter"`
		selection
		Args  []any  `json:"args"`
		To    string `json:"to"`
		Close bool   `json:"close"`
	}
	nodeAnswer struct {
		ID     int    `json:"id"`
		Result any    `json:"result"`
		Error  string `json:"error"`
		Event  string `json:"event"`
		Args   []any  `json:"args"`
	}
)

// startNode starts a server for Node, if the packages that it needs are installed.
func startNode(t *testing.T, kind, broker string) *nodeMember {
	t.Helper()
	dir, err := filepath.Abs("../../interop/cluster")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		t.Skip("npm ci has not run in interop/cluster; make test-cluster does that")
	}
	cmd := exec.Command("node", filepath.Join(dir, "node.mjs"), kind, broker)
	in, out := child.Start(t, cmd)
	n := &nodeProcess{in: in, waiting: map[int]chan nodeAnswer{}}
	listening := make(chan string, 1)
	read := make(chan struct{})
	go func() {
		defer close(read)
		n.read(out, listening)
	}()
	t.Cleanup(func() {
		in.Close() // upon which it ends
		<-read
		_ = cmd.Wait()
	})
	select {
	case n.addr = <-listening:
	case <-time.After(patience):
		_ = cmd.Process.Kill()
		t.Fatal("node.mjs does not listen")
	}
	return &nodeMember{nodeProcess: n, t: t}
}

// read takes what the process says.
func (n *nodeProcess) read(out io.Reader, listening chan<- string) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var a nodeAnswer
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			continue
		}
		switch a.Event {
		case "listening":
			listening <- fmt.Sprint("http://127.0.0.1:", a.Args[0])
		case "told":
			n.mu.Lock()
			n.heard = append(n.heard, fmt.Sprint(a.Args...))
			n.mu.Unlock()
		case "":
			n.mu.Lock()
			n.waiting[a.ID] <- a
			delete(n.waiting, a.ID)
			n.mu.Unlock()
		}
	}
}

// do makes the process do something and returns what came of it.
func (n *nodeMember) do(c nodeCommand) any {
	n.t.Helper()
	c.Emitter = n.emitter
	answer := make(chan nodeAnswer, 1)
	n.mu.Lock()
	n.last++
	c.ID = n.last
	n.waiting[c.ID] = answer
	line, err := json.Marshal(&c)
	if err == nil {
		_, err = n.in.Write(append(line, '\n'))
	}
	n.mu.Unlock()
	if err != nil {
		n.t.Fatal(err)
	}
	select {
	case a := <-answer:
		if a.Error != "" {
			n.t.Errorf("node: %s: %s", c.Do, a.Error)
		}
		return a.Result
	case <-time.After(patience):
		n.t.Fatalf("node: %s is not answered", c.Do)
	}
	return nil
}

func texts(list any) (texts []string) {
	values, _ := list.([]any)
	for _, value := range values {
		texts = append(texts, fmt.Sprint(value))
	}
	slices.Sort(texts)
	return texts
}

func (n *nodeMember) url() string { return n.addr }

func (n *nodeMember) emit(to selection, event string, arg any) {
	if b, ok := arg.([]byte); ok {
		arg = map[string]string{"$binary": base64.StdEncoding.EncodeToString(b)}
	}
	n.do(nodeCommand{Do: "emit", selection: to, Args: []any{event, arg}})
}

func (n *nodeMember) acks(to selection, question string) []string {
	return texts(n.do(nodeCommand{Do: "acks", selection: to, Args: []any{string(ask), question}}))
}

func (n *nodeMember) fetch(to selection) (sockets []string) {
	list, _ := n.do(nodeCommand{Do: "fetch", selection: to}).([]any)
	for _, one := range list {
		socket := one.(map[string]any)
		data, _ := socket["data"].(map[string]any)
		sockets = append(sockets, describe(data["name"], texts(socket["rooms"])))
	}
	slices.Sort(sockets)
	return sockets
}

func (n *nodeMember) join(to selection, room string) {
	n.do(nodeCommand{Do: "join", selection: to, To: room})
}

func (n *nodeMember) leave(to selection, room string) {
	n.do(nodeCommand{Do: "leave", selection: to, To: room})
}

func (n *nodeMember) disconnect(to selection) {
	n.do(nodeCommand{Do: "disconnect", selection: to, Close: true})
}

func (n *nodeMember) tell(text string) {
	n.do(nodeCommand{Do: "tell", Args: []any{string(told), text}})
}

func (n *nodeMember) ask(question string) []string {
	return texts(n.do(nodeCommand{Do: "ask", Args: []any{string(ask), question}}))
}

func (n *nodeMember) count() int {
	count, _ := n.do(nodeCommand{Do: "count"}).(float64)
	return int(count)
}

func (n *nodeMember) told() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.heard)
}
