package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"socketio"
	"socketio/engineio"
)

// patience is how long a test waits for what has to happen, on the slowest machine.
const patience = 60 * time.Second

func TestMain(m *testing.M) {
	testscript.Main(leakless{m}, map[string]func(){"sio": main})
}

// update writes what the commands print into the transcripts and the page of the command
// line, in place of comparing; the diff is to be read.
var update = flag.Bool("update", false, "write the expected output")

// leakless runs the tests, after which no goroutine may be left.
type leakless struct{ m *testing.M }

func (l leakless) Run() int {
	code := l.m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintf(os.Stderr, "%.4000v\n", err)
		code = 1
	}
	return code
}

// TestScripts runs the transcripts in testdata. Besides the commands of testscript they
// have those below.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                "testdata",
		RequireUniqueNames: true,
		UpdateScripts:      *update,
		Setup: func(env *testscript.Env) error {
			s := &stage{processes: map[string]*exec.Cmd{}}
			env.Values[stageKey{}] = s
			env.Defer(s.close)
			return findGo(env)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"server":   startServer,
			"received": awaitReceived,
			"start":    startProcess,
			"signal":   signalProcess,
			"clients":  connectClients,
			"answers":  awaitAnswer,
		},
	})
}

// findGo lets scripts read Go packages: REPOSITORY is where ours are, and the go command
// finds its caches without a home.
func findGo(env *testscript.Env) error {
	repository, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	env.Setenv("REPOSITORY", repository)
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			return err
		}
		env.Setenv(name, strings.TrimSpace(string(value)))
	}
	return nil
}

type stageKey struct{}

// A stage has the servers and processes of one script.
type stage struct {
	closers   []func()
	processes map[string]*exec.Cmd

	mu       sync.Mutex
	received []string // what the server of the test has to tell
	changed  chan struct{}
}

func stageOf(ts *testscript.TestScript) *stage { return ts.Value(stageKey{}).(*stage) }

func (s *stage) close() {
	for _, p := range s.processes {
		_ = p.Process.Kill()
		_ = p.Wait()
	}
	for _, end := range slices.Backward(s.closers) {
		end()
	}
}

// note adds a line to what the server has to tell.
func (s *stage) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received = append(s.received, fmt.Sprintf(format, args...))
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// await waits until the server has told a line n times.
func (s *stage) await(ctx context.Context, line string, n int) error {
	for {
		s.mu.Lock()
		if told(s.received, line) >= n {
			s.mu.Unlock()
			return nil
		}
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed, all := s.changed, s.received
		s.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("the server has received %q", all)
		}
	}
}

// told counts how often a line is among the lines.
func told(lines []string, line string) int {
	n := 0
	for _, l := range lines {
		if l == line {
			n++
		}
	}
	return n
}

// startServer starts one of the servers of servers_test.go, and sets URL to its host and
// port:
//
//	server KIND
func startServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: server KIND")
	}
	start, ok := servers[args[0]]
	if !ok {
		ts.Fatalf("there is no server %q", args[0])
	}
	s := stageOf(ts)
	s.mu.Lock()
	s.received = nil // by the servers before
	s.mu.Unlock()
	ts.Setenv("URL", start(s))
}

// awaitReceived waits until the server of the test has told a line:
//
//	received LINE
func awaitReceived(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: received LINE")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ts.Check(stageOf(ts).await(ctx, args[0], 1))
}

// startProcess starts sio in the background and waits for its first line, where its URL
// is:
//
//	start NAME ARGUMENT…
func startProcess(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: start NAME ARGUMENT…")
	}
	path, err := lookIn(ts.Getenv("PATH"), "sio")
	ts.Check(err)
	cmd := exec.Command(path, args[1:]...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	stageOf(ts).processes[args[0]] = cmd
	line, err := bufio.NewReader(out).ReadString('\n')
	ts.Check(err)
	_, url, _ := strings.Cut(strings.TrimSpace(line), "http://")
	ts.Setenv("URL", url)
	go io.Copy(io.Discard, out)
}

// lookIn is exec.LookPath with another PATH than this process has.
func lookIn(path, name string) (string, error) {
	for dir := range strings.SplitSeq(path, string(os.PathListSeparator)) {
		if _, err := os.Stat(dir + "/" + name); err == nil {
			return dir + "/" + name, nil
		}
	}
	return "", fmt.Errorf("%s is not in %s", name, path)
}

// signalProcess sends a signal and waits for the process to end, if an exit code is
// given, or "killed":
//
//	signal NAME [EXIT]
func signalProcess(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: signal NAME [EXIT]")
	}
	s := stageOf(ts)
	cmd := s.processes[args[0]]
	ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	if len(args) == 1 {
		return
	}
	delete(s.processes, args[0])
	_ = cmd.Wait() // how it ended is told by its state
	got := fmt.Sprint(cmd.ProcessState.ExitCode())
	if got == "-1" {
		got = "killed"
	}
	if got != args[1] {
		ts.Fatalf("it ended with %s", got)
	}
}

// connectClients connects clients, which stay until the script is over:
//
//	clients N
func connectClients(ts *testscript.TestScript, neg bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for range n {
		c := socketio.NewClient("http://"+ts.Getenv("URL"), &socketio.ClientOptions{
			DialOptions: engineio.DialOptions{Transports: []string{engineio.WebSocket}},
			Backoff:     socketio.Backoff{Attempts: -1},
		})
		ts.Defer(func() { c.Close() })
		ts.Check(c.Connect(ctx))
	}
}

// awaitAnswer waits until a handshake is answered with a status:
//
//	answers STATUS
func awaitAnswer(ts *testscript.TestScript, neg bool, args []string) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	end := time.Now().Add(patience)
	for {
		resp, err := client.Get("http://" + ts.Getenv("URL") + "/socket.io/?EIO=4&transport=polling")
		ts.Check(err)
		resp.Body.Close()
		if fmt.Sprint(resp.StatusCode) == args[0] {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("it answers %d", resp.StatusCode)
		}
	}
}
