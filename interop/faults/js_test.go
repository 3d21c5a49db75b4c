package faults

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// jsClients are official clients in a process of their own, clients.mjs, and what they have
// told.
type jsClients struct {
	comings
	onAck func(client, message, on int)

	acked int // guarded by mu
}

// startJS starts clients, which end with the test. Each sends so many messages.
func startJS(t *testing.T, url string, clients, messages int, onAck func(client, message, on int)) *jsClients {
	t.Helper()
	j := &jsClients{comings: newComings(t, clients), onAck: onAck}
	node := exec.Command("node", "clients.mjs", fmt.Sprintf(`{"url":%q,"clients":%d,"messages":%d}`, url, clients, messages))
	node.Stderr = os.Stderr
	in, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatalf("%v; make setup installs Node and the clients", err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			j.take(lines.Bytes())
		}
	}()
	t.Cleanup(func() {
		in.Close()
		<-read
		if err := node.Wait(); err != nil {
			t.Errorf("the clients ended with %v", err)
		}
	})
	j.wantConnected()
	return j
}

// take takes one line of the clients.
func (j *jsClients) take(line []byte) {
	var word string
	var client, a, b int
	var recovered bool
	var parts []json.RawMessage
	if json.Unmarshal(line, &parts) != nil || len(parts) < 3 ||
		json.Unmarshal(parts[0], &word) != nil || json.Unmarshal(parts[1], &client) != nil {
		j.t.Errorf("a client says %s", line)
		return
	}
	_, _ = json.Unmarshal(parts[2], &a), json.Unmarshal(parts[2], &recovered) // one of the two
	if len(parts) > 3 {
		_ = json.Unmarshal(parts[3], &b) // 0 shows that it is no number
	}
	switch word {
	case "connected":
		j.came(client, recovered)
	case "silent":
		j.missed(string(line))
	case "again":
		j.heardAgain()
	case "round":
		j.heard(client, a)
	case "acked":
		j.onAck(client, a, b)
		j.mu.Lock()
		j.acked++
		j.mu.Unlock()
	}
}
